"""THE STAND-IN WORLD: a small catalog, and a real HTTP server that answers all of it on loopback."""
