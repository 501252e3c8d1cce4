"""Carrying what others say to each other, and being reached through those who carry for us."""
