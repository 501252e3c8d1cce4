"""The node: every part built and joined, on one screen."""
