"""
The Internet between routers: frames take their time, overtake each other and get lost, by a seed.

    python switch.py SEED DELAY_MS JITTER_MS LOSS_PERCENT NAMESPACE...

Makes a device `pub` in each namespace, says "ready", and carries until it is ended.  A process, since the
kernel's own (`netem`) is not everywhere; ARP is carried at once and never lost.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
_ARP = b"\x08\x06"
#: bytes of the largest frame
_LARGEST = 65536


def device_in(namespace: str) -> int:
    """A new TAP device `pub` there; the descriptor at which its frames come and go."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(path: str) -> None:
        there = os.open(path, os.O_RDONLY)
        if libc.setns(there, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {path}")
        os.close(there)

    enter(f"/run/netns/{namespace}")
    try:
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", b"pub", _IFF_TAP | _IFF_NO_PI))
    finally:
        enter(f"/proc/{os.getppid()}/ns/net")
    return tap


def carry(ports: list[int], chance: random.Random, delay: float, jitter: float, loss: float) -> None:
    """For ever; times are seconds, `loss` a part of one."""
    behind: dict[bytes, int] = {}
    flying: list[tuple[float, int, int, bytes]] = []
    number = 0
    while True:
        wait = max(0.0, flying[0][0] - time.monotonic()) if flying else None
        ready, _, _ = select.select(ports, [], [], wait)
        now = time.monotonic()
        for port in ready:
            while (frame := _read(port)) is not None:
                behind[frame[6:12]] = port
                target = behind.get(frame[:6])
                for out in [target] if target is not None else [each for each in ports if each != port]:
                    quick = frame[12:14] == _ARP
                    if quick or chance.random() >= loss:
                        number += 1
                        due = now if quick else now + delay + jitter * chance.random()
                        heapq.heappush(flying, (due, number, out, frame))
        while flying and flying[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(flying)
            try:
                os.write(out, frame)
            except OSError:
                # The other end is down for now, or full: that is how frames get lost.
                continue


def _read(port: int) -> bytes | None:
    try:
        return os.read(port, _LARGEST)
    except BlockingIOError:
        return None


def main(seed: str, delay: str, jitter: str, loss: str, *namespaces: str) -> None:
    ports = [device_in(namespace) for namespace in namespaces]
    print("ready", flush=True)
    carry(ports, random.Random(seed), float(delay) / 1e3, float(jitter) / 1e3, float(loss) / 100)


if __name__ == "__main__":
    main(*sys.argv[1:])
