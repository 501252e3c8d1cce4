"""Files become chunks, chunks a block, a block n pieces (no network)."""
