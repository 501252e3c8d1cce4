"""The tables of `router.db`: op ids that were answered, packets that must still arrive, good contacts."""

from __future__ import annotations

SCHEMA = [
    """
    CREATE TABLE answered (
        sender TEXT NOT NULL,
        op_id BLOB NOT NULL,
        question BLOB NOT NULL,     -- digest of the packet
        answer BLOB NOT NULL,       -- the packet that answered it
        time REAL NOT NULL,
        PRIMARY KEY (sender, op_id)
    ) WITHOUT ROWID;
    CREATE INDEX answered_time ON answered (time);

    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        fingerprint TEXT NOT NULL,
        packet BLOB NOT NULL,
        deadline REAL NOT NULL
    );
    CREATE INDEX outbox_peer ON outbox (fingerprint, id)
    """,
    """
    CREATE TABLE places (
        fingerprint TEXT NOT NULL,
        contact TEXT NOT NULL,
        time REAL NOT NULL,         -- when it last led to him
        PRIMARY KEY (fingerprint, contact)
    ) WITHOUT ROWID;
    CREATE INDEX places_time ON places (time);
    """,
]
