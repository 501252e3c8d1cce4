"""
message: what people write to each other.
"""

from __future__ import annotations

import time
from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.following import incoming
from bitdust.cli.groups import Nouns
from bitdust.cli.names import name_in
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.group(
    cls=Nouns,
    default="list",
    help=said("Private messages.", "bitdust message list", "bitdust message send bob 'See you at eight.'"),
)
def message() -> None:
    pass


@message.command(
    "list",
    help=said("What was written, newest last.", "bitdust message list", "bitdust message list --with bob"),
)
@click.option("--with", "correspondent", metavar="WHO", help="Only those with him: an IDURL or a nickname.")
@click.option("--limit", type=int, default=100, show_default=True, help="At most so many, the newest.")
@pass_terminal
def list_(terminal: Terminal, correspondent: str | None, limit: int) -> None:
    found = terminal.ask("list_messages", limit, 0.0, correspondent)
    if terminal.json:
        terminal.show(found)
        return
    for each in found:
        _say(terminal, each)
    if not found:
        terminal.note("Nothing was written yet.")


@message.command(
    "follow",
    help=said(
        "Show what is written to you, as it comes.",
        "bitdust message follow",
        "bitdust message follow --with bob --json",
    ),
)
@click.option("--with", "correspondent", metavar="WHO", help="Only from him: an IDURL or a nickname.")
@pass_terminal
def follow(terminal: Terminal, correspondent: str | None) -> None:
    for each in incoming(terminal, correspondent):
        if terminal.json:
            terminal.show(each)
        else:
            _say(terminal, each)


@message.command(
    "send",
    help=said(
        "Write to somebody.",
        "bitdust message send bob 'See you at eight.'",
        "bitdust message send http://id.example.net/bob.xml hello",
    ),
)
@click.argument("recipient", shell_complete=known.people)
@click.argument("text", nargs=-1, required=True)
@pass_terminal
def send(terminal: Terminal, recipient: str, text: tuple[str, ...]) -> None:
    terminal.answer(terminal.ask("send_message", recipient, " ".join(text)))


@message.command(
    "delete",
    help=said(
        "Delete a message, by the id that the list ends its line with, or a whole conversation; here only.",
        "bitdust message delete 3f2a91c0",
        "bitdust message delete --all --with bob",
    ),
)
@click.argument("message_id", metavar="[ID]", required=False)
@click.option("--with", "correspondent", metavar="WHO", help="From or to him: an IDURL or a nickname.")
@click.option("--all", "everything", is_flag=True, help="All that was written with him.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_terminal
def delete(
    terminal: Terminal, message_id: str | None, correspondent: str | None, everything: bool, yes: bool
) -> None:
    if message_id is not None and not everything:
        terminal.answer(terminal.ask("delete_message", message_id, correspondent))
        return
    if message_id is not None or correspondent is None or not everything:
        raise click.UsageError("name either one message by its id, or --all --with WHO")
    terminal.confirm(f"Delete every message from and to {correspondent}?", yes)
    terminal.answer(terminal.ask("delete_conversation", correspondent))


def _say(terminal: Terminal, each: dict[str, Any]) -> None:
    """One message, for a person."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each["time"]))
    way, who = ("from", each["sender"]) if each["direction"] == "in" else ("to", each["recipient"])
    head = f"{when}  {way} {name_in(who)} ({who}), {each['state']}, {each['id'][:8]}"
    terminal.say(click.style(head, bold=True))
    # What a stranger writes must not steer the terminal.
    for line in each["message"].splitlines():
        terminal.say("    " + "".join(one if one.isprintable() else "\ufffd" for one in line))
