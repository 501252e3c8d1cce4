"""
start, stop, restart, status: the node itself.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from bitdust.cli.moments import shown
from bitdust.cli.names import counted
from bitdust.cli.terminal import COLOURS, Terminal, pass_terminal, said
from bitdust.daemon.home import URL, open_home
from bitdust.daemon.lock import running_in
from bitdust.errors import NoDaemon, Timeout

LONGEST_STOP = 20.0  # seconds
LONGEST_RESTART = 60.0
LOOK_EVERY = 0.05

#: Exit codes of `status --check`, for cron and monitoring; whatever is not named is fine.
CHECKED = {"behind": 19, "degraded": 19, "waiting": 19, "recovering": 19, "at risk": 16, "needs setup": 11}
LIGHTS = {"green": "good", "yellow": "warn", "red": "bad"}
SIGNS = {"safe": "good", "backing up": "good", "at risk": "bad"} | dict.fromkeys(
    ("behind", "degraded", "waiting"), "warn"
)


@click.command(
    help=said(
        "Run the node, here until Ctrl+C or in the background.", "bitdust start --detach", "bitdust start"
    )
)
@click.option("--detach", is_flag=True, help="In the background; comes back when the node answers.")
@pass_terminal
def start(terminal: Terminal, detach: bool) -> None:
    from bitdust.daemon.detach import command_for, start_detached

    home = open_home(terminal.home)
    if not detach:
        sys.stdout.flush()
        command = command_for(home) + (["--quiet"] if terminal.quiet else [])
        os.execv(command[0], command)  # noqa: S606 - the process becomes the node
    url = start_detached(home)
    if terminal.json:
        terminal.show({"result": "started", "url": url, "home": str(home), "process": running_in(home)})
    else:
        terminal.say(f"the node answers at {url}")


@click.command(
    help=said("End the node cleanly: transfers are parked.", "bitdust stop", "bitdust --home DIR stop")
)
@pass_terminal
def stop(terminal: Terminal) -> None:
    number = None if terminal.url else running_in(terminal.home)
    try:
        answer = terminal.ask("stop")
    except (NoDaemon, Timeout):
        if not number:
            raise
        # It holds the folder and does not answer: ask the system to tell it.
        os.kill(number, signal.SIGTERM)
        answer = {"result": "stopped"}
    if terminal.url is None:
        _until(lambda: running_in(terminal.home) is None, LONGEST_STOP, "the node has not ended")
    terminal.answer(answer)


@click.command(
    help=said(
        "End the node and start it anew, at the same address.", "bitdust restart", "bitdust --json restart"
    )
)
@click.option("--show", is_flag=True, help="Open the page in the browser afterwards.")
@pass_terminal
def restart(terminal: Terminal, show: bool) -> None:
    before = None if terminal.url else _written(terminal)
    answer = terminal.ask("restart", show)
    if terminal.url is None:
        _until(
            lambda: _written(terminal) not in (None, before), LONGEST_RESTART, "the node has not come back"
        )
    terminal.answer(answer)


@click.command(
    help=said(
        "How everything is, in one sentence, and what to do next.", "bitdust status", "bitdust status --check"
    )
)
@click.option(
    "--check", is_flag=True, help="Say it with the exit code: 0 fine, 19 degraded or behind, 16 at risk."
)
@pass_terminal
def status(terminal: Terminal, check: bool) -> None:
    health: dict[str, Any] = terminal.ask("process_health")
    if terminal.json:
        terminal.show(health)
    else:
        _tell(terminal, health, brief=check)
    if check:
        raise click.exceptions.Exit(CHECKED.get(health["state"], 0))


def _tell(terminal: Terminal, health: dict[str, Any], brief: bool) -> None:
    if brief:
        terminal.say(f"{health['state']}: {health['sentence']}")
        return
    sign = click.style("●", fg=COLOURS[SIGNS.get(health["state"], "quiet")])
    terminal.say(f"{sign} {health['state']}: {health['sentence']}")
    for label, lines in (("cause", health["wrong"]), ("next", health["next"])):
        for line in lines:
            terminal.say(f"  {label:<10}{line}")
    terminal.say(
        f"  {'suppliers':<10}{health['suppliers_online']} online, {health['suppliers_hired']} hired, "
        f"{health['suppliers_wanted']} wanted"
    )
    terminal.say(f"  {'versions':<10}{health['versions']}")
    if drill := health.get("verified"):
        terminal.say(
            f"  {'verified':<10}{counted(drill['files'], 'file')}, {terminal.size(drill['bytes'])}"
            f" came back in a drill on {shown(drill['time'])}"
            + (f", {counted(drill['wrong'], 'file')} did not" if drill["wrong"] else "")
        )
    lasting = health["durability"]
    if lasting:
        light = click.style("●", fg=COLOURS[LIGHTS.get(lasting["light"], "quiet")])
        terminal.say(f"  {'lasting':<10}{light} {lasting['light']}: {lasting['sentence']}")
    doing = health["monitor"]
    if doing:
        when = f" Next round: {shown(doing['next_round'])}." if doing["next_round"] else ""
        waits = f" Waits for {doing['waits_for']}." if doing["waits_for"] else ""
        terminal.say(f"  {'doing':<10}{doing['doing']}{when}{waits}")
    if health["network"]:
        terminal.say(f"  {'network':<10}{health['network']}")
    if terminal.url is None:
        number = running_in(terminal.home)
        terminal.say(f"  {'node':<10}{terminal.home}" + (f", process {number}" if number else ""))


def _written(terminal: Terminal) -> tuple[int, int] | None:
    """Which writing of the address file this is: a node makes it when it answers."""
    try:
        found = (terminal.home / URL).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _until(ready: Callable[[], bool], seconds: float, otherwise: str) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise Timeout(f"{otherwise} after {seconds:.0f} seconds", hint="its log: `bitdust paths`")
        time.sleep(LOOK_EVERY)
