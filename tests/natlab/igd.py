"""
A router's own UPnP and NAT-PMP: `miniupnpd`, as many real routers have it, in a router of the lab.

What it opens it writes into chains of its own, which begin empty.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.natlab.lab import Side, run

#: it opens no port at an address outside of the public Internet, and those of the lab are for documentation
CLAIMED = "5.5.5.5"
_CHAINS = """
    table inet filter {
        chain miniupnpd {}
        chain passing { type filter hook forward priority -1; policy accept; jump miniupnpd; }
        chain prerouting_miniupnpd {}
        chain postrouting_miniupnpd {}
        chain arriving {
            type nat hook prerouting priority -101; policy accept;
            iifname "pub" jump prerouting_miniupnpd
        }
    }
"""


class Igd:
    """A context manager: it is switched on, and off again at once, as without power."""

    def __init__(self, side: Side, folder: Path) -> None:
        self._side, self._folder = side, folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Igd:
        enter = ["ip", "netns", "exec", self._side.router]
        run(*enter, "nft", "-f", "-", said=_CHAINS)
        self._folder.mkdir(exist_ok=True)
        conf = self._folder / "miniupnpd.conf"
        conf.write_text(
            f"ext_ifname=pub\next_ip={CLAIMED}\nlistening_ip=inside\nport=0\nenable_natpmp=yes\nenable_upnp=yes\n"
            "secure_mode=yes\nsystem_uptime=yes\nuuid=00000000-0000-0000-0000-000000000001\n"
            "allow 1024-65535 10.0.0.0/8 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n"
        )
        with (self._folder / "miniupnpd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*enter, "miniupnpd", "-d", "-f", str(conf), "-P", str(self._folder / "pid")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        return self

    def restart(self) -> None:
        """Off and on again: it has forgotten what it had promised."""
        self.__exit__()
        for chain in ("miniupnpd", "prerouting_miniupnpd", "postrouting_miniupnpd"):
            run("ip", "netns", "exec", self._side.router, "nft", "flush", "chain", "inet", "filter", chain)
        self.__enter__()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
