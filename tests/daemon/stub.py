"""A process with a stub in the node's place: `python stub.py HOME`."""

import os
import sys
from pathlib import Path
from typing import Any

from twisted.internet.protocol import Protocol, ServerFactory
from twisted.web.resource import Resource
from twisted.web.server import Site

from bitdust.daemon.build import Parts
from bitdust.daemon.run import main
from bitdust.errors import NoSpace
from bitdust.events import Signal


class StubSettings:
    """The port comes from the environment."""

    def get(self, key: str) -> Any:
        return {"interface/api/port": int(os.environ.get("STUB_PORT", "0")), "logs/debug-level": 8}[key]

    def listen(self, prefix: str, callback: Any) -> None:
        pass


class StubNode:
    """Fails or hangs on demand, and writes down that it was shut down."""

    def __init__(self, reactor: Any, home: Path) -> None:
        self.on_stop: Signal[[bool]] = Signal()
        self.reactor = reactor
        self.home = home
        self.shows_again = False

    def show(self) -> None:
        (self.home / "shown").touch()

    async def start(self) -> None:
        fate = os.environ.get("STUB_FATE")
        if fate == "no space":
            raise NoSpace("the disk is full", hint="buy another")
        if fate == "bug":
            raise RuntimeError("that was not foreseen")
        if fate == "dies":
            os._exit(3)
        if fate == "hangs":
            from twisted.internet.defer import Deferred

            await Deferred()

    async def shut_down(self) -> None:
        with (self.home / "ends").open("a") as ends:
            ends.write("clean\n")


class Asked(Resource):
    """GET says `process number, token`; POST /stop and /restart do what they say."""

    isLeaf = True

    def __init__(self, node: StubNode, token: str) -> None:
        super().__init__()
        self.node = node
        self.token = token

    def render_GET(self, request: Any) -> bytes:
        return f"{os.getpid()} {self.token}".encode()

    def render_POST(self, request: Any) -> bytes:
        self.node.shows_again = bool(request.args.get(b"show"))
        self.node.reactor.callLater(0, self.node.on_stop, request.path == b"/restart")
        return b"done"


def build(reactor: Any, home: Path, threads: Any, token: str) -> Parts:
    node = StubNode(reactor, home)
    site: ServerFactory[Protocol] = Site(Asked(node, token))
    return Parts(StubSettings(), node, site, site)


if __name__ == "__main__":
    sys.exit(main(["--home", sys.argv[1]], build=build))
