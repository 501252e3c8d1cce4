"""Links that a third node carries and cannot read."""
