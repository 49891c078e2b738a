"""One file for each version of the tables, each naming the one before it."""
