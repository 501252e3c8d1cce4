"""The erasure code, in every implementation that this machine has."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitdust.blocks.erasure import Code, Codecs
from bitdust.blocks.shapes import SHAPES
from bitdust.errors import Damaged
from tests.blocks.material import stuff

IMPLEMENTATIONS = {codecs.name: codecs for codecs in (Codecs.reference(), Codecs.best())}
every_code = pytest.mark.parametrize("codecs", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS)


def pieces(code: Code, length: int, seed: int = 0) -> list[bytes]:
    """One unit of each of the n pieces, made with zfec."""
    data = [stuff(length, seed * 1000 + unit) for unit in range(code.k)]
    return Codecs.reference().code(code.k, code.n).encode(data, range(code.n))


@every_code
@pytest.mark.parametrize("n", [n for n in SHAPES if n <= 13])
def test_every_subset_decodes(codecs: Codecs, n: int) -> None:
    """T8: any k of n pieces give the data, and any lost piece again."""
    code = codecs.code(SHAPES[n], n)
    units = pieces(code, 21)
    for turn, have in enumerate(itertools.combinations(range(n), code.k)):
        found = {number: units[number] for number in have}
        assert code.decode(found) == units[: code.k]
        assert code.make(found, turn % n) == units[turn % n]


@every_code
@pytest.mark.parametrize("n", [n for n in SHAPES if n > 13])
def test_random_subsets_decode(codecs: Codecs, n: int) -> None:
    """T8: where there are too many subsets, 5,000 of them together."""
    code = codecs.code(SHAPES[n], n)
    units = pieces(code, 5)
    chance = Random(n)
    for _ in range(1700):
        found = {number: units[number] for number in chance.sample(range(n), code.k)}
        assert code.decode(found) == units[: code.k]
        number = chance.randrange(n)
        assert code.make(found, number) == units[number]


@every_code
@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(SHAPES.items())), st.integers(0, 5000), st.data())
def test_same_bytes_as_zfec(codecs: Codecs, shape: tuple[int, int], length: int, data: st.DataObject) -> None:
    """Of any length and for any pieces wanted, from bytes, bytearrays and views alike."""
    n, k = shape
    code = codecs.code(k, n)
    expected = pieces(code, length)
    kinds = data.draw(st.lists(st.integers(0, 3), min_size=k, max_size=k))
    units = [
        (bytes, bytearray, memoryview, lambda unit: memoryview(bytearray(unit)))[kind](unit)
        for kind, unit in zip(kinds, expected[:k], strict=True)
    ]
    wanted = data.draw(st.lists(st.integers(0, n - 1), max_size=n, unique=True))
    assert code.encode(units, wanted) == [expected[number] for number in wanted]
    out = [memoryview(bytearray(length)) for _ in wanted]
    code.encode_into(units, wanted, out)
    assert [bytes(buffer) for buffer in out] == [expected[number] for number in wanted]


@every_code
@settings(deadline=None, max_examples=30)
@given(st.integers(1, 3000), st.data())
def test_a_stretch_decodes_alone(codecs: Codecs, length: int, data: st.DataObject) -> None:
    """The same stretch of k pieces gives the same stretch of the others: a leaf needs no neighbours."""
    code = codecs.code(4, 7)
    units = pieces(code, length)
    start = data.draw(st.integers(0, length))
    end = data.draw(st.integers(start, length))
    have = data.draw(st.permutations(range(7)))[:4]
    found = {number: memoryview(units[number])[start:end] for number in have}
    assert code.decode(found) == [unit[start:end] for unit in units[:4]]
    assert code.make(found, 6) == units[6][start:end]


@every_code
def test_more_than_enough(codecs: Codecs) -> None:
    """With more than k pieces what is there is not computed."""
    code = codecs.code(2, 4)
    units = pieces(code, 100)
    assert code.decode(dict(enumerate(units))) == units[:2]
    assert code.decode({0: units[0], 3: units[3], 2: units[2]}) == units[:2]


@every_code
def test_too_few_or_unequal(codecs: Codecs) -> None:
    """Fewer than k, different lengths, numbers that there are not: refused before the library sees them."""
    code = codecs.code(2, 4)
    with pytest.raises(Damaged, match="not enough pieces: have 1, need 2"):
        code.decode({3: b"abc"})
    with pytest.raises(Damaged, match="not enough pieces: have 1, need 2"):
        code.encode([b"abc"], [2])
    for units in ({2: b"abc", 3: b"ab"}, {3: b"abc", 4: b"abc"}, {-1: b"abc", 3: b"abc"}):
        with pytest.raises(Damaged):
            code.decode(units)
    with pytest.raises(Damaged):
        code.encode([b"abc", b"abcd"], [2])
    with pytest.raises(Damaged):
        code.make({2: b"abc", 3: b"abc"}, 4)
    with pytest.raises(ValueError, match="once"):
        code.encode([b"abc", b"abc"], [2] * 100)
    out = memoryview(bytearray(3))
    with pytest.raises(ValueError):  # noqa: PT011 - each implementation in its words
        code.encode_into([b"abc", b"abc"], [2, 3], [out])
    with pytest.raises(ValueError):  # noqa: PT011
        code.encode_into([b"abc", b"abc"], [2], [out[:2]])


@every_code
def test_threads_share_a_code(codecs: Codecs) -> None:
    """Several threads at one code, with lengths and losses of their own, do not disturb each other."""
    code = codecs.code(4, 7)

    def work(seed: int) -> bool:
        chance = Random(seed)
        for turn in range(15):
            units = pieces(code, chance.randrange(1, 40_000), seed * 100 + turn)
            found = {number: units[number] for number in chance.sample(range(7), 4)}
            if code.decode(found) != units[:4] or code.encode(units[:4], range(7)) != units:
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))
