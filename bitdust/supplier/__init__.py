"""Others, using our disk."""
