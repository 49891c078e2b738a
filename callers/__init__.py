"""WHO ACTS: builds and sends requests, adds credentials, guards what may be contacted, keeps the ledger."""
