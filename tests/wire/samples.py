"""One of each packet and frame, as the golden vectors in tests/vectors/wire/ have them."""

from __future__ import annotations

from bitdust.wire.codec import encode
from bitdust.wire.frames import Hello, Type, encode_hello, frame, number, reason
from bitdust.wire.packets import (
    Ack,
    AskDigest,
    AskIndex,
    AskSegment,
    CancelService,
    Carried,
    Collect,
    Data,
    DeleteFile,
    Deposit,
    DialBack,
    DialledBack,
    Digest,
    Fail,
    Files,
    Held,
    Identity,
    IndexHead,
    IndexSegment,
    Join,
    Joined,
    Knock,
    Letters,
    ListFiles,
    MailWaiting,
    Message,
    Notice,
    Packet,
    Priority,
    Punch,
    PunchNow,
    RequestService,
    Reserve,
    Reserved,
    Retrieve,
    Tombstone,
    UndeleteFile,
)

BLOCK, ROOT, OP = bytes(range(32)), bytes(range(32, 64)), bytes(range(16))

PACKETS: list[Packet] = [
    Identity(document=b"<identity/>"),
    Ack(receipt=b"signed", note="done"),
    Ack(),
    Fail(code="no_space", text="the disk is full"),
    RequestService(op_id=OP, service="supplier", granted=8 * 2**30, epoch=1),
    CancelService(op_id=OP, service="supplier", epoch=2),
    Notice(op_id=OP, state="leave", used=2**30, granted=2**31, until=1_800_000_000),
    Data(
        block=BLOCK, number=3, size=300_000, root=ROOT, k=4, n=7, unit=262144, block_size=2**24, epoch=1,
        proof=b"proof",
    ),
    Retrieve(block=BLOCK, number=3, first=5, count=64),
    ListFiles(after=BLOCK + b"\x03", limit=100),
    AskDigest(),
    Digest(count=4096, digest=ROOT),
    Files(pieces=(Held(BLOCK, 3, ROOT, 300_000),), more=True, used=300_000, granted=8 * 2**30),
    DeleteFile(op_id=OP, epoch=1, tombstones=(Tombstone(BLOCK, 1_700_000_000),)),
    UndeleteFile(op_id=OP, epoch=1, blocks=(BLOCK,)),
    IndexHead(op_id=OP, head=b"head"),
    AskIndex(),
    IndexSegment(epoch=1, number=9, size=4096, root=ROOT),
    AskSegment(epoch=1, number=9),
    Message(letter=b"sealed"),
    Deposit(recipient="a" * 52, letter=b"sealed"),
    MailWaiting(),
    Collect(taken=(BLOCK,)),
    Letters(letters=(b"sealed", b"too")),
    Reserve(wanted=True),
    Reserved(seconds=3600, terms=Carried(131072, 120, 0)),
    Join(peer="b" * 52, size=2**50),
    Knock(peer="a" * 52, terms=Carried(2**40, 86400, 10**6)),
    Joined(terms=Carried(2**40, 86400, 10**6)),
    Punch("udp", OP, ("203.0.113.7:7771", "[2001:db8::7]:7771"), True),
    PunchNow(OP),
    DialBack(contacts=("tcp://203.0.113.7:7771", "udp://203.0.113.7:7771")),
    DialledBack(reached=("tcp://203.0.113.7:7771",)),
]  # fmt: skip

HELLO = Hello(versions=(1,), document=b"<identity/>", features=("relay",), now=1_700_000_000)
GREETED = Hello((1,), b"<identity/>", (), 1_700_000_000, "[2001:db8::7]:7771")

FRAMES: dict[str, bytes] = {
    "HELLO": frame(Type.HELLO, 0, encode_hello(HELLO)),
    "HELLO observed": frame(Type.HELLO, 0, encode_hello(GREETED)),
    "PING": frame(Type.PING, 0, b"12345678"),
    "PONG": frame(Type.PONG, 0, b"12345678"),
    "OPEN": frame(Type.OPEN, 1, bytes([Priority.BACKUP]) + encode(Retrieve(BLOCK, 3, 5, 64))),
    "ANSWER": frame(Type.ANSWER, 1, encode(Ack())),
    "DATA": frame(Type.DATA, 1, b"some of a piece"),
    "WINDOW": frame(Type.WINDOW, 1, number(262144)),
    "END": frame(Type.END, 1),
    "RESET": frame(Type.RESET, 1, reason("cancelled")),
    "GOAWAY": frame(Type.GOAWAY, 0, reason("this node stops")),
}
