"""The tables of `messages.db`: whom we write to, what was written, and what is still on its way."""

from __future__ import annotations

SCHEMA = [
    """
    CREATE TABLE correspondents (
        fingerprint TEXT PRIMARY KEY,
        idurl TEXT NOT NULL UNIQUE,
        nickname TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE,        -- the nickname as it is compared
        doubt TEXT NOT NULL DEFAULT ''      -- another fingerprint that was served under his IDURL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE messages (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        direction TEXT NOT NULL,            -- in, out
        peer TEXT NOT NULL,                 -- fingerprint
        idurl TEXT NOT NULL,                -- his name as he gave it, or as we called him
        id BLOB NOT NULL,
        time REAL NOT NULL,                 -- when it was sent, or came
        text TEXT NOT NULL,
        size INTEGER NOT NULL,
        state TEXT NOT NULL,
        told INTEGER NOT NULL,              -- 0: nobody who listens has heard of it
        UNIQUE (peer, direction, id)
    ) STRICT;
    CREATE INDEX messages_by_size ON messages (direction, size);
    CREATE INDEX messages_untold ON messages (told) WHERE told = 0;

    CREATE TABLE outgoing (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        peer TEXT NOT NULL,
        idurl TEXT NOT NULL,
        kind TEXT NOT NULL,                 -- text, receipt
        id BLOB NOT NULL,
        letter BLOB NOT NULL,
        written REAL NOT NULL,
        left_at TEXT NOT NULL DEFAULT '',   -- fingerprints of the mailboxes that have it
        left_when REAL NOT NULL DEFAULT 0,
        UNIQUE (peer, kind, id)
    ) STRICT;

    CREATE TABLE mailbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        recipient TEXT NOT NULL,
        sender TEXT NOT NULL,
        hash BLOB NOT NULL,
        size INTEGER NOT NULL,
        time REAL NOT NULL,
        letter BLOB NOT NULL,
        UNIQUE (recipient, hash)
    ) STRICT;
    CREATE INDEX mailbox_by_sender ON mailbox (sender, recipient, size);
    CREATE INDEX mailbox_by_recipient ON mailbox (recipient, size);
    CREATE INDEX mailbox_by_time ON mailbox (time);
    CREATE INDEX mailbox_by_size ON mailbox (size);
    """,
    """
    CREATE TABLE deleted (                  -- messages that came and were deleted: known when they come again
        peer TEXT NOT NULL,
        id BLOB NOT NULL,
        PRIMARY KEY (peer, id)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- whether a person gave us the fingerprint, as far as we know: kept for who could not be met yet
    ALTER TABLE correspondents ADD COLUMN vouched INTEGER NOT NULL DEFAULT 0;
    UPDATE correspondents SET vouched = 1;
    UPDATE messages SET idurl = replace(idurl, '#fp=', '#seen=') WHERE direction = 'in';
    """,
]
