"""
services -- the parts of a node by the names that users of the original know, and the switches of some.

A switch is a setting.  When it is turned, the parts of the node are put down and built anew with it, as at a
start, while the doors of the API stay open; the identity server is a part by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from twisted.internet.defer import DeferredLock
from twisted.internet.error import CannotListenError
from twisted.logger import Logger

from bitdust.config.settings import Settings
from bitdust.errors import BitDustError, Conflict, NotFound, TryLater
from bitdust.node.entangled_dht import is_installed
from bitdust.world import background

#: name -> (its switch, or "": it always runs; what it needs)
SERVICES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "network": ("", ()),
        "tcp-transport": ("services/tcp-transport/enabled", ("network",)),
        "udp-transport": ("services/udp-transport/enabled", ("network",)),
        "proxy-transport": ("services/proxy-transport/enabled", ("network",)),
        "proxy-server": ("services/proxy-server/enabled", ("network",)),
        "entangled-dht": ("services/entangled-dht/enabled", ("network",)),
        "lan-beacons": ("services/lan-beacons/enabled", ("network",)),
        "identity-server": ("services/identity-server/enabled", ("network",)),
        "identity-propagate": ("", ("network",)),
        "supplier": ("services/supplier/enabled", ("network",)),
        "customer-patrol": ("", ("supplier",)),
        "customer": ("services/customer/enabled", ("network",)),
        "employer": ("", ("customer",)),
        "list-files": ("", ("customer",)),
        "data-motion": ("", ("customer",)),
        "rebuilding": ("", ("data-motion",)),
        "backup-db": ("", ("list-files", "data-motion")),
        "backups": ("", ("backup-db", "employer", "rebuilding")),
        "restores": ("", ("backups",)),
        "private-messages": ("services/private-messages/enabled", ("network",)),
    }
)


@dataclass(frozen=True)
class ServiceView:
    """A part.  `state` is ON or OFF; `config_path` is its switch, "" when it has none."""

    index: int
    name: str
    state: str
    enabled: bool
    config_path: str
    depends: tuple[str, ...]
    #: the library that it needs is there
    installed: bool = True


class Services:
    """
    @param is_up: does the node have an identity, and so its parts?
    @param build_anew: put the parts down and build them anew.
    @param serve_anew: the same with the identity server.
    @param check: raises when nothing may be switched now.
    """

    _log = Logger()

    def __init__(
        self,
        settings: Settings,
        is_up: Callable[[], bool],
        build_anew: Callable[[], Awaitable[None]],
        serve_anew: Callable[[], Awaitable[None]],
        check: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._is_up = is_up
        self._build_anew = build_anew
        self._serve_anew = serve_anew
        self._check = check
        self._turning = DeferredLock()
        self._trouble: dict[str, BitDustError] = {}
        self._stop_listening: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Follow the switches."""
        self._stop_listening = self._settings.listen("services/", self._turned)

    async def stop(self) -> None:
        """Follow them no more; what is being switched is waited for."""
        self._stop_listening()
        await self._turning.acquire()
        self._turning.release()

    def all(self) -> list[ServiceView]:
        """Every part, those first that others need."""
        return [self._view(index, name) for index, name in enumerate(SERVICES)]

    def find(self, name: str) -> ServiceView:
        """By its name, as `customer`, `service_customer` or `service_customer()`.  @raise NotFound"""
        meant = name.removesuffix("()").removeprefix("service_").replace("_", "-")
        for service in self.all():
            if service.name == meant:
                return service
        raise NotFound(f"there is no service {name[:60]!r}", hint="`bitdust services list` lists them")

    async def switch(self, name: str, on: bool) -> ServiceView:
        """
        Turn it on or off, for good, and wait until it is.

        @raise NotFound: there is none.  @raise Conflict: it has no switch, or cannot be turned now.
        """
        service = self.find(name)
        if not service.config_path:
            whom = f" with {service.depends[-1]}" if service.depends else ""
            raise Conflict(f"service {service.name} runs always{whom}: it has no switch")
        self._check()
        self._trouble.pop(service.config_path, None)
        self._settings.set(service.config_path, on)
        await self._turning.acquire()
        self._turning.release()
        if service.config_path in self._trouble:
            raise self._trouble.pop(service.config_path)
        return self.find(name)

    def _turned(self, key: str) -> None:
        if any(key == switch for switch, _ in SERVICES.values() if switch):
            background(self._turn(key), lambda why: self._log.failure("a service could not be switched", why))

    async def _turn(self, key: str) -> None:
        await self._turning.acquire()
        try:
            if key == SERVICES["identity-server"][0]:
                await self._serve_anew()
            elif self._is_up():
                await self._build_anew()
        except (BitDustError, OSError, CannotListenError) as error:
            self._log.warn("{key}: {why}", key=key, why=error)
            self._trouble[key] = error if isinstance(error, BitDustError) else TryLater(str(error))
        except Exception:
            self._trouble[key] = BitDustError(f"the node made a mistake when {key} was switched")
            raise
        finally:
            self._turning.release()

    def _view(self, index: int, name: str) -> ServiceView:
        switch, depends = SERVICES[name]
        enabled = self._settings.flag(switch) if switch else self._needed(name)
        runs = self._needed(name) and (name == "identity-server" or self._is_up())
        installed = name != "entangled-dht" or is_installed()
        state = "ON" if runs and installed else "OFF"
        return ServiceView(index, name, state, enabled, switch, depends, installed)

    def _needed(self, name: str) -> bool:
        switch, depends = SERVICES[name]
        on = not switch or self._settings.flag(switch)
        return on and all(self._needed(each) for each in depends)
