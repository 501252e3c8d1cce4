"""The doors: each translates one protocol into calls of the registry."""
