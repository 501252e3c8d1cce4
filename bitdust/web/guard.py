"""
Who may ask: the name by which we were called, the page that asks, the token.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.web.http import Request

from bitdust.api.publish.bounded import MAX_BODY
from bitdust.api.publish.page import CrossSite, TooLarge, WrongHost
from bitdust.config.settings import Settings
from bitdust.errors import Denied

_OUR_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]"))
_LOOPBACK = frozenset(("127.0.0.1", "::1"))


@dataclass
class Guard:
    """
    Looks at a request before any page does.

    @param trusted: the door is the unix socket, which only the owner can open: no browser reaches it.
    """

    token: str
    settings: Settings
    trusted: bool

    def check(self, request: Request, *, needs_token: bool) -> None:
        """@raise BitDustError: it may not pass."""
        assert request.content is not None
        if request.content.seek(0, 2) > MAX_BODY:
            raise TooLarge
        if self.trusted:
            return
        host = self._check_host(request)
        self._check_origin(request, host)
        if needs_token and not self._is_open_to(request):
            self._check_token(request)

    def needs_no_login(self, request: Request) -> bool:
        """Whether who asks is the owner for sure: at the socket, with the token, or where none is wanted."""
        if self.trusted or self._is_open_to(request):
            return True
        given = _tokens(request)
        return any(hmac.compare_digest(one.encode(), self.token.encode()) for one in given)

    def _check_host(self, request: Request) -> str:
        told = request.requestHeaders.getRawHeaders("host") or []
        if len(told) != 1:
            raise WrongHost
        host = told[0].strip().lower()
        ours = request.getHost()
        port = f":{ours.port}" if isinstance(ours, IPv4Address | IPv6Address) else ""
        if host in _OUR_NAMES or host.removesuffix(port) in _OUR_NAMES:
            return host
        # A further name goes with any port, unless the owner wrote one.
        known = {name.lower() for name in self.settings.several("interface/api/host-names")}
        if host in known or re.sub(r":[0-9]{1,5}\Z", "", host) in known:
            return host
        raise WrongHost(f"there is no {host[:100]!r} here")

    def _check_origin(self, request: Request, host: str) -> None:
        sites = [
            site.strip().lower() for site in request.requestHeaders.getRawHeaders("sec-fetch-site") or []
        ]
        if not {"same-origin", "none"}.issuperset(sites):
            raise CrossSite
        for origin in request.requestHeaders.getRawHeaders("origin") or []:
            # Our own forms come from "null", because our pages tell nobody where they are (no-referrer); then
            # the browser's word that they are ours must be there, which no page can forge.
            if origin.strip() == "null" and sites == ["same-origin"]:
                continue
            if _netloc(origin) != host:
                raise CrossSite

    def _is_open_to(self, request: Request) -> bool:
        if self.settings.flag("interface/api/auth-secret-enabled"):
            return False
        asker = request.getClientAddress()
        return isinstance(asker, IPv4Address | IPv6Address) and asker.host in _LOOPBACK

    def _check_token(self, request: Request) -> None:
        given = _tokens(request)
        if not given:
            raise Denied("this needs the token")
        if not any(hmac.compare_digest(one.encode(), self.token.encode()) for one in given):
            raise Denied("the token is wrong")


def challenges(request: Request) -> tuple[tuple[str, str], ...]:
    """What a 401 offers.  Browsers are not offered Basic: they would ask their user for a password."""
    bearer = ("WWW-Authenticate", 'Bearer realm="BitDust"')
    if request.requestHeaders.hasHeader("sec-fetch-mode"):
        return (bearer,)
    return (bearer, ("WWW-Authenticate", 'Basic realm="BitDust"'))


def _netloc(origin: str) -> str:
    """Host and port of an origin; empty when it is none, like `null`."""
    try:
        parts = urlsplit(origin.strip().lower())
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") else ""


def _tokens(request: Request) -> list[str]:
    found = list(request.requestHeaders.getRawHeaders("x-api-key") or [])
    for header in request.requestHeaders.getRawHeaders("authorization") or []:
        scheme, _, secret = header.strip().partition(" ")
        if scheme.lower() == "bearer":
            found.append(secret.strip())
        elif scheme.lower() == "basic":
            found.append(_password(secret.strip()))
    return found


def _password(secret: str) -> str:
    try:
        return base64.b64decode(secret, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
