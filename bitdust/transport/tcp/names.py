"""
Names that strangers tell, and where these lead: a public name can stand for an address of a private network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
)
from zope.interface import implementer


@implementer(IReactorPluggableNameResolver)
class Guarded:
    """
    The reactor, by which a name leads only to addresses that may be dialled; to none, where it has no other.

    @param may_lead: may a name lead to this address?
    """

    def __init__(self, reactor: Any, may_lead: Callable[[str], bool]) -> None:
        self._reactor = reactor
        self.nameResolver = _Resolver(reactor.nameResolver, may_lead)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


@implementer(IHostnameResolver)
class _Resolver:
    def __init__(self, resolver: IHostnameResolver, may_lead: Callable[[str], bool]) -> None:
        self._resolver, self._may_lead = resolver, may_lead

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        receiver = _Receiver(resolutionReceiver, self._may_lead)
        return self._resolver.resolveHostName(
            receiver, hostName, portNumber, addressTypes, transportSemantics
        )


@implementer(IResolutionReceiver)
class _Receiver:
    def __init__(self, receiver: IResolutionReceiver, may_lead: Callable[[str], bool]) -> None:
        self._receiver, self._may_lead = receiver, may_lead

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:
        if self._may_lead(getattr(address, "host", "").partition("%")[0]):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self._receiver.resolutionComplete()
