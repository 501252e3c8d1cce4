"""
The client of identity servers, which are strangers: what they may cost us is bounded.

At most 16 KiB of a document and 64 KiB off the wire, 10 seconds in all, 3 redirects; never to an address of
our own network, and never from https to http.  The name in an https certificate is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from hyperlink import EncodedURL
from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.client import RequestTransmissionFailed, ResponseFailed, ResponseNeverReceived
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import UNKNOWN_LENGTH, IAgent, IResponse
from zope.interface import implementer

from bitdust.directory.guarded import NotAllowed, TooMuch, UntrustedServer, tls_fault
from bitdust.directory.interface import IDirectory
from bitdust.directory.nickname import is_nickname_key
from bitdust.directory.record import RECORD_SIZE, check_record, is_record_name
from bitdust.errors import (
    BadIdentity,
    BitDustError,
    Conflict,
    NoSpace,
    NotFound,
    Timeout,
    TryLater,
    Usage,
)
from bitdust.identity.document import MAX_DOCUMENT
from bitdust.identity.idurl import is_idurl, parse_idurl
from bitdust.world import spawn

MAX_REDIRECTS = 3
WITHIN = 10.0
_PAGE = 16 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)
_FAULTS: dict[int, type[BitDustError]] = {
    400: BadIdentity,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    413: BadIdentity,
    429: TryLater,
    507: NoSpace,
}


@implementer(IDirectory)
class IdentityClient:
    """
    Directory over HTTP.

    @param agent: of `guarded.make_agent`, which decides which addresses and certificates are acceptable.
    @param servers: where to ask for candidates and records: `http://host[:port]`.
    @param within: seconds that one question may take in all.
    """

    _log = Logger()

    def __init__(
        self, agent: IAgent, clock: IReactorTime, servers: Sequence[str] = (), *, within: float = WITHIN
    ) -> None:
        self._http = HTTPClient(_Plain(agent))
        self._clock = clock
        self.servers = tuple(server.rstrip("/") for server in servers)
        #: questions, and how many of them were answered with what was asked for
        self.asked = self.answered = 0
        self._within = within

    async def find(self, idurl: str) -> bytes:
        if not is_idurl(idurl):
            raise Usage(f"not an IDURL: {idurl[:80]!r}")
        return await self._timed("GET", idurl, None, MAX_DOCUMENT)

    async def publish(self, idurl: str, document: bytes) -> None:
        if not is_idurl(idurl):
            raise Usage(f"not an IDURL: {idurl[:80]!r}")
        if len(document) > MAX_DOCUMENT:
            raise BadIdentity(f"an identity document has at most {MAX_DOCUMENT} bytes")
        await self._timed("PUT", idurl, document, _PAGE)

    async def candidates(self, limit: int) -> list[str]:
        found: dict[str, None] = {}
        for server in self.servers:
            try:
                await self._candidates_of(server, limit, found)
            except BitDustError as error:
                self._log.info("{server} names no suppliers: {why}", server=server, why=error.message)
        return list(found)[:limit]

    async def claims(self, key: str, limit: int) -> list[str]:
        if not is_nickname_key(key):
            raise Usage("not the key of a nickname")
        fault: BitDustError = TryLater("no identity server is set that could be asked for nicknames")
        answered = False
        found: list[tuple[int, str]] = []
        for server in self.servers:
            try:
                page = await self._timed("GET", f"{server}/nickname/{key}", None, 2 * _PAGE)
            except BitDustError as error:
                fault = error
                continue
            answered = True
            for line in page.decode("ascii", "replace").splitlines()[:limit]:
                since, _, idurl = line.partition(" ")
                if since.isdecimal() and len(since) < 16 and is_idurl(idurl):
                    found.append((int(since), idurl))
        if not answered:
            raise fault
        # Servers tell since when; that one of them lies is for the reader of a claim to find out.
        return list(dict.fromkeys(idurl for _, idurl in sorted(found)))[:limit]

    async def put_record(self, name: str, record: bytes) -> None:
        check_record(name, record)
        if not self.servers:
            raise TryLater("no identity server is set that could keep the recovery record")
        fault: BitDustError | None = None
        kept = 0
        for server in self.servers:
            try:
                await self._timed("PUT", f"{server}/record/{name}", record, _PAGE)
                kept += 1
            except BitDustError as error:
                fault = error
        if isinstance(fault, Conflict) or (fault is not None and not kept):
            raise fault

    async def get_record(self, name: str) -> bytes | None:
        if not is_record_name(name):
            raise Usage("not the name of a recovery record")
        best: tuple[int, bytes] | None = None
        fault: BitDustError | None = None
        for server in self.servers:
            try:
                raw = await self._timed("GET", f"{server}/record/{name}", None, RECORD_SIZE)
                found = (check_record(name, raw).sequence, raw)
                best = found if best is None else max(best, found)
            except NotFound:
                continue
            except BitDustError as error:
                fault = error
        if best is None and fault is not None:
            raise fault
        return None if best is None else best[1]

    async def _candidates_of(self, server: str, limit: int, found: dict[str, None]) -> None:
        after = ""
        while len(found) < limit:
            page = await self._timed(
                "GET", f"{server}/?offer=supplier&limit=100&after={after}", None, 2 * _PAGE
            )
            lines = [line for line in page.decode("ascii", "replace").splitlines() if is_idurl(line)]
            found.update(dict.fromkeys(lines))
            last = parse_idurl(lines[-1]).name if lines else ""
            # A list that does not go on is over, whatever the server says.
            if len(lines) < 100 or last <= after:
                return
            after = last

    async def _timed(self, method: str, url: str, body: bytes | None, limit: int) -> bytes:
        working = spawn(self._follow(method, url, body, limit))
        late = False

        def give_up() -> None:
            nonlocal late
            late = True
            working.cancel()

        timer = self._clock.callLater(self._within, give_up)
        self.asked += 1
        try:
            answer = await working
            self.answered += 1
            return answer
        except (CancelledError, BitDustError):
            if late:
                raise Timeout(f"{url} did not answer within {self._within:g} seconds") from None
            raise
        finally:
            if timer.active():
                timer.cancel()

    async def _follow(self, method: str, url: str, body: bytes | None, limit: int) -> bytes:
        here = url
        for _ in range(1 + MAX_REDIRECTS):
            response = await self._request(method, here, body)
            if response.code not in _REDIRECTS:
                return await self._content(response, here, limit)
            (target,) = response.headers.getRawHeaders(b"location", [b""])[:1]
            self._drop(response)
            if method != "GET":
                raise TryLater(f"{here} answers a change with a redirect, which is not followed")
            here = _redirected(here, target)
        raise BadIdentity(f"{url} leads through more than {MAX_REDIRECTS} redirects")

    async def _request(self, method: str, url: str, body: bytes | None) -> IResponse:
        headers: dict[bytes | str, bytes | str] = {"User-Agent": "bitdust", "Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = "application/octet-stream"
        try:
            response: IResponse = await self._http.request(
                method,
                _Url.from_text(url),
                data=body,
                headers=headers,
                allow_redirects=False,
                unbuffered=True,
                reactor=self._clock,  # type: ignore[arg-type]
            )
            return response
        except (ResponseFailed, ResponseNeverReceived, RequestTransmissionFailed) as error:
            raise _reason(error.reasons, url) from error
        except (ConnectError, ConnectionClosed, DNSLookupError) as error:
            raise TryLater(f"{url} cannot be reached: {error}") from error
        except (ValueError, UnicodeError) as error:
            raise BadIdentity(f"{url} cannot be asked: {error}") from error

    async def _content(self, response: IResponse, url: str, limit: int) -> bytes:
        if 200 <= response.code < 300:
            try:
                return await _collect(response, limit)
            except ResponseFailed as error:
                raise _reason(error.reasons, url) from error
            except (TooMuch, ConnectionClosed) as error:
                raise _reason([Failure(error)], url) from error
        fault = _FAULTS.get(response.code, TryLater)
        try:
            said = (await _collect(response, 1024)).decode("ascii", "replace").splitlines()[:1]
        except (TooMuch, ResponseFailed, ConnectionClosed):
            said = []
        sentence = "".join(c for c in "".join(said)[:200] if c.isprintable())
        raise fault(f"{url} answers {response.code}: {sentence or 'no reason given'}")

    def _drop(self, response: IResponse) -> None:
        _collect(response, 0).addErrback(lambda failure: None)


class _Url(EncodedURL):
    """Ours are URIs as they are; treq would have an IPv6 address encoded as if it were a name."""

    def to_uri(self) -> EncodedURL:
        return self


@implementer(IAgent)
class _Plain:
    """Refuses compressed answers: a small one can hide a large one."""

    def __init__(self, agent: IAgent) -> None:
        self._agent = agent

    def request(
        self, method: bytes, uri: bytes, headers: Any = None, bodyProducer: Any = None
    ) -> Deferred[IResponse]:
        def check(response: IResponse) -> IResponse:
            if response.headers.hasHeader(b"content-encoding"):
                _collect(response, 0).addErrback(lambda failure: None)
                raise BadIdentity(f"{uri.decode('ascii', 'replace')} answers with compressed content")
            return response

        if headers is not None:
            # treq asks for gzip whatever it is told.
            headers.setRawHeaders(b"accept-encoding", [b"identity"])
        asked: Deferred[IResponse] = self._agent.request(method, uri, headers, bodyProducer)
        return asked.addCallback(check)


class _Collector(Protocol):
    def __init__(self, limit: int, done: Deferred[bytes]) -> None:
        self._limit = limit
        self._done: Deferred[bytes] | None = done
        self._parts = bytearray()

    def dataReceived(self, data: bytes) -> None:
        self._parts += data
        if len(self._parts) > self._limit:
            self._fire(Failure(TooMuch()))
            self.stop()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        over = reason.check(PotentialDataLoss) or type(reason.value).__name__ == "ResponseDone"
        self._fire(bytes(self._parts) if over else reason)

    def stop(self) -> None:
        """Read no more."""
        self._done = None
        if self.transport is not None:
            self.transport.loseConnection()

    def _fire(self, result: bytes | Failure) -> None:
        done, self._done = self._done, None
        if done is not None:
            done.callback(result)


def _collect(response: IResponse, limit: int) -> Deferred[bytes]:
    """The body; fails with TooMuch, and hangs up, when it is longer than the limit."""
    done: Deferred[bytes] = Deferred(lambda _: collector.stop())
    announced = response.length is not UNKNOWN_LENGTH and response.length > limit
    collector = _Collector(-1 if announced else limit, done)
    response.deliverBody(collector)
    return done


def _redirected(here: str, target: bytes) -> str:
    try:
        there = urljoin(here, target.decode("ascii"))
        parts = urlsplit(there)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    except ValueError:
        usable = False
    if not usable or (here.startswith("https:") and parts.scheme != "https"):
        raise BadIdentity(f"{here} redirects to where it must not: {target[:80]!r}")
    return there


def _reason(reasons: Sequence[Failure], url: str) -> BitDustError:
    for failure in reasons:
        if failure.check(TooMuch):
            return BadIdentity(f"{url} sends more than it may")
        if failure.check(NotAllowed, UntrustedServer, BitDustError):
            error = failure.value
            return error if isinstance(error, BitDustError) else TryLater(str(error))
        said = tls_fault(failure)
        if said is not None:
            return UntrustedServer(f"{url} cannot prove that it is who it says: {said}")
    said = "; ".join(failure.getErrorMessage() for failure in reasons) or "it hung up"
    return TryLater(f"{url} cannot be reached: {said}")
