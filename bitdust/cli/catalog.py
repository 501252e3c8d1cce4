"""
ls, versions, delete: what is in the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.moments import moment, shown
from bitdust.cli.names import absolute, is_backup_id, is_id, meant
from bitdust.cli.spelling import name_of, spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.cli.undelete import deleted
from bitdust.errors import NotFound, Usage

PAGE = 1000
_DELETED = re.compile(r"(?:item|version) (\S+) was deleted")


@click.command(
    help=said(
        "What is in the catalog; or, like a folder, what is in a version.",
        "bitdust ls ~/Documents",
        "bitdust ls 0/0/1/F20160313043757PM:thesis",
        "bitdust ls --inside ~/Documents/thesis --as-of 2026-11-20",
    )
)
@click.argument("what", required=False, metavar="[PATH|ID]", shell_complete=known.items)
@click.option("--inside", is_flag=True, help="Look into the newest version of it, like into a folder.")
@click.option(
    "--as-of", metavar="TIME", help="The last version from before: 2026-11-20, yesterday, '3h ago'."
)
@pass_terminal
def ls(terminal: Terminal, what: str | None, inside: bool, as_of: str | None) -> None:
    is_inside = what is not None and is_id(what) and (":" in what or is_backup_id(what))
    if what is not None and (inside or as_of is not None or is_inside):
        _ls_inside(
            terminal,
            meant(what.removesuffix(":") if is_id(what) else what),
            moment(as_of) if as_of is not None else None,
        )
        return
    if inside or as_of is not None:
        raise Usage("say what to look into", hint="for example: bitdust ls --inside ~/Documents")
    items = _items(terminal, what)
    if terminal.json:
        terminal.show(items)
        return
    rows = [
        (item["id"], item["type"], terminal.size(item["size"]), len(item["versions"]), spelled(item))
        for item in items
    ]
    if rows:
        terminal.table(("ID", "TYPE", "SIZE", "VERSIONS", "PATH"), rows, right=(2, 3))
    else:
        terminal.note("Nothing is in the catalog yet: `bitdust backup PATH`")


@click.command(
    help=said(
        "The versions of everything, or of one item.", "bitdust versions", "bitdust versions ~/Documents"
    )
)
@click.argument("what", required=False, metavar="[PATH|ID]", shell_complete=known.items)
@pass_terminal
def versions(terminal: Terminal, what: str | None) -> None:
    found = [
        {
            "backup_id": f"{item['id']}/{version['version']}",
            **{key: item[key] for key in ("path", "path_b64") if key in item},
            **version,
        }
        for item in _items(terminal, what, survives=True)
        for version in item["versions"]
    ]
    if terminal.json:
        terminal.show(found)
    elif found:
        rows = [
            (
                each["backup_id"],
                each["size"],
                each["blocks"],
                each.get("survives", "-"),
                " ".join(word for word in ("pinned", "incomplete") if word in each),
                spelled(each),
            )
            for each in found
        ]
        terminal.table(("VERSION", "AT SUPPLIERS", "BLOCKS", "SURVIVES", "", "PATH"), rows, right=(1, 2, 3))
    else:
        terminal.note("There is no version yet: `bitdust backup PATH`")


@click.command(
    help=said(
        "Delete a version, or an item with all its versions, here and at the suppliers.  Your files stay.",
        "bitdust delete 0/0/1/F20160313043757PM",
        "bitdust delete ~/Documents",
    )
)
@click.argument("what", metavar="PATH|ID", shell_complete=known.items)
@click.option("--local", is_flag=True, help="Only the copies of a version's blocks on this machine.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_terminal
def delete(terminal: Terminal, what: str, local: bool, yes: bool) -> None:
    if local:
        terminal.answer(terminal.ask("backup_delete_local", what))
        return
    terminal.confirm(
        f"Delete {what} from all suppliers?  It cannot be restored then, but for the"
        " time of services/backups/delete-delay: `bitdust undelete`.",
        yes,
    )
    if is_id(what):
        answer = terminal.ask("backup_delete_id", what)
    else:
        answer = terminal.ask("backup_delete_path", absolute(what))
    terminal.answer(answer)
    if not terminal.json:
        _tell_way_back(terminal, str(answer["result"]))


def _tell_way_back(terminal: Terminal, said: str) -> None:
    """Until when what was deleted can be brought back, if it can."""
    found = _DELETED.match(said)
    if found is None:
        return
    gone = found[1]
    until = [each["until"] for each in deleted(terminal) if f"{each['id']}/".startswith(f"{gone}/")]
    if until:
        terminal.note(f"Until {shown(min(until))} `bitdust undelete {gone}` brings it back.")


def _ls_inside(terminal: Terminal, what: str, as_of: float | None) -> None:
    """A folder of a version, page by page; one line of JSON a page."""
    after = ""
    while True:
        page = terminal.ask("version_list", what, as_of, PAGE, after)
        if terminal.json:
            terminal.show(page)
        else:
            if not after:
                terminal.note(f"{page['backup_id']} of {shown(page['time'])} {page['lasting']}")
            for each in page["entries"]:
                size = terminal.size(each["size"]) if each["type"] != "dir" else ""
                name = spelled(each, "name", "/" * (each["type"] == "dir"))
                arrow = f" -> {spelled(each, 'target')}" if "target" in each else ""
                owner = f"{each['user']} {each['group']}"
                terminal.say(f"{each['mode']}  {owner}  {size:>9}  {shown(each['mtime'])}  {name}{arrow}")
        after = page["after"]
        if not after:
            break


def _items(terminal: Terminal, what: str | None, survives: bool = False) -> list[dict[str, Any]]:
    """Every item, or one with all below it.  @raise NotFound: it is not in the catalog."""
    items: list[dict[str, Any]] = []
    after = None
    while page := terminal.ask("backups_list", PAGE, after, *[True] * survives):
        items += page
        after = page[-1]["id"]
        if len(page) < PAGE:
            break
    if what is None:
        return items
    named, wanted = (_id, what) if is_id(what) else (name_of, absolute(what))
    above = wanted.rstrip("/") + "/"
    found = [each for each in items if named(each) == wanted or named(each).startswith(above)]
    if not found:
        raise NotFound(
            f"{what!r} is not in the catalog",
            hint="`bitdust ls` lists the catalog, and `bitdust ls --inside PATH` what is in a version",
        )
    return found


def _id(item: Mapping[str, Any]) -> str:
    return str(item["id"])
