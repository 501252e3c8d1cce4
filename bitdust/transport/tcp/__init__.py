"""TCP with mutual TLS 1.3, pinned to device keys."""
