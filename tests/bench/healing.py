"""
Suppliers are lost for good, and what they kept is made again: ours by itself, Tahoe-LAFS by `check --repair`.

4 of 7 with two spare nodes on loopback.  Moved is what the system counts of the connections of the process
that repairs: a customer of ours, Tahoe's client.  The least is the missing pieces out, and k pieces in where
the file is not on the disk any more.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path

from bitdust.demo.network import LOOPBACK, free_port
from tests.bench import measure
from tests.bench.measure import MB, Figures
from tests.bench.ours import Grid
from tests.bench.traffic import Traffic

N, K, SPARES = 7, 4, 2
#: absences, rounds and looks in seconds, where in life they are hours
HASTE: dict[str, object] = {
    "services/employer/critically-offline-seconds": 5,
    "services/employer/roll-call-seconds": 1,
    "services/backups/round-seconds": 2,
    # As fast as it goes: half of the time is the others' otherwise.
    "services/rebuilding/line-share": 100,
}
#: seconds a repair may take
PATIENCE = 600.0


def run(figures: Figures, number: int, work: Path, data: Path, tahoe: str | None) -> None:
    """One lost, and two lost at once, by each of them."""
    path = measure.random_file(data / f"f100_{number}", 100 * MB)
    for lost, gone in ((1, False), (2, False), (1, True)):
        _ours(figures, number, work / "heal", path, lost, gone)
    if tahoe is not None:
        for lost in (1, 2):
            with _Tahoe(Path(tahoe), work / "heal-tahoe") as grid:
                cap = grid.store(path)
                before = grid.kept()
                grid.lose(lost)
                with Traffic(grid.client.pid, grid.web) as moved:
                    began = time.perf_counter()
                    grid.repair(cap)
                    took = time.perf_counter() - began
                _tell(
                    figures,
                    "tahoe-4-of-7",
                    f"repair_100MB_{lost}_lost",
                    number,
                    took,
                    moved,
                    before / N,
                    lost,
                )


def _ours(figures: Figures, number: int, folder: Path, path: Path, lost: int, gone: bool) -> None:
    with Grid(folder, N, HASTE) as grid:
        grid.back_up(path)
        measure.wait_for(lambda: grid.spooled() == 0, 60, "an empty spool")
        if gone:
            # What was backed up is not here any more: everything must come from suppliers.
            copy = path.rename(path.with_name(path.name + ".away"))
        piece = sum(_body(peer.home) for peer in grid.suppliers) / N
        spares = grid.network.start(
            [f"spare{at}" for at in range(SPARES)],
            {"services/supplier/donated-space": "40 GB", "services/customer/enabled": False},
        )
        dead = grid.suppliers[:lost]
        with Traffic(grid.pid) as moved:
            for peer in dead:
                peer.kill()
                shutil.rmtree(peer.home)
                del grid.network.peers[peer.name]
            began = time.perf_counter()
            grid.suppliers = [*grid.suppliers[lost:], *spares]

            def doubted() -> bool:
                return any("being replaced" in why or "looked for" in why for why in grid.health()["wrong"])

            measure.wait_for(lambda: doubted() or _whole(grid), 60, "a supplier to be missed")
            noticed = time.perf_counter()
            measure.wait_for(lambda: _whole(grid), PATIENCE, "everything to be whole")
            took = time.perf_counter() - noticed
        metric = f"repair_100MB_{lost}_lost" + ("_file_gone" if gone else "")
        figures.add("bitdust-4-of-7", metric + "_noticed", noticed - began, "s", number)
        _tell(figures, "bitdust-4-of-7", metric, number, took, moved, piece, lost, K if gone else 0)
        if gone:
            copy.rename(path)


def _tell(
    figures: Figures,
    who: str,
    metric: str,
    run: int,
    took: float,
    moved: Traffic,
    piece: float,
    lost: int,
    fetched: int = K,
) -> None:
    figures.add(who, metric, took, "s", run)
    figures.add(who, metric + "_in", moved.received, "B", run, least=fetched * piece)
    figures.add(who, metric + "_out", moved.sent, "B", run, least=lost * piece)
    figures.add(
        who, metric + "_to_least", (moved.received + moved.sent) / ((fetched + lost) * piece), "x", run
    )


def _body(home: Path) -> int:
    """Bytes of the pieces a supplier keeps."""
    connection = sqlite3.connect(f"file:{home / 'shelf.db'}?mode=ro", uri=True, timeout=10)
    try:
        return int(connection.execute("SELECT coalesce(sum(size), 0) FROM pieces").fetchone()[0])
    finally:
        connection.close()


def _whole(grid: Grid) -> bool:
    health = grid.health()
    return bool(health["state"] == "safe" and health["suppliers_online"] == N) and grid.spooled() == 0


class _Tahoe:
    """An introducer, storage nodes and a client: a context manager that leaves nothing behind."""

    def __init__(self, command: Path, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._command = str(command)
        self._folder = folder
        self._nodes: dict[str, subprocess.Popen[bytes]] = {}
        self.web = free_port()

    def __enter__(self) -> _Tahoe:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def client(self) -> subprocess.Popen[bytes]:
        """The process that stores and repairs."""
        return self._nodes["client"]

    def store(self, path: Path) -> str:
        """PUT a file; its capability."""
        return self._ask("PUT", "/uri", path.read_bytes()).decode()

    def repair(self, cap: str) -> None:
        """`check --repair` of it.  @raise RuntimeError: it says that it failed."""
        said = json.loads(self._ask("POST", f"/uri/{cap}?t=check&repair=true&output=json"))
        if not said["repair-successful"]:
            raise RuntimeError(f"Tahoe's repair failed: {said}")

    def lose(self, number: int) -> None:
        """So many storage nodes that keep something are killed, and their shares are gone."""
        for name in [f"s{at}" for at in range(N + SPARES) if self._stored(f"s{at}")][:number]:
            node = self._nodes.pop(name)
            node.kill()
            node.wait()
            shutil.rmtree(self._folder / name)
        measure.wait_for(lambda: self._connected() == N + SPARES - number, 120, "the client to miss them")

    def kept(self) -> int:
        """Bytes of all shares."""
        return sum(self._stored(f"s{at}") for at in range(N + SPARES))

    def _stored(self, name: str) -> int:
        shares = self._folder / name / "storage" / "shares"
        return measure.stored(shares) if shares.exists() else 0

    def _start(self) -> None:
        intro = self._make("intro", free_port(), "create-introducer")
        furl = intro / "private" / "introducer.furl"
        measure.wait_for(furl.exists, 30, "the introducer")
        for at in range(N + SPARES):
            self._make(
                f"s{at}",
                free_port(),
                "create-node",
                "--introducer",
                furl.read_text().strip(),
                "--webport=none",
            )
        self._run(
            "create-client", "--introducer", furl.read_text().strip(),
            f"--webport=tcp:{self.web}:interface={LOOPBACK}",
            f"--shares-needed={K}", f"--shares-happy={N}", f"--shares-total={N}", "--basedir",
            str(self._folder / "client"),
        )  # fmt: skip
        self._begin("client", self.web)
        measure.wait_for(lambda: self._connected() == N + SPARES, 120, "Tahoe's storage nodes")

    def _make(self, name: str, port: int, *how: str) -> Path:
        folder = self._folder / name
        self._run(
            *how, f"--port=tcp:{port}:interface={LOOPBACK}", f"--location=tcp:{LOOPBACK}:{port}", "--basedir",
            str(folder),
        )  # fmt: skip
        self._begin(name, port)
        return folder

    def _run(self, *words: str) -> None:
        subprocess.run([self._command, *words], check=True, capture_output=True)

    def _begin(self, name: str, port: int) -> None:
        folder = self._folder / name
        with (folder / "run.log").open("wb") as log:
            self._nodes[name] = subprocess.Popen(
                [self._command, "run", "--allow-stdin-close", "--basedir", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex((LOOPBACK, port)) == 0

        measure.wait_for(listens, 60, f"Tahoe's {name}")

    def _connected(self) -> int:
        servers = json.loads(self._ask("GET", "/?t=json"))["servers"]
        return sum((each.get("connection_status") or "").lower().startswith("connected") for each in servers)

    def _ask(self, verb: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(f"http://{LOOPBACK}:{self.web}{path}", data=body, method=verb)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            found: bytes = answer.read()
            return found

    def _end(self) -> None:
        for node in self._nodes.values():
            node.send_signal(signal.SIGTERM)
        for node in self._nodes.values():
            try:
                node.wait(15)
            except subprocess.TimeoutExpired:
                node.kill()
                node.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
