"""
What an item is to be treated like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import path_fields, showable

if TYPE_CHECKING:
    from bitdust.catalog.policies import ItemPolicy
    from bitdust.node.node import Node


@method()
async def policies_list(node: Node) -> list[Any]:
    """
    List the items that are treated otherwise than the settings say, and how; what is empty is not said.

    Such policies belong to this machine: no recovery brings them back.
    """
    return [_shown(policy) for policy in await node.backups.policies.all()]


@method(changes=True)
async def policy_set(
    node: Node,
    what: str,
    before: list[str] | None = None,
    after: list[str] | None = None,
    keep: str | None = None,
    excludes: list[str] | None = None,
) -> dict[str, Any]:
    """
    Say what an item is to be treated like.  What is not named stays as it is; what is empty is said no more,
    and the settings alone hold.  A policy holds for this item and for no item below it: what only leads to
    items is refused.

    After each new version those that `keep` does not keep go, whatever the settings say.

    Commands are run by the node, as its user, without a shell, for `services/backups/hook-seconds` at most:
    whoever has the token of this interface can run anything as that user.
    When `before` ends with another code than 0, this backup fails.  `after` is run whatever became of the
    backup; when it fails, the task has a warning.  They find `BITDUST_ITEM`, `BITDUST_PATH` and
    `BITDUST_VERSION` in their environment, and `after` also `BITDUST_RESULT` (committed, failed, cancelled)
    and `BITDUST_ERROR`.

    @param what: a path ID or a local path; one that is new is put into the catalog.
    @param before: a command to run before each backup of the item: its words.
    @param after: a command to run after each backup of the item.
    @param keep: which versions are kept, as in `services/backups/keep`: like `last=3 daily=7 within=1y`;
        the rules that are not named stay, `last=0` and `within=` take one away, and an empty text all.
    @param excludes: rules of what is left out beside what the settings say, as for `exclude_add`, in place of
        those that the item had.
    """
    # The command line reads the list of methods, and starts faster without this.
    from bitdust.catalog.policies import Change

    item, is_new = await node.backups.item_with_versions(what)
    policy = await node.backups.policies.set(item, Change(before, after, keep, excludes))
    result = f"the policy of {item} was changed"
    if is_new:
        result += "; it is new in the catalog, and has no version before its first backup"
    return {"result": result, **_shown(policy)}


@method(changes=True)
async def policy_remove(node: Node, what: str) -> dict[str, Any]:
    """
    Treat an item like any other from now on.  Its schedule and its versions stay.

    @param what: a path ID or a local path.
    """
    await node.backups.policies.remove(await node.backups.item_of(what))
    return {"result": f"{what} is treated like any other"}


def _shown(policy: ItemPolicy) -> dict[str, Any]:
    return {
        **path_fields(policy.path),
        "path_id": policy.item,
        "schedule": policy.rule,
        "before": [showable(word) for word in policy.before],
        "after": [showable(word) for word in policy.after],
        "keep": policy.keep,
        "excludes": [showable(rule) for rule in policy.excludes],
    }
