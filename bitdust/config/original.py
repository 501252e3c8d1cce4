"""
The keys of the original that mean nothing here: why, and what to use instead.

Whoever brings his old settings along is answered in a sentence, and not told that his key never was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Absent:
    """Keys of the original without an option: the last parts of the keys under `above`, and the sentences."""

    above: str
    names: str
    why: str
    instead: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The whole keys."""
        return tuple(f"{self.above}/{name}" for name in self.names.split())


_USE_SERVERS = "set services/identity-propagate/known-servers"
_BOTH_WAYS = (
    "a road is switched for both directions at once; the first that answers is taken, TCP a moment ahead"
)
_USE_ROADS = "set services/tcp-transport/enabled and services/udp-transport/enabled"
_ONE_PORT = "the API has one port for XML-RPC, JSON-RPC, REST, events and pages"
_PORTS = "set services/tcp-connections/upnp-enabled and services/udp-datagrams/upnp-enabled"
_SEE = "see `bitdust services list`; services/customer/enabled, services/supplier/enabled are switches"

ABSENT = (
    Absent(
        "emergency",
        "email fax phone text first second",
        "the node writes to nobody outside the network",
        "let a program follow `bitdust events --follow`, or ask `bitdust status --check` at intervals",
    ),
    Absent(
        "logs",
        "memdebug-enabled memdebug-port memprofile-enabled",
        "the node carries no tool for the memory of its own process",
        "look at the process with the tools of the system; `/metrics` of the API has its figures",
    ),
    Absent(
        "logs",
        "stream-enabled stream-port traffic-enabled traffic-port",
        "no log is served on a port of its own",
        "use `bitdust events --follow`, and logs/debug-level for the file bitdust.log",
    ),
    Absent(
        "logs",
        "packet-enabled automat-events-enabled",
        "packets, and events that move no machine, are not logged one by one",
        "use logs/automat-transitions-enabled, or logs/debug-level",
    ),
    Absent("other", "upnp-at-startup", "each road has a switch of its own", _PORTS),
    Absent(
        "paths",
        "messages receipts",
        "messages and receipts are rows of the databases in the node's folder",
        "move the whole folder with BITDUST_HOME; `bitdust paths` shows where it is",
    ),
    Absent(
        "paths",
        "restore",
        "a restore goes to where things came from, or to the folder that is named with it",
        "name the folder: `bitdust restore WHAT FOLDER`",
    ),
    Absent(
        "personal",
        "betatester name surname",
        "nothing is told of the person behind a node",
        "set personal/nickname, if you want to be found by a name",
    ),
    Absent(
        "personal",
        "private-key-size",
        "all keys are Ed25519 and X25519, which have one size",
        "nothing needs to be set",
    ),
    Absent(
        "services/backups",
        "wait-suppliers-enabled",
        "a block never leaves this machine before the suppliers have it",
        "set services/backups/keep-local-copies-enabled to keep it after that, too",
    ),
    Absent(
        "services",
        "backup-db/enabled list-files/enabled data-motion/enabled employer/enabled rebuilding/enabled"
        " backups/enabled restores/enabled",
        "without it stored files could neither be kept whole nor be found again: it runs with the customer",
        _SEE,
    ),
    Absent(
        "services",
        "network/enabled gateway/enabled p2p-hookups/enabled identity-propagate/enabled",
        "a node without it would be reached by nobody: it always runs",
        _SEE,
    ),
    Absent(
        "services",
        "customer-patrol/enabled customers-patrol/enabled",
        "without it the room of customers who are gone would never be free: it runs with the supplier",
        _SEE,
    ),
    Absent(
        "services",
        "my-ip-port/enabled ip-port-responder/enabled",
        "nodes tell each other no addresses by UDP",
        "set services/tcp-connections/host, when the address that is found out is not the right one",
    ),
    Absent(
        "services/entangled-dht",
        "attached-layers",
        "the DHT is that of BitTorrent, which has no layers",
        "set services/entangled-dht/private and known-nodes for a DHT of your own",
    ),
    *(
        Absent(
            "services/id-server",
            name,
            "the identity server has another name here",
            f"set services/identity-server/{here}",
        )
        for name, here in (("enabled", "enabled"), ("host", "host"), ("web-port", "web-port"))
    ),
    Absent(
        "services",
        "id-server/tcp-port identity-server/tcp-port",
        "the identity server takes and gives identities over one port",
        "set services/identity-server/web-port",
    ),
    Absent(
        "services/network",
        "proxy/enabled proxy/host proxy/password proxy/port proxy/ssl proxy/username",
        "links go straight from node to node, with keys that no proxy has",
        "route the node's traffic through the system's network, such as a VPN",
    ),
    Absent(
        "services/proxy-server",
        "current-routes",
        "who is reached over a relay is not kept: he asks again",
        "see `bitdust relay`",
    ),
    Absent(
        "services/proxy-transport",
        "sending-enabled priority",
        "a relay is dialled where there is no straight road, and only then",
        "set services/proxy-transport/enabled",
    ),
    Absent(
        "services/proxy-transport",
        "my-original-identity current-router router-lifetime-seconds",
        "the identity stays the node's own; its relays are asked again every few minutes",
        "see `bitdust relay`",
    ),
    Absent(
        "services/tcp-connections",
        "enabled",
        "the road itself is switched",
        "set services/tcp-transport/enabled",
    ),
    Absent("services/tcp-transport", "receiving-enabled sending-enabled priority", _BOTH_WAYS, _USE_ROADS),
    Absent(
        "services/udp-datagrams",
        "enabled",
        "the road itself is switched",
        "set services/udp-transport/enabled",
    ),
    Absent("services/udp-transport", "receiving-enabled sending-enabled priority", _BOTH_WAYS, _USE_ROADS),
    Absent(
        "updates",
        "mode shedule",
        "the node does not replace its own program",
        "update it as it was installed, with pip or the system's packages",
    ),
    Absent(
        "interface/api",
        "rest-http-enabled rest-http-port web-socket-enabled web-socket-port",
        _ONE_PORT,
        "set interface/api/port",
    ),
    Absent(
        "interface/ftp",
        "enabled port",
        "there is no FTP door",
        "use `bitdust show`, `bitdust restore` or the method filemanager",
    ),
    Absent(
        "services/data-motion",
        "supplier-request-queue-size supplier-sending-queue-size",
        "how much is under way is bounded in bytes, not in files",
        "set services/data-motion/transfer-budget",
    ),
    Absent(
        "services/employer",
        "candidates",
        "candidates are found through the identity servers",
        "name one: `bitdust supplier change`",
    ),
    Absent(
        "services/gateway",
        "p2p-timeout",
        "how long is waited for an answer follows the size of what is asked",
        "nothing needs to be set",
    ),
    Absent(
        "services/identity-propagate",
        "preferred-servers min-servers max-servers automatic-rotate-enabled health-check-interval-seconds",
        "the identity goes to every server that is known, and again when it changes",
        _USE_SERVERS,
    ),
    Absent(
        "services/private-groups",
        "enabled",
        "messages go to one person each; there are no groups",
        "use `bitdust message send`",
    ),
    Absent(
        "services/web-socket-communicator",
        "min max",
        "nodes do not talk over web sockets",
        _USE_ROADS,
    ),
)

#: key -> why it is none, and what to use instead
NOT_HERE: Mapping[str, Absent] = MappingProxyType({key: absent for absent in ABSENT for key in absent.keys})
