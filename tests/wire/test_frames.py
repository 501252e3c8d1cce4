"""Frames come out as they went in, however the road cuts them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.errors import RemoteFault
from bitdust.wire.frames import (
    HEADER,
    MAX_PAYLOAD,
    MAX_REASON,
    FrameReader,
    Type,
    decode_hello,
    encode_hello,
    frame,
    header,
    number,
    read_number,
    read_reason,
    reason,
)

from .samples import FRAMES, GREETED, HELLO

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "wire" / "frames.json").read_text())


def read(*parts: bytes) -> list[tuple[int, int, bytes]]:
    """What a reader makes of these bytes."""
    reader, found = FrameReader(), []
    for part in parts:
        reader.feed(part)
        found += [(kind, stream, bytes(payload)) for kind, stream, payload in reader.frames()]
    return found


def test_there_is_a_vector_for_every_frame() -> None:
    """No type is without golden bytes."""
    assert {name.partition(" ")[0] for name in VECTORS} == set(Type.__members__)


@pytest.mark.parametrize("name", FRAMES)
def test_golden(name: str) -> None:
    """The bytes of a frame never change."""
    assert FRAMES[name].hex() == VECTORS[name]
    [(kind, _, payload)] = read(bytes.fromhex(VECTORS[name]))
    assert Type(kind).name == name.partition(" ")[0]
    if kind == Type.HELLO:
        assert decode_hello(memoryview(payload)) == {"HELLO": HELLO, "HELLO observed": GREETED}[name]


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2**32 - 1), st.binary(max_size=40)), max_size=8),
    st.data(),
)
def test_any_cut(frames: list[tuple[int, int, bytes]], data: st.DataObject) -> None:
    """T15: the same frames come out wherever the bytes are cut."""
    whole = b"".join(frame(*one) for one in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert read(*parts) == frames


def test_byte_by_byte() -> None:
    """One byte at a time is enough."""
    whole = b"".join(FRAMES.values())
    assert read(*(whole[at : at + 1] for at in range(len(whole)))) == read(whole)


def test_stopping_in_the_middle() -> None:
    """A reader that stops at a frame gives the next ones later, with what came meanwhile."""
    reader = FrameReader()
    reader.feed(frame(1, 0, b"a") + frame(2, 0, b"b") + frame(3, 0, b"c")[:5])
    coming = reader.frames()
    assert next(coming)[0] == 1
    coming.close()
    assert reader.size == HEADER + 1 + 5
    reader.feed(frame(3, 0, b"c")[5:])
    assert [kind for kind, _, _ in reader.frames()] == [2, 3]
    assert reader.size == 0


def test_longest() -> None:
    """64 KiB of payload are taken, one byte more is refused from the header alone (T32)."""
    assert len(read(frame(6, 1, bytes(MAX_PAYLOAD)))[0][2]) == MAX_PAYLOAD
    for length in (MAX_PAYLOAD + 1, 2**24 - 1):
        with pytest.raises(RemoteFault, match="is the most"):
            read(header(6, 1, length))
    with pytest.raises(ValueError, match="is the most"):
        frame(6, 1, bytes(MAX_PAYLOAD + 1))


def test_windows_have_four_bytes() -> None:
    """A WINDOW of any other length is refused."""
    assert read_number(memoryview(number(2**32 - 1))) == 2**32 - 1
    for wrong in (b"", b"123", b"12345"):
        with pytest.raises(RemoteFault):
            read_number(memoryview(wrong))


def test_reasons_are_one_printable_line() -> None:
    """What a stranger says cannot paint on a terminal or fill a log."""
    assert read_reason(memoryview(b"a\x1b[31m\nb\xff")) == "a [31m b�"
    assert len(reason("é" * 1000)) == MAX_REASON
    with pytest.raises(RemoteFault):
        read_reason(memoryview(bytes(MAX_REASON + 1)))


@pytest.mark.parametrize(
    "changed",
    [
        {"versions": []},
        {"versions": [2]},
        {"versions": list(range(17))},
        {"versions": 1},
        {"document": bytes(16385)},
        {"features": ["Not A Word"]},
        {"features": ["a"] * 33},
        {"now": -1},
        {"now": 2**63},
        {"observed": "bob.example:7771"},
        {"observed": "203.0.113.7"},
        {"observed": "x" * 65_000},
    ],
)
def test_a_wrong_hello_is_refused(changed: dict[str, object]) -> None:
    """Every field of a HELLO has its bounds, and one version must be ours."""
    good = msgspec.to_builtins(HELLO, builtin_types=(bytes,))
    with pytest.raises(RemoteFault):
        decode_hello(memoryview(msgspec.msgpack.encode(good | changed)))


def test_a_hello_of_tomorrow_is_understood() -> None:
    """Fields that are not known here are skipped in a HELLO."""
    good = msgspec.to_builtins(HELLO, builtin_types=(bytes,))
    assert decode_hello(memoryview(msgspec.msgpack.encode(good | {"colour": "red"}))) == HELLO
    assert decode_hello(memoryview(encode_hello(HELLO))) == HELLO


def test_a_deep_hello_is_refused() -> None:
    """T32: nesting in a field that is skipped cannot break the process."""
    with pytest.raises(RemoteFault):
        decode_hello(memoryview(b"\x81\xa1x" + b"\x91" * 60000 + b"\x90"))
