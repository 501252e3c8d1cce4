"""
An identity server: names and their documents over HTTP, and recovery records.

Everything a stranger sends is bounded before it is read, and refused unless its owner signed it: the server
knows no accounts.  The first key that takes a name keeps it.
"""

from __future__ import annotations

import re
import sqlite3
from http import HTTPStatus
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from OpenSSL.SSL import Error as OpenSSLError
from twisted.internet.defer import CancelledError
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress, IListeningPort, IProtocolFactory, IReactorTime
from twisted.internet.ssl import CertificateOptions
from twisted.logger import Logger
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from bitdust.database import Database
from bitdust.directory.admission import KEPT_FOR, admit_document, admit_record
from bitdust.directory.nickname import claimed_by
from bitdust.directory.record import check_record
from bitdust.disk import read_file
from bitdust.errors import BitDustError, Conflict, Damaged, NoSpace, NotFound, TryLater, Usage
from bitdust.identity.document import MAX_DOCUMENT
from bitdust.meter import Meter
from bitdust.world import Wall, spawn

#: most names, and most records, on one server
MAX_NAMES, MAX_RECORDS = 100_000, 100_000
#: open connections; more are closed at once
MAX_CONNECTIONS = 500
#: lines of one page of the list of names
PAGE = 100

SCHEMA = [
    """
    CREATE TABLE names (
        name TEXT PRIMARY KEY,
        document BLOB NOT NULL,
        offers TEXT NOT NULL,
        changed INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE records (
        name TEXT PRIMARY KEY,
        record BLOB NOT NULL,
        kept_until INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX records_by_end ON records (kept_until);
    """,
    """
    ALTER TABLE names ADD COLUMN nickname TEXT NOT NULL DEFAULT '';
    ALTER TABLE names ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX names_by_nickname ON names (nickname, claimed, name) WHERE nickname != '';
    """,
]

_DOCUMENT = re.compile(rb"/([a-z0-9_-]{3,20})\.xml")
_RECORD = re.compile(rb"/record/([0-9a-f]{64})")
_NICKNAME = re.compile(rb"/nickname/([0-9a-f]{64})")
_WORD = re.compile(r"[a-z0-9_-]{0,32}", re.ASCII)
_STATUS: dict[type[BitDustError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TryLater: HTTPStatus.TOO_MANY_REQUESTS,
    NoSpace: HTTPStatus.INSUFFICIENT_STORAGE,
}

Answer = tuple[str, bytes]


class IdentityServer(Resource):
    """
    The pages of an identity server.

    @param base: how its names begin, `http://host[:port]`; only documents that list such a source are taken.
    @param writes_an_hour: how many documents and records one address may send.
    """

    isLeaf = True
    _log = Logger()

    def __init__(
        self, db: Database, wall: Wall, clock: IReactorTime, base: str, *, writes_an_hour: int = 600
    ) -> None:
        super().__init__()
        self.base = base
        self._db = db
        self._wall = wall
        self._meter = Meter(clock, writes_an_hour, 3600)

    def render(self, request: Request) -> int:
        """Called by twisted.web."""
        request.setHeader(b"server", b"bitdust")
        request.setHeader(b"x-content-type-options", b"nosniff")
        request.setHeader(b"content-security-policy", b"default-src 'none'")
        working = spawn(self._respond(request))
        # Who hangs up is not worked for any more.
        request.notifyFinish().addErrback(lambda _: working.cancel())
        working.addErrback(self._failed)
        return NOT_DONE_YET

    async def _respond(self, request: Request) -> None:
        status = HTTPStatus.OK
        try:
            kind, body = await self._answer(request)
        except BitDustError as error:
            status = _status_of(error)
            kind, body = "text/plain; charset=utf-8", f"{error.id}: {error.message}\n".encode()
        except Exception:
            self._log.failure("an identity server request failed")
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            kind, body = "text/plain; charset=utf-8", b"failed: see the log of the server\n"
        request.setResponseCode(status)
        request.setHeader(b"content-type", kind.encode())
        request.setHeader(b"content-length", str(len(body)).encode())
        if request.method != b"HEAD":
            request.write(body)
        request.finish()

    async def _answer(self, request: Request) -> Answer:
        # The path as it came: nothing is decoded, so nothing can hide in it.
        path = request.uri.partition(b"?")[0]
        document, record = _DOCUMENT.fullmatch(path), _RECORD.fullmatch(path)
        if request.method in (b"GET", b"HEAD"):
            if document:
                return await self._get_document(document[1].decode())
            if record:
                return await self._get_record(record[1].decode())
            if nickname := _NICKNAME.fullmatch(path):
                return await self._claims(nickname[1].decode())
            if path == b"/":
                return await self._list(request)
        elif request.method in (b"PUT", b"POST"):
            if not (document or record):
                raise NotFound("only /NAME.xml and /record/HASH can be written")
            if not self._meter.allows(request.getClientAddress().host):
                raise TryLater("too much was written from your address")
            content = request.content
            body = content.read(MAX_DOCUMENT + 1) if content is not None else b""
            if document:
                return await self._put_document(document[1].decode(), body)
            if record:
                return await self._put_record(record[1].decode(), body)
        raise NotFound("there is no such page")

    async def _get_document(self, name: str) -> Answer:
        raw = await self._db.read(_get, "SELECT document FROM names WHERE name = ?", name)
        if raw is None:
            raise NotFound(f"nobody has the name {name} here")
        return "application/xml", raw

    async def _get_record(self, name: str) -> Answer:
        raw = await self._db.read(
            _get, "SELECT record FROM records WHERE name = ? AND kept_until > ?", name, int(self._wall())
        )
        if raw is None:
            raise NotFound("there is no such record here")
        return "application/octet-stream", raw

    async def _put_document(self, name: str, body: bytes) -> Answer:
        await self._db(_keep_document, name, f"{self.base}/{name}.xml", body, int(self._wall()))
        return "text/plain; charset=utf-8", b"ok\n"

    async def _put_record(self, name: str, body: bytes) -> Answer:
        check_record(name, body)
        await self._db(_keep_record, name, body, int(self._wall()))
        return "text/plain; charset=utf-8", b"ok\n"

    async def _claims(self, key: str) -> Answer:
        rows = await self._db.read(_claims, key)
        lines = "".join(f"{since} {self.base}/{name}.xml\n" for name, since in rows)
        return "text/plain; charset=utf-8", lines.encode()

    async def _list(self, request: Request) -> Answer:
        after, offer = _word(request, b"after"), _word(request, b"offer")
        limit = int(limit) if (limit := _word(request, b"limit")).isdecimal() else PAGE
        names = await self._db.read(_names, after, offer, max(1, min(limit, PAGE)))
        return "text/plain; charset=utf-8", "".join(f"{self.base}/{name}.xml\n" for name in names).encode()

    def _failed(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("an identity server request could not be answered", failure)


class _BoundedRequest(Request):
    """A request that is cut off with 413 before its body is larger than a document may be."""

    _received = 0
    _over = False

    def gotLength(self, length: int | None) -> None:
        super().gotLength(0 if length is None or length > MAX_DOCUMENT else length)
        if length is not None and length > MAX_DOCUMENT:
            self._cut_off()

    def handleContentChunk(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > MAX_DOCUMENT:
            self._cut_off()
        elif not self._over:
            super().handleContentChunk(data)

    def _cut_off(self) -> None:
        if not self._over and self.channel is not None and self.channel.transport is not None:
            self._over = True
            self.channel.transport.write(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n\r\n")
            self.channel.loseConnection()


class _Crowd(WrappingFactory):
    """Connections above `MAX_CONNECTIONS` are closed at once."""

    noisy = False

    def buildProtocol(self, addr: IAddress | None) -> ProtocolWrapper | None:  # type: ignore[override]
        return None if len(self.protocols) >= MAX_CONNECTIONS else super().buildProtocol(addr)


def serve(
    reactor: Any,
    server: IdentityServer,
    *,
    interface: str,
    port: int,
    certificate: Path | None = None,
    key: Path | None = None,
) -> IListeningPort:
    """
    Put the server on a port: https when there are a certificate (PEM, its chain behind it) and its key.

    @raise Usage: certificate and key cannot be used.
    @raise Conflict: the port is taken.
    """
    site = Site(server, _BoundedRequest, timeout=30, parsePOSTFormSubmission=False, reactor=reactor)
    site.noisy = False
    factory: IProtocolFactory = _Crowd(site)
    if certificate is not None or key is not None:
        if certificate is None or key is None:
            raise Usage("an https identity server needs both its certificate and its key")
        factory = TLSMemoryBIOFactory(_tls_options(certificate, key), False, factory)
        factory.noisy = False
    try:
        listening: IListeningPort = reactor.listenTCP(port, factory, interface=interface)
    except CannotListenError as error:
        raise Conflict(f"port {port} is taken: {error.socketError}") from error
    return listening


def _tls_options(certificate: Path, key: Path) -> CertificateOptions:
    try:
        own, *above = load_pem_x509_certificates(read_file(certificate, 65536))
        return CertificateOptions(
            # pyOpenSSL has come to prefer these over its own classes; Twisted's annotations have not.
            privateKey=load_pem_private_key(read_file(key, 65536), None),  # type: ignore[arg-type]
            certificate=own,  # type: ignore[arg-type]
            extraCertChain=above,  # type: ignore[arg-type]
        )
    except (OSError, ValueError, TypeError, OpenSSLError, Damaged) as error:
        raise Usage(f"the certificate or key of the identity server cannot be used: {error}") from error


def _status_of(error: BitDustError) -> HTTPStatus:
    return next(
        (status for kind, status in _STATUS.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST
    )


def _word(request: Request, name: bytes) -> str:
    values = (request.args or {}).get(name, [b""])
    word: str = values[0].decode("ascii", "replace")
    if len(values) > 1 or not _WORD.fullmatch(word):
        raise Usage(f"the argument {name.decode()} is not a word")
    return word


def _get(c: sqlite3.Connection, query: str, *arguments: str | int) -> bytes | None:
    row: tuple[bytes] | None = c.execute(query, arguments).fetchone()
    return None if row is None else row[0]


def _names(c: sqlite3.Connection, after: str, offer: str, limit: int) -> list[str]:
    rows = c.execute(
        "SELECT name FROM names WHERE name > ? AND (? = '' OR instr(offers, ' ' || ? || ' ') > 0)"
        " ORDER BY name LIMIT ?",
        (after, offer, offer, limit),
    ).fetchall()
    return [name for (name,) in rows]


def _claims(c: sqlite3.Connection, key: str) -> list[tuple[str, int]]:
    return c.execute(
        "SELECT name, claimed FROM names WHERE nickname = ? AND nickname != ''"
        " ORDER BY claimed, name LIMIT ?",
        (key, PAGE),
    ).fetchall()


def _keep_document(c: sqlite3.Connection, name: str, idurl: str, raw: bytes, now: int) -> None:
    kept = _get(c, "SELECT document FROM names WHERE name = ?", name)
    document = admit_document(idurl, raw, kept)
    if kept == raw:
        return
    if kept is None and _count(c, "names") >= MAX_NAMES:
        raise NoSpace("this identity server takes no more names", hint="choose another identity server")
    offers = "".join(f" {offer}" for offer in sorted(document.offers)) + " "
    nickname = claimed_by(document)
    # Who keeps his nickname keeps his place among those who claim it.
    held = c.execute("SELECT claimed FROM names WHERE name = ? AND nickname = ?", (name, nickname)).fetchone()
    c.execute(
        "INSERT OR REPLACE INTO names (name, document, offers, changed, nickname, claimed)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (name, raw, offers, now, nickname, held[0] if held and nickname else now),
    )


def _keep_record(c: sqlite3.Connection, name: str, raw: bytes, now: int) -> None:
    c.execute("DELETE FROM records WHERE kept_until <= ?", (now,))
    kept = _get(c, "SELECT record FROM records WHERE name = ?", name)
    admit_record(name, raw, kept)
    if kept is None and _count(c, "records") >= MAX_RECORDS:
        raise NoSpace("this identity server takes no more records", hint="choose another identity server")
    c.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (name, raw, now + KEPT_FOR))


def _count(c: sqlite3.Connection, table: str) -> int:
    (count,) = c.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(count)
