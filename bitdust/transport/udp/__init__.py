"""QUIC over UDP, pinned to device keys."""
