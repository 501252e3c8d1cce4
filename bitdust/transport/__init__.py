"""Bytes between two machines."""
