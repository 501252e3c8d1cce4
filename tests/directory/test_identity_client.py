"""The client among hostile servers.  T44."""

from pathlib import Path

import pytest
from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from bitdust.directory.guarded import NotAllowed, UntrustedServer, make_agent
from bitdust.directory.identity_client import IdentityClient
from bitdust.directory.record import Record, seal_record
from bitdust.errors import BadIdentity, BitDustError, Conflict, NotFound, Timeout, TryLater, Usage
from bitdust.identity.keys import Keys
from bitdust.world import spawn
from tests.directory.web import Authority, answering, identity_server, scripted_server
from tests.identity.people import ALICE, document


def client(servers=(), *, private=True, trust_root=None, clock=reactor, within=10.0):
    """A client that may go to loopback."""
    agent = make_agent(reactor, private_addresses=private, trust_root=trust_root)
    return IdentityClient(agent, clock, servers, within=within)


class HostileServerTest(TestCase):
    """Whatever a server does costs little and ends in a clear error."""

    async def refused(self, error, script, match=None, **settings):
        base = scripted_server(self, script)
        with pytest.raises(error, match=match):
            await client(**settings).find(f"{base}/alice.xml")

    async def test_ten_megabytes(self):
        """A document of 10 MB is refused by its announced length, unread."""
        sent = []

        def script(connection):
            connection.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
            for _ in range(160):
                connection.transport.write(b"x" * 65536)
            sent.append(connection)

        await self.refused(BadIdentity, script, "more than it may")

    async def test_endless_documents(self):
        """An endless answer, chunked or not, is cut off."""
        for head, chunk in (
            (b"", b"x" * 1024),
            (b"Transfer-Encoding: chunked\r\n", b"400\r\n" + b"x" * 1024 + b"\r\n"),
        ):

            def script(connection, head=head, chunk=chunk):
                connection.transport.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
                connection.resumeProducing = lambda: connection.transport.write(chunk)
                connection.pauseProducing = connection.stopProducing = lambda: None
                connection.transport.registerProducer(connection, False)

            await self.refused(BadIdentity, script, "more than it may")

    async def test_endless_headers(self):
        """Endless headers, or an endless line, are cut off after 64 KiB."""
        for piece in (b"X-More: yes\r\n" * 100, b"x" * 1000):

            def script(connection, piece=piece):
                connection.transport.write(b"HTTP/1.1 200 OK\r\n")
                connection.resumeProducing = lambda: connection.transport.write(piece)
                connection.pauseProducing = connection.stopProducing = lambda: None
                connection.transport.registerProducer(connection, False)

            await self.refused(BitDustError, script)

    async def test_one_byte_a_second(self):
        """A server that trickles does not stretch the ten seconds."""
        clock = Clock()
        trickled = []

        def script(connection):
            connection.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")

            def trickle():
                if connection.transport.connected and len(trickled) < 20:
                    trickled.append(clock.seconds())
                    connection.transport.write(b"x")
                    clock.callLater(1, trickle)
                    reactor.callLater(0, clock.advance, 1)

            trickle()

        base = scripted_server(self, script)
        with pytest.raises(Timeout, match="10 seconds"):
            await client(clock=clock).find(f"{base}/alice.xml")
        assert 9 <= clock.seconds() <= 12

    async def test_silence(self):
        """A server that says nothing ends in Timeout; the connection is closed."""
        clock = Clock()
        base = scripted_server(self, lambda connection: reactor.callLater(0, clock.advance, 10))
        with pytest.raises(Timeout):
            await client(clock=clock).find(f"{base}/alice.xml")

    async def test_redirect_loop(self):
        """A loop is left after three redirects."""
        asked = []

        def script(connection):
            asked.append(connection.asked)
            answering("302 Found", "Location: /alice.xml")(connection)

        await self.refused(BadIdentity, script, "3 redirects")
        assert len(asked) == 4

    async def test_a_redirect_is_followed(self):
        """One redirect to where the document lies is fine."""
        server = identity_server(self)
        target = f"{server.base}/alice.xml"
        made = document(sources=[target])
        await client().publish(target, made.raw)
        base = scripted_server(self, answering("301 Moved", f"Location: {target}"))
        assert await client().find(f"{base}/alice.xml") == made.raw
        with pytest.raises(TryLater, match="redirect"):
            await client().publish(f"{base}/alice.xml", made.raw)

    async def test_redirects_to_elsewhere(self):
        """Only http and https are followed, and no user names."""
        for target in ("file:///etc/passwd", "ftp://example.org/", "http://u@example.org/", "", "http://[x/"):
            await self.refused(BitDustError, answering("302 Found", f"Location: {target}"))

    async def test_compressed_answers(self):
        """A small answer that hides a large one is not unpacked."""
        await self.refused(
            BadIdentity, answering("200 OK", "Content-Encoding: gzip", body=b"x"), "compressed"
        )

    async def test_strange_answers(self):
        """HTML of any status, garbage, a hang-up, a half answer: all end in an error of ours."""
        hang_up = lambda connection: connection.transport.loseConnection()  # noqa: E731

        def half(connection):
            connection.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            connection.transport.loseConnection()

        def garbage(connection):
            connection.transport.write(b"\0\xff" * 100 + b"\r\n\r\n")
            connection.transport.loseConnection()

        await self.refused(NotFound, answering("404 Not Found", body=b"<html>no</html>"), "<html>no")
        await self.refused(Conflict, answering("409 Conflict"))
        await self.refused(TryLater, answering("500 Oops", body=b"\x1b[31m" * 5000))
        for script in (hang_up, half, garbage):
            await self.refused(TryLater, script)

    async def test_nobody_there(self):
        """A port where nobody listens, and a name that is none."""
        port = reactor.listenTCP(
            0, __import__("twisted.web.server", fromlist=["Site"]).Site(None), interface="127.0.0.1"
        )
        number = port.getHost().port
        await port.stopListening()
        with pytest.raises(TryLater, match="cannot be reached"):
            await client().find(f"http://127.0.0.1:{number}/alice.xml")


class PrivateAddressTest(TestCase):
    """Strangers do not lead us into our own network."""

    async def test_private_names(self):
        """Loopback, private, link-local and disguised addresses are refused before anything is sent."""
        for host in (
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "192.168.1.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ):
            with pytest.raises((NotAllowed, Usage)):
                await client(private=False).find(f"http://{host}:8084/alice.xml")

    async def test_names_that_resolve_to_private_addresses(self):
        """A public name whose address is private is refused: the address counts."""
        asked = []

        class Resolver:
            def resolveHostName(self, receiver, host, *_args, **_more):
                asked.append(host)
                receiver.resolutionBegan(None)
                receiver.addressResolved(IPv4Address("TCP", "169.254.169.254", 0))
                receiver.resolutionComplete()

        kept = reactor.nameResolver
        reactor.installNameResolver(Resolver())
        self.addCleanup(reactor.installNameResolver, kept)
        with pytest.raises(NotAllowed, match=r"169\.254"):
            await client(private=False).find("http://rebind.example.org/alice.xml")
        assert asked == ["rebind.example.org"]

    async def test_redirect_to_a_private_address(self):
        """A redirect is looked at like a name: 127.0.0.1 and 169.254.169.254 are not followed."""
        from bitdust.directory import guarded

        reached = []
        victim = scripted_server(self, lambda connection: reached.append(connection))
        victim_port = victim.rpartition(":")[2]
        for host, port in (("127.0.0.2", victim_port), ("169.254.169.254", "80"), ("localhost", victim_port)):
            base = scripted_server(self, answering("302 Found", f"Location: http://{host}:{port}/alice.xml"))
            # Loopback stands for the Internet here, at this one address and port.
            public = {"127.0.0.1"} if host != "localhost" else set()
            own = lambda address, public=public: str(address) in public  # noqa: E731
            self.patch(guarded, "is_global", own)
            with pytest.raises(NotAllowed):
                await client(private=False).find(f"{base}/alice.xml")
        assert not reached


class HttpsTest(TestCase):
    """The name in the certificate, its dates and its issuer are checked."""

    def setUp(self):
        folder = Path(self.mktemp())
        folder.mkdir()
        self.authority = Authority(folder)

    async def fetched(self, *names, days=30, trusted=True, host="localhost"):
        server = identity_server(self, host=host, **self.authority.issue(*names, days=days))
        url = f"{server.base}/alice.xml"
        asking = client(trust_root=self.authority.root if trusted else None)
        await asking.publish(url, document(sources=[url]).raw)
        return await asking.find(url)

    async def test_right_certificate(self):
        """With the private CA in the trust root, names and addresses are served."""
        assert (await self.fetched("localhost")).startswith(b"<?xml")
        assert (await self.fetched("127.0.0.1", host="127.0.0.1")).startswith(b"<?xml")

    async def test_wrong_name(self):
        """A certificate for another name is refused."""
        with pytest.raises(UntrustedServer, match="another name"):
            await self.fetched("example.org")
        with pytest.raises(UntrustedServer):
            await self.fetched("127.0.0.9", host="127.0.0.1")

    async def test_expired(self):
        """So is an expired one."""
        with pytest.raises(UntrustedServer, match="expired"):
            await self.fetched("localhost", days=-1)

    async def test_unknown_authority(self):
        """So is one of a CA that is not trusted."""
        with pytest.raises(UntrustedServer, match="unknown authority"):
            await self.fetched("localhost", trusted=False)

    async def test_no_way_down_to_http(self):
        """A redirect from https to http is not followed."""
        from bitdust.directory.identity_client import _redirected

        with pytest.raises(BadIdentity):
            _redirected("https://example.org/alice.xml", b"http://example.org/alice.xml")
        assert _redirected("https://example.org/a", b"/b") == "https://example.org/b"

    async def test_unusable_files(self):
        """A trust root, certificate or key that cannot be read is the user's to mend."""
        path = Path(self.mktemp())
        path.write_text("nothing")
        for broken in (path, path.with_name("missing")):
            with pytest.raises(Usage):
                make_agent(reactor, private_addresses=True, trust_root=broken)
        good = self.authority.issue("localhost")
        for tls in (
            {"certificate": path, "key": good["key"]},
            {"certificate": good["certificate"], "key": path},
        ):
            with pytest.raises(Usage):
                identity_server(self, **tls)


class ServersTest(TestCase):
    """Several servers, some of them out of order."""

    async def test_records_go_to_all_and_the_newest_counts(self):
        """A server that is down or behind does no harm."""
        keys = Keys.from_master(ALICE)
        one, two = identity_server(self).base, identity_server(self).base
        broken = scripted_server(self, answering("500 Oops"))
        old, new = (seal_record(keys, Record(0, n)) for n in (1, 2))
        await client([one, broken]).put_record(keys.record_name, old)
        await client([two]).put_record(keys.record_name, new)
        assert await client([broken, one, two]).get_record(keys.record_name) == new
        assert await client([one]).get_record(keys.record_name) == old
        for servers in ([], [broken]):
            with pytest.raises(TryLater):
                await client(servers).put_record(keys.record_name, new)
        with pytest.raises(TryLater):
            await client([broken]).get_record(keys.record_name)

    async def test_a_liar_cannot_serve_another_record(self):
        """What is not signed by the key of that name is not taken."""
        keys = Keys.from_master(ALICE)
        liar = scripted_server(self, answering("200 OK", body=bytes(1024)))
        with pytest.raises(BitDustError):
            await client([liar]).get_record(keys.record_name)

    async def test_candidates_of_many_pages(self):
        """A list of more than a page is read on; a server that repeats itself is left."""
        server = identity_server(self)
        asking = client([server.base])
        for number in range(120):
            url = f"{server.base}/peer{number:03}.xml"
            await asking.publish(url, document(number.to_bytes(32, "big"), sources=[url]).raw)
        assert len(await asking.candidates(1000)) == 120
        assert len(await asking.candidates(7)) == 7
        lines = b"".join(b"http://example.org/peer%03d.xml\n" % n for n in range(100))
        parrot = scripted_server(self, answering("200 OK", body=lines))
        assert len(await client([parrot]).candidates(1000)) == 100

    async def test_giving_up(self):
        """A question can be cancelled, and leaves nothing behind."""
        clock = Clock()
        base = scripted_server(self, lambda connection: asked.cancel())
        asked = spawn(client(clock=clock).find(f"{base}/alice.xml"))
        with pytest.raises((CancelledError, TryLater)):
            await asked
        assert not clock.getDelayedCalls()
