"""
A command for a new machine starts the node by itself.
"""

from __future__ import annotations

from bitdust.cli.terminal import Terminal
from bitdust.daemon.lock import running_in


def awake(terminal: Terminal) -> None:
    """
    See to it that the node runs, in the background.

    @raise BitDustError: it could not be started.
    """
    if terminal.url is not None or running_in(terminal.home) is not None:
        return
    from bitdust.daemon.detach import start_detached

    terminal.note(f"Starting the node in {terminal.home} ...")
    start_detached(terminal.home)
