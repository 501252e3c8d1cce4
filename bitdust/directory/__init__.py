"""Finding people: where an identity is served and fetched."""
