"""
The lab: a public side with two addresses, and machines each behind a router of its own.

    public: 203.0.113.1, .2   --+-- switch --+--  router 203.0.113.10  --  machine 10.1.0.2
                                             +--  router 203.0.113.20  --  machine 10.2.0.2   ...

Everything is in network namespaces whose names begin with the number of the process that made them, so labs
stand beside each other; what a killed process left is removed by the next.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.natlab.nat import Kind, rules

HERE = Path(__file__).parent
#: the addresses of the public side
PUBLIC = ("203.0.113.1", "203.0.113.2")
_NAMES = re.compile(r"bitdust-(\d+)-\d+-\w+")
_numbers = count()


@dataclass(frozen=True)
class Weather:
    """What frames on the public side suffer."""

    seed: int = 7
    delay: float = 0.040
    jitter: float = 0.030
    loss: float = 0.05


@dataclass(frozen=True)
class Side:
    """A machine behind its router: their namespaces and addresses."""

    kind: Kind
    machine: str
    router: str
    inner: str
    outer: str


class Lab:
    """
    A context manager.

    @param kinds: of the router of each machine.
    @param weather: None: frames take no time, and none is lost.
    @param refuses: what routers do with what nobody asked for, see `nat.rules`.
    """

    def __init__(
        self, kinds: Sequence[Kind], weather: Weather | None = None, *, refuses: bool = False
    ) -> None:
        self._prefix = f"bitdust-{os.getpid()}-{next(_numbers)}-"
        self._weather, self._refuses = weather, refuses
        self._processes: list[subprocess.Popen[str]] = []
        self.public = f"{self._prefix}public"
        self.sides = [
            Side(
                kind,
                machine=f"{self._prefix}m{number}",
                router=f"{self._prefix}r{number}",
                inner=f"10.{number}.0.2",
                outer=f"203.0.113.{number}0",
            )
            for number, kind in enumerate(kinds, 1)
        ]

    def __enter__(self) -> Lab:
        sweep()
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End its helpers, and all its namespaces."""
        for process in self._processes:
            process.kill()
            process.communicate()
        self._processes.clear()
        remove([name for name in namespaces() if name.startswith(self._prefix)])

    # what can be done to it

    def forget(self, side: Side) -> None:
        """The router forgets all its mappings, and makes new ones at other ports."""
        self._rule(side, moved=True)
        run("ip", "netns", "exec", side.router, "conntrack", "-F")

    def move(self, side: Side, outer: str) -> None:
        """The router has another address from now on, and the old one leads nowhere."""
        # In this order: the first of two addresses takes the second along when it goes.
        ip(side.router, f"addr del {side.outer}/24 dev pub", f"addr add {outer}/24 dev pub")
        run("ip", "netns", "exec", side.router, "conntrack", "-F")

    def renumber(self, side: Side, inner: str) -> None:
        """The machine has another address from now on, as after a change of the network it is in."""
        ip(side.machine, f"addr del {side.inner}/24 dev eth0", f"addr add {inner}/24 dev eth0")
        gateway = side.inner.rpartition(".")[0] + ".1"
        ip(side.machine, f"route replace default via {gateway}")

    def narrow(self, side: Side, bits: int) -> None:
        """The machine's line out carries so many bits in a second, and holds half a second's worth."""
        rate = ["rate", f"{bits}bit", "burst", "3200", "latency", "500ms"]
        run("ip", "netns", "exec", side.router, "tc", "qdisc", "replace", "dev", "pub", "root", "tbf", *rate)

    def capture(self, namespace: str, file: Path) -> None:
        """Keep all frames of this namespace in the file."""
        self._help("ip", "netns", "exec", namespace, sys.executable, str(HERE / "capture.py"), str(file))

    # building

    def _build(self) -> None:
        routers = [side.router for side in self.sides]
        for name in (self.public, *routers, *(side.machine for side in self.sides)):
            run("ip", "netns", "add", name)
            ip(name, "link set lo up")
        if self._weather is None:
            self._wire([self.public, *routers])
        else:
            weather = self._weather
            figures = (weather.seed, weather.delay * 1e3, weather.jitter * 1e3, weather.loss * 100)
            self._help(
                sys.executable, str(HERE / "switch.py"), *map(str, figures), self.public, *routers
            )  # fmt: skip
        ip(self.public, *(f"addr add {address}/24 dev pub" for address in PUBLIC), "link set pub up")
        for side in self.sides:
            self._settle(side)

    def _wire(self, ends: Sequence[str]) -> None:
        inter = f"{self._prefix}inter"
        run("ip", "netns", "add", inter)
        ip(inter, "link add br0 type bridge", "link set br0 up")
        for number, end in enumerate(ends):
            _cable(end, "pub", inter, f"p{number}")
            ip(inter, f"link set p{number} master br0 up")

    def _settle(self, side: Side) -> None:
        _cable(side.router, "inside", side.machine, "eth0")
        gateway = side.inner.rpartition(".")[0] + ".1"
        ip(side.router, f"addr add {side.outer}/24 dev pub", f"addr add {gateway}/24 dev inside",
           "link set pub up", "link set inside up")  # fmt: skip
        ip(
            side.machine,
            f"addr add {side.inner}/24 dev eth0",
            "link set eth0 up",
            f"route add default via {gateway}",
        )
        run("ip", "netns", "exec", side.router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self._rule(side)

    def _rule(self, side: Side, *, moved: bool = False) -> None:
        ruleset = rules(side.kind, side.inner, refuses=self._refuses, moved=moved)
        run("ip", "netns", "exec", side.router, "nft", "-f", "-", said=f"flush ruleset\n{ruleset}")

    def _help(self, *command: str) -> None:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self._processes.append(process)
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{command} did not begin")


def _cable(one: str, device: str, other: str, its_device: str) -> None:
    """Join two namespaces."""
    ends = ["netns", one, "type", "veth", "peer", "name", its_device, "netns", other]
    run("ip", "link", "add", device, *ends)


def run(*command: str, said: str = "") -> str:
    """What a command answers; RuntimeError with what it complains of."""
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def ip(namespace: str, *orders: str) -> None:
    """Orders for `ip` inside a namespace, one after the other."""
    run("ip", "-n", namespace, "-batch", "-", said="\n".join(orders))


def namespaces() -> list[str]:
    """All labs' namespaces."""
    return [match[0] for line in run("ip", "netns", "list").splitlines() if (match := _NAMES.match(line))]


def remove(names: Sequence[str]) -> None:
    """Take namespaces away; another process may have done it already."""
    for name in names:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def sweep() -> None:
    """Remove what processes have left that are no more."""
    remove(
        [
            name
            for name in namespaces()
            if (match := _NAMES.match(name)) and not Path(f"/proc/{match[1]}").exists()
        ]
    )
