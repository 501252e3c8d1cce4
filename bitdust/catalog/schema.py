"""
The tables of catalog.db.

Two kinds of rows lie here.  What is *shared* with the copy in the network (items, versions, entries, uses,
blocks that are committed, chunks, placements that are `placed`, dropped, epochs) is written by `ops.apply`
alone, so that replaying the log makes them again.  Everything else is *local*: what is under way here.
"""

from __future__ import annotations

#: the end of an interval that has not ended
FOREVER = 2**63 - 1

_SHARED = """
    -- The tree.  Row 0 is the root, which is nobody's item.  `key` sorts a parent before its children, and
    -- them before its next sibling.  `size` is the item's own, `below` the sum of its children.
    CREATE TABLE items (
        id INTEGER PRIMARY KEY,
        path_id TEXT NOT NULL UNIQUE,
        parent INTEGER NOT NULL,
        number INTEGER NOT NULL,
        key BLOB NOT NULL UNIQUE,
        type INTEGER NOT NULL,
        size INTEGER NOT NULL,
        below INTEGER NOT NULL DEFAULT 0,
        children INTEGER NOT NULL DEFAULT 0,
        last_seq INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    INSERT INTO items (id, path_id, parent, number, key, type, size) VALUES (0, '', -1, 0, x'', 2, -1);
    CREATE INDEX items_parent ON items (parent, number);

    -- `log_seq` is local: the log row that made it, 0 when it came from elsewhere.
    CREATE TABLE versions (
        item INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        label TEXT NOT NULL,
        files INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        stored INTEGER NOT NULL,
        time REAL NOT NULL,
        complete INTEGER NOT NULL,
        skipped INTEGER NOT NULL,
        log_seq INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (item, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX versions_label ON versions (item, label);

    -- One row per stretch of versions in which a name had the same metadata and content:
    -- since <= seq < until.
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        item INTEGER NOT NULL,
        key BLOB NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        size INTEGER NOT NULL,
        stored INTEGER NOT NULL,
        meta BLOB NOT NULL,
        content BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX entries_key ON entries (item, key, since);
    CREATE INDEX entries_open ON entries (item, key) WHERE until = 9223372036854775807;
    CREATE INDEX entries_since ON entries (item, since);
    CREATE INDEX entries_until ON entries (item, until);

    -- Which versions of an item need a block: the union of its entries' intervals.
    -- `live`: entries still open.
    CREATE TABLE uses (
        item INTEGER NOT NULL,
        serial INTEGER NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        live INTEGER NOT NULL,
        PRIMARY KEY (item, serial, since)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX uses_serial ON uses (serial);

    -- state 0 sealed (local), 1 committed (shared).  `job`, `acked`, `spool` are local.
    CREATE TABLE blocks (
        serial INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        salt BLOB NOT NULL,
        size INTEGER NOT NULL,
        n INTEGER NOT NULL,
        k INTEGER NOT NULL,
        unit INTEGER NOT NULL,
        roots BLOB NOT NULL,
        state INTEGER NOT NULL,
        job INTEGER,
        acked INTEGER NOT NULL DEFAULT 0,
        spool TEXT
    ) STRICT;
    CREATE INDEX blocks_margin ON blocks (state, acked - k);
    CREATE INDEX blocks_short ON blocks (acked - k, serial) WHERE acked < n;
    CREATE INDEX blocks_job ON blocks (job) WHERE job IS NOT NULL;
    CREATE INDEX blocks_spool ON blocks (serial) WHERE spool IS NOT NULL;

    CREATE TABLE chunks (
        serial INTEGER NOT NULL,
        number INTEGER NOT NULL,
        id BLOB NOT NULL,
        offset INTEGER NOT NULL,
        stored INTEGER NOT NULL,
        length INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        PRIMARY KEY (serial, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX chunks_id ON chunks (id);

    -- Short numbers for fingerprints.  Local: another machine may number them otherwise.
    CREATE TABLE peers (
        id INTEGER PRIMARY KEY,
        fingerprint TEXT NOT NULL UNIQUE
    ) STRICT;

    -- state 0 wanted, 1 acked, 2 lost, 3 unknown (not seen since a recovery).
    -- Shared: the rows with placed = 1.
    CREATE TABLE placements (
        serial INTEGER NOT NULL,
        number INTEGER NOT NULL,
        peer INTEGER NOT NULL,
        state INTEGER NOT NULL,
        leaving INTEGER NOT NULL DEFAULT 0,
        placed INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (serial, number, peer)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX placements_peer ON placements (peer, serial);
    CREATE INDEX placements_missing ON placements (peer, serial) WHERE leaving = 0 AND state IN (0, 2);

    CREATE TABLE dropped (
        id BLOB PRIMARY KEY,
        not_before INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE epochs (
        number INTEGER NOT NULL,
        change INTEGER NOT NULL,
        suppliers BLOB NOT NULL,
        PRIMARY KEY (number, change)
    ) STRICT, WITHOUT ROWID;

    -- Counters and marks.  'serial' is shared, the others are local.
    CREATE TABLE marks (
        name TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE notes (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
"""

_LOCAL = """
    -- Facts that are in no segment yet.
    CREATE TABLE log (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        op BLOB NOT NULL
    ) STRICT;

    CREATE TABLE segments (
        number INTEGER PRIMARY KEY,
        epoch INTEGER NOT NULL,
        root BLOB NOT NULL,
        last_op INTEGER NOT NULL,
        data BLOB NOT NULL
    ) STRICT;
    CREATE INDEX segments_epoch ON segments (epoch, number);

    CREATE TABLE segment_acks (
        peer INTEGER NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (peer, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE head_acks (
        peer INTEGER PRIMARY KEY,
        epoch INTEGER NOT NULL,
        sequence INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        item INTEGER NOT NULL,
        label TEXT NOT NULL,
        started REAL NOT NULL,
        base INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX jobs_item ON jobs (item);

    CREATE TABLE pins (
        job INTEGER NOT NULL,
        serial INTEGER NOT NULL,
        PRIMARY KEY (job, serial)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pins_serial ON pins (serial);

    -- meta NULL: unchanged since the version `base` of the job.
    CREATE TABLE pending (
        job INTEGER NOT NULL,
        key BLOB NOT NULL,
        meta BLOB,
        content BLOB,
        PRIMARY KEY (job, key)
    ) STRICT, WITHOUT ROWID;

    -- done = 1 stays while the block lives elsewhere: who was told may not be given it again.  2: he was also
    -- bid farewell.  3: he is to be told that the block stays.
    CREATE TABLE tombstones (
        peer INTEGER NOT NULL,
        block BLOB NOT NULL,
        not_before INTEGER NOT NULL,
        log_seq INTEGER NOT NULL,
        done INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (peer, block)
    ) STRICT, WITHOUT ROWID;

    -- What suppliers list and this catalog does not know.
    CREATE TABLE orphans (
        peer INTEGER NOT NULL,
        block BLOB NOT NULL,
        first_seen INTEGER NOT NULL,
        PRIMARY KEY (peer, block)
    ) STRICT, WITHOUT ROWID;
"""

_TRASH = """
    -- Shared: pinned versions are never forgotten by a policy; a deleted item can be brought back until
    -- `gone` (Unix seconds), 0: it is there.
    ALTER TABLE versions ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE items ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX items_gone ON items (gone) WHERE gone > 0;
    -- Local: the time from which suppliers may delete the pieces, where only deleted versions need the block.
    ALTER TABLE blocks ADD COLUMN doomed INTEGER NOT NULL DEFAULT 0;

    -- Versions that were deleted, and can be brought back until `gone`: their entries stay.  Shared.
    CREATE TABLE trash (
        item INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        label TEXT NOT NULL,
        files INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        stored INTEGER NOT NULL,
        time REAL NOT NULL,
        complete INTEGER NOT NULL,
        skipped INTEGER NOT NULL,
        log_seq INTEGER NOT NULL,
        pinned INTEGER NOT NULL,
        gone INTEGER NOT NULL,
        PRIMARY KEY (item, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX trash_gone ON trash (gone);
"""

_PAUSED = """
    -- Local: the user wants the job to rest.
    ALTER TABLE jobs ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
"""

_SCHEDULES = """
    -- Local: what is backed up by itself, by a rule in words; `last` in Unix seconds.
    CREATE TABLE schedules (
        item TEXT PRIMARY KEY,
        rule TEXT NOT NULL,
        last REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
"""

_POLICIES = """
    -- Local: what an item is to be treated like; `before` and `after` are lists of words in JSON.
    CREATE TABLE policies (
        item TEXT PRIMARY KEY,
        rule TEXT NOT NULL DEFAULT '',
        last REAL NOT NULL DEFAULT 0,
        before TEXT NOT NULL DEFAULT '[]',
        after TEXT NOT NULL DEFAULT '[]'
    ) STRICT, WITHOUT ROWID;
    INSERT INTO policies (item, rule, last) SELECT item, rule, last FROM schedules;
    DROP TABLE schedules;
"""

_DRILLS = """
    -- Local: what came of restore drills; `time` in Unix seconds.
    CREATE TABLE drills (
        time REAL PRIMARY KEY,
        files INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        wrong INTEGER NOT NULL,
        note TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- Local: what is backed up is sent by somebody, and gone when the process is.
    ALTER TABLE jobs ADD COLUMN stream INTEGER NOT NULL DEFAULT 0;
"""

_POLICIES_MORE = """
    -- `keep` as in `services/backups/keep`; `excludes` are rules, a list of lines in JSON.
    ALTER TABLE policies ADD COLUMN keep TEXT NOT NULL DEFAULT '';
    ALTER TABLE policies ADD COLUMN excludes TEXT NOT NULL DEFAULT '[]';
"""

_AGAIN = """
    -- Local: what was sealed in the block, as one hash, by which it can be made again; NULL: not known here.
    ALTER TABLE blocks ADD COLUMN sealed BLOB;
"""

_OUTCOMES = """
    -- What became of the item's last backup: committed, failed or cancelled, when (Unix seconds) and why; and
    -- how many have failed one after the other.
    ALTER TABLE policies ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
    ALTER TABLE policies ADD COLUMN ended REAL NOT NULL DEFAULT 0;
    ALTER TABLE policies ADD COLUMN why TEXT NOT NULL DEFAULT '';
    ALTER TABLE policies ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
"""

#: what `Database` is opened with: one script per version of the tables
SCHEMA: list[str] = [
    _SHARED + _LOCAL,
    _TRASH,
    _PAUSED,
    _SCHEDULES,
    _POLICIES,
    _DRILLS,
    _POLICIES_MORE,
    _AGAIN,
    _OUTCOMES,
]
