"""
Packets: everything one node can say to another, one frozen struct per command.

A packet is the head of an exchange; the bytes that may follow it (a piece, a segment) are its body and are
announced by `size`.  Nothing here is trusted: every field has its bound, unknown fields are refused, and the
codec checks the length before it decodes.  The sender is known from the link's TLS handshake, so no
packet names him.  Descriptions for a stranger: docs/formats.md.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bitdust.wire.place import LONGEST as LONGEST_PLACE

#: an integer SQLite can hold
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
OpId = Annotated[bytes, Meta(min_length=16, max_length=16)]
PieceNumber = Annotated[int, Meta(ge=0, le=255)]
Fingerprint = Annotated[str, Meta(pattern="^[a-z2-7]{52}$")]
Text = Annotated[str, Meta(max_length=1024)]
Contacts = Annotated[tuple[Annotated[str, Meta(max_length=256)], ...], Meta(max_length=8)]
Word = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,31}$")]

#: most leaves one Retrieve may ask for: 64 leaves of 64 KiB are 4 MiB
MAX_LEAVES = 64
#: most entries of one list in a packet
MAX_LIST = 512
#: longest sealed letter, in bytes; most letters in one packet
MAX_LETTER, MAX_LETTERS = 52 * 1024, 16
SealedLetter = Annotated[bytes, Meta(min_length=1, max_length=MAX_LETTER)]


class Priority(IntEnum):
    """Which exchange goes first when a link is full; lower goes first."""

    CONTROL = 0
    MESSAGE = 1
    RESTORE = 2
    BACKUP = 3
    REPAIR = 4


class Packet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="c", array_like=False):
    """One authenticated thing said between two nodes."""

    @property
    def body_size(self) -> int:
        """Bytes of body that follow this packet."""
        return 0


class Identity(Packet, frozen=True, tag="identity"):
    """My identity document has changed, or: are you there?  Answered by Ack."""

    document: Annotated[bytes, Meta(max_length=16384)]


class Ack(Packet, frozen=True, tag="ack"):
    """Done.  `receipt` is a signed statement where the question asks for one (see supplier/contract.py)."""

    receipt: Annotated[bytes, Meta(max_length=4096)] = b""
    note: Text = ""


class Fail(Packet, frozen=True, tag="fail"):
    """Not done.  `code` is the `id` of a class in errors.py, `text` a sentence for a person."""

    code: Word
    text: Text = ""


class RequestService(Packet, frozen=True, tag="request-service"):
    """Please be my supplier of `granted` bytes.  Answered by Ack with a signed contract, or Fail."""

    op_id: OpId
    service: Word
    granted: Count
    epoch: Count


class CancelService(Packet, frozen=True, tag="cancel-service"):
    """I do not need you as my supplier any more: what you hold of mine may go.  Answered by Ack."""

    op_id: OpId
    service: Word
    epoch: Count


class Notice(Packet, frozen=True, tag="notice"):
    """
    From a supplier: how your contract stands.  The newest says it all.  Answered by Ack, or Fail.

    `state` is "well", "full" (more is kept than granted: nothing is added), "silent" (what is here goes at
    `until`, Unix seconds, unless you are heard of), "leave" (find somebody else: nothing goes before you end
    the contract) or "ended"; another word means nothing.
    """

    op_id: OpId
    state: Word
    used: Count
    granted: Count
    until: Count = 0


class Data(Packet, frozen=True, tag="data"):
    """
    Asking: keep this piece; its `size` bytes follow.  Answered by Ack with a signed receipt, or Fail.
    A piece that is there already (same block, number and root) is acknowledged at once, its body unread.

    Answering a Retrieve: here are the leaves; `size` bytes follow, `proof` leads from them to the root.
    """

    block: Hash
    number: PieceNumber
    size: Count
    root: Hash
    k: PieceNumber = 0
    n: PieceNumber = 0
    unit: Count = 0
    block_size: Count = 0
    epoch: Count = 0
    proof: Annotated[bytes, Meta(max_length=2048)] = b""

    @property
    def body_size(self) -> int:
        return self.size


class Retrieve(Packet, frozen=True, tag="retrieve"):
    """`count` leaves (64 KiB each) of a piece, from leaf `first`.  Answered by Data, or Fail."""

    block: Hash
    number: PieceNumber
    first: Count
    count: Annotated[int, Meta(ge=1, le=MAX_LEAVES)]


class ListFiles(Packet, frozen=True, tag="list-files"):
    """Which of my pieces do you keep?  In order of (block, number), from behind `after`."""

    after: Annotated[bytes, Meta(max_length=33)] = b""
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST)] = MAX_LIST


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One piece in a Files answer."""

    block: Hash
    number: PieceNumber
    root: Hash
    size: Count


class Files(Packet, frozen=True, tag="files"):
    """The answer to ListFiles.  `used` and `granted` are bytes; `more`: ask again from behind the last."""

    pieces: Annotated[tuple[Held, ...], Meta(max_length=MAX_LIST)]
    more: bool
    used: Count
    granted: Count


class AskDigest(Packet, frozen=True, tag="ask-digest"):
    """What do all my pieces that you keep come to?  Answered by Digest."""


class Digest(Packet, frozen=True, tag="digest"):
    """So many whole pieces, and what stands for exactly these (wire/held.py)."""

    count: Count
    digest: Hash


class Tombstone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A block whose pieces may go, not before the time `not_before` (Unix seconds)."""

    block: Hash
    not_before: Count


class DeleteFile(Packet, frozen=True, tag="delete-file"):
    """
    All my pieces of these blocks may go.  Answered by Ack when the tombstones are durable.

    A tombstone outlives its piece: a late repeated Data of the same block is refused.
    """

    op_id: OpId
    epoch: Count
    tombstones: Annotated[tuple[Tombstone, ...], Meta(min_length=1, max_length=MAX_LIST)]


class UndeleteFile(Packet, frozen=True, tag="undelete-file"):
    """
    What you still have of these blocks stays, and what you have not may come again: their tombstones go.
    Answered by Ack when that is durable.
    """

    op_id: OpId
    epoch: Count
    blocks: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=MAX_LIST)]


class IndexHead(Packet, frozen=True, tag="index-head"):
    """
    Asking: from now on this is the head of my catalog log (the segments it names were sent before); Ack.

    Answering AskIndex: the head kept here; b"" when there is none.  See catalog/head.py for the bytes.
    """

    op_id: OpId
    head: Annotated[bytes, Meta(max_length=16384)]


class AskIndex(Packet, frozen=True, tag="ask-index"):
    """What is the head of my catalog log?  Answered by IndexHead."""


class IndexSegment(Packet, frozen=True, tag="index-segment"):
    """
    Asking: keep this segment of my catalog log; its bytes follow.  Answered by Ack with a receipt, or Fail.

    Answering AskSegment: its bytes follow.
    """

    epoch: Count
    number: Count
    size: Annotated[int, Meta(ge=0, le=4 * 2**20)]
    root: Hash

    @property
    def body_size(self) -> int:
        return self.size


class AskSegment(Packet, frozen=True, tag="ask-segment"):
    """That segment of my catalog log.  Answered by IndexSegment, or Fail."""

    epoch: Count
    number: Count


class Message(Packet, frozen=True, tag="message"):
    """A letter for you, sealed.  Answered by Ack with your signed receipt (messaging/receipt.py), or Fail."""

    letter: SealedLetter


class Deposit(Packet, frozen=True, tag="deposit"):
    """Keep this letter for your customer `recipient`.  Answered by Ack when it is durable, or Fail."""

    recipient: Fingerprint
    letter: SealedLetter


class MailWaiting(Packet, frozen=True, tag="mail-waiting"):
    """There are letters for you here.  Answered by Ack; you may Collect them."""


class Collect(Packet, frozen=True, tag="collect"):
    """These letters, named by their SHA-256, are safe with me and may go; what else is there for me?"""

    taken: Annotated[tuple[Hash, ...], Meta(max_length=MAX_LETTERS)] = ()


class Letters(Packet, frozen=True, tag="letters"):
    """The answer to Collect: the oldest letters kept for the asker; none when there is no more."""

    letters: Annotated[tuple[SealedLetter, ...], Meta(max_length=MAX_LETTERS)] = ()


class Carried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What a relay carries in one circuit: so many bytes in each direction, for so many seconds, at so many
    bytes a second (0: as many as there are).  Whatever comes first ends it.
    """

    size: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    seconds: Count
    rate: Count = 0


class Reserve(Packet, frozen=True, tag="reserve"):
    """
    Asked of a relay: let others reach me over this link, for an hour; or (`wanted` false) no more.
    Answered by Reserved, or Fail.
    """

    wanted: bool = True


class Reserved(Packet, frozen=True, tag="reserved"):
    """For so many seconds I carry circuits to you on these terms; 0: not any more."""

    seconds: Count
    terms: Carried


class Join(Packet, frozen=True, tag="join"):
    """
    Asked of a relay: join me to `peer`, who has a reservation with you; my bytes for him follow, `size` at
    most.  Answered by Joined, and his bytes; or by Fail.
    """

    peer: Fingerprint
    size: Count

    @property
    def body_size(self) -> int:
        return self.size


class Knock(Packet, frozen=True, tag="knock"):
    """
    Asked by a relay: `peer` wants to be joined to you on these terms; his bytes follow.  Answered by Joined,
    and your bytes; or by Fail.
    """

    peer: Fingerprint
    terms: Carried

    @property
    def body_size(self) -> int:
        return self.terms.size


class AskReached(Packet, frozen=True, tag="ask-reached"):
    """
    Asked of a relay: who of those that are reached over you claims this nickname (`what`: its key), or makes
    this offer?  Answered by Reached, or Fail.
    """

    kind: Literal["nickname", "offer"]
    what: Annotated[str, Meta(min_length=1, max_length=64)]


class Reached(Packet, frozen=True, tag="reached"):
    """These do; whoever means one of them joins him, and he shows himself."""

    peers: Annotated[tuple[Fingerprint, ...], Meta(max_length=8)] = ()


class Joined(Packet, frozen=True, tag="joined"):
    """The circuit is there, on these terms; bytes follow.  Either end ends it by RESET."""

    terms: Carried

    @property
    def body_size(self) -> int:
        return self.terms.size


class Punch(Packet, frozen=True, tag="punch"):
    """
    Let us come through our routers to each other: at these places I am seen, and I will dial.  Answered by
    the same with the places of the answerer, or Fail; begun by PunchNow.
    """

    road: Word
    secret: Annotated[bytes, Meta(min_length=16, max_length=16)]
    places: Annotated[
        tuple[Annotated[str, Meta(max_length=LONGEST_PLACE)], ...], Meta(min_length=1, max_length=4)
    ]
    #: at ports that neither end has used before: those of an earlier round were spoilt
    fresh: bool = False


class PunchNow(Packet, frozen=True, tag="punch-now"):
    """Begin the round of this secret at once.  Answered by Ack, or Fail."""

    secret: Annotated[bytes, Meta(min_length=16, max_length=16)]


class DialBack(Packet, frozen=True, tag="dial-back"):
    """
    Dial me there: do I answer?  Answered by DialledBack, or Fail.

    Contacts at the address this question comes from, and no others, are dialled.
    """

    contacts: Contacts


class DialledBack(Packet, frozen=True, tag="dialled-back"):
    """At these of the contacts one answered who holds a device key of yours, to who came from a new port."""

    reached: Contacts


AnyPacket = (
    Identity
    | Ack
    | Fail
    | RequestService
    | CancelService
    | Notice
    | Data
    | Retrieve
    | ListFiles
    | Files
    | AskDigest
    | Digest
    | DeleteFile
    | UndeleteFile
    | IndexHead
    | AskIndex
    | IndexSegment
    | AskSegment
    | Message
    | Deposit
    | MailWaiting
    | Collect
    | Letters
    | Reserve
    | Reserved
    | AskReached
    | Reached
    | Join
    | Knock
    | Joined
    | Punch
    | PunchNow
    | DialBack
    | DialledBack
)

#: longest packet as bytes; a frame's payload is at most 64 KiB
MAX_PACKET = 60 * 1024
