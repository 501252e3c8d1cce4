"""
The same code many times faster: Intel's ISA-L, fed with zfec's own coefficients.

Both count in the same field, so the bytes are the same.  The library is the one inside the PyECLib wheel (the
extra `fast`), or the system's; nothing is lost without it but speed.
"""

from __future__ import annotations

import ctypes as c
import threading
from collections import OrderedDict
from collections.abc import Sequence
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path

from bitdust.blocks.code import Buffer, Code

_MAX_UNIT = 2**30  # the library counts in C ints
_TABLES = 64  # coefficient tables kept: one for every pattern of loss that was met
_KEPT = 8 * 2**20  # a thread's output buffer is kept up to this size


class Isal:
    """The two functions of the library that are used."""

    def __init__(self, path: str) -> None:
        """@raise OSError: it cannot be loaded.  @raise AttributeError: it is something else."""
        library = c.CDLL(path)
        self.path = path
        self.init_tables = library.ec_init_tables
        self.init_tables.argtypes = [c.c_int, c.c_int, c.c_char_p, c.c_void_p]
        self.init_tables.restype = None
        self.encode_data = library.ec_encode_data
        self.encode_data.argtypes = [c.c_int, c.c_int, c.c_int, c.c_void_p, c.c_void_p, c.c_void_p]
        self.encode_data.restype = None


def find_isal() -> Isal | None:
    """The library, if this machine has it."""
    for path in _paths():
        try:
            return Isal(path)
        except (OSError, AttributeError):
            continue
    return None


def _paths() -> list[str]:
    paths = []
    spec = find_spec("pyeclib")
    if spec is not None and spec.origin is not None:
        beside = Path(spec.origin).parent.parent / "pyeclib.libs"
        paths += [str(path) for path in sorted(beside.glob("libisal*"))]
    # The system is asked last: it takes a process or two.
    if not paths and (name := find_library("isal")):
        paths.append(name)
    return paths


class IsalCode(Code):
    """A `Code` that lets ISA-L do the work."""

    def __init__(self, k: int, n: int, isal: Isal) -> None:
        super().__init__(k, n)
        self._isal = isal
        self._tables: OrderedDict[tuple[tuple[int, ...], tuple[int, ...]], c.Array[c.c_char]] = OrderedDict()
        self._lock = threading.Lock()
        self._own = threading.local()  # each thread's output buffer, used again and again

    def encode_into(self, units: Sequence[Buffer], numbers: Sequence[int], out: Sequence[memoryview]) -> None:
        self._check(range(self.k), units, numbers)
        length = len(units[0])
        if len(out) != len(numbers) or any(len(buffer) != length for buffer in out):
            raise ValueError("there must be one buffer for each number, as long as the units")
        if length and numbers:
            self._run(range(self.k), units, numbers, out)

    def _solve(self, have: Sequence[int], units: Sequence[Buffer], wanted: Sequence[int]) -> list[bytes]:
        length = len(units[0])
        space = self._space(length * len(wanted))
        out = [space[at : at + length] for at in range(0, len(space), length)]
        self._run(have, units, wanted, out)
        return [bytes(buffer) for buffer in out]

    def _run(
        self, have: Sequence[int], units: Sequence[Buffer], wanted: Sequence[int], out: Sequence[memoryview]
    ) -> None:
        length = len(units[0])
        if length > _MAX_UNIT:
            raise ValueError(f"a unit of {length} bytes is too long")
        table = self._table(tuple(have), tuple(wanted))
        keep: list[object] = []  # whatever the library gets an address of lives until it is done
        sources = (c.c_void_p * len(units))(*[_address(unit, keep) for unit in units])
        targets = (c.c_void_p * len(out))(*[_address(buffer, keep) for buffer in out])
        self._isal.encode_data(length, len(units), len(out), table, sources, targets)
        keep.clear()

    def _space(self, size: int) -> memoryview:
        if size > _KEPT:
            return memoryview(bytearray(size))
        space: bytearray | None = getattr(self._own, "space", None)
        if space is None or len(space) < size:
            space = self._own.space = bytearray(size)
        return memoryview(space)[:size]

    def _table(self, have: tuple[int, ...], wanted: tuple[int, ...]) -> c.Array[c.c_char]:
        with self._lock:
            table = self._tables.get((have, wanted))
            if table is not None:
                self._tables.move_to_end((have, wanted))
                return table
        # k units that form the identity matrix: what zfec makes of them are its coefficients.
        identity = [bytes(row == column for column in range(self.k)) for row in range(self.k)]
        rows = b"".join(super()._solve(have, identity, wanted))
        table = c.create_string_buffer(32 * self.k * len(wanted))
        self._isal.init_tables(self.k, len(wanted), rows, table)
        with self._lock:
            self._tables[have, wanted] = table
            while len(self._tables) > _TABLES:
                self._tables.popitem(last=False)
        return table


def _address(buffer: Buffer, keep: list[object]) -> int | None:
    if isinstance(buffer, memoryview) and buffer.readonly:
        buffer = bytes(buffer)
    if isinstance(buffer, bytes):
        keep.append(buffer)
        return c.cast(c.c_char_p(buffer), c.c_void_p).value
    first = c.c_char.from_buffer(buffer)  # refuses what is not one stretch of memory
    keep.append(first)
    return c.addressof(first)
