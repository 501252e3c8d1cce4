"""
Items of the catalog by their paths: what methods that take an ID alone need.
"""

from __future__ import annotations

from bitdust.cli.spelling import name_of
from bitdust.cli.terminal import Terminal
from bitdust.errors import NotFound

PAGE = 1000


def id_of(terminal: Terminal, path: str) -> str:
    """The path ID of the item of that absolute path.  @raise NotFound: there is none."""
    after = None
    while page := terminal.ask("backups_list", PAGE, after):
        for item in page:
            if name_of(item) == path:
                return str(item["id"])
        after = page[-1]["id"]
        if len(page) < PAGE:
            break
    raise NotFound(f"{path!r} is not in the catalog")
