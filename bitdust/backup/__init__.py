"""Our files going out, coming back, and staying whole."""
