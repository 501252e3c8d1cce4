"""
A real relay that means ill:

    python hostile.py --home DIR ...

All that it carries goes into the file `captured` in its folder.  What the file `mood` there says is done to
the bytes of each circuit from the next read on: honest, flip, drop, replay, reorder; how often anything was
done, the file `done` has.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bitdust.relay import service
from bitdust.relay.splice import Splice
from bitdust.transport.interface import IExchange

HOME = Path(sys.argv[sys.argv.index("--home") + 1])


def changed(mood: str, data: bytes) -> bytes:
    """What comes out of these bytes."""
    middle = len(data) // 2
    match mood:
        case "flip":
            return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        case "drop":
            return data[:middle]
        case "replay":
            return data + data
        case "reorder":
            return data[middle:] + data[:middle]
        case _:
            return data


class Tampered:
    """An exchange whose bytes come out otherwise."""

    def __init__(self, real: IExchange) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def read(self) -> bytes:
        data: bytes = await self._real.read()
        with (HOME / "captured").open("ab") as file:
            file.write(data)
        mood = (HOME / "mood").read_text()
        other = changed(mood, data)
        if other != data:
            with (HOME / "done").open("a") as file:
                file.write(f"{mood}\n")
        return other


class Hostile(Splice):
    """Carries otherwise than it came."""

    async def _carry(self, turn: Any, source: IExchange, target: IExchange) -> str:
        return await super()._carry(turn, Tampered(source), target)  # type: ignore[arg-type]


def main() -> int:
    service.Splice = Hostile  # type: ignore[misc]
    from bitdust.daemon.run import main as run

    return run()


if __name__ == "__main__":
    from bitdust.daemon.run import leave

    leave(main())
