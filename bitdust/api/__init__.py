"""The one list of what a node can be asked."""
