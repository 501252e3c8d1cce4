"""Must show 7: whatever strangers send, the node refuses it clearly, lives on, and nothing is left of it."""

from __future__ import annotations

import random
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from OpenSSL import SSL

from bitdust.blocks.layout import Layout
from bitdust.blocks.piece import Growing
from bitdust.demo.network import LOOPBACK, Network, Peer
from bitdust.errors import (
    BadIdentity,
    BitDustError,
    NotFound,
    Offline,
    Refused,
    RemoteFault,
    Timeout,
    TryLater,
    Usage,
)
from bitdust.identity.document import build
from bitdust.wire.frames import Hello, Type, encode_hello, frame, header
from bitdust.wire.packets import (
    Ack,
    AskSegment,
    Data,
    DeleteFile,
    Fail,
    IndexHead,
    IndexSegment,
    ListFiles,
    RequestService,
    Retrieve,
    Tombstone,
    UndeleteFile,
)
from tests.directory.web import Authority
from tests.processes.liars import Script, answer, endless, server
from tests.processes.nodes import (
    SUPPLIER,
    again,
    back_up,
    customer,
    forget_peak,
    hired,
    listing,
    memory,
    restore,
    rows,
    until,
)
from tests.processes.stranger import Gone, Stranger, context, hello
from tests.transport.people import Person, person, seeded

MIB = 2**20
#: a supplier, his customer, and what she has backed up
Crowd = tuple[Peer, Peer, Path]
MALLORY, TRUDY = person("mallory"), person("trudy")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A private certificate authority, which alice trusts."""
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def crowd(net: Network, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    """Bob and another one keep pieces, alice has a backup there."""
    bob, _ = net.start(["bob", "carl"], {**SUPPLIER, "services/supplier/donated-space": "4 GB"})
    options = customer(2, services__identity_propagate__trust_root=str(authority.root))
    [alice] = net.start(["alice"], options)
    hired(alice)
    source = tmp_path_factory.mktemp("hers") / "src"
    source.mkdir()
    (source / "letter").write_bytes(random.Random(1).randbytes(500_000))
    back_up(alice, source)
    return bob, alice, source


@pytest.fixture
def bob(crowd: Crowd) -> Iterator[Peer]:
    """A supplier: after each test it lives, has grown little, and what it keeps is what it kept."""
    peer, _, _ = crowd
    # Databases are made when they are first asked.
    assert peer.client.call("process_health")["state"]
    keeps = kept(peer)
    forget_peak(peer)
    before = memory(peer, "VmRSS")
    yield peer
    assert peer.process is not None
    assert peer.process.poll() is None
    assert peer.client.call("process_health")["state"]
    assert memory(peer, "VmHWM") - before < 32 * MIB
    for now, then in zip(kept(peer), keeps, strict=True):
        assert now == then
    assert b"Traceback" not in (peer.home / "logs" / "bitdust.log").read_bytes()


@pytest.fixture
def alice(crowd: Crowd) -> Iterator[Peer]:
    """A customer, watched in the same way."""
    _, peer, _ = crowd
    before_all = names(peer.home)
    forget_peak(peer)
    before = memory(peer, "VmRSS")
    yield peer
    assert peer.process is not None
    assert peer.process.poll() is None
    assert peer.client.call("process_health")["state"]
    assert memory(peer, "VmHWM") - before < 32 * MIB
    assert names(peer.home) ^ before_all == set()
    assert b"Traceback" not in (peer.home / "logs" / "bitdust.log").read_bytes()


def kept(peer: Peer) -> tuple[Any, ...]:
    """The pieces of customers, in the ledger and on the disk, and every name in the folder around them."""
    query = "SELECT customer, block, number, path, damaged FROM pieces"
    files = listing(peer.home / "customers")
    there = {path: found for path, found in files.items() if not path.startswith("incoming/")}
    return sorted(rows(peer.home / "shelf.db", query)), there, sorted(names(peer.home))


def names(folder: Path) -> set[str]:
    """Names in a node's folder and beside it, but for the journals of its databases."""
    found = {name for name in listing(folder) if not name.startswith("customers/")}
    beside = {f"../{path.name}" for path in folder.parent.iterdir()}
    return {name for name in found if not name.endswith(("-wal", "-shm", ".new"))} | beside


def port_of(peer: Peer) -> int:
    return int(peer.client.call("identity_get")["contacts"][0].rpartition(":")[2])


def idurl(net: Network, peer: Peer) -> str:
    return f"{net.server}/{peer.name}.xml"


# -- before HELLO


def test_random_bytes(bob: Peer) -> None:
    """T32: noise instead of TLS, or inside it, ends the connection; after a handshake with a reason."""
    noise = random.Random(7)
    port = port_of(bob)
    for size in (1, 100, 10_000, 300_000):
        with Stranger(port, None) as plain:
            with suppress(Gone, OSError):
                plain.say(noise.randbytes(size))
                plain.plain.shutdown(socket.SHUT_WR)
            plain.last_words()
        with Stranger(port, context(MALLORY)) as inside:
            try:
                inside.say(b"\xff\xff\xff" + noise.randbytes(size))
            except Gone:
                continue
            if size > 100:
                assert "frame of 16777215 bytes" in inside.last_words()


@pytest.mark.parametrize(
    ("say", "why"),
    [
        (header(Type.HELLO, 0, 65537), "65537 bytes"),
        (header(Type.HELLO, 0, 2**24 - 1), "16777215 bytes"),
        (frame(0, 0), "unknown type 0"),
        (frame(77, 0, b"x"), "unknown type 77"),
        (frame(0x80, 0, b"x"), "unknown type 128"),
        (frame(Type.PING, 0, bytes(8)), "PING before HELLO"),
        (frame(Type.OPEN, 1, b"\0"), "OPEN before HELLO"),
        (frame(Type.DATA, 1, b"x" * 65536) * 100, "DATA before HELLO"),
        (frame(Type.HELLO, 5, b""), "HELLO on stream 5"),
        (frame(Type.HELLO, 0, b""), "not a HELLO"),
        (frame(Type.HELLO, 0, b"\x91" * 65536), "not a HELLO"),
        (frame(Type.HELLO, 0, b"\x81\xa1x" * 20_000), "not a HELLO"),
        (frame(Type.HELLO, 0, b"\xdf\xff\xff\xff\xff"), "not a HELLO"),
        (frame(Type.HELLO, 0, b"\xc6\xff\xff\xff\xff"), "not a HELLO"),
        (frame(Type.HELLO, 0, encode_hello(Hello((9,), MALLORY.raw, (), 1))), "speaks versions"),
        (frame(Type.HELLO, 0, encode_hello(Hello((1,), b"<identity/>", (), 1))), ""),
        (frame(Type.HELLO, 0, encode_hello(Hello((1,), MALLORY.raw + b" ", (), 1))), ""),
        (hello(TRUDY), "does not list the device"),
    ],
)
def test_bad_beginnings(bob: Peer, say: bytes, why: str) -> None:
    """T32: frames too long, too deep or unknown, and HELLOs that are none: GOAWAY with the reason."""
    with Stranger(port_of(bob), context(MALLORY)) as stranger:
        with suppress(Gone):
            stranger.say(say)
        words = stranger.last_words()
    assert "without a word" not in words
    assert why in words


def test_who_may_not_even_begin(bob: Peer) -> None:
    """T17: no certificate, TLS 1.2, another protocol: refused before any frame of ours."""
    for tls in (
        context(None),
        context(MALLORY, version=SSL.TLS1_2_VERSION),
        context(MALLORY, alpn=None),
        context(MALLORY, alpn=b"h2"),
    ):
        with Stranger(port_of(bob), tls) as stranger:
            try:
                stranger.say(hello(MALLORY))
            except Gone:
                continue
            assert "without a word" in stranger.last_words()


# -- behind HELLO


def msgpack(**fields: Any) -> bytes:
    return msgspec.msgpack.encode(fields)


DATA: dict[str, Any] = {
    "c": "data", "block": b"B" * 32, "number": 0, "size": 65536, "root": b"R" * 32,
    "k": 1, "n": 2, "unit": 262144, "block_size": 65536, "epoch": 1,
}  # fmt: skip
NAMES = [
    "../../x", "/etc/passwd", "a\0b", "%2e%2e", "..\\..\\x", "x" * 10_240, "CON", "e\u0301", "\u00e9", "a/b",
    "x.", "",
]  # fmt: skip


@pytest.mark.parametrize(
    "packet",
    [
        *(msgpack(**{**DATA, "block": name}) for name in NAMES),
        *(msgpack(**{**DATA, "block": name.encode()}) for name in NAMES),
        *(msgpack(**{**DATA, "root": name}) for name in NAMES[:2]),
        *(msgpack(c="retrieve", block=name, number=0, first=0, count=1) for name in NAMES[:4]),
        *(msgpack(c="list-files", after=name, limit=1) for name in NAMES[:2]),
        msgpack(**{**DATA, "number": -1}),
        msgpack(**{**DATA, "number": 256}),
        msgpack(**{**DATA, "number": 1.0}),
        msgpack(**{**DATA, "size": -1}),
        msgpack(**{**DATA, "size": 2**63}),
        msgpack(**{**DATA, "size": "65536"}),
        msgpack(**{**DATA, "path": "../../x"}),
        msgpack(**{key: value for key, value in DATA.items() if key != "root"}),
        msgpack(**{**DATA, "c": "../data"}),
        msgpack(**{**DATA, "c": "shell"}),
        msgpack(c="list-files", limit=0),
        msgpack(c="list-files", limit=10**6),
        msgpack(c="delete-file", op_id=b"x" * 15, epoch=1, tombstones=[]),
        b"",
        b"\x91" * 50_000,
        b"\x81\xa1c" * 20_000,
        b"\xdf\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff",
        b"\xc1",
        b"\xd9\x04\xff\xff\xff\xff",
        msgpack(c="list-files") + b"x" * 61_440,
    ],
)
def test_hostile_packets(bob: Peer, packet: bytes) -> None:
    """T14, T32: ids that mean paths, numbers out of bounds, fields nobody knows: GOAWAY, and no more."""
    with Stranger.greeted(port_of(bob), MALLORY) as stranger:
        with pytest.raises(Gone) as gone:
            stranger.ask(packet)
        assert "packet" in str(gone.value)


@pytest.mark.parametrize(
    ("say", "why"),
    [
        (hello(MALLORY), "second HELLO"),
        (header(Type.DATA, 1, 65537), "65537 bytes"),
        (frame(99, 0), "unknown type 99"),
        (frame(Type.OPEN, 2, b"\0"), "OPEN of stream 2"),
        (frame(Type.OPEN, 1), "priority"),
        (frame(Type.OPEN, 1, b"\x99"), "priority"),
        (frame(Type.DATA, 7, b"x"), "never was opened"),
        (frame(Type.ANSWER, 2, msgpack(c="ack")), "never was opened"),
        (frame(Type.WINDOW, 0, b"\xff\xff\xff\xff"), "nobody owed"),
        (frame(Type.WINDOW, 0, b"\0"), "window of 1 bytes"),
        (frame(Type.PING, 0, bytes(9)), "PING of 9 bytes"),
        (frame(Type.GOAWAY, 3), "GOAWAY on stream 3"),
        (frame(Type.PING, 0, bytes(8)) * 1000, ""),
        (
            b"".join(
                frame(Type.OPEN, 2 * n + 1, b"\0" + msgpack(**{**DATA, "size": 10})) for n in range(2000)
            ),
            "exchanges open",
        ),
    ],
)
def test_broken_rules(bob: Peer, say: bytes, why: str) -> None:
    """T32: frames out of order, credit nobody gave, more exchanges than may be."""
    with Stranger.greeted(port_of(bob), MALLORY) as stranger:
        with suppress(Gone):
            stranger.say(say if why else say + frame(Type.GOAWAY, 0))
        assert why in stranger.last_words()


def test_unknown_frames_that_may_be_ignored(bob: Peer) -> None:
    """A later version may say more: what is marked so is skipped."""
    with Stranger.greeted(port_of(bob), MALLORY) as stranger:
        stranger.say(frame(0xFE, 12, b"news" * 1000))
        assert stranger.ask(ListFiles()) == Fail("not_customer", "You have no contract with this supplier.")


# -- customers who are none


def piece(size: int = 65536, block: bytes = b"B" * 32, epoch: int = 1) -> tuple[Data, bytes]:
    """A good piece of a block of one piece and one parity."""
    body = bytes(range(256)) * (size // 256)
    growing = Growing(block, 0)
    growing.add(body)
    return Data(block, 0, size, growing.tree().root, 1, 2, 262144, size, epoch), body


def test_who_is_no_customer_gets_nothing(bob: Peer, crowd: Crowd) -> None:
    """T13: a stranger stores nothing, reads nothing and deletes nothing, his own or anybody's."""
    [[block, number, *_]] = rows(bob.home / "shelf.db", "SELECT block, number FROM pieces LIMIT 1")
    data, body = piece()
    with Stranger.greeted(port_of(bob), TRUDY) as stranger:
        for question, content in (
            (data, body),
            (ListFiles(), b""),
            (DeleteFile(b"1" * 16, 1, (Tombstone(block, 0),)), b""),
            (DeleteFile(b"2" * 16, 2**62, (Tombstone(block, 0),)), b""),
            (UndeleteFile(b"4" * 16, 1, (block,)), b""),
            (IndexSegment(1, 1, 100, b"R" * 32), b"x" * 100),
            (IndexHead(b"3" * 16, b"x" * 100), b""),
        ):
            told = stranger.ask(question, content)
            assert isinstance(told, Fail), question
            assert told.code in ("not_customer", "bad_identity", "damaged", "usage"), told
        for read in (Retrieve(block, number, 0, 1), AskSegment(1, 1)):
            told = stranger.ask(read)
            assert isinstance(told, Fail)
            assert told.code in ("not_found", "not_customer")


@pytest.fixture
def hired_bob(bob: Peer) -> Iterator[tuple[Peer, Stranger]]:
    """Mallory has a contract for 1 MiB; it ends with the test."""
    with Stranger.greeted(port_of(bob), MALLORY) as stranger:
        told = stranger.ask(RequestService(random.randbytes(16), "supplier", MIB, 1))
        assert isinstance(told, Ack)
        yield bob, stranger
    connection = sqlite3.connect(bob.home / "shelf.db", timeout=10)
    with connection:
        connection.execute("UPDATE customers SET state = 'cancelled' WHERE granted = ?", (MIB,))
    connection.close()


def test_more_than_was_granted(hired_bob: tuple[Peer, Stranger]) -> None:
    """T10, T11: over quota, out of bounds, other bytes, more bytes than announced: nothing is kept."""
    bob, stranger = hired_bob
    for size in (MIB, 2 * MIB, 512 * MIB):
        data, _ = piece(65536)
        layout = Layout(size, 1, 2, 262144)
        told = stranger.ask(Data(data.block, 0, layout.piece_size, data.root, 1, 2, 262144, size, 1))
        assert isinstance(told, Fail)
        assert told.code == "no_space", told
    for wrong in (
        Data(b"B" * 32, 2, 65536, b"R" * 32, 1, 2, 262144, 65536, 1),
        Data(b"B" * 32, 0, 65535, b"R" * 32, 1, 2, 262144, 65536, 1),
        Data(b"B" * 32, 0, 0, b"R" * 32, 1, 2, 262144, 0, 1),
        Data(b"B" * 32, 0, 65536, b"R" * 32, 2, 1, 262144, 65536, 1),
        Data(b"B" * 32, 0, 65536, b"R" * 32, 1, 2, 1, 65536, 1),
        Data(b"B" * 32, 0, 2**62, b"R" * 32, 1, 2, 262144, 2**62, 1),
    ):
        told = stranger.ask(wrong)
        assert isinstance(told, Fail)
        assert told.code == "usage", told
    data, body = piece()
    told = stranger.ask(data, body[::-1])
    assert isinstance(told, Fail)
    assert told.code == "damaged"
    assert "Traceback" not in told.text
    for granted in (1, 2**62):
        told = stranger.ask(RequestService(random.randbytes(16), "supplier", granted, 1))
        assert isinstance(told, Fail)
        assert told.code in ("usage", "no_space")
    row = next(row for row in bob.client.call("customers_list") if row["idurl"].endswith("/mallory.xml"))
    assert row["used"] == 0
    with pytest.raises(Gone, match=r"than its packet announced|ECONNRESET|EPIPE"):
        stranger.ask(data, body * 16)
    until(lambda: not list((bob.home / "customers" / "incoming").iterdir()))


def test_other_peoples_pieces(hired_bob: tuple[Peer, Stranger], crowd: Crowd, tmp_path: Path) -> None:
    """T13: a customer can neither read nor delete what another one keeps here."""
    bob, stranger = hired_bob
    _, alice, source = crowd
    query = "SELECT block, number FROM pieces"
    blocks = rows(bob.home / "shelf.db", query)
    assert blocks
    for block, number in blocks:
        told = stranger.ask(Retrieve(block, number, 0, 1))
        assert isinstance(told, Fail)
        assert told.code == "not_found"
        assert stranger.ask(DeleteFile(random.randbytes(16), 1, (Tombstone(block, 0),))) == Ack()
    files = stranger.ask(ListFiles())
    assert files.pieces == ()  # type: ignore[attr-defined]
    restore(alice, str(source), tmp_path / "out")
    assert Path(f"{tmp_path}/out{source}/letter").read_bytes() == (source / "letter").read_bytes()


def test_expired(crowd: Crowd) -> None:
    """T13: whose contract is over is told so: nothing more is kept for him."""
    bob = crowd[0]
    with Stranger.greeted(port_of(bob), TRUDY) as stranger:
        assert isinstance(stranger.ask(RequestService(b"expired expired ", "supplier", MIB, 1)), Ack)
        data, body = piece()
        assert isinstance(stranger.ask(data, body), Ack)
    bob.stop()
    connection = sqlite3.connect(bob.home / "shelf.db")
    with connection:
        # 200 days of silence, and three more in which he was waited for.
        connection.execute(
            "UPDATE customers SET last_contact = last_contact - 200 * 86400, lived = lived - 200 * 86400,"
            " grace = 4 * 86400"
            " WHERE granted = ?",
            (MIB,),
        )
    connection.close()
    again(bob)
    until(lambda: state_of(bob, "trudy") == "expired")
    until(lambda: not rows(bob.home / "shelf.db", "SELECT 1 FROM pieces WHERE block = ?", b"B" * 32))
    with Stranger.greeted(port_of(bob), TRUDY) as stranger:
        data, body = piece(block=b"C" * 32)
        told = stranger.ask(data, body)
        assert isinstance(told, Fail)
        assert told.code == "not_customer"
        assert "expired" in told.text


def state_of(peer: Peer, name: str) -> str:
    for row in peer.client.call("customers_list"):
        if row["idurl"].endswith(f"/{name}.xml"):
            return str(row["state"])
    return ""


# -- identity servers that lie


def known_as(who: str, base: str, revision: int = 1, seed: str = "") -> Person:
    """Somebody whose identity lies at this server."""
    from bitdust.identity.keys import DeviceKey, Keys

    rng = seeded(seed or who)
    keys, device = Keys.from_master(rng(32)), DeviceKey.generate(rng)
    document = build(
        keys, sources=[f"{base}/{who}.xml"], contacts=["tcp://127.0.0.1:1"], devices=[device.public],
        revision=revision, date="2026-01-01",
    )  # fmt: skip
    return Person(who, device, document)


def refused(alice: Peer, url: str) -> BitDustError:
    """What `ping` says; within ten seconds and a bit."""
    begun = time.monotonic()
    with pytest.raises(BitDustError) as caught:
        alice.client.call("ping", url, timeout=3)
    assert time.monotonic() - begun < 13
    assert caught.value.message
    assert "nobody foresaw" not in caught.value.message
    assert "mistake" not in caught.value.message
    return caught.value


def test_bad_documents(alice: Peer) -> None:
    """T44, T51: 10 MB, endless, DTD, HTML, cut, other bytes, somebody else's, redirects: all refused."""
    stop = threading.Event()
    with server() as liar:
        good = known_as("dave", liar.url).raw
        dtd = b'<?xml version="1.0"?><!DOCTYPE identity [<!ENTITY x "y">]>' + good.partition(b"?>")[2]
        external = dtd.replace(b'<!ENTITY x "y">', b'<!ENTITY x SYSTEM "file:///etc/passwd">')
        deep = b"<identity>" * 3000
        scripts: list[tuple[Script, tuple[type[BitDustError], ...]]] = [
            (answer(b"x" * 10_000_000), (BadIdentity,)),
            (answer(good + b" " * 10_000_000), (BadIdentity,)),
            (endless(b"x" * 65536), (BadIdentity,)),
            (endless(good), (BadIdentity,)),
            (answer(dtd), (BadIdentity,)),
            (answer(external), (BadIdentity,)),
            (answer(deep), (BadIdentity,)),
            (answer(b"<html><body>hello</body></html>"), (BadIdentity,)),
            (answer(b""), (BadIdentity,)),
            (answer(good[: len(good) // 2]), (BadIdentity,)),
            (answer(good.replace(b"\n", b"\r\n")), (BadIdentity,)),
            (answer(b" " + good), (BadIdentity,)),
            (answer(good.decode().encode("utf-16")), (BadIdentity,)),
            (answer(good.replace(b"<revision>1<", b"<revision>01<")), (BadIdentity,)),
            (answer(good.replace(b"<revision>1<", b"<revision>2<")), (BadIdentity,)),
            (answer(good.replace(b"<postage>", b"<extra>1</extra><postage>")), (BadIdentity,)),
            (answer(known_as("mary", liar.url).raw), (BadIdentity,)),
            (answer(MALLORY.raw), (BadIdentity,)),
            (answer(b"no", "404 Not Found"), (NotFound,)),
            (answer(b"no", "500 Oops"), (TryLater, RemoteFault, BitDustError)),
            (answer(b"", "302 Found", f"Location: {liar.url}/dave.xml"), (BitDustError,)),
            (lambda connection: connection.sendall(b"\0" * 100), (BitDustError,)),
            (
                lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10**6),
                (BitDustError,),
            ),
            (lambda connection: None, (BitDustError,)),
        ]
        for script, kinds in scripts:
            liar.script = script
            error = refused(alice, f"{liar.url}/dave.xml")
            assert isinstance(error, kinds), error
            assert "root:" not in error.message
        liar.script = endless(b"x", stop, 1.0)
        assert isinstance(refused(alice, f"{liar.url}/dave.xml"), Timeout | BadIdentity)
        stop.set()
        # With a good one the same road is open: only the peer himself is away.
        liar.script = answer(good)
        assert isinstance(refused(alice, f"{liar.url}/dave.xml"), Offline | Timeout)
    refused(alice, f"{liar.url}/dave.xml")


def test_another_key_for_a_known_name(alice: Peer) -> None:
    """T40: once known, a name keeps its key."""
    with server() as liar:
        url = f"{liar.url}/erin.xml"
        liar.script = answer(known_as("erin", liar.url, revision=5).raw)
        assert isinstance(refused(alice, url), Offline | Timeout)
        liar.script = answer(known_as("erin", liar.url, revision=9, seed="somebody else").raw)
        error = refused(alice, url)
        assert isinstance(error, BadIdentity)
        assert "fingerprint" in error.message or "another key" in error.message
        assert "#fp=" in error.hint
        # Who is pinned is still who he was.
        liar.script = answer(known_as("erin", liar.url, revision=6).raw)
        assert isinstance(refused(alice, url), Offline | Timeout)
        wrong = "a" * 52
        assert isinstance(refused(alice, f"{url}#fp={wrong}"), BadIdentity)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "ftp://a/bob.xml", "http://a", "http://a/bob.xml?x", "http://a/../bob.xml", "http://[::1/bob.xml",
        "http://a/bob.xml#fp=x", "http://" + "a" * 10_000 + "/bob.xml", "http://u:p@a/bob.xml",
        "http://127.0.0.1:99999/bob.xml", "file:///etc/passwd", "http://a/b.xml", "http://a/bob.xml\0",
    ],
)  # fmt: skip
def test_what_is_no_idurl(alice: Peer, text: str) -> None:
    """A name that is none is refused before anybody is asked."""
    assert isinstance(refused(alice, text), Usage)


def test_certificates_of_identity_servers(alice: Peer, authority: Authority, tmp_path: Path) -> None:
    """An https IDURL with a certificate for another name, expired, or of an unknown authority is refused."""
    unknown = Authority(tmp_path)
    good = authority.issue(LOOPBACK)
    with server(good) as honest:
        honest.script = answer(known_as("faye", honest.url).raw)
        assert isinstance(refused(alice, f"{honest.url}/faye.xml"), Offline | Timeout)
    for certificate in (
        authority.issue("other.example.com"),
        authority.issue("127.0.0.2"),
        authority.issue(LOOPBACK, days=-1),
        unknown.issue(LOOPBACK),
    ):
        with server(certificate) as liar:
            liar.script = answer(known_as("faye", liar.url).raw)
            error = refused(alice, f"{liar.url}/faye.xml")
            assert not isinstance(error, Offline | Timeout | Refused), error
            assert "certificate" in error.message.lower(), error.message


def test_a_node_that_trusts_nobody_at_home(net: Network) -> None:
    """Private addresses are refused in strangers' IDURLs where they are not wanted."""
    [gina] = net.start(["gina"], SUPPLIER)
    gina.client.call("config_set", "services/network/private-addresses", False)
    gina.stop()
    again(gina)
    with server() as inside:
        inside.script = answer(known_as("hank", inside.url).raw)
        error = refused(gina, f"{inside.url}/hank.xml")
        assert not isinstance(error, Offline)
        assert "private" in error.message
    gina.stop()
