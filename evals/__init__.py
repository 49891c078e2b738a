"""IS IT RIGHT, IS IT FAST: measures a catalog, a reasoner, the service; users run it on their own data."""
