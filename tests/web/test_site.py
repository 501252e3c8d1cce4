"""The one site of a node, over real sockets where it matters."""

from __future__ import annotations

import http.client
import resource
import socket
import xmlrpc.client
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from bitdust.api.methods import all_methods
from bitdust.api.publish.bounded import MAX_BODY
from bitdust.client import Client
from bitdust.errors import BitDustError, Denied, NoDaemon, NotFound, Refused, UnknownMethod, Usage
from bitdust.web.site import build_root, build_site
from tests.api.fakes import ALICE, fake_node
from tests.web.doors import AUTH, JSON, TOKEN, XML


def test_health_is_open_and_says_little(browser, node):
    """Anyone on this machine may ask whether the node lives, and hears nothing else."""
    reply = browser.ask("GET", "/health", headers={})
    assert (reply.status, reply.json) == (200, {"status": "ok"})
    assert browser.ask("POST", "/health", headers={}).status == 405
    node.broken = True
    reply = browser.ask("GET", "/health", headers={})
    assert (reply.status, reply.json) == (503, {"status": "not ok"})


def test_metrics(browser):
    """What was measured, for Prometheus."""
    reply = browser.ask("GET", "/metrics")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/plain")
    assert b"\nbitdust_suppliers_online 4.0\n" in reply.body
    assert b"\nbitdust_file_redundancy_min 2.0\n" in reply.body
    assert b"\nbitdust_customers_donated_bytes 8.589934592e+09\n" in reply.body


@pytest.mark.parametrize("path", ["/", "/health", "/api/v1/config_list", "/no/such", "/RPC2"])
def test_headers(browser, path):
    """Every answer forbids what a page of ours never needs, and is kept by nobody."""
    for headers in (AUTH, {}):
        told = browser.ask("GET", path, headers=headers).headers
        assert told["x-content-type-options"] == "nosniff"
        assert told["cache-control"] == "no-store"
        assert told["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in told["content-security-policy"]
        assert "frame-ancestors 'none'" in told["content-security-policy"]
        assert told["server"] == "BitDust"


def test_nothing_there(browser):
    """An unknown address is a problem, never a page of Twisted's."""
    for path in ("/", "/x", "/RPC2/x", "/jsonrpc/x", "/api", "/api/", "//", "/%00"):
        reply = browser.ask("GET", path)
        assert reply.status in (404, 405)
        assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/RPC2", "/", "/jsonrpc", "/api/v1/stop", "/no/such"])
def test_bodies_have_a_limit(browser, node, path):
    """T52: more than 1 MiB is refused before anything reads it; 1 MiB is read."""
    for headers in (XML, JSON):
        reply = browser.ask("POST", path, b"x" * (MAX_BODY + 1), AUTH | headers)
        assert reply.status == 413
    assert browser.ask("POST", path, b"x" * MAX_BODY, AUTH | JSON).status != 413
    assert node.asked == []


def test_a_site_without_a_token_is_not_built(node):
    """An empty token would open the door to everyone."""
    with pytest.raises(ValueError, match="token"):
        build_root(node, all_methods(), "", node.settings)


class Sockets(TestCase):
    """The site on a loopback port and on a unix socket, asked by the standard library in a thread."""

    def setUp(self) -> None:
        """Listen."""
        self.home = Path(self.mktemp())
        self.home.mkdir(parents=True)
        self.node = fake_node(self.home)
        methods = all_methods()
        site = build_site(self.node, methods, TOKEN, self.node.settings, reactor=reactor)
        self.port = reactor.listenTCP(0, site, interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)
        self.url = f"127.0.0.1:{self.port.getHost().port}"
        inner = build_site(self.node, methods, TOKEN, self.node.settings, trusted=True, reactor=reactor)
        short = self.home / "api.sock"
        self.socket = reactor.listenUNIX(str(short), inner, mode=0o600)
        self.addCleanup(self.socket.stopListening)

    def proxy(self, auth: str = f"bitdust:{TOKEN}@") -> xmlrpc.client.ServerProxy:
        """What a user of the seed has."""
        return xmlrpc.client.ServerProxy(f"http://{auth}{self.url}/RPC2", allow_none=True)

    async def test_the_standard_client(self) -> None:
        """`xmlrpc.client` with nothing but a URL drives the node: errors, wide integers, MultiCall."""

        def use() -> None:
            with self.proxy() as server:
                assert server.config_get("logs/debug-level")["value"] == "8"
                assert server.backups_list()[1]["size"] == 2**33
                assert "stop" in server.system.listMethods()
                many = xmlrpc.client.MultiCall(server)
                many.backup_start_path("/a")
                many.backup_start_id("9")
                results = many()
                assert results[0]["result"].startswith("uploading")
                with pytest.raises(xmlrpc.client.Fault, match="item 9"):
                    results[1]
                assert server.stop() == {"result": "stopped"}
            with self.proxy("bitdust:wrong@") as server, pytest.raises(xmlrpc.client.ProtocolError) as caught:
                server.stop()
            assert caught.value.errcode == 401

        await deferToThread(use)
        assert self.node.asked.count(("stop",)) == 1

    async def test_the_client_through_each_door(self) -> None:
        """Over the socket without a token, over the files of the folder, over a URL: the same."""

        def use(client: Client) -> None:
            assert client.call("config_get", "logs/debug-level")["value"] == "8"
            assert client.ping(ALICE, timeout=3)["rtt"] == 0.0123456
            assert client.config_get(default="x", key="no/such")["value"] == "x"
            assert client.config_set("services/customer/needed-space", 2**33)["value"] == "8 GB"
            assert client.suppliers_list()[0]["rtt"] is None
            assert client.call("rpc.discover")["methods"]
            with pytest.raises(NotFound, match="item 9") as caught:
                client.backup_start_id("9")
            assert "bitdust ls" in caught.value.hint
            with pytest.raises(UnknownMethod):
                client.call("no_such")
            with pytest.raises(Usage):
                client.call("config_get")
            with pytest.raises(Usage):
                client.call("config_get", "a", kee="b")
            with pytest.raises(Usage):
                client.config_get(object())
            with pytest.raises(Usage):
                client.config_get(float("nan"))
            self.node.fake_backups.error = Refused("no_space", "full up")
            with pytest.raises(Refused, match="full up") as refused:
                client.backups_update()
            assert refused.value.code == "no_space"
            self.node.fake_backups.error = BitDustError("a\nb")
            with pytest.raises(BitDustError, match="a\nb"):
                client.backups_update()
            self.node.fake_backups.error = None

        clients = [
            Client(self.home),
            Client(url=f"http://{self.url}", token=TOKEN),
            Client(url=f"http://x:{TOKEN}@{self.url}/RPC2"),
        ]
        for client in clients:
            await deferToThread(use, client)
        await self.socket.stopListening()
        (self.home / "api-url").write_text(f"http://{self.url}\n")
        (self.home / "api-token").write_text(f"{TOKEN}\n")
        await deferToThread(use, Client(self.home))
        (self.home / "api-token").write_text("wrong")
        with pytest.raises(Denied, match="wrong"):
            await deferToThread(Client(self.home).call, "stop")
        assert ("stop",) not in self.node.asked

    async def test_a_socket_deep_in_the_folders(self) -> None:
        """A folder's path may be longer than a socket's name."""
        deep = self.home / ("d" * 120)
        deep.mkdir()
        (self.home / "api.sock").rename(deep / "api.sock")
        told = await deferToThread(Client(deep).call, "config_get", "logs/debug-level")
        assert told["value"] == "8"
        (deep / "api.sock").rename(self.home / "api.sock")

    async def test_no_node(self) -> None:
        """Nobody there: `NoDaemon`, whatever is left lying in the folder."""
        empty = self.home / "empty"
        empty.mkdir()
        with pytest.raises(NoDaemon):
            await deferToThread(Client(empty).call, "stop")
        await self.port.stopListening()
        (empty / "api-url").write_text(f"http://{self.url}")
        (empty / "api-token").write_text(TOKEN)
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(empty / "api.sock"))
        with pytest.raises(NoDaemon):
            await deferToThread(Client(empty).call, "stop")
        for wrong in ("ftp://x", "http://[", "x"):
            with pytest.raises(Usage):
                await deferToThread(Client(url=wrong).call, "stop")

    async def test_a_request_names_one_host(self) -> None:
        """T46: no Host, or two of them, is misdirected, too."""

        def ask(hosts: str) -> bytes:
            with socket.create_connection(("127.0.0.1", self.port.getHost().port)) as sock:
                sock.sendall(f"GET /health HTTP/1.0\r\n{hosts}\r\n".encode())
                return sock.recv(1000)

        assert b" 421 " in await deferToThread(ask, "")
        assert b" 421 " in await deferToThread(ask, "Host: localhost\r\nHost: evil.com\r\n")
        assert b" 200 " in await deferToThread(ask, "Host: localhost\r\n")

    async def test_huge_bodies(self) -> None:
        """T52: a body of a GiB, told or chunked without end, costs the node next to nothing, and it lives."""

        def pour(told: str, chunk: bytes) -> bytes:
            with socket.create_connection(("127.0.0.1", self.port.getHost().port)) as sock:
                head = f"POST /RPC2 HTTP/1.1\r\nHost: {self.url}\r\nContent-Type: text/xml\r\n{told}\r\n\r\n"
                sock.sendall(head.encode())
                sent = 0
                try:
                    while sent < 1 << 30:
                        sent += sock.send(chunk)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                assert sent < 64 << 20
                try:
                    return sock.recv(100)
                except ConnectionResetError:
                    return b""

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        megabyte = b"x" * (1 << 20)
        for told, chunk in (
            (f"Content-Length: {1 << 30}", megabyte),
            ("Transfer-Encoding: chunked", b"100000\r\n" + megabyte + b"\r\n"),
        ):
            answer = await deferToThread(pour, told, chunk)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 413")
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert after - before < 16 << 10
        assert await deferToThread(Client(self.home).call, "stop") == {"result": "stopped"}

    async def test_a_body_somewhat_too_large_is_told_so(self) -> None:
        """Whoever sends a few MiB too much reads why."""

        def ask() -> int:
            connection = http.client.HTTPConnection(self.url)
            connection.request("POST", "/RPC2", b"x" * (4 << 20), AUTH | XML)
            try:
                return connection.getresponse().status
            finally:
                connection.close()

        assert await deferToThread(ask) == 413

    async def test_who_hangs_up_is_not_answered(self) -> None:
        """A caller that goes away while the node works does no harm."""
        asked, answer = Deferred[None](), Deferred[None]()

        async def update() -> None:
            asked.callback(None)
            await answer

        self.node.fake_backups.update = update
        sock = socket.create_connection(("127.0.0.1", self.port.getHost().port))
        body = b"<methodCall><methodName>backups_update</methodName></methodCall>"
        head = (
            f"POST /RPC2 HTTP/1.1\r\nHost: {self.url}\r\nContent-Type: text/xml\r\n"
            f"Authorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        sock.sendall(head.encode() + body)
        await asked
        sock.close()
        await deferToThread(Client(self.home).call, "stop")
        answer.callback(None)
        assert await deferToThread(Client(self.home).call, "stop") == {"result": "stopped"}


class Ending(TestCase):
    """A node that dies while it answers."""

    async def test_a_closed_connection_is_done(self) -> None:
        """For `stop` and `restart` a cleanly closed connection counts as done; for others it is an error."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"

            def once(name: str) -> Any:
                serving = deferToThread(_hang_up, listener)
                return deferToThread(Client(url=url).call, name).addBoth(
                    lambda r: serving.addCallback(lambda _: r)
                )

            assert await once("stop") == {"result": "stopped"}
            assert await once("restart") == {"result": "restarted"}
            with pytest.raises(NoDaemon):
                await once("backups_list")


def _hang_up(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(100_000)
