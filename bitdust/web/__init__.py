"""Where the doors and the pages hang."""
