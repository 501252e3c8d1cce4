"""
One end of a road, for `roads`: `python -m tests.bench.road_end listen SCHEME HOST`, or `dial CONTACT BYTES`.
Over a relay: `carry HOST` is the relay, and `listen CONTACT HOST` listens there.
"""

from __future__ import annotations

import json
import os
import sys
import time

from twisted.internet import reactor
from twisted.internet.defer import gatherResults

from bitdust.daemon.memory import keep_memory
from bitdust.transport.interface import IExchange, ILink, ITransport
from bitdust.transport.tcp.port import TcpTransport
from bitdust.transport.udp.port import UdpTransport
from bitdust.wire.packets import Ack, Data, ListFiles, Priority, Retrieve
from bitdust.world import background, spawn
from tests.relay.parties import Traveller, carries
from tests.transport.people import Person, doorman, person

#: bodies under way at a time, as a customer has them
AT_ONCE = 4
_ZERO = bytes(32)
_STEP = bytes(2**20)
#: bytes that are fetched for each leaf asked for, and how many leaves may be asked for
_UNIT, _MOST = 500_000, 64


def road(scheme: str, who: Person, host: str) -> ITransport:
    if scheme == "proxy":
        return Traveller(reactor, who, road("tcp", who, host), who.name).relayed
    kind = TcpTransport if scheme == "tcp" else UdpTransport
    return kind(reactor, who.device, lambda: who.raw, doorman, host, 0, os.urandom)


def piece(size: int) -> Data:
    return Data(block=_ZERO, number=0, size=size, root=_ZERO)


async def swallow(exchange: IExchange) -> None:
    while await exchange.read():
        pass


async def pour(exchange: IExchange, size: int) -> None:
    while size:
        step = min(size, len(_STEP))
        await exchange.write(_STEP[:step])
        size -= step


async def answer(exchange: IExchange) -> None:
    """Data is swallowed, Retrieve poured out, and all else answered with the seconds of CPU so far."""
    match exchange.packet:
        case Data():
            await swallow(exchange)
            exchange.reply(Ack())
        case Retrieve(count=count):
            exchange.reply(piece(count * _UNIT))
            await pour(exchange, count * _UNIT)
        case _:
            exchange.reply(Ack(note=str(time.process_time())))


async def listen(scheme: str, host: str) -> None:
    def accepted(link: ILink) -> None:
        link.serve(lambda _, exchange: background(answer(exchange), lambda why: None))

    if "://" in scheme:
        bob = Traveller(reactor, person("bob"), road("tcp", person("bob"), host), "bob")
        await bob.relayed.listen(accepted)
        contact = await bob.reserve(person("rita"), scheme)
        # Its link is kept as long as this lasts.
        bob.router.keep(person("rita").document.fingerprint)
    else:
        [contact] = await road(scheme, person("bob"), host).listen(accepted)
    print(contact, flush=True)


async def carry(host: str) -> None:
    rita = Traveller(reactor, person("rita"), road("tcp", person("rita"), host), "rita")
    carries(reactor, rita)
    print(next(iter(await rita.router.start())), flush=True)


async def theirs(link: ILink) -> float:
    said = await link.ask(ListFiles(), Priority.CONTROL).answer()
    assert isinstance(said, Ack)
    return float(said.note)


async def send(link: ILink, size: int) -> None:
    exchange = link.ask(piece(size), Priority.BACKUP)
    await pour(exchange, size)
    await exchange.answer()


async def fetch(link: ILink, size: int) -> None:
    for left in range(size // _UNIT, 0, -_MOST):
        question = Retrieve(block=_ZERO, number=0, first=0, count=min(left, _MOST))
        exchange = link.ask(question, Priority.RESTORE)
        await exchange.answer()
        await swallow(exchange)


async def dial(contact: str, size: int) -> None:
    scheme, _, place = contact.partition("://")
    here = "127.0.0.1" if "127.0.0.1" in place else "0.0.0.0"
    link = await road(scheme, person("alice"), here).dial(contact, person("bob").expected)
    told: dict[str, float] = {"ping": await link.ping()}
    for name, move in (("up", send), ("down", fetch)):
        before, other, began = time.process_time(), await theirs(link), time.perf_counter()
        await gatherResults([spawn(move(link, size // AT_ONCE)) for _ in range(AT_ONCE)])
        told[f"{name}_rate"] = size / (time.perf_counter() - began) / 1e6
        told[f"{name}_ours"] = (time.process_time() - before) / size * 1e9
        told[f"{name}_theirs"] = (await theirs(link) - other) / size * 1e9
    print(json.dumps(told), flush=True)
    reactor.stop()


def main() -> None:
    how, *more = sys.argv[1:]
    keep_memory()
    match how:
        case "listen":
            work = listen(more[0], more[1])
        case "carry":
            work = carry(more[0])
        case _:
            work = dial(more[0], int(more[1]))

    def broke(why: object) -> None:
        print(why, file=sys.stderr, flush=True)
        reactor.stop()

    reactor.callWhenRunning(background, work, broke)
    reactor.run()


if __name__ == "__main__":
    main()
