"""A long list of entries that wait for the end of a restore: on disk when they are many."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

from bitdust.catalog.facts import Meta, decode_meta, encode_meta

#: bytes that are kept in memory
MEMORY = 4 * 2**20


class Pile:
    """(path, meta) in the order they were added.  `for … in` and `reversed` work."""

    def __init__(self) -> None:
        # array: eight bytes per entry is all that grows with their number.
        self._starts = array("Q", [0])
        self._file = SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115 - lives as long as the pile

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, index: int) -> tuple[bytes, Meta]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        start, end = self._starts[index], self._starts[index + 1]
        self._file.seek(start)
        record = self._file.read(end - start)
        length = int.from_bytes(record[:4], "big")
        return record[4 : 4 + length], decode_meta(record[4 + length :])

    def __iter__(self) -> Iterator[tuple[bytes, Meta]]:
        return (self[index] for index in range(len(self)))

    def add(self, path: bytes, meta: Meta) -> None:
        """
        One more.

        @raise OSError: there is no room for temporary files.
        """
        record = len(path).to_bytes(4, "big") + path + encode_meta(meta)
        self._file.seek(self._starts[-1])
        self._file.write(record)
        self._starts.append(self._starts[-1] + len(record))

    def close(self) -> None:
        """Forget them all."""
        del self._starts[1:]
        self._file.close()
