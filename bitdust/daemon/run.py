"""
The process of one node: `python -m bitdust.daemon.run --home DIR`.

The only importer of the global reactor, and the only place that ends the process or begins it anew.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from bitdust.daemon.build import Build, build
from bitdust.daemon.home import LOGS, URL, choose_home, open_home
from bitdust.daemon.lock import Lock
from bitdust.daemon.memory import coming_up, keep_memory
from bitdust.daemon.ready import PIPE, Starter
from bitdust.errors import BitDustError


def main(arguments: Sequence[str] | None = None, build: Build = build) -> int:
    """Be the node of a folder until somebody says stop.  @return: the exit code."""
    parser = argparse.ArgumentParser(
        prog="bitdust.daemon.run", description="Run one BitDust node in the foreground."
    )
    parser.add_argument("--home", help="the node's folder (default: BITDUST_HOME, else the usual place)")
    parser.add_argument("--quiet", action="store_true", help="only the log file, nothing on the terminal")
    options = parser.parse_args(arguments)
    detached = PIPE in os.environ
    starter = Starter.from_environment(os.environ)
    try:
        home = open_home(choose_home(options.home, os.environ))
        lock = Lock.take(home)
        # Left by a process that was killed: whoever has that port now must not be shown our token.
        (home / URL).unlink(missing_ok=True)
    except BitDustError as error:
        starter.failed(error)
        _tell(error)
        return error.exit_code
    code, again = _serve(home, build, starter, quiet=options.quiet or detached)
    lock.release()
    if again:
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves, anew
    return code


def _serve(home: Path, build: Build, starter: Starter, quiet: bool) -> tuple[int, bool]:
    # A core file would carry the keys.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    keep_memory()
    with coming_up():
        from twisted.internet import reactor
        from twisted.logger import globalLogBeginner

        from bitdust.daemon.logfile import NodeLog
        from bitdust.daemon.process import Process
        from bitdust.world import system_rng

    log = NodeLog(home / LOGS, reactor.seconds, console=None if quiet else sys.stderr)
    globalLogBeginner.beginLoggingTo([log], redirectStandardIO=False)
    process = Process(reactor, home, build, starter, log, os.environ, system_rng)
    try:
        code = process.run()
    finally:
        log.close()
    if quiet and process.trouble is not None:
        _tell(process.trouble)
    return code, process.again


def _tell(error: BitDustError) -> None:
    sys.stderr.write(f"error: {error.message}\n hint: {error.hint}\n")


def leave(code: int) -> NoReturn:
    """End the process, whatever threads still hang on a dead disk or were left by a node that never was."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
