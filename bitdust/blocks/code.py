"""
The erasure code itself, with zfec: the reference that every faster way is held against.

A unit is any stretch of a piece; k units from the same offset of k pieces give the units of all n.  The code
is systematic: the pieces 0 … k-1 are the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import zfec

from bitdust.errors import Damaged

Buffer = bytes | bytearray | memoryview


class Code:
    """k of n.  Holds no data; any number of threads may use one at the same time."""

    def __init__(self, k: int, n: int) -> None:
        self.k = k
        self.n = n
        self._encoder = zfec.Encoder(k, n)
        self._decoder = zfec.Decoder(k, n)

    def encode(self, units: Sequence[Buffer], numbers: Sequence[int]) -> list[bytes]:
        """
        The units of the pieces `numbers`, each named once, from the k data units, which have one length.

        @raise Damaged: there are not k, or they differ in length.
        """
        return self._answer(range(self.k), units, numbers)

    def encode_into(self, units: Sequence[Buffer], numbers: Sequence[int], out: Sequence[memoryview]) -> None:
        """The same into writable buffers of that length, one for each of `numbers`, apart from the units."""
        for buffer, unit in zip(out, self.encode(units, numbers), strict=True):
            buffer[:] = unit

    def decode(self, units: Mapping[int, Buffer]) -> list[bytes]:
        """
        The k data units from those of at least k pieces, by piece number.

        @raise Damaged: there are fewer than k, or they differ in length.
        """
        have, found = self._chosen(units)
        lost = [number for number in range(self.k) if number not in units]
        made = dict(zip(lost, self._answer(have, found, lost), strict=True))
        return [made[number] if number in made else bytes(units[number]) for number in range(self.k)]

    def make(self, units: Mapping[int, Buffer], number: int) -> bytes:
        """
        The unit of piece `number` from those of at least k pieces, by piece number.

        @raise Damaged: there are fewer than k, or they differ in length.
        """
        if number in units:
            return bytes(units[number])
        have, found = self._chosen(units)
        return self._answer(have, found, [number])[0]

    def _chosen(self, units: Mapping[int, Buffer]) -> tuple[list[int], list[Buffer]]:
        # Data pieces first: what need not be computed is not.
        have = sorted(units)[: self.k]
        if len(have) < self.k:
            raise Damaged(f"not enough pieces: have {len(have)}, need {self.k}")
        return have, [units[number] for number in have]

    def _answer(self, have: Sequence[int], units: Sequence[Buffer], wanted: Sequence[int]) -> list[bytes]:
        self._check(have, units, wanted)
        if not wanted:
            return []
        if not len(units[0]):
            return [b""] * len(wanted)
        return self._solve(have, units, wanted)

    def _check(self, have: Sequence[int], units: Sequence[Buffer], wanted: Sequence[int]) -> None:
        if len(units) != self.k:
            raise Damaged(f"not enough pieces: have {len(units)}, need {self.k}")
        if any(not 0 <= number < self.n for number in (*have, *wanted)):
            raise Damaged(f"there are only {self.n} pieces")
        # zfec writes beyond its arrays when it is asked for one parity several times.
        if len(set(wanted)) != len(wanted):
            raise ValueError("each piece can be asked for once")
        length = len(units[0])
        if any(len(unit) != length for unit in units):
            raise Damaged("the pieces differ in length")

    def _solve(self, have: Sequence[int], units: Sequence[Buffer], wanted: Sequence[int]) -> list[bytes]:
        """The units `wanted` from exactly the k units `have`, all checked."""
        if list(have) != list(range(self.k)):
            units = self._decoder.decode(list(units), list(have))
        return [bytes(unit) for unit in self._encoder.encode(list(units), list(wanted))]
