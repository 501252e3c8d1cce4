"""
Switches of the node's parts, as pages show them: the state, the setting, and the button that turns it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bitdust.web.logins import Session
from bitdust.web.pages.markup import Part, el, form, pill

#: the parts that the page of the network turns
SWITCHES = (
    *("tcp-transport", "udp-transport", "proxy-transport", "proxy-server"),
    *("entangled-dht", "lan-beacons"),
)


class Switches:
    """@param services: what `services_list` says."""

    def __init__(self, services: Iterable[Mapping[str, Any]], visitor: Session) -> None:
        self._services = {each["name"].removeprefix("service_").replace("_", "-"): each for each in services}
        self._visitor = visitor

    def state(self, name: str) -> Part:
        """Whether it runs; and if it does not although it shall, why."""
        service = self._services[name]
        if service["state"] == "ON":
            return pill("on", "safe")
        if service["enabled"] and not service["installed"]:
            return el("span", pill("off", "waiting"), " its library is not installed")
        return pill("off", "waiting")

    def button(self, name: str, what: str) -> Part:
        """The setting, and its button."""
        service = self._services[name]
        turn = "off" if service["enabled"] else "on"
        return form(
            f"Switch {turn}",
            "/network",
            self._visitor.csrf,
            el("code", service["config_path"]),
            " ",
            label=f"Switch {what} {turn}",
            service=name,
            turn=turn,
        )
