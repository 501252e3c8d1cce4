"""
An HTTP agent that may be let loose on URLs of strangers.

It does not connect to addresses of private networks, whatever name they hide behind (the address is looked at
after it was resolved, and that one is connected to); it reads no more than 64 KiB of a connection; and it
checks the names in https certificates.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography.x509 import Certificate, load_pem_x509_certificates
from OpenSSL.crypto import X509
from OpenSSL.SSL import Context
from OpenSSL.SSL import Error as OpenSSLError
from service_identity import CertificateError, VerificationError
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IProtocol,
    IProtocolFactory,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import connectionDone
from twisted.internet.ssl import OpenSSLDefaultPaths, optionsForClientTLS
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.client import URI, Agent
from twisted.web.iweb import IAgent, IAgentEndpointFactory
from zope.interface import implementer

from bitdust.disk import read_file
from bitdust.errors import BadIdentity, BitDustError, Damaged, Usage
from bitdust.identity.idurl import is_global
from bitdust.world import spawn

#: bytes read from one connection: headers, TLS and all
MAX_READ = 64 * 1024
EACH_ADDRESS = 3.0
_MAX_ADDRESSES = 8


class NotAllowed(BadIdentity):
    """The name leads into a private network."""

    id = "private_address"
    default_hint = "on a network of your own, switch services/network/private-addresses on"


class UntrustedServer(BitDustError):
    """The https server cannot prove that it is who it says."""

    id = "untrusted_server"
    http_status = 502
    default_hint = (
        "where the server has a certificate of your own CA, set services/identity-propagate/trust-root"
    )


class TooMuch(Exception):
    """More was sent than may be read."""


def make_agent(reactor: Any, *, private_addresses: bool, trust_root: Path | None = None) -> IAgent:
    """
    @param private_addresses: may it connect to loopback and private addresses?
    @param trust_root: a PEM file with certificates of CAs to trust besides those of the system.
    @raise Usage: that file cannot be used.
    """
    roots = _Roots(_certificates(trust_root) if trust_root is not None else [])
    agent: IAgent = Agent.usingEndpointFactory(reactor, _Endpoints(reactor, private_addresses, roots))
    return agent


def tls_fault(failure: Failure) -> str | None:
    """What was wrong with the server's certificate, if that is what failed."""
    error = failure.value
    if isinstance(error, VerificationError):
        return "its certificate is for another name"
    if isinstance(error, CertificateError):
        return f"its certificate is invalid: {error}"
    if isinstance(error, OpenSSLError):
        causes = error.args[0] if error.args and isinstance(error.args[0], list) else []
        said = ", ".join(str(cause[-1]) for cause in causes) or "the TLS handshake failed"
        if "certificate verify failed" in said:
            # Twisted's own check must stay the only one in place, and it does not pass on OpenSSL's reason.
            return f"its certificate has expired, or comes from an unknown authority ({said})"
        return said
    return None


class _Roots(OpenSSLDefaultPaths):
    """The CAs of the system, and some more."""

    def __init__(self, more: list[Certificate]) -> None:
        self._more = more

    def _addCACertsToContext(self, context: Context) -> None:
        super()._addCACertsToContext(context)
        store = context.get_cert_store()
        for certificate in self._more:
            if store is not None:
                store.add_cert(X509.from_cryptography(certificate))


@implementer(IAgentEndpointFactory)
class _Endpoints:
    def __init__(self, reactor: Any, private_addresses: bool, roots: _Roots) -> None:
        self._reactor = reactor
        self._private_addresses = private_addresses
        self._roots = roots

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        host = uri.host.decode("ascii").strip("[]")
        endpoint: IStreamClientEndpoint = _Guarded(self._reactor, host, uri.port, self._private_addresses)
        if uri.scheme == b"https":
            return wrapClientTLS(optionsForClientTLS(host, trustRoot=self._roots), endpoint)
        return endpoint


@implementer(IStreamClientEndpoint)
class _Guarded:
    """Connects to the first address of the host that is allowed and answers."""

    def __init__(self, reactor: Any, host: str, port: int, private_addresses: bool) -> None:
        self._reactor = reactor
        self._host = host
        self._port = port
        self._private_addresses = private_addresses

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        return spawn(self._connect(_Bounded(factory)))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        found = await _resolved(self._reactor, self._host)
        addresses = [one for one in found if self._private_addresses or is_global(ip_address(one))]
        if found and not addresses:
            raise NotAllowed(f"{self._host} lies in a private network ({found[0]})")
        failed: ConnectError = ConnectError(string=f"{self._host} has no address")
        for address in addresses[:_MAX_ADDRESSES]:
            kind = TCP6ClientEndpoint if ":" in address else TCP4ClientEndpoint
            try:
                wrapper: Any = await kind(self._reactor, address, self._port, timeout=EACH_ADDRESS).connect(
                    factory
                )
            except ConnectError as error:
                failed = error
                continue
            protocol: IProtocol = wrapper.wrappedProtocol
            return protocol
        raise failed


class _Bounded(WrappingFactory):
    """Counts what is read, and hangs up when it is too much."""

    noisy = False

    def __init__(self, wrapped: IProtocolFactory) -> None:
        super().__init__(wrapped)
        self.protocol = _BoundedProtocol


class _BoundedProtocol(ProtocolWrapper):
    _read = 0
    _over = False

    def dataReceived(self, data: bytes) -> None:
        self._read += len(data)
        if self._read <= MAX_READ:
            super().dataReceived(data)
        elif not self._over:
            self._over = True
            self.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(Failure(TooMuch()) if self._over else reason)


@implementer(IResolutionReceiver)
class _Addresses:
    def __init__(self) -> None:
        self.found: list[str] = []
        self.done: Deferred[list[str]] = Deferred()

    def resolutionBegan(self, resolution: IHostResolution) -> None:
        pass

    def addressResolved(self, address: IAddress) -> None:
        host = getattr(address, "host", "").partition("%")[0]
        if host and host not in self.found:
            self.found.append(host)

    def resolutionComplete(self) -> None:
        if not self.done.called:
            self.done.callback(self.found)


async def _resolved(reactor: Any, host: str) -> list[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    receiver = _Addresses()
    reactor.nameResolver.resolveHostName(receiver, host)
    found = await receiver.done
    if not found:
        raise DNSLookupError(f"the name {host} is not known")
    return found


def _certificates(path: Path) -> list[Certificate]:
    try:
        return load_pem_x509_certificates(read_file(path, 2**20))
    except (OSError, ValueError, Damaged) as error:
        raise Usage(f"the trust root {path} cannot be used: {error}") from error
