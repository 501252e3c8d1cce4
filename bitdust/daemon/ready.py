"""
Telling whoever started us how it went: the waiting parent through a pipe, systemd through its socket.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass

from bitdust.errors import BitDustError

PIPE = "BITDUST_READY_FD"  # the number of the pipe's end, in the environment of a detached node


@dataclass
class Starter:
    """Who started us, if anybody waits for news."""

    pipe: int | None = None
    notify: str | None = None

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> Starter:
        """The pipe is named once only: a node that restarts itself finds nobody waiting."""
        number = environment.pop(PIPE, "")
        return cls(int(number) if number.isdigit() else None, environment.get("NOTIFY_SOCKET"))

    def ready(self, url: str) -> None:
        """The node answers at this address."""
        self._tell({"ready": url})
        self._notify(f"READY=1\nSTATUS=answers at {url}")

    def failed(self, error: BitDustError) -> None:
        """It will not come to that."""
        self._tell(
            {"error": error.id, "exit_code": error.exit_code, "message": error.message, "hint": error.hint}
        )
        self._notify(f"STATUS={error.message}")

    def stopping(self) -> None:
        """The node begins to end."""
        self._notify("STOPPING=1")

    def _tell(self, news: dict[str, object]) -> None:
        if self.pipe is None:
            return
        pipe, self.pipe = self.pipe, None
        try:
            os.write(pipe, json.dumps(news).encode() + b"\n")
        except BrokenPipeError:
            return  # whoever waited has gone; the node lives on
        finally:
            os.close(pipe)

    def _notify(self, state: str) -> None:
        if not self.notify:
            return
        address = f"\0{self.notify[1:]}" if self.notify.startswith("@") else self.notify
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as there:
            try:
                there.sendto(state.encode(), address)
            except OSError:
                return  # systemd's wish to know is no reason for a node to fail
