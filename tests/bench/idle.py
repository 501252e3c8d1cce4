"""
What a customer of 13 suppliers and they say to each other while nobody wants anything, over one road:
`unshare -n sh -c "ip link set lo up; python -m tests.bench.idle tcp|udp SECONDS FOLDER"`.

Real processes in a network namespace of their own, whose counters are read.  All is between the customer and
a supplier, in both directions; the headers of Ethernet, which the loopback interface counts, are taken off.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from bitdust.demo.network import Network
from tests.bench.measure import wait_for

SUPPLIERS, SETTLE, ETHERNET = 13, 30.0, 14
OTHER = {"tcp": "services/udp-transport/enabled", "udp": "services/tcp-transport/enabled"}


def idle(road: str, seconds: float, folder: Path) -> dict[str, object]:
    """Packets and bytes of all links together."""
    settings = {OTHER[road]: False, "services/entangled-dht/enabled": False}
    with Network(folder) as net:
        net.start_identity_server()
        net.start([f"sup{n:02d}" for n in range(SUPPLIERS)], {**settings, "services/customer/enabled": False})
        (alice,) = net.start(
            ["alice"],
            {
                **settings,
                "services/supplier/enabled": False,
                "services/customer/suppliers-number": SUPPLIERS,
            },
        )
        source = folder / "source"
        source.mkdir()
        for number in range(200):
            (source / f"f{number}").write_bytes(os.urandom(5000))
        online = lambda: alice.client.process_health()["suppliers_online"] == SUPPLIERS  # noqa: E731
        wait_for(online, 300, "all suppliers")
        alice.client.backup_start_path(str(source))
        wait_for(lambda: alice.client.process_health()["state"] == "safe", 300, "a safe backup")
        time.sleep(SETTLE)
        bytes_, packets = _counters()
        time.sleep(seconds)
        after, packets_after = _counters()
    packets = packets_after - packets
    return {
        "road": road,
        "seconds": seconds,
        "packets": packets,
        "bytes": after - bytes_ - ETHERNET * packets,
    }


def _counters() -> tuple[int, int]:
    """Bytes and packets of the loopback interface."""
    (line,) = [line for line in Path("/proc/net/dev").read_text().splitlines() if "lo:" in line]
    words = line.partition(":")[2].split()
    return int(words[0]), int(words[1])


if __name__ == "__main__":
    print(json.dumps(idle(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))))
