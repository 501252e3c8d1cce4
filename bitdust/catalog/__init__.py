"""What we keep, and where it lies."""
