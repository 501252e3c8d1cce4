"""
What backups leave out, and what one would take along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import local_path, path_fields, path_id, showable, shown
from bitdust.errors import Conflict, NotFound, Usage

if TYPE_CHECKING:
    from bitdust.node.node import Node

KEY = "services/backups/excludes"


@method()
def excludes_list(node: Node) -> list[Any]:
    """List the rules that say what every backup leaves out, in order: the last that fits decides."""
    return [{"position": position, "rule": rule} for position, rule in enumerate(_rules(node))]


@method(changes=True)
def exclude_add(node: Node, rule: str) -> dict[str, Any]:
    """
    Add a rule that says what every backup leaves out from now on.  Versions that exist stay as they are.

    A rule is a line as in a `.gitignore`, whose root is the folder that is backed up, or one of these words:
    `@caches`, `@trash`, `@builds`, `@cachedir`, `@one-file-system`, `@larger-than SIZE`, `@no-ignore-files`.

    @param rule: the line.
    """
    # Only what is called: the command line loads this module, and shall not load the patterns with it.
    from bitdust.backup.excludes import check_rule

    check_rule(rule)
    rules = _rules(node)
    if rule in rules:
        raise Conflict(f"{showable(rule[:100])!r} is a rule already")
    node.settings.set(KEY, "\n".join([*rules, rule]))
    return {"result": f"backups leave out {showable(rule)} from now on", "position": len(rules)}


@method(changes=True)
def exclude_remove(node: Node, rule: str | int) -> dict[str, Any]:
    """
    Remove a rule: what it left out is taken along from now on.

    @param rule: the line, or its position in `excludes_list`.
    """
    rules = _rules(node)
    text = str(rule)
    if text in rules:
        position = rules.index(text)
    elif text.isdecimal() and len(text) < 6 and int(text) < len(rules):
        position = int(text)
    else:
        raise NotFound(f"{showable(text[:100])!r} is no rule", hint="`bitdust exclude list` shows them")
    gone = rules.pop(position)
    node.settings.set(KEY, "\n".join(rules))
    return {"result": f"the rule {showable(gone)} is gone", "position": position}


@method()
async def backup_preview(
    node: Node, path_or_id: str, limit: int = 100, in_item: bool = False
) -> dict[str, Any]:
    """
    Tell what a backup would take along and leave out, and by which rule, without backing anything up.

    Sizes in bytes; folders that are left out are not looked into, so `left_out_size` is of files alone.

    @param path_or_id: a path on this machine, or a path ID of the catalog.
    @param limit: tell of at most so many names that are left out.
    @param in_item: of a path in a folder of the catalog: first whether a backup of that folder leaves it out.
    """
    if not 0 <= limit <= 10_000:
        raise Usage("limit must be 0 to 10000")
    is_path = path_or_id.startswith(("/", "~"))
    what = local_path(path_or_id, "path_or_id") if is_path else path_id(path_or_id)
    found = await node.backups.preview(what, limit, in_item)
    return {
        **path_fields(found.root),
        "files": found.files,
        "folders": found.folders,
        "size": found.size,
        "left_out_count": found.left_count,
        "left_out_size": found.left_size,
        "left_out": [
            {
                **path_fields(left.path),
                "type": "dir" if left.is_folder else "file",
                "size": left.size,
                "rule": showable(left.rule.text),
                "source": showable(left.rule.source),
            }
            for left in found.left
        ],
        "notes": [f"{shown(note.path)}: {showable(note.why)}" for note in found.notes],
    }


def _rules(node: Node) -> list[str]:
    return [line for line in node.settings.words(KEY).split("\n") if line.strip()]
