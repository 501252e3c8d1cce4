"""Where a file is cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitdust.blocks.chunker import AVERAGE_CHUNK, MAX_CHUNK, MIN_CHUNK, Cutter, chunk_id
from tests.blocks.material import stuff


def small() -> Cutter:
    """A cutter of short chunks, so that little data has many."""
    return Cutter(256, 1024, 4096)


def streamed(data: bytes, steps: list[int]) -> list[int]:
    """The cuts when the data come in parts of these lengths, over and over."""
    cutter, ends, begin, seen, turn = small(), [], 0, 0, 0
    while True:
        seen = min(len(data), seen + steps[turn % len(steps)])
        turn += 1
        final = seen == len(data)
        ends += [begin + end for end in cutter.cuts(memoryview(data)[begin:seen], final)]
        begin = ends[-1] if ends else 0
        if final:
            return ends


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 40_000), st.lists(st.integers(1, 9000), min_size=1, max_size=5), st.integers(0, 9))
def test_cuts_do_not_depend_on_the_buffers(size: int, steps: list[int], seed: int) -> None:
    """A stream has the same cuts however it is divided into buffers, and they cover it exactly."""
    data = stuff(size, seed)
    whole = small().cuts(data, True)
    assert streamed(data, steps) == whole
    lengths = [end - start for start, end in zip([0, *whole], whole, strict=False)]
    assert sum(lengths) == size
    assert all(256 < length <= 4096 for length in lengths[:-1])


@pytest.mark.parametrize("byte", [b"\0", b"\xff"])
def test_monotone_data_are_cut_at_the_maximum(byte: bytes) -> None:
    """Zeros have no content to cut at: the longest chunks, known as soon as they are in the buffer."""
    assert small().cuts(byte * 4096, False) in ([4096], small().cuts(byte * 9000, True)[:1])


def test_small_files_are_one_chunk() -> None:
    """Up to the minimum nothing is cut, and an empty stream has no chunk."""
    cutter = Cutter()
    assert cutter.cuts(b"", True) == []
    assert cutter.cuts(b"x", True) == [1]
    assert cutter.cuts(stuff(MIN_CHUNK), True) == [MIN_CHUNK]
    assert cutter.cuts(stuff(MIN_CHUNK), False) == []


def test_an_insertion_moves_few_cuts() -> None:
    """Ten bytes put in the middle leave nearly all chunks as they were."""
    data = stuff(400_000, 3)
    changed = data[:200_000] + b"0123456789" + data[200_000:]

    def ids(content: bytes) -> set[bytes]:
        ends = small().cuts(content, True)
        return {chunk_id(content[a:b], bytes(32)) for a, b in zip([0, *ends], ends, strict=False)}

    before, after = ids(data), ids(changed)
    assert len(before) > 100
    assert len(before - after) <= 4


def test_the_cuts_of_this_version() -> None:
    """A release of the cutter that cuts elsewhere would store everything once more: it is noticed here."""
    assert (MIN_CHUNK, AVERAGE_CHUNK, MAX_CHUNK) == (262144, 1048576, 4194304)
    data = stuff(6_000_000, 1)
    assert Cutter().cuts(data, True) == CUTS


def test_ids_are_secret() -> None:
    """Who has another key gets another id."""
    assert chunk_id(b"abc", bytes(32)) != chunk_id(b"abc", bytes([1]) * 32)
    assert chunk_id(bytearray(b"abc"), bytes(32)) == chunk_id(memoryview(b"abc"), bytes(32))


CUTS = [1521776, 3351541, 3870365, 5478046, 5965835, 6000000]
