"""
Who this node is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import local_path

if TYPE_CHECKING:
    from bitdust.node.node import Node
    from bitdust.node.views import IdentityView


@method()
async def identity_get(node: Node) -> dict[str, Any]:
    """Show the identity of this node, with its signed public document."""
    return _identity(await node.identity_get())


@method(changes=True)
async def identity_create(node: Node, name: str, servers: list[str] | None = None) -> dict[str, Any]:
    """
    Make an identity and publish it.

    @param name: 3 to 20 characters of a-z, 0-9, - and _.
    @param servers: identity servers to publish it at; else those of the settings.
    """
    return _identity(await node.identity_create(name, servers or []))


@method(changes=True)
async def identity_backup(
    node: Node, path: str | None = None, passphrase: str | None = None
) -> dict[str, Any]:
    """
    Show the recovery kit: 24 words that bring everything back, and that nobody else may see.

    @param path: write the kit to this file, too.
    @param passphrase: lock the file with it.
    """
    kit = await node.identity_backup(local_path(path, "path") if path else None, passphrase)
    return {"words": kit.words, "path": kit.path, "fingerprint": kit.fingerprint}


@method(changes=True)
async def identity_recover(
    node: Node, kit: str, seeds: list[str] | None = None, passphrase: str | None = None
) -> dict[str, Any]:
    """
    Bring an identity back, with its catalog, on a node that has none.

    @param kit: the 24 words, or the absolute path of the kit's file.
    @param seeds: identity servers to ask, beside those the kit names.
    @param passphrase: what the file was locked with.
    """
    kit = local_path(kit, "kit") if kit.startswith(("/", "~")) else kit
    return _identity(await node.identity_recover(kit, seeds or [], passphrase))


def _identity(view: IdentityView) -> dict[str, Any]:
    return {
        "idurl": view.idurl,
        "name": view.name,
        "fingerprint": view.fingerprint,
        "sources": list(view.sources),
        "contacts": list(view.contacts),
        "revision": view.revision,
        "generation": view.generation,
        "document": view.document,
    }
