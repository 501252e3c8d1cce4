"""A catalog in memory, keys without an identity, and short ways to fill it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitdust import crypto
from bitdust.blocks.block_format import Chunk
from bitdust.catalog import chunks, commit, entries, epochs, holdings, jobs, log, ops, snapshot, versions
from bitdust.catalog.entries import Kind, Meta, Pending
from bitdust.catalog.schema import SCHEMA

NOON = datetime(2016, 3, 13, 12, 0, 0)


class SampleKeys:
    """What the catalog uses of an identity's keys, from one seed."""

    def __init__(self, seed: bytes = b"\1" * 32) -> None:
        self._signing = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._signing.public_key().public_bytes_raw()
        self.catalog_key = crypto.derive(seed, "sample catalog")

    def sign(self, domain: str, message: bytes) -> bytes:
        return crypto.sign(self._signing, domain, message)


def counting_rng(n: int, _count: list[int] | None = None) -> bytes:
    """Bytes that are the same each time: for vectors."""
    return bytes(i % 256 for i in range(n))


def hash_of(*words: object) -> bytes:
    """32 bytes that stand for these words."""
    return hashlib.sha256(repr(words).encode()).digest()


def fp(number: int) -> str:
    """The fingerprint of sample supplier `number`."""
    return crypto.base32(hash_of("supplier", number))


def idurl(number: int) -> str:
    return f"http://127.0.0.1:8080/supplier{number}.xml"


def open_catalog(path: str = ":memory:") -> sqlite3.Connection:
    """A catalog's connection; the caller closes it (or lets the interpreter)."""
    connection = sqlite3.connect(path, isolation_level=None)
    for script in SCHEMA:
        connection.executescript(script)
    return connection


def hire(c: sqlite3.Connection, n: int = 4) -> None:
    """Suppliers 0 … n-1 are in use."""
    epochs.begin(c, [(fp(i), idurl(i)) for i in range(n)])


def seal(
    c: sqlite3.Connection, job: int, names: Sequence[object], n: int = 4, size: int = 10**6, first: int = 0
) -> int:
    """A sealed block with one chunk of 1000 bytes per name."""
    return seal_ids(c, job, [hash_of("chunk", name) for name in names], n, size, first)


def seal_ids(
    c: sqlite3.Connection, job: int, ids: Sequence[bytes], n: int = 4, size: int = 10**6, first: int = 0
) -> int:
    """The same of chunks by their ids."""
    chunks = [Chunk(id_, i, i * 900, 900, 1000, 1) for i, id_ in enumerate(ids)]
    block_id = hash_of("block", job, tuple(ids), holdings_count(c))
    roots = [hash_of("root", block_id, i) for i in range(n)]
    who = [fp(first + i) for i in range(n)]
    return holdings.seal_block(
        c,
        job,
        block_id,
        hash_of("salt", block_id),
        size,
        n,
        (n + 1) // 2,
        262144,
        roots,
        chunks,
        who,
        block_id.hex(),
    )


def holdings_count(c: sqlite3.Connection) -> int:
    return c.execute("SELECT coalesce(max(value), 0) FROM marks WHERE name = 'serial'").fetchone()[0]


def blocks_of_job(c: sqlite3.Connection, job: int) -> list[int]:
    """Serials of the blocks the job made or found."""
    return [serial for serial, _, _ in c.execute(commit.OF_JOB, {"job": job}).fetchall()]


def ack_all(c: sqlite3.Connection, serial: int) -> None:
    """Every supplier acknowledges its piece."""
    for missing in holdings.missing(c, limit=10**6):
        if missing.block.serial == serial:
            assert holdings.acked(c, serial, missing.number, missing.fingerprint)


def meta(size: int = 1000, mtime: int = 1, kind: Kind = Kind.FILE) -> Meta:
    return Meta(kind, mode=0o644, mtime_ns=mtime, size=size)


def back_up(
    c: sqlite3.Connection,
    item: str,
    files: Mapping[bytes, object],
    *,
    when: int = 0,
    acks: bool = True,
    complete: bool = True,
    n: int = 4,
) -> versions.Version:
    """One backup of an item: a file per name whose content is one chunk named by the value."""
    job = jobs.begin(c, item, NOON + timedelta(seconds=when), float(when))
    return run(c, job, files, acks=acks, complete=complete, n=n)


def run(
    c: sqlite3.Connection,
    job: jobs.Job,
    files: Mapping[bytes, object],
    *,
    acks: bool = True,
    complete: bool = True,
    n: int = 4,
) -> versions.Version:
    """What a job does between its beginning and its commit; what is as before is neither read nor sealed."""
    before = contents_at(c, job.item, job.base) if job.base else {}
    weak = holdings.endangered(c)
    same = set()
    for path, content in files.items():
        serials = {serial for serial, _ in before.get(path, ())} & weak.keys()
        for _, chunk in chunks.chunk_rows(c, before.get(path, ())):
            if chunk.id == hash_of("chunk", content) and all(weak[serial] for serial in serials):
                same.add(path)
                jobs.pin(c, job.id, sorted(serials))
    entries.put_pending(c, job.id, [Pending(path) for path in same])
    files = {path: content for path, content in files.items() if path not in same}
    ids = {hash_of("chunk", content): content for content in files.values()}
    known = chunks.known(c, list(ids), job.id)
    fresh = [content for id_, content in ids.items() if id_ not in known]
    if fresh:
        serial = seal(c, job.id, fresh, n)
        known |= {hash_of("chunk", content): (serial, i) for i, content in enumerate(fresh)}
    rows = [Pending(b"") if b"" in before else Pending(b"", meta(0, kind=Kind.DIR))]
    rows += [
        Pending(path, meta(mtime=len(repr(content))), [known[hash_of("chunk", content)]])
        for path, content in files.items()
    ]
    entries.put_pending(c, job.id, rows)
    if acks:
        # Also what it only found: suppliers may have lost pieces of it since.
        for serial in blocks_of_job(c, job.id):
            ack_all(c, serial)
    return commit.commit_version(c, job.id, time=job.started, complete=complete)


def publish(
    c: sqlite3.Connection, keys: SampleKeys | None = None, to: Sequence[int] = (0, 1, 2, 3)
) -> list[log.Segment]:
    """Everything in the log becomes segments, and the head that names them is at these suppliers."""
    keys = keys or SampleKeys()
    made = []
    while (taken := log.take(c)) is not None:
        segment = log.seal_segment(keys, counting_rng, taken.epoch, taken.number, taken.previous, taken.ops)
        log.store(c, taken, segment)
        made.append(segment)
    newest = log.head(c, 1.0)
    assert newest is not None
    for number in to:
        for each in log.unsent_to(c, fp(number), 1000):
            log.mark_segment_acked(c, each, fp(number))
        log.mark_head_acked(c, *newest.place, fp(number))
    return made


def paths_at(c: sqlite3.Connection, version: versions.Version) -> dict[bytes, tuple[tuple[int, int], ...]]:
    """Names and contents of a version, page by page."""
    return contents_at(c, version.item, version.seq)


def contents_at(c: sqlite3.Connection, item: str, seq: int) -> dict[bytes, tuple[tuple[int, int], ...]]:
    """The same by item and seq."""
    found: dict[bytes, tuple[tuple[int, int], ...]] = {}
    after = None
    while page := entries.entries_at(c, item, seq, after, 3):
        found.update((entry.path, entry.content) for entry in page)
        after = page[-1].path
    return found


def state(c: sqlite3.Connection) -> list[bytes]:
    """All that is shared, in one order."""
    return list(snapshot.dump(c))


__all__ = ["ops", "snapshot", "timedelta"]
