"""
Real nodes in a lab: an identity server and a relay on the public side, a customer and a supplier behind
routers.

They are processes of `bitdust`, each in its namespace; the test talks to them over the sockets in their
folders.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bitdust.config.settings import Settings
from bitdust.demo.network import SETTINGS, Network, Peer
from bitdust.errors import BitDustError
from tests.natlab.lab import PUBLIC, Lab
from tests.processes.nodes import until

#: what nodes in a lab listen at and tell of themselves: all addresses of theirs, and what they find out
ANYWHERE: dict[str, object] = {
    "services/tcp-connections/interface": "",
    "services/tcp-connections/host": "",
    "services/entangled-dht/enabled": False,
}
#: seconds in which a node begins on a machine that has a whole matrix to do
STARTS = 90.0
#: the port of the identity server: nobody else is there
WEB = 8084


class Town:
    """
    A context manager: `alice` is a customer of `bob` and of `relay`, once they have found each other.

    @param road: "tcp" or "udp": the only one that those behind routers have; "": nobody lives there yet.
    """

    def __init__(self, lab: Lab, folder: Path, road: str = "") -> None:
        self.lab, self.road = lab, road
        self._stack = ExitStack()
        self.network = Network(folder)

    def __enter__(self) -> Town:
        self._stack.enter_context(self.network)
        try:
            self._settle()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _settle(self) -> None:
        first, second = PUBLIC
        server = self._node("ids", self.lab.public, {
            "services/identity-server/enabled": True,
            "services/identity-server/host": first,
            "services/identity-server/interface": first,
            "services/identity-server/web-port": WEB,
        })  # fmt: skip
        server.start()
        server.wait(STARTS)
        self.network.server = f"http://{first}:{WEB}"
        here = {"services/tcp-connections/interface": second, "services/tcp-connections/host": second}
        self.relay = self.citizen("relay", self.lab.public, here | {
            "services/proxy-server/enabled": True,
            "services/customer/enabled": False,
        })  # fmt: skip
        if self.road:
            self._settle_behind()

    def _settle_behind(self) -> None:
        one, other = (side.machine for side in self.lab.sides)
        only = {f"services/{'tcp' if self.road == 'udp' else 'udp'}-transport/enabled": False}
        behind = only | {
            "services/proxy-transport/receiving-enabled": True,
            "services/proxy-transport/preferred-routers": self.idurl(self.relay),
        }
        self.bob = self.citizen("bob", other, behind | {"services/customer/enabled": False})
        until(lambda: any(contact.startswith("proxy:") for contact in self.contacts(self.bob)), 60)
        self.alice = self.citizen("alice", one, behind | {
            "services/supplier/enabled": False,
            "services/customer/suppliers-number": 2,
        })  # fmt: skip

    def _node(self, name: str, namespace: str, options: dict[str, object]) -> Peer:
        peer = self.network.prepare(name, ANYWHERE | options)
        peer.within = ("ip", "netns", "exec", namespace)
        return peer

    def citizen(self, name: str, namespace: str, options: dict[str, object]) -> Peer:
        """Somebody with an identity who lives there from now on."""
        peer = self._node(name, namespace, options)
        peer.start()
        peer.wait(STARTS)
        peer.client.call("identity_create", name)
        return peer

    # what can be seen

    def idurl(self, peer: Peer) -> str:
        return str(peer.client.call("identity_get")["idurl"])

    def contacts(self, peer: Peer) -> list[str]:
        """What he has published of where he is reached."""
        return list(peer.client.call("identity_get")["contacts"])

    def roads(self) -> dict[str, str]:
        """By which road alice has a link to each of her suppliers now."""
        rows = self.alice.client.call("suppliers_list")
        return {str(row["idurl"]): str(row.get("transport") or "") for row in rows}

    def ping(self) -> str:
        """By which road alice reaches bob; "" when she does not."""
        try:
            return str(self.alice.client.call("ping", self.idurl(self.bob))["transport"])
        except BitDustError:
            return ""

    def set(self, peer: Peer, key: str, value: Any) -> None:
        Settings(peer.home / SETTINGS).set(key, value)
