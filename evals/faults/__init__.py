"""WHAT IF: programs that do the worst to the service and its parts, and say whether what must hold still holds."""
