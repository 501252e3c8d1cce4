"""
The `bitdust` command: a thin client of a running node.

Its end is always one of the documented exit codes, with a sentence and a hint on stderr when it is not 0.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from bitdust.cli.groups import Root
from bitdust.cli.terminal import Terminal
from bitdust.errors import BitDustError, Cancelled, Usage

SECTIONS = {
    "Start here": {
        "demo": ("demo:demo", "A whole network on this machine: back up, lose suppliers, restore, repair."),
        "status": ("node:status", "How everything is, in one sentence, and what to do next."),
        "help": ("help:help_", "Help on a command; `help old-commands` lists the words of the original."),
    },
    "Back up and restore": {
        "backup": ("backup:backup", "Back up files and folders."),
        "restore": ("restore:restore", "Bring a file, a folder or a version back."),
        "ls": ("catalog:ls", "What is in the catalog."),
        "versions": ("catalog:versions", "The versions that can be restored."),
        "find": ("find:find", "Find files by their names, in the newest versions or in all."),
        "diff": ("diff:diff", "What has changed between two versions."),
        "cat": ("cat:cat", "One file of a version to standard output."),
        "delete": ("catalog:delete", "Delete a version or an item, here and at the suppliers."),
        "undelete": ("undelete:undelete", "Bring back what was deleted, or list what can be brought back."),
        "pin": ("undelete:pin", "Keep a version whatever a policy says."),
        "unpin": ("undelete:unpin", "Let policies take a pinned version away again."),
        "exclude": ("exclude:exclude", "What backups leave out: list, add, remove, test."),
        "verify": ("verify:verify", "A restore drill: does all come back?"),
        "schedule": ("schedule:schedule", "What is backed up by itself: list, set, remove."),
        "policy": ("policy:policy", "What single items are to be treated like: list, set, remove."),
        "clean": ("clean:clean", "Free what nothing needs any more at the suppliers."),
        "forget": ("forget:forget", "Delete the versions that a policy does not keep."),
        "tasks": ("tasks:tasks", "What is under way, and what became of it."),
        "pause": ("resting:pause", "Let backups and restores rest: one, or all."),
        "resume": ("resting:resume", "Let them go on."),
        "storage": ("storage:storage", "Room: given, taken, left."),
    },
    "Peers": {
        "supplier": ("supplier:supplier", "Those who keep our pieces: list, ping, replace."),
        "customer": ("customer:customer", "Those whose pieces we keep: list."),
        "relay": ("relay:relay", "Who is reached over this node, and over whom it is reached."),
        "contact": ("contact:contact", "The people we write to: list, add, remove, find."),
        "message": ("message:message", "Private messages: list, send, follow, delete."),
        "ping": ("ping:ping", "Ask a peer for a sign of life."),
    },
    "You": {
        "identity": ("identity:identity", "Who this node is: show, create, backup."),
        "recover": ("recover:recover", "Bring everything back from the recovery kit."),
    },
    "Node": {
        "start": ("node:start", "Run the node, here or in the background."),
        "stop": ("node:stop", "End the node cleanly."),
        "restart": ("node:restart", "End the node and start it anew."),
        "network": ("network:network", "How other nodes reach this one."),
        "connections": ("connections:connections", "The nodes that are connected now, and how."),
        "directories": ("directories:directories", "Where this node finds others, and what came of it."),
        "reconnect": ("reconnect:reconnect", "Every connection to other nodes made anew."),
        "config": ("config:config", "Settings: list, get, set."),
        "show": ("show:show", "Open the page in the browser, or print a link that does."),
        "gui": ("show:show", "The same as `show`."),
        "paths": ("paths:paths", "Where everything lies."),
    },
    "For developers": {
        "events": ("events:events", "What happened lately, and what happens."),
        "api": ("api:api", "Call any method of the node."),
        "services": ("services:services", "The parts of the node: list, show, start, stop."),
        "automat": ("automat:automat", "The state machines of the node."),
        "completion": ("completion:completion", "Let bash, zsh or fish complete the words."),
        "version": ("paths:version", "Which BitDust this is."),
    },
}


@click.group(
    cls=Root,
    sections=SECTIONS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
@click.option("--home", metavar="DIR", help="The node's folder (else BITDUST_HOME, else the usual place).")
@click.option(
    "--url", metavar="URL", help="Ask the node at this address instead (BITDUST_API_TOKEN: its token)."
)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to colour."
)
@click.option("-q", "--quiet", "--quite", is_flag=True, help="No notes, no progress.")
@click.option("-v", "--verbose", count=True, help="Tell more.")
@click.version_option(package_name="bitdust", prog_name="BitDust", message="%(prog)s %(version)s")
@click.pass_context
def bitdust(
    ctx: click.Context,
    as_json: bool,
    home: str | None,
    url: str | None,
    color: str,
    quiet: bool,
    verbose: int,
) -> None:
    """Keep your files, encrypted, on other people's disks, and their pieces on yours."""
    terminal = ctx.find_object(Terminal)
    assert terminal is not None
    terminal.json, terminal.home_flag, terminal.url = as_json, home, url
    terminal.color, terminal.quiet, terminal.verbose = color, quiet, verbose
    if ctx.invoked_subcommand is None:
        from bitdust.cli.help import first_contact

        first_contact(terminal)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.  @return: the exit code."""
    asked = os.environ.get("_BITDUST_COMPLETE")
    if asked:
        from bitdust.cli.completion import complete

        return complete(bitdust, asked)
    words = _json_first(list(sys.argv[1:] if arguments is None else arguments))
    terminal = Terminal(json="--json" in words)
    code = _run(words, terminal)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _unread()
    return code


def _run(words: list[str], terminal: Terminal) -> int:
    try:
        with bitdust.make_context("bitdust", words, obj=terminal) as ctx:
            bitdust.invoke(ctx)
        return 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as wrong:
        path = wrong.ctx.command_path if wrong.ctx else "bitdust"
        message = wrong.format_message()
        return _failed(
            terminal, Usage(message[:1].lower() + message[1:], hint=f"`{path} --help` shows how it is called")
        )
    except click.ClickException as wrong:
        return _failed(terminal, BitDustError(wrong.format_message(), hint=""))
    except (click.Abort, KeyboardInterrupt):
        return _failed(terminal, Cancelled(hint="what the node was doing goes on: `bitdust tasks list`"))
    except BrokenPipeError:
        return _unread()
    except BitDustError as error:
        return _failed(terminal, error)
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return _failed(terminal, BitDustError(what, hint=""))


def _failed(terminal: Terminal, error: BitDustError) -> int:
    try:
        terminal.fail(error)
    except BrokenPipeError:
        return _unread() or error.exit_code
    return error.exit_code


def _unread() -> int:
    """Whoever read our output has had enough: that is no failure."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return 0


def _json_first(words: list[str]) -> list[str]:
    """`--json` is understood anywhere before `--`."""
    end = words.index("--") if "--" in words else len(words)
    if "--json" not in words[:end]:
        return words
    return ["--json", *(word for word in words[:end] if word != "--json"), *words[end:]]
