"""People and what they write to each other: correspondents, sealed letters, mailboxes, nicknames."""
