"""Must show 4: thousands of bodies, broken in all ways, at the doors of a real node: no 500, no growth."""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import xmlrpc.client
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from bitdust.api.filemanager import MODES
from bitdust.api.methods import all_methods
from bitdust.api.publish.bounded import MAX_BODY
from bitdust.demo.network import Network, Peer
from tests.processes.nodes import memory
from tests.web.xml_calls import call_text

MIB = 2**20
#: bodies of each door; as many again, before, warm everything up
BODIES = int(os.environ.get("BITDUST_BODIES", "1000"))
#: what may be asked with arguments that mean something: nothing is ended, made or written
METHODS = [name for name, method in all_methods().items() if not method.changes] + ["filemanager"]
#: these would only wait
METHODS = [
    name for name in METHODS if name not in ("ping", "suppliers_ping", "customers_ping", "events_list")
]


@pytest.fixture(scope="module")
def alice(net: Network) -> Peer:
    """One who is alone, with an identity."""
    [alice] = net.start(["alice"])
    return alice


class Noise:
    """Bodies out of numbers that repeat themselves: good ones, odd ones, and either of them broken."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def value(self, depth: int = 0) -> Any:
        """Anything that JSON can say."""
        dice = self._dice
        match dice.randrange(12 if depth < 4 else 8):
            case 0:
                return None
            case 1:
                return dice.choice([True, False])
            case 2:
                return dice.choice([0, -1, 1, 2**31, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**40])
            case 3:
                return dice.choice([0.5, -0.0, 1e308, 5e-324, 1e300])
            case 4:
                return "".join(chr(dice.choice([dice.randrange(1, 0xD800), 0, 0xFFFE])) for _ in range(9))
            case 5:
                return dice.choice(["", "true", "-1", "1e999", "0/0", "a\0b", "x" * 5000, "\ud800", "<a>"])
            case 6:
                return dice.choice(
                    ["0/0/F20160313043757PM", "http://127.0.0.1:1/bob.xml", "logs/debug-level"]
                )
            case 7:
                return base64.b64encode(dice.randbytes(9)).decode()
            case 8 | 9:
                return [self.value(depth + 1) for _ in range(dice.randrange(5))]
            case _:
                return self.mapping(depth + 1)

    def mapping(self, depth: int = 0) -> dict[str, Any]:
        """An object, of names that mean something and of others."""
        names = ["key", "limit", "after", "path", "since", "types", "mode", "params", "json_request", "x", ""]
        return {self._dice.choice(names): self.value(depth) for _ in range(self._dice.randrange(5))}

    def name(self) -> str:
        """A method that changes nothing, or none at all."""
        return self._dice.choice(METHODS) if self._dice.random() < 0.8 else str(self.value(9))

    def files(self) -> Any:
        """A request to the file manager that only looks."""
        looks = sorted(set(MODES) - {"upload", "delete", "deleteversion", "download"})
        return {"params": self.mapping() | {"mode": self._dice.choice([*looks, "no"])}}

    def broken(self, body: bytes) -> bytes:
        """The same with bytes changed, taken out, doubled or cut, more often than not."""
        dice, found = self._dice, bytearray(body)
        for _ in range(dice.choice([0, 0, 1, 2, 8])):
            at = dice.randrange(len(found) + 1)
            match dice.randrange(5):
                case 0:
                    found[at : at + 1] = dice.randbytes(1)
                case 1:
                    del found[at : at + dice.randrange(1, 30)]
                case 2:
                    found[at:at] = found[at : at + dice.randrange(1, 30)]
                case 3:
                    found[at:at] = dice.choice([b"[", b"{", b'"', b"<value>", b"<!DOCTYPE a>", b"&a;", b"\0"])
                case _:
                    del found[at:]
        return bytes(found)

    # -- what goes to each door: verb, path, content type, body

    def jsonrpc(self) -> tuple[str, str, str, bytes]:
        """A call, a batch, or something alike."""

        def call() -> Any:
            params = self.value() if self._dice.random() < 0.3 else [self.value() for _ in range(2)]
            if self._dice.random() < 0.3:
                params = self.mapping()
            return {"jsonrpc": "2.0", "method": self.name(), "params": params, "id": self.value(9)}

        asked = self._dice.choice([call, call, lambda: [call(), call(), self.value()], self.value])()
        return "POST", "/jsonrpc", "application/json", self.broken(json.dumps(asked).encode())

    def xmlrpc(self) -> tuple[str, str, str, bytes]:
        """A call, or a multicall."""
        name, values = self.name(), [self.value() for _ in range(self._dice.randrange(4))]
        if self._dice.random() < 0.2:
            name, values = (
                "system.multicall",
                [[{"methodName": self.name(), "params": [self.value()]}, self.value()]],
            )
        try:
            body = call_text(name.replace("<", ""), values)
        except (OverflowError, UnicodeError):
            body = call_text(name.replace("<", "").encode("ascii", "ignore").decode(), [1])
        return "POST", self._dice.choice(["/RPC2", "/"]), "text/xml", self.broken(body)

    def rest(self) -> tuple[str, str, str, bytes]:
        """A body for a method."""
        name = self._dice.choice(METHODS)
        asked = self.files() if name == "filemanager" else self._dice.choice([self.mapping, self.value])()
        return "POST", f"/api/v1/{name}", "application/json", self.broken(json.dumps(asked).encode())

    def bridge(self) -> tuple[str, str, str, bytes]:
        """A request of the file manager."""
        return (
            "POST", "/filemanager/bridge", "application/json", self.broken(json.dumps(self.files()).encode())
        )  # fmt: skip


class Asker:
    """One connection to a node; the next question makes it anew when the node has ended it."""

    def __init__(self, peer: Peer) -> None:
        self._host = (peer.home / "api-url").read_text().strip().rstrip("/").removeprefix("http://")
        self._headers = {"Authorization": f"Bearer {(peer.home / 'api-token').read_text().strip()}"}
        self._connection = http.client.HTTPConnection(self._host, timeout=60)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def ask(self, verb: str, path: str, kind: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer."""
        self._connection.request(verb, path, body, {**self._headers, "Content-Type": kind})
        answer = self._connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read()


@pytest.fixture
def asker(alice: Peer) -> Iterator[Asker]:
    """Somebody who has the token."""
    with closing(Asker(alice)) as asker:
        yield asker


def sound(path: str, body: bytes, status: int, kind: str, told: bytes) -> None:
    """An answer that the door may give: of its type, readable, and no mistake of the node's."""
    assert status != 500, (path, body, told)
    if status == 204:
        assert told == b""
    elif kind.startswith("text/xml"):
        with suppress(xmlrpc.client.Fault):
            xmlrpc.client.loads(told)
        assert b"<int>1001</int>" not in told, (path, body, told)
    else:
        answer = json.loads(told)
        assert kind == ("application/json" if status == 200 else "application/problem+json")
        for one in answer if isinstance(answer, list) and path == "/jsonrpc" else [answer]:
            if path == "/jsonrpc":
                assert set(one) in ({"jsonrpc", "result", "id"}, {"jsonrpc", "error", "id"}), (body, one)
                assert one.get("error", {}).get("code") != 1001, (body, one)


@pytest.mark.parametrize("door", ["jsonrpc", "xmlrpc", "rest", "bridge"])
def test_random_bodies(alice: Peer, asker: Asker, door: str) -> None:
    """Each is answered or refused in the words of its door; nothing of it stays in memory or in the log."""
    noise = Noise(len(door))
    assert alice.process is not None
    seen = set()

    def pour() -> None:
        for _ in range(BODIES):
            verb, path, kind, body = getattr(noise, door)()
            status, told_kind, told = asker.ask(verb, path, kind, body)
            seen.add(status)
            sound(path, body, status, told_kind, told)

    pour()
    before = memory(alice, "VmRSS")
    pour()
    grown = memory(alice, "VmRSS") - before
    assert grown < 12 * MIB
    assert 200 in seen
    assert alice.process.poll() is None
    log = (alice.home / "logs" / "bitdust.log").read_text(errors="replace")
    assert "Traceback" not in log
    assert "nobody foresaw" not in log


def hostile() -> Iterator[tuple[str, str, bytes]]:
    """Door, type, and what is not even taken apart."""
    dtd = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    call = call_text("config_get", ["&x;"])
    for path in ("/RPC2", "/"):
        yield path, "text/xml", dtd + call.partition(b"?>\n")[2]
        yield path, "text/xml", (dtd + call.partition(b"?>\n")[2]).decode().encode("utf-16")


def test_a_dtd_is_refused(asker: Asker) -> None:
    """T51: at the door of a running node, in any encoding: a fault, and no word of the file."""
    for path, kind, body in hostile():
        status, _, told = asker.ask("POST", path, kind, body)
        assert (status, b"-32700" in told, b"root:" in told) == (200, True, False)


@pytest.mark.parametrize("path", ["/RPC2", "/jsonrpc", "/api/v1/config_set", "/filemanager/bridge"])
def test_over_the_limit(asker: Asker, path: str) -> None:
    """T52: 413, at every door, though the body would be a good one; what is just small enough is read."""
    kind = "text/xml" if path == "/RPC2" else "application/json"
    good = call_text("config_list", []) if path == "/RPC2" else b'{"key": "logs/debug-level", "value": 9}'
    for size, refused in ((MAX_BODY, False), (MAX_BODY + 1, True), (8 * MAX_BODY, True)):
        status, told, _ = asker.ask("POST", path, kind, good.ljust(size))
        assert (status == 413) is refused
        if refused:
            assert told == "application/problem+json"
