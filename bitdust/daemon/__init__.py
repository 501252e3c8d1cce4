"""One node as a process."""
