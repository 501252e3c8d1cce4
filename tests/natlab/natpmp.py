"""
The NAT-PMP of a router (RFC 6886), without the doing: it promises each port, 1000 above the one asked for.

    python natpmp.py ADDRESS

Says "ready", and then a line for each promise: protocol, inner port, seconds.
"""

from __future__ import annotations

import socket
import struct
import sys


def main(address: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((address, 5351))
        print("ready", flush=True)
        while True:
            asked, who = door.recvfrom(100)
            version, what = asked[0], asked[1]
            if version:
                # PCP is not spoken here.
                door.sendto(struct.pack(">BBHI", 0, 128 + what, 1, 1), who)
            elif what == 0:
                door.sendto(struct.pack(">BBHI4s", 0, 128, 0, 1, socket.inet_aton("203.0.113.10")), who)
            else:
                inner, _, seconds = struct.unpack(">HHI", asked[4:12])
                outer = inner + 1000 if seconds else 0
                door.sendto(struct.pack(">BBHIHHI", 0, 128 + what, 0, 1, inner, outer, seconds), who)
                print({1: "udp", 2: "tcp"}[what], inner, seconds, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
