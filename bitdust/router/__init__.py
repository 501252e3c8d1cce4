"""From "to Bob" to "by this road"."""
