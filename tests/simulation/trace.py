"""What happened, in order: hashed as a whole, and the end of it kept to be read."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable

#: lines that are kept
KEPT = 200


class Trace:
    """@param now: simulated seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._hash = hashlib.blake2b(digest_size=16)
        self.last: deque[str] = deque(maxlen=KEPT)
        self.events = 0

    def say(self, line: str) -> None:
        """Something happened."""
        self._add(line, b"")

    def sent(self, source: str, target: str, data: bytes) -> None:
        """Bytes were handed to the road."""
        self._add(f"{source} > {target} {len(data)}", data)

    def _add(self, line: str, data: bytes) -> None:
        line = f"{self._now():.6f} {line}"
        self.events += 1
        self.last.append(line)
        self._hash.update(line.encode())
        self._hash.update(data)

    @property
    def digest(self) -> str:
        """All of it, in 32 characters."""
        return self._hash.hexdigest()
