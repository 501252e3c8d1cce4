"""
policy: what an item is to be treated like.
"""

from __future__ import annotations

import shlex
from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.groups import Nouns
from bitdust.cli.kept import keep_flags
from bitdust.cli.names import meant
from bitdust.cli.spelling import spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.errors import Usage


@click.group(
    cls=Nouns,
    default="list",
    help=said(
        "What single items are to be treated like, where that is not what the settings say.",
        "bitdust policy set ~/Documents --keep-last 7 --exclude '*.tmp'",
        "bitdust policy set ~/Documents --before 'pg_dump -f /home/me/Documents/db.sql db'",
        "bitdust policy",
    ),
)
def policy() -> None:
    pass


@policy.command(
    "list", help=said("The items that have a policy.", "bitdust policy", "bitdust --json policy list")
)
@pass_terminal
def list_(terminal: Terminal) -> None:
    found = terminal.ask("policies_list")
    if terminal.json:
        terminal.show(found)
        return
    if not found:
        terminal.note("Every item is treated as the settings say: `bitdust policy set PATH ...`.")
    for each in found:
        terminal.say(f"{each['path_id']}  {spelled(each)}")
        for name, value in _lines(each):
            terminal.say(f"    {name:9} {value}")


@policy.command(
    "set",
    help=said(
        "Say what an item is to be treated like; what is not named stays as it is, and '' takes it away.  "
        "Commands are run by the node without a shell, unless you name one.",
        "bitdust policy set ~/Documents --keep-last 7 --keep-monthly 12 --exclude '*.tmp' --exclude @caches",
        "bitdust policy set ~/Documents --before 'pg_dump -f /home/me/Documents/db.sql db'",
        "bitdust policy set 0/0/1 --after 'sh -c \"echo $BITDUST_RESULT >> /tmp/backups\"'",
        "bitdust policy set 0/0/1 --before '' --exclude '' --keep-last 0",
    ),
)
@click.argument("what", metavar="PATH|ID", shell_complete=known.items)
@keep_flags
@click.option(
    "--exclude", multiple=True, metavar="RULE", help="Left out, too; all of these in place of those before."
)
@click.option(
    "--before", metavar="COMMAND", help="Run before each backup; when it fails, so does the backup."
)
@click.option("--after", metavar="COMMAND", help="Run after each backup, whatever became of it.")
@pass_terminal
def set_(
    terminal: Terminal,
    /,
    what: str,
    exclude: tuple[str, ...],
    before: str | None,
    after: str | None,
    **keep: Any,
) -> None:
    kept = _kept(keep)
    if not exclude and before is None and after is None and kept is None:
        raise Usage("say what is to be changed", hint="`bitdust policy set --help` lists what there is")
    rules = [rule for rule in exclude if rule] if exclude else None
    answer = terminal.ask("policy_set", meant(what), _words(before), _words(after), kept, rules)
    terminal.answer(answer)
    if not terminal.json:
        for name, value in _lines(answer):
            terminal.note(f"    {name:9} {value}")


@policy.command(
    help=said(
        "Treat an item like any other.  Its schedule and its versions stay.",
        "bitdust policy remove ~/Documents",
        "bitdust policy remove 0/0/1",
    )
)
@click.argument("what", metavar="PATH|ID", shell_complete=known.items)
@pass_terminal
def remove(terminal: Terminal, what: str) -> None:
    terminal.answer(terminal.ask("policy_remove", meant(what)))


def _kept(keep: dict[str, Any]) -> str | None:
    """What the flags say of what is kept, in the words of the setting: 0 and '' take away.  None: no flag."""
    given = {name.removeprefix("keep_"): value for name, value in keep.items() if value is not None}
    if not given:
        return None
    return " ".join(f"{name.replace('_', '-')}={value}" for name, value in given.items())


def _words(command: str | None) -> list[str] | None:
    if command is None:
        return None
    try:
        return shlex.split(command)
    except ValueError as wrong:
        raise Usage(f"{command[:60]!r} is no command: {wrong}") from wrong


def _lines(policy: dict[str, Any]) -> list[tuple[str, str]]:
    found = [("schedule", policy["schedule"])]
    found += [("keep", policy["keep"]), ("exclude", "  ".join(policy["excludes"]))]
    found += [(name, shlex.join(policy[name])) for name in ("before", "after")]
    return [(name, value) for name, value in found if value]
