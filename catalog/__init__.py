"""WHAT EXISTS: categories, tools and APIs, their store, their index and their importers."""
