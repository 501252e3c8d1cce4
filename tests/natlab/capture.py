"""
Keeps every frame that comes or goes in the namespace it runs in.

    python capture.py FILE

Says "ready", and writes until it is ended; frames one behind the other, whole.
"""

from __future__ import annotations

import socket
import sys

#: every protocol
_ALL = 0x0003


def main(path: str) -> None:
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL)) as wire,
        open(path, "ab", 0) as file,
    ):
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 2**20)
        print("ready", flush=True)
        while True:
            file.write(wire.recv(65536))


if __name__ == "__main__":
    main(*sys.argv[1:])
