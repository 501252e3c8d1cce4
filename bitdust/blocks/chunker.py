"""
Where a file is cut: content decides, so that an insertion moves only the cuts near it.

The one place that knows `pyfastcdc`.  The cuts are part of nothing that is stored: another cutter would read
every old block, it would only find fewer chunks again.
"""

from __future__ import annotations

from pyfastcdc import FastCDC

from bitdust.crypto import keyed_digest

#: a chunk is not smaller than this (but the last of a file), about this long, never longer
MIN_CHUNK, AVERAGE_CHUNK, MAX_CHUNK = 256 * 1024, 1024 * 1024, 4 * 1024 * 1024


def chunk_id(data: bytes | bytearray | memoryview, chunk_key: bytes) -> bytes:
    """What a chunk is known by: 32 bytes that only the holder of `chunk_key` can compute."""
    return keyed_digest(memoryview(data), chunk_key)


class Cutter:
    """Cuts a stream that is seen through a buffer.  Keeps nothing between calls, but is for one thread."""

    def __init__(
        self, minimum: int = MIN_CHUNK, average: int = AVERAGE_CHUNK, maximum: int = MAX_CHUNK
    ) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self._fastcdc = FastCDC(average, min_size=minimum, max_size=maximum)

    def cuts(self, buffer: bytes | bytearray | memoryview, final: bool) -> list[int]:
        """
        The ends of the chunks inside the buffer, which begins where the last chunk ended.

        Behind the last cut lies the beginning of a chunk whose end is not known yet: show it again, with more
        behind it.  The cuts are the same however the stream is divided into buffers; a buffer of at least
        `maximum` bytes has at least one.

        @param final: the stream ends with this buffer, so the rest is a chunk too.
        """
        length = len(buffer)
        if length <= self.minimum:
            return [length] if final and length else []
        ends: list[int] = []
        start = 0
        for chunk in self._fastcdc.cut_buf(buffer):
            end = start + chunk.length
            # Whether the stream or only the buffer ended here is not known, unless it is the longest chunk.
            if end == length and not final and chunk.length < self.maximum:
                break
            ends.append(end)
            start = end
        return ends
