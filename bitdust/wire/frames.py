"""
Frames: what a link is cut into.

    length u24 | type u8 | stream u32 | payload, `length` bytes, at most 64 KiB          (big-endian)

Pure: bytes in, frames out.  What the frames mean, and in which order they may come, is
`transport/session.py`; the description for a stranger is docs/formats/wire.md.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from bitdust.errors import RemoteFault
from bitdust.wire import place
from bitdust.wire.packets import Count, Word

#: bytes before the payload, and most bytes of it
HEADER, MAX_PAYLOAD = 8, 64 * 1024
#: longest reason in a RESET or GOAWAY, in bytes
MAX_REASON = 512
#: the version of everything in here
VERSION = 1
#: the feature of a dialer who wants to hear where he is seen, and nothing else
WHERE = "where"
#: frames of a type with this bit may be ignored by who does not know them
IGNORABLE = 0x80

_header = struct.Struct(">II")
_number = struct.Struct(">I")


class Type(IntEnum):
    """What a frame is for."""

    HELLO = 1
    PING = 2
    PONG = 3
    OPEN = 4
    ANSWER = 5
    DATA = 6
    WINDOW = 7
    END = 8
    RESET = 9
    GOAWAY = 10


#: those that concern the link and not one stream: their stream number is 0
OF_THE_LINK = frozenset({Type.HELLO, Type.PING, Type.PONG, Type.GOAWAY})

#: (type, stream, payload).  The payload is a view into what was fed: copy it to keep it longer than that.
Frame = tuple[int, int, memoryview]


class Hello(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first frame of either end.  Fields that are not known are skipped: later versions may add some."""

    versions: Annotated[tuple[Annotated[int, Meta(ge=0, le=65535)], ...], Meta(min_length=1, max_length=16)]
    document: Annotated[bytes, Meta(max_length=16384)]
    features: Annotated[tuple[Word, ...], Meta(max_length=32)]
    now: Count
    #: the place at which the sender sees whom he greets; "" when the road has none, or he does not say
    observed: Annotated[str, Meta(max_length=place.LONGEST)] = ""


def header(kind: int, stream: int, length: int) -> bytes:
    """The eight bytes before a payload of `length` bytes."""
    return _header.pack(length << 8 | kind, stream)


def frame(kind: int, stream: int, payload: bytes = b"") -> bytes:
    """One whole frame."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(payload)} bytes; {MAX_PAYLOAD} is the most")
    return _header.pack(len(payload) << 8 | kind, stream) + payload


def number(value: int) -> bytes:
    """The payload of a WINDOW."""
    return _number.pack(value)


def read_number(payload: memoryview) -> int:
    """
    What `number` wrote.

    @raise RemoteFault: it is not four bytes.
    """
    if len(payload) != _number.size:
        raise RemoteFault(f"a window of {len(payload)} bytes instead of {_number.size}")
    return int(_number.unpack(payload)[0])


def reason(text: str) -> bytes:
    """The payload of a RESET or GOAWAY, cut to what it may have."""
    return text.encode("utf-8", "replace")[:MAX_REASON]


def read_reason(payload: memoryview) -> str:
    """
    What the peer gives as his reason, as one printable line: it ends up in logs and before people.

    @raise RemoteFault: it is too long.
    """
    if len(payload) > MAX_REASON:
        raise RemoteFault(f"a reason of {len(payload)} bytes; {MAX_REASON} is the most")
    text = bytes(payload).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else " " for letter in text)


_hello_encoder = msgspec.msgpack.Encoder()
_hello_decoder = msgspec.msgpack.Decoder(Hello)


def encode_hello(hello: Hello) -> bytes:
    """The payload of a HELLO."""
    return _hello_encoder.encode(hello)


def decode_hello(payload: memoryview) -> Hello:
    """
    What `encode_hello` wrote.

    @raise RemoteFault: it is not a Hello, of no version spoken here, or names a place that is none.
    """
    try:
        hello = _hello_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as refusal:
        raise RemoteFault(f"not a HELLO: {str(refusal)[:200]}") from None
    if VERSION not in hello.versions:
        raise RemoteFault(f"the peer speaks versions {hello.versions}; here it is {VERSION}")
    if hello.observed:
        place.read_place(hello.observed)
    return hello


class FrameReader:
    """
    Takes bytes as they come and gives whole frames.

    A length above the bound is refused from its header alone, so that nothing more than one frame is kept.
    """

    def __init__(self) -> None:
        self._begun = bytearray()
        self._fresh: bytes | memoryview = b""

    @property
    def size(self) -> int:
        """Bytes that were fed and are in no frame given yet."""
        return len(self._begun) + len(self._fresh)

    def feed(self, data: bytes | memoryview) -> None:
        """Bytes from the peer.  They are looked at in `frames`, and nothing of them is kept longer."""
        if self._fresh:
            self._begun += self._fresh
        self._fresh = data

    def frames(self) -> Generator[Frame, None, None]:
        """
        The whole frames fed so far.  One may stop in the middle, and go on later.

        @raise RemoteFault: a frame is longer than any may be.
        """
        # Only the frame that had begun is put together anew; all others are seen where they lie.
        fresh = memoryview(self._fresh)
        while fresh and (missing := self._missing()):
            self._begun += fresh[:missing]
            fresh = fresh[missing:]
        rest = [view for view in (memoryview(self._begun), fresh) if view]
        self._begun, self._fresh = bytearray(), b""
        try:
            while rest:
                view = rest[0]
                length = _length(view)
                if len(view) < HEADER + length:
                    if len(rest) == 1:
                        return
                    # It was stopped in the middle, before: more than one frame had been kept.
                    rest = [memoryview(b"".join(rest))]
                    continue
                rest = [view[HEADER + length :], *rest[1:]] if len(view) > HEADER + length else rest[1:]
                word, stream = _header.unpack_from(view)
                yield word & 0xFF, stream, view[HEADER : HEADER + length]
        finally:
            for view in rest:
                self._begun += view

    def _missing(self) -> int:
        """Bytes that the frame lacks which had begun, as far as is known; 0 when it is none, or is whole."""
        have = len(self._begun)
        return max(0, HEADER + _length(self._begun) - have) if 0 < have < HEADER + MAX_PAYLOAD else 0


def _length(frame: bytearray | memoryview) -> int:
    """
    Bytes of its payload; 0 as long as the header is not there.

    @raise RemoteFault: it is longer than any may be.
    """
    if len(frame) < HEADER:
        return 0
    length: int = _header.unpack_from(frame)[0] >> 8
    if length > MAX_PAYLOAD:
        raise RemoteFault(f"a frame of {length} bytes; {MAX_PAYLOAD} is the most")
    return length
