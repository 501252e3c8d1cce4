"""The pages of a node, one module each."""
