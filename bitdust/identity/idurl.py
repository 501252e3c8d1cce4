"""
IDURLs: the names of identities, `http://host[:port]/name.xml`, perhaps with a fingerprint behind: `#fp=…` is
a person's word for it, `#seen=…` only says who of several that claim the name is meant.

One spelling only: what could be written in two ways (upper case, default ports, percent codes, dots) is
refused, so that equal texts are equal names and nothing in a name can climb out of a folder.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from bitdust.errors import Usage

#: longest IDURL, without its fingerprint
MAX_IDURL = 255

_IDURL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"/(?P<name>[a-z0-9_-]{3,20})\.xml",
    re.ASCII,
)
_FINGERPRINT = re.compile(r"[a-z2-7]{52}", re.ASCII)
_NAME = re.compile(r"[a-z0-9_-]{3,20}", re.ASCII)
#: what stands before a fingerprint that a person gave, and before one that was only found
VOUCHED, SEEN = "fp=", "seen="
_HINT = "an IDURL looks like http://example.org/alice.xml, perhaps with #fp=FINGERPRINT behind"
#: all IPv6 addresses of the public Internet; what lies outside is local, or another way to write an IPv4 one
_UNICAST = ipaddress.IPv6Network("2000::/3")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Idurl:
    """
    A name of an identity, and the fingerprint it must have where that is known.

    `vouched`: that is a person's word.
    """

    url: str
    fingerprint: str | None = None
    scheme: str = "http"
    host: str = ""
    port: int = 80
    name: str = ""
    vouched: bool = False

    @property
    def server(self) -> str:
        """Where it is served: `http://host[:port]`."""
        return self.url.rpartition("/")[0]

    @property
    def text(self) -> str:
        """As a person passes it on."""
        if self.fingerprint is None:
            return self.url
        return f"{self.url}#{VOUCHED if self.vouched else SEEN}{self.fingerprint}"


def parse_idurl(text: str) -> Idurl:
    """@raise Usage: it is not an IDURL."""
    url, mark, behind = text.strip().partition("#")
    found = _IDURL.fullmatch(url) if len(url) <= MAX_IDURL else None
    if found is None:
        raise Usage(f"not an IDURL: {text[:80]!r}", hint=_HINT)
    scheme, host, name = found["scheme"], found["host"], found["name"]
    _check_host(host, text)
    port = int(found["port"]) if found["port"] else _DEFAULT_PORTS[scheme]
    if port > 65535 or (found["port"] and port == _DEFAULT_PORTS[scheme]):
        raise Usage(f"the port in {text[:80]!r} is out of range or the usual one of {scheme}", hint=_HINT)
    if not mark:
        return Idurl(url, None, scheme, host, port, name)
    word, sign, pin = behind.partition("=")
    if f"{word}{sign}" not in (VOUCHED, SEEN) or not _FINGERPRINT.fullmatch(pin):
        raise Usage(f"not a fingerprint behind the IDURL: {behind[:80]!r}", hint=_HINT)
    return Idurl(url, pin, scheme, host, port, name, f"{word}{sign}" == VOUCHED)


def seen_at(url: str, fingerprint: str) -> str:
    """The IDURL with the fingerprint of who claims it, as far as was seen: nobody has vouched for him."""
    return f"{url}#{SEEN}{fingerprint}"


def is_idurl(text: str) -> bool:
    """Is it a plain IDURL, with nothing behind it?"""
    try:
        return parse_idurl(text).url == text
    except Usage:
        return False


def check_name(name: str) -> str:
    """
    The name itself, where a person may have it.

    @raise Usage: he may not.
    """
    if not _NAME.fullmatch(name):
        raise Usage(f"a name has 3 to 20 characters of a-z, 0-9, '-' and '_': {name[:80]!r} does not")
    return name


def is_private(host: str) -> bool:
    """
    Does the host, as written, lie in no public network (loopback, private, link-local, local names)?

    A public name can still lead to a private address: the client asks again with what the name resolved to.
    """
    try:
        return not is_global(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".home.arpa", ".lan"))


def is_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Is it an address of the public Internet, also when it hides in an IPv6 one?"""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_global(inner)
        if address in ipaddress.IPv6Network("64:ff9b::/96"):
            return is_global(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast


def _check_host(host: str, text: str) -> None:
    if host.startswith("["):
        try:
            canonical = f"[{ipaddress.IPv6Address(host[1:-1])}]" == host
        except ValueError:
            canonical = False
    elif re.fullmatch(r"[0-9.]+", host) or re.match(r".*(^|\.)(0x[0-9a-f]*|[0-9]+)$", host):
        # What ends in a number is an address to some resolvers: only the plain dotted form is one to us.
        try:
            canonical = str(ipaddress.IPv4Address(host)) == host
        except ValueError:
            canonical = False
    else:
        canonical = all(
            label and len(label) <= 63 and label[0] != "-" and label[-1] != "-" for label in host.split(".")
        )
    if not canonical:
        raise Usage(f"the host in {text[:80]!r} is not one", hint=_HINT)
