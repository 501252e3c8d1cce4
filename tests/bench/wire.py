"""
`python -m tests.bench.wire SEED DELAY JITTER LOSS ONE TWO`: a wire between two network namespaces.

A TAP called `pub` in each; every frame takes DELAY seconds and up to JITTER more, and is lost with the
probability LOSS, except ARP.
For root on Linux; ends when it is killed.
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

_SETNS, _TUNSETIFF, _TAP = 0x40000000, 0x400454CA, 0x0002 | 0x1000
_ARP = b"\x08\x06"


def tap_in(namespace: str) -> int:
    """The descriptor of a new TAP there."""
    libc = ctypes.CDLL("libc.so.6")
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(there, _SETNS):
        raise PermissionError("setns")
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", b"pub", _TAP))
    libc.setns(here, _SETNS)
    return tap


def main(seed: int, delay: float, jitter: float, loss: float, one: str, two: str) -> None:
    taps = [tap_in(one), tap_in(two)]
    other = {taps[0]: taps[1], taps[1]: taps[0]}
    chance = random.Random(seed)
    waiting: list[tuple[float, int, int, bytes]] = []
    number = 0
    print("ready", flush=True)
    while True:
        wait = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select(taps, [], [], wait)
        now = time.monotonic()
        for tap in readable:
            try:
                while True:
                    frame = os.read(tap, 65536)
                    if frame[12:14] != _ARP and chance.random() < loss:
                        continue
                    number += 1
                    heapq.heappush(
                        waiting, (now + delay + jitter * chance.random(), number, other[tap], frame)
                    )
            except BlockingIOError:
                pass
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, tap, frame = heapq.heappop(waiting)
            try:
                os.write(tap, frame)
            except OSError:
                continue


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(float, sys.argv[2:5]), *sys.argv[5:7])
