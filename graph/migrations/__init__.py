"""The tables in PostgreSQL, version by version. `graph/postgres_schema.py` runs what is missing."""
