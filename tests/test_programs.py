"""Programs of this machine: how they end, and how they are ended."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.trial.unittest import TestCase

from bitdust.programs import KEPT, RealPrograms
from bitdust.world import give_up, pause, spawn


def sh(text: str) -> list[str]:
    return ["sh", "-c", text]


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class ProgramsTest(TestCase):
    """With the real reactor and real processes."""

    timeout = 60.0

    def setUp(self) -> None:
        self.clock: IReactorTime = reactor  # type: ignore[assignment]
        self.programs = RealPrograms(reactor)

    def until(self, look: Any) -> Deferred[None]:
        async def wait() -> None:
            end = time.monotonic() + 30
            while not look():
                assert time.monotonic() < end
                await pause(self.clock, 0.02)

        return spawn(wait())

    async def test_how_it_ends(self) -> None:
        """Its code, or its signal with a minus; what it said on both its outputs, in UTF-8 or not."""
        ended = await self.programs.run(sh("echo one; echo two >&2; printf '\\377'; exit 7"), {}, 30)
        self.assertEqual((ended.code, sorted(ended.output.split())), (7, ["one", "two", "\ufffd"]))
        self.assertEqual((await self.programs.run(sh("kill -9 $$"), {}, 30)).code, -9)

    async def test_no_shell(self) -> None:
        """The words go through as they are, and so do bytes that are no text."""
        words = ["printf", "%s|", "a b", "$HOME", "*", "\udcff"]
        self.assertEqual((await self.programs.run(words, {}, 30)).output, "a b|$HOME|*|\ufffd|")

    async def test_what_it_is_told(self) -> None:
        """The environment of the node and what is added; an empty input; a session of its own."""
        ended = await self.programs.run(
            sh('echo "$BITDUST_PATH $PATH"; cat; pwd; ps -o sid= -p $$; echo $$'), {"BITDUST_PATH": "/x"}, 30
        )
        told, where, session, own = ended.output.splitlines()
        self.assertEqual((told, where), (f"/x {os.environ['PATH']}", "/"))
        self.assertEqual(session.strip(), own)

    async def test_names_that_are_no_text(self) -> None:
        """It is told names of files byte for byte."""
        ended = await self.programs.run(sh('printf %s "$NAME" | od -An -tx1'), {"NAME": "a\udcff\n"}, 30)
        self.assertEqual(ended.output.split(), ["61", "ff", "0a"])

    async def test_what_is_not_there(self) -> None:
        """A program that cannot be begun has ended, and says why."""
        ended = await self.programs.run(["/no/such/program"], {}, 30)
        self.assertEqual((ended.code, ended.output), (1, "/no/such/program: No such file or directory"))

    async def test_much_output(self) -> None:
        """Of a great deal of output the end is kept."""
        ended = await self.programs.run(sh("yes 2>/dev/null | head -c 5000000; echo end"), {}, 60)
        self.assertEqual(ended.code, 0)
        self.assertTrue(ended.output.endswith("y\nend"))
        self.assertLessEqual(len(ended.output), KEPT)

    async def test_too_long(self) -> None:
        """After its time it is ended with all it began, and its code is None."""
        mark = Path(self.mktemp()).absolute()
        ended = await self.programs.run(sh(f"sleep 1000 & echo $! > {mark}; echo begun; wait"), {}, 0.5)
        self.assertEqual((ended.code, ended.output), (None, "begun"))
        await self.until(lambda: not is_there(int(mark.read_text())))

    async def test_what_goes_on_behind_it(self) -> None:
        """What it leaves running, with its output open, holds nobody up, and is let live."""
        mark = Path(self.mktemp()).absolute()
        ended = await self.programs.run(sh(f"sleep 1000 & echo $! > {mark}; echo done"), {}, 30)
        self.assertEqual((ended.code, ended.output), (0, "done"))
        pid = int(mark.read_text())
        self.assertTrue(is_there(pid))
        os.kill(pid, 9)

    async def test_cancelled(self) -> None:
        """Who gives up waiting ends it and all it began, also one that does not listen to SIGTERM."""
        mark = Path(self.mktemp()).absolute()
        running = self.programs.run(
            sh(f"trap '' TERM; (trap '' TERM; echo $$ > {mark}; sleep 1000) & wait; sleep 1000"), {}, 1000
        )
        await self.until(lambda: mark.exists() and mark.read_text().strip())
        ended = self.assertFailure(running, CancelledError)
        running.cancel()
        await ended
        await self.until(lambda: not is_there(int(mark.read_text())))
        await self.until(lambda: not self.programs._running)

    async def test_the_node_ends(self) -> None:
        """`end` comes back when all of them are gone; each Deferred was cancelled."""
        mark = Path(self.mktemp()).absolute()
        running = self.programs.run(sh(f"sleep 1000 & echo $! > {mark}; wait"), {}, 1000)
        await self.until(lambda: mark.exists() and mark.read_text().strip())
        give_up(running)
        await self.programs.end()
        self.assertEqual(self.programs._running, [])
        await self.until(lambda: not is_there(int(mark.read_text())))
