"""
backup --stdin NAME: what another program writes, sent to the node as it comes.
"""

from __future__ import annotations

import base64
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from bitdust.cli.names import absolute
from bitdust.cli.terminal import Terminal
from bitdust.cli.waiting import Work
from bitdust.errors import BitDustError, Cancelled, NotFound, Usage

#: bytes of one piece, and seconds after which what has come is sent, or a sign of life
PIECE, KEEP_ALIVE = 512 * 1024, 10.0
#: seconds without one after which the node takes this command for killed
SILENCE = 60


def send(terminal: Terminal, name: str, command: Sequence[str]) -> Work:
    """
    Send standard input, or what the command writes, to its end.

    @raise Usage: nothing is piped in, or it has no name.  @raise Cancelled: by Ctrl+C.
    @raise BitDustError: the command failed: there is no version of half of what it had to say.
    """
    if not command and sys.stdin.isatty():
        raise Usage(
            "--stdin takes what another program writes",
            hint=f"for example: pg_dump db | bitdust backup --stdin {name}",
        )
    if not name:
        raise Usage("--stdin wants a name", hint="for example: --stdin db.sql")
    stream = 0
    try:
        # A command that cannot even be begun leaves nothing behind.
        with _output(command) as descriptor:
            begun = terminal.ask("stream_begin", absolute(name), SILENCE)
            stream = int(begun["stream"])
            size = _send_all(terminal, stream, descriptor)
        terminal.ask("stream_end", stream, size)
    except BaseException as error:
        if stream:
            with suppress(BitDustError):
                terminal.ask("stream_abort", stream)
        if isinstance(error, KeyboardInterrupt):
            raise Cancelled("the stream was broken off: no version is made of it") from error
        raise
    return Work("backup", str(begun["path_id"]), "", stream - 1, name)


@contextmanager
def _output(command: Sequence[str]) -> Iterator[int]:
    """What is read: the command's output, or standard input; at the end it must have ended well."""
    if not command:
        yield sys.stdin.fileno()
        return
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
    except OSError as error:
        raise NotFound(f"{command[0]}: {error.strerror}") from error
    with process:
        assert process.stdout is not None
        try:
            yield process.stdout.fileno()
        except BaseException:
            process.terminate()
            raise
    if code := process.returncode:
        how = f"signal {-code}" if code < 0 else f"code {code}"
        raise BitDustError(f"{command[0]} ended with {how}: nothing was backed up")


def _send_all(terminal: Terminal, stream: int, descriptor: int) -> int:
    """How many bytes there were."""
    size = 0
    for piece in _pieces(descriptor):
        text = base64.b64encode(piece).decode()
        before, size = size, -1
        # While there is no room, or no supplier, it is said again.
        while size < before + len(piece):
            size = int(terminal.ask("stream_write", stream, before, text)["offset"])
    return size


def _pieces(descriptor: int) -> Iterator[bytes]:
    """What comes, in pieces; an empty one when nothing has come for a while."""
    parts: list[bytes] = []
    size = 0
    while True:
        if select.select([descriptor], [], [], KEEP_ALIVE)[0]:
            part = os.read(descriptor, PIECE - size)
            parts.append(part)
            size += len(part)
            if part and size < PIECE:
                continue
            yield b"".join(parts)
            if not part:
                return
        else:
            yield b"".join(parts)
        parts, size = [], 0
