"""
ls, versions, delete: what is in the catalog.
"""

from __future__ import annotations

from typing import Any

import click

from bitdust.cli.names import absolute, is_id
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.errors import NotFound

PAGE = 1000


@click.command(help=said("What is in the catalog.", "bitdust ls", "bitdust ls ~/Documents"))
@click.argument("what", required=False, metavar="[PATH|ID]")
@pass_terminal
def ls(terminal: Terminal, what: str | None) -> None:
    items = _items(terminal, what)
    if terminal.json:
        terminal.show(items)
        return
    rows = [
        (item["id"], item["type"], terminal.size(item["size"]), len(item["versions"]), item["path"])
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
@click.argument("what", required=False, metavar="[PATH|ID]")
@pass_terminal
def versions(terminal: Terminal, what: str | None) -> None:
    found = [
        {"backup_id": f"{item['id']}/{version['version']}", "path": item["path"], **version}
        for item in _items(terminal, what)
        for version in item["versions"]
    ]
    if terminal.json:
        terminal.show(found)
    elif found:
        rows = [
            (each["backup_id"], each["size"], each["blocks"], "pinned" * ("pinned" in each), each["path"])
            for each in found
        ]
        terminal.table(("VERSION", "AT SUPPLIERS", "BLOCKS", "", "PATH"), rows, right=(1, 2))
    else:
        terminal.note("There is no version yet: `bitdust backup PATH`")


@click.command(
    help=said(
        "Delete a version, or an item with all its versions, here and at the suppliers.  Your files stay.",
        "bitdust delete 0/0/1/F20160313043757PM",
        "bitdust delete ~/Documents",
    )
)
@click.argument("what", metavar="PATH|ID")
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
        terminal.answer(terminal.ask("backup_delete_id", what))
    else:
        terminal.answer(terminal.ask("backup_delete_path", absolute(what)))


def _items(terminal: Terminal, what: str | None) -> list[dict[str, Any]]:
    """Every item, or one with all below it.  @raise NotFound: it is not in the catalog."""
    items: list[dict[str, Any]] = []
    after = None
    while page := terminal.ask("backups_list", PAGE, after):
        items += page
        after = page[-1]["id"]
        if len(page) < PAGE:
            break
    if what is None:
        return items
    key, wanted = ("id", what) if is_id(what) else ("path", absolute(what))
    found = [each for each in items if each[key] == wanted or each[key].startswith(wanted.rstrip("/") + "/")]
    if not found:
        raise NotFound(f"{what!r} is not in the catalog")
    return found
