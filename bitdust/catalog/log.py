"""
The log's way out: facts are taken, sealed into segments, sent to every supplier, and named by the head.

A segment once stored is sent as the same bytes until every supplier has it.  What the log says is *committed*
when the head that names it is at enough suppliers: only then a machine that knows nothing but the kit would
find it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from bitdust.blocks.shapes import commit_at
from bitdust.catalog import epochs
from bitdust.catalog.facts import decode
from bitdust.catalog.head import Head
from bitdust.catalog.ops import apply_all
from bitdust.catalog.rows import known_peer, mark, note, peer, raise_mark, set_mark, set_note
from bitdust.catalog.segment import (
    MAX_FACTS,
    NO_ROOT,
    CatalogKeys,
    Segment,
    open_segment,
    read_segment,
    seal_segment,
)
from bitdust.catalog.snapshot import dump
from bitdust.errors import Conflict, Damaged

__all__ = [
    "MAX_FACTS",
    "NO_ROOT",
    "CatalogKeys",
    "Segment",
    "Standing",
    "Taken",
    "acked_by",
    "committed",
    "compact",
    "compact_if_long",
    "finish_recovery",
    "forget_acks",
    "head",
    "kept_bytes",
    "lacking",
    "last",
    "leads_to",
    "mark_head_acked",
    "mark_segment_acked",
    "next_to",
    "open_segment",
    "read_segment",
    "recovered_from",
    "replay",
    "seal_segment",
    "segment",
    "settle",
    "standing",
    "store",
    "take",
    "unsent",
    "unsent_to",
]

Connection = sqlite3.Connection

#: bytes up to which a log is never begun anew
LONG_LOG = 16 * 2**20
#: segments from a number on that a peer has not acknowledged
NOT_ACKED = (
    "SELECT number FROM segments s WHERE number >= ? AND NOT EXISTS"
    " (SELECT 1 FROM segment_acks a WHERE a.peer = ? AND a.number = s.number) ORDER BY number"
)


@dataclass(frozen=True)
class Taken:
    """Facts for the next segment, and what `seal_segment` needs besides."""

    epoch: int
    number: int
    previous: bytes
    ops: tuple[bytes, ...]
    last_op: int


@dataclass(frozen=True)
class Standing:
    """
    Where we stand beside one supplier.

    @param head: ours; None: there is none (yet, or at this moment).
    @param last: number of the newest segment.
    @param epoch: the number under which we write.
    @param origin: (epoch, sequence) of the head this catalog was recovered from; None: it was made here.
    @param acked: (epoch, sequence) of the head that he has acknowledged.
    @param complete: he has acknowledged everything there is.
    """

    head: Head | None
    last: int
    epoch: int
    origin: tuple[int, int] | None
    acked: tuple[int, int]
    complete: bool


def unsent(c: Connection) -> int:
    """How many facts wait for a segment."""
    (number,) = c.execute("SELECT count(*) FROM log WHERE seq > ?", (mark(c, "sealed_op"),)).fetchone()
    return int(number)


def take(c: Connection, limit: int = MAX_FACTS) -> Taken | None:
    """The facts that the next segment will hold, None when there are none.  Nothing changes until `store`."""
    ops: list[bytes] = []
    last = size = 0
    for seq, op in c.execute("SELECT seq, op FROM log WHERE seq > ? ORDER BY seq", (mark(c, "sealed_op"),)):
        size += len(op) + 4
        if ops and size > limit:
            break
        ops.append(bytes(op))
        last = seq
    if not ops:
        return None
    return Taken(epochs.current(c).number, _last(c) + 1, _root(c), tuple(ops), last)


def store(c: Connection, taken: Taken, segment: Segment) -> None:
    """
    The segment made of what was taken is the next one from now on, and its facts leave the table `log`.

    @raise Conflict: another one has become the next.
    """
    if segment.number != _last(c) + 1 or segment.previous != _root(c) or segment.number != taken.number:
        raise Conflict("another segment of the catalog's log has been stored meanwhile")
    _keep(c, segment, taken.last_op)
    set_mark(c, "sealed_op", taken.last_op)
    c.execute("DELETE FROM log WHERE seq <= ?", (taken.last_op,))


def segment(c: Connection, number: int) -> Segment | None:
    """The stored segment of that number."""
    row = c.execute("SELECT data FROM segments WHERE number = ?", (number,)).fetchone()
    return read_segment(bytes(row[0])) if row else None


def unsent_to(c: Connection, fingerprint: str, limit: int = 100) -> list[int]:
    """Numbers of the segments this supplier has not acknowledged, in order."""
    return [
        number
        for (number,) in c.execute(
            f"{NOT_ACKED} LIMIT ?",
            (mark(c, "first_segment"), known_peer(c, fingerprint), limit),
        )
    ]


def next_to(c: Connection, fingerprint: str, time: float) -> tuple[list[int], Head | None]:
    """
    What this supplier is to be sent now: segments that he has not acknowledged; or, when there are none, the
    head, which then names nothing that he does not have.
    """
    numbers = unsent_to(c, fingerprint)
    return numbers, None if numbers else head(c, time)


def mark_segment_acked(c: Connection, number: int, fingerprint: str) -> bool:
    """This supplier keeps that segment durably.  True: more is committed than before."""
    c.execute("INSERT OR IGNORE INTO segment_acks VALUES (?, ?)", (peer(c, fingerprint), number))
    return settle(c)


def mark_head_acked(c: Connection, epoch: int, sequence: int, fingerprint: str) -> bool:
    """This supplier keeps the head that names segment `sequence`.  True: more is committed than before."""
    c.execute(
        "INSERT INTO head_acks VALUES (?, ?, ?) ON CONFLICT (peer) DO UPDATE SET epoch = excluded.epoch,"
        " sequence = excluded.sequence WHERE (excluded.epoch, excluded.sequence) > (epoch, sequence)",
        (peer(c, fingerprint), epoch, sequence),
    )
    return settle(c)


def forget_acks(c: Connection, fingerprint: str) -> None:
    """He does not have what he acknowledged: he is sent it anew.  What is committed stays so."""
    who = known_peer(c, fingerprint)
    c.execute("DELETE FROM segment_acks WHERE peer = ?", (who,))
    c.execute("DELETE FROM head_acks WHERE peer = ?", (who,))


def acked_by(c: Connection, fingerprint: str) -> tuple[int, int]:
    """(epoch, sequence) of the head this supplier has acknowledged; (0, 0): none."""
    row = c.execute(
        "SELECT epoch, sequence FROM head_acks WHERE peer = ?", (known_peer(c, fingerprint),)
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def has_all(c: Connection, fingerprint: str) -> bool:
    """Has this supplier acknowledged everything there is, and a head that names it?"""
    return standing(c, fingerprint).complete


def lacking(c: Connection, fingerprints: Iterable[str]) -> list[str]:
    """Those of these suppliers who have not acknowledged everything there is."""
    return [fingerprint for fingerprint in fingerprints if not has_all(c, fingerprint)]


def standing(c: Connection, fingerprint: str) -> Standing:
    """What his head is compared with."""
    ours, acked = head(c, 0.0), acked_by(c, fingerprint)
    complete = (
        ours is not None and acked >= ours.place and not unsent(c) and not unsent_to(c, fingerprint, limit=1)
    )
    return Standing(ours, _last(c), epochs.current(c).number, recovered_from(c), acked, complete)


def committed(c: Connection) -> int:
    """The last segment that enough suppliers have, with all before it and a head that names it."""
    return mark(c, "committed_segment")


def is_committed(c: Connection) -> bool:
    """Whether everything that was recorded is at enough suppliers."""
    return bool(_last(c)) and not unsent(c) and committed(c) == _last(c)


def settle(c: Connection) -> bool:
    """Work out anew what is committed.  True: more than before.  Called by all that changes it."""
    now = epochs.current(c)
    if not now.suppliers:
        return False
    have = []
    for each in now.suppliers:
        who = known_peer(c, each.fingerprint)
        row = c.execute(
            "SELECT sequence FROM head_acks WHERE peer = ? AND epoch = ?", (who, now.number)
        ).fetchone()
        gap = c.execute(f"{NOT_ACKED} LIMIT 1", (mark(c, "first_segment"), who)).fetchone()
        have.append(min(row[0] if row else 0, gap[0] - 1 if gap else _last(c)))
    through = sorted(have, reverse=True)[commit_at(len(have)) - 1]
    # What was committed once stays so: a new supplier without the log makes nothing unsaid.
    if through <= mark(c, "committed_segment"):
        return False
    set_mark(c, "committed_segment", through)
    (op,) = c.execute("SELECT max(last_op) FROM segments WHERE number <= ?", (through,)).fetchone()
    raise_mark(c, "committed_op", op or 0)
    if mark(c, "committed_op") >= mark(c, "snapshot_op"):
        # What the snapshot stands for is needed by nobody now.
        first = mark(c, "first_segment")
        c.execute("DELETE FROM segments WHERE number < ?", (first,))
        c.execute("DELETE FROM segment_acks WHERE number < ?", (first,))
    return True


def compact(c: Connection) -> int:
    """
    Begin the log anew with facts that say all there is; the segments before go when the new ones are
    committed.

    Answers how many facts that is.  Until all of them are stored in segments there is no `head` to send.
    """
    c.execute("DELETE FROM log WHERE seq > ?", (mark(c, "sealed_op"),))
    before = c.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'log'").fetchone()[0]
    c.executemany("INSERT INTO log (op) VALUES (?)", ((op,) for op in dump(c)))
    (last,) = c.execute("SELECT max(seq) FROM log").fetchone()
    set_mark(c, "snapshot_op", last)
    set_mark(c, "first_segment", _last(c) + 1)
    set_mark(c, "log_begun_anew", 1)
    return int(last - before)


def compact_if_long(c: Connection) -> bool:
    """
    Begin the log anew when it has grown to three times what it was at first, and to more than 16 MiB.  To be
    called when all facts are in segments.
    """
    if mark(c, "snapshot_op") > mark(c, "sealed_op"):
        return False
    size = kept_bytes(c)
    if mark(c, "log_begun_anew"):
        # Only now it is known how long the snapshot has become.
        set_mark(c, "log_begun_anew", 0)
        set_mark(c, "log_at_first", size)
    if size <= max(LONG_LOG, 3 * mark(c, "log_at_first")):
        return False
    compact(c)
    return True


def kept_bytes(c: Connection) -> int:
    """The size of all segments that a recovery would read: what `compact` makes smaller."""
    (size,) = c.execute(
        "SELECT coalesce(sum(length(data)), 0) FROM segments WHERE number >= ?", (mark(c, "first_segment"),)
    ).fetchone()
    return int(size)


def head(c: Connection, time: float) -> Head | None:
    """
    The head to send now: it names every stored segment that is needed.  None: there is none yet, or a
    snapshot is not yet wholly in segments.
    """
    last = _last(c)
    if not last or mark(c, "snapshot_op") > mark(c, "sealed_op"):
        return None
    now = epochs.current(c)
    ranges: list[tuple[int, int, int]] = []
    for epoch, first, end in c.execute(
        "SELECT epoch, min(number), max(number) FROM segments WHERE number >= ? GROUP BY epoch"
        " ORDER BY epoch",
        (mark(c, "first_segment"),),
    ):
        ranges.append((epoch, first, end))
    suppliers = tuple((each.fingerprint, each.idurl) for each in now.suppliers)
    return Head(now.number, last, _root(c), tuple(ranges), suppliers, time, note(c, "snapshot"))


def last(c: Connection) -> int:
    """The number of the newest segment that is stored here; 0 without any."""
    return _last(c)


def replay(c: Connection, segment: Segment, ops: Iterable[bytes]) -> None:
    """
    In a recovery: apply what an opened segment says and keep it.  Segments come in order, from the head's
    first on.

    @raise Damaged: it is not the next one, or says what cannot be.
    """
    last = _last(c)
    if last and (segment.number != last + 1 or segment.previous != _root(c)):
        raise Damaged(f"segment {segment.number} of the catalog's log does not follow segment {last}")
    apply_all(c, (decode(op) for op in ops))
    _keep(c, segment, 0)


def finish_recovery(
    c: Connection, head: Head, suppliers: Iterable[tuple[str, str]] | None = None, seen: int = 0
) -> int:
    """
    The log is replayed up to this head, or beyond: this node is the writer from now on, under a higher epoch.

    @param suppliers: (fingerprint, idurl) by position; None: those of the head.
    @param seen: the highest epoch any supplier told of.
    @raise Damaged: the log does not reach the head.
    """
    if not leads_to(c, head):
        raise Damaged(f"the catalog's log does not reach segment {head.sequence}, which its head names")
    number = max(head.epoch, seen, epochs.current(c).number) + 1
    epochs.begin(c, list(head.suppliers if suppliers is None else suppliers), number=number)
    # Suppliers refuse segments of a lower epoch from now on, so a new one could never be given the old log.
    compact(c)
    set_mark(c, "committed_segment", _last(c))
    set_mark(c, "recovered_epoch", head.epoch)
    set_mark(c, "recovered_sequence", head.sequence)
    return number


def leads_to(c: Connection, head: Head) -> bool:
    """Is the last segment that the head names here, and the very one?"""
    row = c.execute("SELECT root FROM segments WHERE number = ?", (head.sequence,)).fetchone()
    return row is not None and bytes(row[0]) == head.root


def recovered_from(c: Connection) -> tuple[int, int] | None:
    """(epoch, sequence) of the head that this catalog was recovered from; None: it was made here."""
    epoch = mark(c, "recovered_epoch")
    return (epoch, mark(c, "recovered_sequence")) if epoch else None


def _keep(c: Connection, segment: Segment, last_op: int) -> None:
    c.execute(
        "INSERT INTO segments VALUES (?, ?, ?, ?, ?)",
        (segment.number, segment.epoch, segment.root, last_op, segment.data),
    )
    set_mark(c, "last_segment", segment.number)
    set_note(c, "last_root", segment.root)


def _last(c: Connection) -> int:
    return mark(c, "last_segment")


def _root(c: Connection) -> bytes:
    return note(c, "last_root") or NO_ROOT
