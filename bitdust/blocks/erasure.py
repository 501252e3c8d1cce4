"""
Which implementation of the erasure code is used: the fastest that gives zfec's bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from bitdust.blocks.code import Code
from bitdust.blocks.isal import IsalCode, find_isal
from bitdust.blocks.shapes import SHAPES

__all__ = ["Code", "Codecs"]


class Codecs:
    """Makes the codes and keeps them; any thread may ask."""

    def __init__(self, name: str, make: Callable[[int, int], Code]) -> None:
        self.name = name
        self._make = make
        self._codes: dict[tuple[int, int], Code] = {}
        self._lock = threading.Lock()

    @classmethod
    def best(cls) -> Codecs:
        """ISA-L where it is installed and agrees with zfec in every shape, else zfec."""
        isal = find_isal()
        if isal is None:
            return cls.reference()
        fast = cls("ISA-L", lambda k, n: IsalCode(k, n, isal))
        agree = all(agrees(fast.code(k, n), Code(k, n)) for n, k in SHAPES.items())
        return fast if agree else cls.reference()

    @classmethod
    def reference(cls) -> Codecs:
        """zfec alone."""
        return cls("zfec", Code)

    def code(self, k: int, n: int) -> Code:
        """The code k of n."""
        with self._lock:
            code = self._codes.get((k, n))
            if code is None:
                code = self._codes[k, n] = self._make(k, n)
            return code


#: bytes to try a code on, every value among them
_WAVE = bytes(7 * at & 255 for at in range(256)) * 6


def agrees(code: Code, reference: Code) -> bool:
    """Do both give the same bytes, forth and back, for lengths below and above what one instruction takes?"""
    k, n = reference.k, reference.n
    for length in (1, 33, 1031):
        starts = [(31 * unit + length) & 255 for unit in range(k)]
        data = [_WAVE[start : start + length] for start in starts]
        units = dict(enumerate(reference.encode(data, range(n))))
        if code.encode(data, range(n)) != list(units.values()):
            return False
        last = {number: units[number] for number in range(n - k, n)}
        if code.decode(last) != data or code.make(last, 0) != data[0]:
            return False
    return True
