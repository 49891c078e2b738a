"""THE DOOR: HTTP, the command line, and Studio's side entrance; errors to status codes; who is asking."""
