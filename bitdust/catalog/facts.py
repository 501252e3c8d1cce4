"""
The facts of the catalog's log, one struct each, and their bytes.

A fact is MessagePack: an array of its tag and its fields in the order below.  Everything is bounded, since a
log comes back from other people's disks. docs/formats/catalog.md describes them for a stranger.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta as Bound

from bitdust.errors import Damaged

#: longest fact as bytes; the writer cuts longer ones (see `EntryMore`, `ChunksAdded`)
MAX_OP = 2**20
#: most runs and most chunks in one fact
MAX_RUNS, MAX_CHUNKS = 16384, 8192
#: most moves in one fact
MAX_MOVES = 16384

Count = Annotated[int, Bound(ge=0, le=2**63 - 1)]
Seq = Annotated[int, Bound(ge=1, le=2**62)]
Hash = Annotated[bytes, Bound(min_length=32, max_length=32)]
Small = Annotated[int, Bound(ge=0, le=255)]
Fingerprint = Annotated[str, Bound(pattern=r"\A[a-z2-7]{52}\Z")]
PathId = Annotated[str, Bound(pattern=r"\A(0|[1-9][0-9]{0,9})(/(0|[1-9][0-9]{0,9}))*\Z", max_length=8192)]
AnyPathId = Annotated[
    str, Bound(pattern=r"\A((0|[1-9][0-9]{0,9})(/(0|[1-9][0-9]{0,9}))*)?\Z", max_length=8192)
]
Label = Annotated[str, Bound(pattern=r"\AF[0-9]{14}(AM|PM)[0-9]{0,9}\Z")]
Name = Annotated[bytes, Bound(min_length=1, max_length=4096)]
Relative = Annotated[bytes, Bound(max_length=65536)]
#: (serial of the block, number of its first chunk, how many chunks from there)
Run = tuple[Count, Count, Annotated[int, Bound(ge=1, le=2**32)]]
Runs = Annotated[tuple[Run, ...], Bound(max_length=MAX_RUNS)]
#: (serial of the block, number of the first chunk, how many, serial of the other block, number there)
Move = tuple[Count, Count, Annotated[int, Bound(ge=1, le=2**32)], Count, Count]


class ItemType(IntEnum):
    """What an item of the tree is."""

    FILE = 0
    DIR = 1
    PARENT = 2


class Kind(IntEnum):
    """What an entry of a version is."""

    FILE = 0
    DIR = 1
    SYMLINK = 2
    HARDLINK = 3


class Meta(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """
    Everything about a file but its bytes.

    `target` is where a symlink points, or the relative path a hard link was first seen under.  `holes` are
    (offset, length) of stretches that were never written; the content does not have them.
    """

    kind: Kind
    mode: Count = 0
    uid: Count = 0
    gid: Count = 0
    user: Annotated[str, Bound(max_length=256)] = ""
    group: Annotated[str, Bound(max_length=256)] = ""
    mtime_ns: Annotated[int, Bound(ge=-(2**63), le=2**63 - 1)] = 0
    ctime_ns: Annotated[int, Bound(ge=-(2**63), le=2**63 - 1)] = 0
    ino: Annotated[int, Bound(ge=0)] = 0
    dev: Annotated[int, Bound(ge=0)] = 0
    size: Count = 0
    target: Annotated[bytes, Bound(max_length=65536)] = b""
    xattrs: Annotated[
        tuple[tuple[Annotated[bytes, Bound(max_length=256)], Annotated[bytes, Bound(max_length=65536)]], ...],
        Bound(max_length=256),
    ] = ()
    holes: Annotated[tuple[tuple[Count, Count], ...], Bound(max_length=16384)] = ()
    flags: Count = 0


class Op(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag_field="op"):
    """One thing that became so."""


class ItemAdded(Op, frozen=True, tag="item"):
    """A path got its number.  Its parent was there before."""

    path_id: PathId
    type: ItemType
    name: Name
    size: Annotated[int, Bound(ge=-1, le=2**62)] = -1


class ItemChanged(Op, frozen=True, tag="item-is"):
    """A parent was promoted to dir, or the size of an item became known."""

    path_id: PathId
    type: ItemType
    size: Annotated[int, Bound(ge=-1, le=2**62)]


class ItemRemoved(Op, frozen=True, tag="item-gone"):
    """The item went, with all below it and all their versions."""

    path_id: PathId


class NumbersUsed(Op, frozen=True, tag="numbers"):
    """
    In snapshots: numbers below `children` and versions up to `versions` were given away once.

    `path_id` "" is the root of the tree.
    """

    path_id: AnyPathId
    children: Count
    versions: Count


class SerialsUsed(Op, frozen=True, tag="serials"):
    """In snapshots: serials of blocks up to `last` were given away once."""

    last: Count


class ChunkFact(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a chunk lies in its block; its number is its place in the list."""

    id: Hash
    offset: Count
    stored: Count
    length: Count
    flags: Count


class BlockAdded(Op, frozen=True, tag="block"):
    """A block is at enough suppliers.  `suppliers[i]` keeps piece i, whose hash tree has `roots[i]`."""

    serial: Seq
    id: Hash
    salt: Hash
    size: Count
    n: Small
    k: Small
    unit: Count
    roots: Annotated[tuple[Hash, ...], Bound(max_length=255)]
    suppliers: Annotated[tuple[Fingerprint, ...], Bound(max_length=255)]
    chunks: Annotated[tuple[ChunkFact, ...], Bound(max_length=MAX_CHUNKS)]


class ChunksAdded(Op, frozen=True, tag="chunks"):
    """More chunks of that block, from number `first`."""

    serial: Seq
    first: Count
    chunks: Annotated[tuple[ChunkFact, ...], Bound(max_length=MAX_CHUNKS)]


class Placed(Op, frozen=True, tag="placed"):
    """That piece is now kept by this supplier, and by nobody else."""

    serial: Seq
    number: Small
    fingerprint: Fingerprint


class ChunksMoved(Op, frozen=True, tag="moved"):
    """
    What lay in these chunks lies in those: each is `count` chunks of a block from number `first`, and where
    their copies begin.  No chunk is moved twice in one fact.
    """

    moves: Annotated[tuple[Move, ...], Bound(min_length=1, max_length=MAX_MOVES)]


class BlockDropped(Op, frozen=True, tag="block-gone"):
    """Nothing refers to the block any more; its pieces may go, not before the time `not_before`."""

    serial: Count
    id: Hash
    not_before: Count


class EntryAdded(Op, frozen=True, tag="entry"):
    """
    From version `seq` of the item on, this name has this metadata and content.  `path` is relative, b"" the
    item itself.  What the name had before ends here.  `until`: in snapshots, the first version without it; 0:
    still there.
    """

    item: PathId
    seq: Seq
    path: Relative
    meta: Meta
    content: Runs
    until: Count = 0


class EntryMore(Op, frozen=True, tag="entry-more"):
    """The content of that entry goes on."""

    item: PathId
    seq: Seq
    path: Relative
    content: Runs


class EntryGone(Op, frozen=True, tag="entry-gone"):
    """From version `seq` of the item on, this name is not there."""

    item: PathId
    seq: Seq
    path: Relative


class VersionAdded(Op, frozen=True, tag="version"):
    """The version is there to be seen.  An earlier one of the same label (a checkpoint) is replaced by it."""

    item: PathId
    label: Label
    seq: Seq
    files: Count
    bytes: Count
    stored: Count
    time: float
    complete: bool
    skipped: Count


class VersionRemoved(Op, frozen=True, tag="version-gone"):
    """The version went, with all that no other version of the item needs."""

    item: PathId
    label: Label


class VersionTrashed(Op, frozen=True, tag="version-trashed"):
    """The version is deleted, and can be brought back until the time `gone` (Unix seconds)."""

    item: PathId
    label: Label
    gone: Count


class VersionBack(Op, frozen=True, tag="version-back"):
    """The version was brought back."""

    item: PathId
    label: Label


class ItemTrashed(Op, frozen=True, tag="item-trashed"):
    """The item, and no other, is deleted, and can be brought back until the time `gone`; 0: it is back."""

    path_id: PathId
    gone: Count


class VersionPinned(Op, frozen=True, tag="pinned"):
    """No policy takes the version away; or (not `pinned`) one may again."""

    item: PathId
    label: Label
    pinned: bool


class EpochBegan(Op, frozen=True, tag="epoch"):
    """
    From now on these are the suppliers, in order of position: (fingerprint, idurl).

    `number` is raised by each recovery: who writes under a lower one has been succeeded.  `change` counts the
    supplier sets, and is never the same twice.
    """

    number: Seq
    change: Count
    suppliers: Annotated[
        tuple[tuple[Fingerprint, Annotated[str, Bound(max_length=256)]], ...], Bound(max_length=255)
    ]


AnyOp = (
    ItemAdded
    | ItemChanged
    | ItemRemoved
    | NumbersUsed
    | SerialsUsed
    | BlockAdded
    | ChunksAdded
    | Placed
    | ChunksMoved
    | BlockDropped
    | EntryAdded
    | EntryMore
    | EntryGone
    | VersionAdded
    | VersionRemoved
    | VersionTrashed
    | VersionBack
    | ItemTrashed
    | VersionPinned
    | EpochBegan
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyOp] = msgspec.msgpack.Decoder(AnyOp)
_meta: msgspec.msgpack.Decoder[Meta] = msgspec.msgpack.Decoder(Meta)
_runs: msgspec.msgpack.Decoder[tuple[tuple[int, int, int], ...]] = msgspec.msgpack.Decoder(
    tuple[tuple[int, int, int], ...]
)


def encode(op: AnyOp) -> bytes:
    """The bytes of a fact."""
    data = _encoder.encode(op)
    if len(data) > MAX_OP:
        raise Damaged(f"a fact of {len(data)} bytes is longer than the catalog's log takes")
    return data


def decode(data: bytes | memoryview) -> AnyOp:
    """
    The fact these bytes say.

    @raise Damaged: they are too long, not of this form, out of bounds, or from a newer program.
    """
    if len(data) > MAX_OP:
        raise Damaged(f"a fact of {len(data)} bytes is longer than the catalog's log takes")
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(
            f"the catalog's log says something this program does not know: {error}",
            hint="a newer version of BitDust may have written it: upgrade this one",
        ) from None


def encode_meta(meta: Meta) -> bytes:
    """The bytes of an entry's metadata."""
    return _encoder.encode(meta)


def decode_meta(data: bytes) -> Meta:
    """The metadata in a row of the catalog."""
    return _meta.decode(data)


def encode_runs(runs: tuple[Run, ...]) -> bytes:
    """The bytes of an entry's content."""
    return _encoder.encode(runs)


def decode_runs(data: bytes) -> tuple[Run, ...]:
    """The content in a row of the catalog."""
    return _runs.decode(data)
