"""THE NODES: one file, one node of the graph; the state that they pass on."""
