"""Search by meaning beside search by words: a vector for every API, from a model that the operator names."""
