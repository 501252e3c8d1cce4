"""Bytes that one process sent and received over TCP, as the system counts them for each connection."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType

#: seconds between two looks: what a connection moves between the last one and its end is not seen
LOOK = 0.2
_SENT, _RECEIVED = re.compile(r"\bbytes_sent:(\d+)"), re.compile(r"\bbytes_received:(\d+)")


@dataclass
class Traffic:
    """
    A context manager that counts while it lasts.

    @param pid: the process.
    @param beside: a local port whose connections do not count: that of its API.
    """

    pid: int
    beside: int = 0
    sent: int = 0
    received: int = 0
    _first: dict[str, tuple[int, int]] = field(default_factory=dict)
    _last: dict[str, tuple[int, int]] = field(default_factory=dict)
    _over: Event = field(default_factory=Event)

    def __enter__(self) -> Traffic:
        self._first = self._last = self._look()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._last = {**self._last, **self._look()}
        for where, (sent, received) in self._last.items():
            before = self._first.get(where, (0, 0))
            self.sent += sent - before[0]
            self.received += received - before[1]

    def _run(self) -> None:
        while not self._over.wait(LOOK):
            self._last = {**self._last, **self._look()}

    def _look(self) -> dict[str, tuple[int, int]]:
        text = subprocess.run(["ss", "-tinpHO"], capture_output=True, text=True, check=True).stdout
        found = {}
        for line in text.splitlines():
            fields = line.split()
            if f"pid={self.pid}," not in line or fields[3].endswith(f":{self.beside}"):
                continue
            sent, received = _SENT.search(line), _RECEIVED.search(line)
            found[f"{fields[3]} {fields[4]}"] = (
                int(sent[1]) if sent else 0,
                int(received[1]) if received else 0,
            )
        return found
