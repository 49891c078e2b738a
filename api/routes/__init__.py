"""One file, one family of routes. A route parses, asks the services once, and hands on what they say."""
