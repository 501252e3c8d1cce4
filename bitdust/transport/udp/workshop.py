"""
Where the UDP holes of a node are made: fresh outlets for them, and the rounds under way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.transport.interface import Expected, ILink
from bitdust.transport.udp.outlet import Outlet
from bitdust.transport.udp.punches import Punches, secret_in
from bitdust.transport.udp.socket import Address
from bitdust.world import background


class Workshop:
    """
    @param make: an open outlet at a fresh port; it is to call the function when it is idle.
    @param dial: a link to who is at that address, from that outlet.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        make: Callable[[Callable[[Outlet], None]], Outlet],
        dial: Callable[[Outlet, Address, Expected], Awaitable[ILink]],
    ) -> None:
        self.clock, self.dial = clock, dial
        self._make = make
        #: whether a hole holds it open
        self._outlets: dict[Outlet, bool] = {}
        self._rounds: dict[bytes, Punches] = {}

    def fresh(self) -> Outlet:
        """An outlet that is open until `let_go`, and then as long as it has connections."""
        outlet = self._make(self._idle)
        self._outlets[outlet] = True
        return outlet

    def let_go(self, outlet: Outlet) -> None:
        """No hole needs it any more."""
        if outlet in self._outlets:
            self._outlets[outlet] = False
            if not outlet.routes.all():
                self._idle(outlet)

    def begin(self, secret: bytes, punches: Punches) -> None:
        """A round begins."""
        self._rounds[secret] = punches
        punches.begin()

    def end(self, secret: bytes, punches: Punches) -> None:
        """It is over."""
        punches.stop()
        if self._rounds.get(secret) is punches:
            del self._rounds[secret]

    def came(self, data: bytes, address: Address) -> bool:
        """Was this a datagram that opens routers?  Then it is seen to."""
        secret = secret_in(data)
        if secret is None:
            return False
        punches = self._rounds.get(secret)
        if punches is not None:
            punches.came(data, address)
        return True

    async def close(self) -> None:
        """End all of it."""
        for punches in self._rounds.values():
            punches.stop()
        self._rounds.clear()
        outlets = [*self._outlets]
        self._outlets.clear()
        for outlet in outlets:
            await outlet.close()

    def _idle(self, outlet: Outlet) -> None:
        if self._outlets.get(outlet) is False:
            del self._outlets[outlet]
            background(outlet.close(), lambda why: self._log.failure("a socket does not close", why))
