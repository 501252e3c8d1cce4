"""
The one site of a node: every door, behind one guard.

The listener on the loopback address gets a site that asks for the token, the unix socket one that does not.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.http import Request as HttpRequest
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request, Site

from bitdust.api.publish.bounded import MAX_BODY
from bitdust.api.publish.door import Door
from bitdust.api.publish.events import EventsPage
from bitdust.api.publish.jsonrpc import JsonRpcDoor
from bitdust.api.publish.page import Headers, NoSuchPage, Refusal, content_type
from bitdust.api.publish.rest import BridgePage, RestDoor
from bitdust.api.publish.xmlrpc import XmlRpcDoor
from bitdust.api.registry import Registry
from bitdust.config.settings import Settings
from bitdust.errors import BitDustError, Denied
from bitdust.web.guard import Guard, challenges
from bitdust.web.logins import Logins
from bitdust.web.metrics import HealthPage, MetricsPage
from bitdust.web.pages.frame import House, RefusedPage
from bitdust.web.pages.tree import OWN_LOCK, hang_pages, nothing_here

if TYPE_CHECKING:
    from bitdust.node.node import Node

#: So much of a body that is too large is read and dropped, so that its sender hears why.
_PATIENCE = 16 << 20

_IDLE_SECONDS = 120

#: first words of the addresses that programs ask
_DOORS = frozenset((b"RPC2", b"jsonrpc", b"api", b"filemanager", b"health", b"metrics"))

_HEADERS = (
    ("Server", "BitDust"),
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


def build_site(
    node: Node,
    registry: Registry,
    token: str,
    settings: Settings,
    trusted: bool = False,
    reactor: IReactorTime | None = None,
    logins: Logins | None = None,
) -> ApiSite:
    """
    The site of a node.

    @param token: what programs must show.
    @param trusted: for the unix socket, which only the owner can open: no token, any Host.
    @param reactor: the clock of its time limits; the global one when None.
    @param logins: the browsers that are let in, and the pages for them; None: doors only.
    """
    return ApiSite(build_root(node, registry, token, settings, trusted, logins), reactor)


def build_root(
    node: Node,
    registry: Registry,
    token: str,
    settings: Settings,
    trusted: bool = False,
    logins: Logins | None = None,
) -> Front:
    """The tree of the site; pages are put into it with `putChild`."""
    if not token and not trusted:
        raise ValueError("a site without a token would be open to everyone")
    door = Door(node, registry)
    xmlrpc = XmlRpcDoor(door)
    guard = Guard(token, settings, trusted)
    house = House(door, guard, logins) if logins is not None else None
    front = Front(guard, xmlrpc, house)
    if house is not None:
        hang_pages(front, house)
    front.putChild(b"RPC2", xmlrpc)
    front.putChild(b"jsonrpc", JsonRpcDoor(door))
    api = Branch()
    api.putChild(b"v1", FirstApi(RestDoor(door), EventsPage(door)))
    front.putChild(b"api", api)
    bridge = Branch()
    bridge.putChild(b"bridge", BridgePage(door))
    front.putChild(b"filemanager", bridge)
    front.putChild(b"health", HealthPage(node))
    front.putChild(b"metrics", MetricsPage(node))
    return front


class Front(Resource):
    """
    The root: nothing behind it sees a request that the guard refused.

    @param house: what the pages need, which let in nobody who is not logged in; None: there are no pages.
    """

    def __init__(self, guard: Guard, xmlrpc: XmlRpcDoor, house: House | None) -> None:
        super().__init__()
        self._house = house
        self._guard = guard
        self._xmlrpc = xmlrpc

    def getChildWithDefault(self, path: bytes, request: HttpRequest) -> IResource:
        for name, value in _HEADERS:
            request.setHeader(name, value)
        is_call = (
            path == b""
            and request.method == b"POST"
            and content_type(request) in ("text/xml", "application/xml")
        )
        is_page = not is_call and self._is_for_people(path, request)
        try:
            self._guard.check(request, needs_token=request.path != b"/health" and not is_page)
        except BitDustError as error:
            return self._refusal(path, request, error, challenges(request) if type(error) is Denied else ())
        if is_call:
            return self._xmlrpc
        found: IResource = super().getChildWithDefault(path, request)
        return found

    def getChild(self, path: bytes, request: HttpRequest) -> Resource:
        return self._refusal(path, request, NoSuchPage(), ())

    def _is_for_people(self, path: bytes, request: HttpRequest) -> bool:
        """A page, or where a browser went astray: pages let in nobody who is not logged in."""
        accepted = request.requestHeaders.getRawHeaders("accept") or [""]
        return self._house is not None and (
            path in OWN_LOCK or (path not in _DOORS and "text/html" in accepted[0])
        )

    def _refusal(self, path: bytes, request: HttpRequest, error: BitDustError, headers: Headers) -> Resource:
        """For people a page, for programs a problem."""
        if self._house is None or not self._is_for_people(path, request):
            return Refusal(error, headers)
        if isinstance(error, NoSuchPage):
            error = nothing_here()
        return RefusedPage(self._house, error, headers)


class Branch(Resource):
    """Leads on to others, and has nothing to show itself."""

    def getChild(self, path: bytes, request: HttpRequest) -> Resource:
        return Refusal(NoSuchPage())

    def render(self, request: HttpRequest) -> int:
        return Refusal(NoSuchPage()).render(request)


class FirstApi(Branch):
    """`/api/v1`: the stream of events, and the methods."""

    def __init__(self, methods: RestDoor, events: EventsPage) -> None:
        super().__init__()
        self._methods = methods
        self.putChild(b"events", events)

    def getChild(self, path: bytes, request: HttpRequest) -> Resource:
        # The methods' door reads the whole rest of the path.
        assert isinstance(request, Request)
        assert request.postpath is not None
        assert request.prepath is not None
        request.postpath.insert(0, request.prepath.pop())
        return self._methods


class BoundedRequest(Request):
    """Never holds more of a body than the largest that is read, and one byte to tell that there was more."""

    _received = 0

    def gotLength(self, length: int | None) -> None:
        self.content = BytesIO()
        if length is not None and length > _PATIENCE:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        assert self.content is not None
        self._received += len(data)
        room = MAX_BODY + 1 - self.content.tell()
        self.content.write(data[:room])
        if self._received > _PATIENCE:
            self._refuse()

    def _refuse(self) -> None:
        channel = self.channel
        if channel is not None and channel.transport is not None:
            channel.transport.write(
                b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
            channel.loseConnection()


class ApiSite(Site):
    """Keeps no list of who asked what: arguments are nobody's business."""

    displayTracebacks = False
    noisy = False

    _log = Logger(namespace="bitdust.web")

    def __init__(self, root: Front, reactor: IReactorTime | None) -> None:
        super().__init__(
            root, BoundedRequest, timeout=_IDLE_SECONDS, reactor=reactor, parsePOSTFormSubmission=False
        )

    def log(self, request: HttpRequest) -> None:
        """One line a request, without its query and without the token."""
        self._log.debug("{verb} {path} {status}", verb=request.method, path=request.path, status=request.code)
