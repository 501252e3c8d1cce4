"""
The story of the demo: back up, lose suppliers, restore, replace them, lose everything, recover.

Every step is checked, and only what was checked is said.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

from bitdust.blocks.shapes import k_of
from bitdust.client import Client
from bitdust.demo.compare import Portrait, portrait
from bitdust.demo.network import Network, Peer
from bitdust.demo.sample import make_sample
from bitdust.errors import BitDustError, Damaged, NoSpace, Timeout

#: seconds between two looks at a node
LOOK = 0.05
#: seconds a step may take, and bytes a second that it must move beyond that
PATIENCE, LEAST_SPEED = 60.0, 1_000_000
#: bytes on the disk that even the smallest backup may need
FLOOR = 512_000_000

PEOPLE = [
    "bob",
    "carol",
    "dave",
    "erin",
    "frank",
    "grace",
    "heidi",
    "ivan",
    "judy",
    "kevin",
    "laura",
    "mallory",
    "niaj",
    "olivia",
    "peggy",
    "quentin",
    "rupert",
    "sybil",
    "trent",
    "ursula",
    "victor",
    "wendy",
    "xavier",
    "yvonne",
    "zoe",
    "anna",
    "ben",
    "clara",
    "dan",
    "eva",
    "fritz",
    "gina",
    "hugo",
    "ines",
    "jonas",
    "karla",
]


@dataclass
class Story:
    """
    One run of the demo.

    @param suppliers: how many keep alice's pieces: 2, 4, 7 or 13.
    @param folder: what to back up; None: a sample that is made.
    @param seed: chooses the sample and who is killed.
    @param as_json: one JSON object a line instead of sentences.
    """

    suppliers: int = 4
    folder: Path | None = None
    seed: int = 1
    keep: bool = False
    as_json: bool = False
    out: TextIO = sys.stdout
    base: Path = field(init=False)
    began: float = field(default=0.0, init=False)

    def run(self) -> int:
        """Tell it.  @return: the exit code; 0 only if everything held."""
        self.began = time.monotonic()
        self.base = Path(tempfile.mkdtemp(prefix="bitdust-demo-"))
        facts: dict[str, Any] = {
            "files": 0, "bytes": 0, "killed": 0,
            "restored_identical": False, "repaired": False, "recovered_identical": False,
        }  # fmt: skip
        trouble: BitDustError | None = None
        with _terminated_cleanly():
            try:
                with Network(self.base / "nodes", keep=True) as network:
                    self._tell(network, facts)
            except BitDustError as error:
                trouble = error
            finally:
                if not self.keep:
                    shutil.rmtree(self.base, ignore_errors=True)
        ok = trouble is None
        self._end(facts, ok, trouble)
        return 0 if ok else (trouble.exit_code if trouble is not None else 1)

    # -- the story

    def _tell(self, network: Network, facts: dict[str, Any]) -> None:
        n, k = self.suppliers, k_of(self.suppliers)
        rng = random.Random(self.seed)  # noqa: S311 - who dies is no secret
        source = self.folder
        if source is None:
            source = self.base / "sample"
            source.mkdir()
            make_sample(source, self.seed)
        before = portrait(source)
        facts["files"], facts["bytes"] = before.files, before.bytes
        self._refuse_too_much(before.bytes)
        # With room for the padding of the blocks and for the catalog.
        needed = 2 * before.bytes + FLOOR
        donating: dict[str, object] = {
            "services/customer/enabled": False,
            "services/supplier/donated-space": str(2 * needed),
        }
        with self._step("network", f"an identity server, {n} suppliers and alice, {n + 2} processes"):
            network.start_identity_server()
            options = {
                "services/supplier/enabled": False,
                "services/customer/suppliers-number": n,
                "services/customer/needed-space": str(needed),
            }
            *suppliers, alice = network.start_each({**dict.fromkeys(PEOPLE[:n], donating), "alice": options})
        with self._step("hire", f"alice has {n} suppliers; any {k} of them will be enough"):
            self._until(alice, lambda health: health["suppliers_online"] == n)
        with self._step("backup") as step:
            alice.client.call("backup_start_path", str(source))
            self._until(alice, lambda h: h["state"] == "safe" and h["versions"] > 0, before.bytes)
            version = alice.client.call("backups_id_list")[0]["backupid"]
            step.say(f"{before.files} files, {_size(before.bytes)}, safe: any {n - k} suppliers may go")
            self._refuse_skipped(alice.client)
        kit = self.base / "alice.kit"
        alice.client.call("identity_backup", str(kit))
        victims = rng.sample(suppliers, n - k)
        with self._step("kill", f"SIGKILL: {', '.join(peer.name for peer in victims)}"):
            for peer in victims:
                peer.kill()
            facts["killed"] = len(victims)
        with self._step("restore", f"from the {k} suppliers left, every hash the same"):
            self._restore_and_compare(alice.client, version, "restored", source, before)
            facts["restored_identical"] = True
        with self._step("repair") as step:
            fresh = network.start(PEOPLE[n : n + len(victims)], donating)
            for peer in victims:
                alice.client.call("supplier_replace", f"{network.server}/{peer.name}.xml")
            self._until(
                alice,
                lambda h: h["state"] == "safe" and h["suppliers_online"] == n and not h["pieces_missing"],
                before.bytes,
            )
            facts["repaired"] = True
            step.say(f"{len(fresh)} new suppliers; every block has {n} pieces again")
        with self._step(
            "recover", "alice's machine is gone; her kit brought everything back, every hash the same"
        ):
            alice.kill()
            shutil.rmtree(alice.home)
            again = network.prepare("alice-again", options)
            again.start()
            again.wait()
            again.client.call("identity_recover", str(kit), [network.server])
            self._until(again, lambda h: h["versions"] > 0)
            self._restore_and_compare(again.client, version, "recovered", source, before)
            facts["recovered_identical"] = True

    def _refuse_too_much(self, size: int) -> None:
        """
        @raise NoSpace: all the nodes' folders are on this one disk, which is too small.
        """
        n, k = self.suppliers, k_of(self.suppliers)
        # The pieces, those of the replaced suppliers once more, the spool, and what is restored.
        most = size * (n + (n - k)) // k + 2 * size + FLOOR
        free = shutil.disk_usage(self.base).free
        if free < most:
            raise NoSpace(
                f"the demo needs {_size(most)} in {self.base.parent}, and {_size(free)} are free",
                hint="choose a smaller folder, or another place with TMPDIR",
            )

    def _restore_and_compare(
        self, client: Client, version: str, name: str, source: Path, before: Portrait
    ) -> None:
        destination = self.base / name
        client.call("restore_single", version, str(destination))
        task = self._until_done(client, before.bytes)
        if task["error"]:
            raise Damaged(f"the restore failed: {task['message']}")
        after = portrait(destination / str(source).lstrip("/"))
        different = before.differences(after)
        if different:
            raise Damaged(f"{len(different)} of {len(before.things)} differ: {', '.join(different[:5])}")
        shutil.rmtree(destination)

    def _refuse_skipped(self, client: Client) -> None:
        task = client.call("tasks_list")[-1]
        if task["skipped"]:
            raise Damaged(
                f"{task['skipped']} files could not be backed up: {task['message']}",
                hint="choose a folder whose files nobody changes meanwhile",
            )

    # -- waiting

    def _until(self, peer: Peer, holds: Callable[[dict[str, Any]], bool], size: int = 0) -> None:
        """
        @raise Timeout: it never came true; tells what the node said last.
        """
        end = time.monotonic() + PATIENCE + size / LEAST_SPEED
        while not holds(health := peer.client.call("process_health")):
            for task in peer.client.call("tasks_list"):
                if task["error"]:
                    raise Damaged(f"{peer.name}: {task['kind']} failed: {task['message']}")
            if time.monotonic() > end:
                raise Timeout(f"{peer.name} says: {health['sentence']} {'; '.join(health['wrong'])}")
            time.sleep(LOOK)

    def _until_done(self, client: Client, size: int) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE + size / LEAST_SPEED
        while True:
            task: dict[str, Any] = client.call("tasks_list")[-1]
            if task["state"] in ("done", "failed", "cancelled"):
                return task
            if time.monotonic() > end:
                raise Timeout(f"the restore stands at {task['state']}")
            time.sleep(LOOK)

    # -- telling

    @contextmanager
    def _step(self, name: str, words: str = "") -> Iterator[_Step]:
        step = _Step(words)
        began = time.monotonic()
        try:
            yield step
        except BaseException as error:
            self._line(name, False, time.monotonic() - began, str(error) or type(error).__name__)
            raise
        self._line(name, True, time.monotonic() - began, step.words)

    def _line(self, name: str, ok: bool, seconds: float, words: str) -> None:
        if self.as_json:
            self._json(
                {"message_type": "step", "step": name, "ok": ok, "seconds": round(seconds, 3), "text": words}
            )
        else:
            self._print(f"{name:<8} {seconds:6.1f} s  {'ok' if ok else 'FAILED'}  {words}")

    def _end(self, facts: dict[str, Any], ok: bool, trouble: BitDustError | None) -> None:
        seconds = time.monotonic() - self.began
        if self.as_json:
            self._json({"message_type": "summary", "ok": ok, **facts, "seconds": round(seconds, 3)})
        elif ok:
            self._print(
                f"\n{facts['files']} files ({_size(facts['bytes'])}) survived the loss of"
                f" {facts['killed']} of"
                f" {self.suppliers} suppliers and then of alice's own machine, every hash the same,"
                f" in {seconds:.1f} s."
            )
        else:
            self._print(f"\nThe demo failed after {seconds:.1f} s: {trouble}")
        if self.keep and not self.as_json:
            self._print(f"Everything is kept below {self.base}; nothing runs any more.")

    def _json(self, line: dict[str, Any]) -> None:
        self._print(json.dumps(line))

    def _print(self, line: str) -> None:
        self.out.write(line + "\n")
        self.out.flush()


@dataclass
class _Step:
    words: str

    def say(self, words: str) -> None:
        """What came of it."""
        self.words = words


@contextmanager
def _terminated_cleanly() -> Iterator[None]:
    """SIGTERM and SIGHUP end the story as Ctrl+C does: through every clean-up."""

    def interrupted(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupted) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _size(number: int) -> str:
    return f"{number / 2**20:.1f} MiB"
