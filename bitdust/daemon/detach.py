"""
A node in the background: started by a parent that waits until it answers.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bitdust.daemon.home import LOGS, open_home
from bitdust.daemon.ready import PIPE
from bitdust.errors import BitDustError, Timeout, all_errors

WITHIN = 60.0  # seconds a node may take until it answers
OUTPUT = "daemon.out"  # what the process says before it has its log, and what kills it


def command_for(home: Path) -> list[str]:
    """The command line of a node: what `start` becomes, and what a restart runs again."""
    # -P: whatever lies in the present folder is not to be imported.
    return [sys.executable, "-P", "-m", "bitdust.daemon.run", "--home", str(home)]


def start_detached(home: Path, command: Sequence[str] | None = None, within: float = WITHIN) -> str:
    """
    Start the node of this folder in the background and wait until it answers.

    @return: the address where it does.
    @raise BitDustError: it could not; the node's own error.
    @raise Timeout: it neither answered nor failed in time; it was ended.
    """
    open_home(home)
    reading, writing = os.pipe()
    try:
        with open(home / LOGS / OUTPUT, "wb", opener=_private) as output:
            process = subprocess.Popen(
                list(command or command_for(home)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={**os.environ, PIPE: str(writing)},
                pass_fds=(writing,),
                start_new_session=True,
            )
        os.close(writing)
        writing = -1
        news = _wait(reading, within)
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)
    if news is None:
        process.terminate()
        process.wait()
        raise Timeout(f"the node did not answer within {within:.0f} seconds", hint=f"see {home / LOGS}")
    if "ready" in news:
        process.returncode = 0  # it lives on without us; Python need not warn that nobody waits for it
        return str(news["ready"])
    process.wait()
    if "error" in news:
        raise _error(str(news["error"]), str(news.get("message")), str(news.get("hint")))
    raise BitDustError(
        f"the node ended before it answered: {_last_line(home / LOGS / OUTPUT)}", hint=f"see {home / LOGS}"
    )


def _wait(pipe: int, within: float) -> dict[str, object] | None:
    """What the node says of itself: None when time is up, empty when it died without a word."""
    said = b""
    until = time.monotonic() + within
    while not said.endswith(b"\n"):
        readable, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        if not readable:
            return None
        more = os.read(pipe, 65536)
        if not more:
            return {}
        said += more
    news = json.loads(said)
    return news if isinstance(news, dict) else {}


def _error(name: str, message: str, hint: str) -> BitDustError:
    found = next((error for error in all_errors() if error.id == name), BitDustError)
    error = BitDustError.__new__(found)
    BitDustError.__init__(error, message, hint=hint)
    return error


def _last_line(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
