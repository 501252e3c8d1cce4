"""
Others that keep files, run by their scripts: restic into a local repository, Tahoe-LAFS on loopback.

The scripts lie outside of this repository; what is not there is said to be missing, and the rest is measured.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Figures

#: seconds one script may take for one run
PATIENCE = 1200.0


@dataclass(frozen=True)
class Scripts:
    """
    The folder of scripts, one a peer.

    @param work: where the peers may put things; @param data: the files that everybody stores.
    """

    folder: Path
    work: Path
    data: Path

    def restic(self, figures: Figures, run: int) -> None:
        """restic, five kinds of data."""
        if shutil.which("restic") is None:
            missing(figures, "restic", run, "restic is not installed (apt-get install restic)")
        else:
            self._run(figures, "restic", run, ["restic.py", "--rest", "0"], {})

    def tahoe(self, figures: Figures, run: int, part: str) -> None:
        """Tahoe-LAFS, 2 of 4; `part` as its script calls it."""
        command = os.environ.get("TAHOE") or shutil.which("tahoe")
        if command is None or not Path(command).exists():
            why = "no `tahoe`: name it with TAHOE (pip install tahoe-lafs in an environment of its own)"
            missing(figures, "tahoe-2-of-4", run, why)
        else:
            options = ["tahoe.py", "--encodings", "2-of-4", "--repair", "0", "--only", part]
            self._run(figures, "tahoe-2-of-4", run, options, {"TAHOE": command})

    def _run(
        self, figures: Figures, peer: str, run: int, command: list[str], more: Mapping[str, str]
    ) -> None:
        script = self.folder / command[0]
        if not script.exists():
            missing(figures, peer, run, f"{script} is not there: name the folder with BITDUST_PEERS")
            return
        # What it prints is all that is wanted of it: it is not to write results of its own.
        environment = {name: value for name, value in os.environ.items() if name != "PEERS_OUT"}
        environment.update({"PEERS_WORK": str(self.work), "PEERS_DATA": str(self.data), **more})
        with subprocess.Popen(
            [sys.executable, str(script), "--runs", "1", "--first", str(run), *command[1:]],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("{"):
                    figures.take(json.loads(line))
            if process.wait(PATIENCE):
                missing(figures, peer, run, f"{script.name} ended with code {process.returncode}")


def missing(figures: Figures, peer: str, run: int, why: str) -> None:
    """This peer was not measured in this run."""
    figures.add(peer, "missing", 1, "", run, why=why)
