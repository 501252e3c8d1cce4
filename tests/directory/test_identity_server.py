"""The identity server among hostile clients."""

import treq
from treq.client import HTTPClient
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent

from bitdust.directory import identity_server as module
from bitdust.directory.record import Record, seal_record
from bitdust.identity.keys import Keys
from tests.directory.web import identity_server
from tests.identity.people import ALICE, BOB, document

KEYS = Keys.from_master(ALICE)


class Raw(Protocol):
    """Sends bytes as they are and reads until the server hangs up."""

    def __init__(self, to_send):
        self.to_send = to_send
        self.heard = b""
        self.done = Deferred()

    def connectionMade(self):
        self.transport.write(self.to_send)

    def dataReceived(self, data):
        self.heard += data

    def connectionLost(self, reason=None):
        self.done.callback(self.heard)


class IdentityServerTest(TestCase):
    """Over real sockets on loopback."""

    def setUp(self):
        self.now = 1_000_000.0
        self.server = identity_server(self, wall=lambda: self.now, writes_an_hour=50)
        self.http = HTTPClient(Agent(reactor))

    async def ask(self, method, path, data=None):
        response = await self.http.request(
            method, self.server.base + path, data=data, headers={"Connection": ["close"]}, reactor=reactor
        )
        return response.code, await treq.content(response), response

    async def raw(self, to_send):
        port = int(self.server.base.rpartition(":")[2])
        protocol = await connectProtocol(HostnameEndpoint(reactor, "127.0.0.1", port), Raw(to_send))
        return await protocol.done

    async def publish(self, name="alice", master=ALICE, **changes):
        made = document(master, sources=[f"{self.server.base}/{name}.xml"], **changes)
        code, _, _ = await self.ask("PUT", f"/{name}.xml", made.raw)
        return made, code

    async def test_pages(self):
        """A document is XML; HEAD has its length and no content; POST is PUT; the rest is not found."""
        made, code = await self.publish()
        assert code == 200
        code, body, response = await self.ask("GET", "/alice.xml")
        assert (code, body) == (200, made.raw)
        assert response.headers.getRawHeaders("content-type") == ["application/xml"]
        assert response.headers.getRawHeaders("x-content-type-options") == ["nosniff"]
        code, body, response = await self.ask("HEAD", "/alice.xml")
        assert (code, body) == (200, b"")
        assert response.headers.getRawHeaders("content-length") == [str(len(made.raw))]
        assert (await self.ask("POST", "/alice.xml", made.raw))[0] == 200
        for method, path in (("GET", "/x"), ("DELETE", "/alice.xml"), ("PUT", "/"), ("GET", "/record/")):
            assert (await self.ask(method, path))[0] == 404

    async def test_hostile_names(self):
        """Nothing but the plain name leads anywhere, however it is written."""
        await self.publish()
        for path in (b"/../alice.xml", b"/%61lice.xml", b"/./alice.xml", b"//alice.xml", b"/a/../alice.xml"):
            heard = await self.raw(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert heard.startswith(b"HTTP/1.1 404"), path
        for path in (
            b"/..%2f..%2fetc%2fpasswd",
            b"/alice.xml%00",
            b"/alice.xml/",
            b"/" + b"a" * 21 + b".xml",
        ):
            heard = await self.raw(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert heard.startswith(b"HTTP/1.1 404"), path

    async def test_list(self):
        """One IDURL a line, in order, by pages, filtered by what they offer."""
        for name, master, offers in (
            ("ann", ALICE, []),
            ("bob", BOB, ["supplier"]),
            ("cat", b"c" * 32, ["supplier"]),
        ):
            await self.publish(name, master, offers=offers)
        lines = lambda *names: "".join(f"{self.server.base}/{one}.xml\n" for one in names).encode()  # noqa: E731
        assert (await self.ask("GET", "/"))[1] == lines("ann", "bob", "cat")
        assert (await self.ask("GET", "/?limit=1&after=ann"))[1] == lines("bob")
        assert (await self.ask("GET", "/?offer=supplier"))[1] == lines("bob", "cat")
        assert (await self.ask("GET", "/?offer=suppl"))[1] == b""
        assert (await self.ask("GET", "/?offer=%27%20OR%201"))[0] == 400
        assert (await self.ask("GET", "/?after=a&after=b"))[0] == 400
        for limit in ("0", "99999", "x", "9" * 33):
            assert (await self.ask("GET", f"/?limit={limit}"))[0] in (200, 400)

    async def test_bodies_are_bounded(self):
        """An announced 10 MB, and an endless chunked body, are cut off with 413 before they are read."""
        head = b"PUT /alice.xml HTTP/1.1\r\nHost: x\r\n"
        assert (await self.raw(head + b"Content-Length: 10000000\r\n\r\n")).startswith(b"HTTP/1.1 413")
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        heard = await self.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 5)
        assert heard.startswith(b"HTTP/1.1 413")
        assert heard.count(b"HTTP/1.1") == 1

    async def test_writing_is_metered(self):
        """One address can write so often an hour, good or bad."""
        codes = [(await self.ask("PUT", "/alice.xml", b"x"))[0] for _ in range(52)]
        assert codes[:50] == [400] * 50
        assert codes[50:] == [429] * 2
        assert (await self.ask("GET", "/"))[0] == 200

    async def test_names_are_bounded(self):
        """A full server takes changes but no new names or records."""
        self.patch(module, "MAX_NAMES", 1)
        self.patch(module, "MAX_RECORDS", 0)
        assert (await self.publish())[1] == 200
        assert (await self.publish("bob", BOB))[1] == 507
        assert (await self.publish(revision=2))[1] == 200
        code, _, _ = await self.ask("PUT", f"/record/{KEYS.record_name}", seal_record(KEYS, Record(0, 1)))
        assert code == 507

    async def test_records_are_kept_for_a_year(self):
        """A day before its year is over a record is there; a day after, not; a repeat begins a new year."""
        path, raw = f"/record/{KEYS.record_name}", seal_record(KEYS, Record(0, 1))
        await self.ask("PUT", path, raw)
        self.now += 364 * 86400
        assert (await self.ask("GET", path))[:2] == (200, raw)
        await self.ask("PUT", path, raw)
        self.now += 364 * 86400
        assert (await self.ask("GET", path))[0] == 200
        self.now += 2 * 86400
        assert (await self.ask("GET", path))[0] == 404

    async def test_record_rules(self):
        """A foreign, over-long, changed or older record is refused."""
        path, raw = f"/record/{KEYS.record_name}", seal_record(KEYS, Record(0, 5))
        assert (await self.ask("PUT", path, raw))[0] == 200
        assert (await self.ask("PUT", path, seal_record(KEYS, Record(0, 4))))[0] == 409
        foreign = seal_record(Keys.from_master(BOB), Record(0, 9))
        for body in (foreign, raw + b"x", raw[:-1] + b"x", b""):
            assert (await self.ask("PUT", path, body))[0] == 400
        assert (await self.ask("GET", path))[1] == raw

    async def test_crowds(self):
        """Connections above the limit are closed at once."""
        self.patch(module, "MAX_CONNECTIONS", 0)
        assert await self.raw(b"GET / HTTP/1.1\r\n\r\n") == b""
