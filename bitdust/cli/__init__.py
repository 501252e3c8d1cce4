"""The bitdust command: a thin client of a running node."""
