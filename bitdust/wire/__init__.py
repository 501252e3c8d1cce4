"""What nodes say to each other: packets and their bytes (no I/O)."""
