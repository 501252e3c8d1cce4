"""
A real node behind a router that lets nobody in and through which nobody comes: it publishes an address where
nobody listens, and does not punch.

    python walled_in.py --home DIR ...
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail

from bitdust.errors import Offline
from bitdust.router.punching import Punching
from bitdust.transport.interface import ILink


def nowhere(*_: Any) -> Deferred[ILink]:
    return fail(Offline("no road leads through"))


def main() -> int:
    Punching.begin = nowhere  # type: ignore[method-assign]
    from bitdust.daemon.run import main as run

    return run()


if __name__ == "__main__":
    from bitdust.daemon.run import leave

    leave(main())
