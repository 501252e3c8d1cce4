"""
The settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.config.options import type_label
from bitdust.errors import Usage

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method()
def config_get(node: Node, key: str, default: str | int | float | bool | None = None) -> dict[str, Any]:
    """
    Read one setting.

    @param key: its name, like `services/customer/needed-space`.
    @param default: what to answer when there is no such setting.
    """
    if key not in node.settings.options and default is not None:
        return {"key": key, "type": "undefined", "value": _text(default)}
    return {"key": key, "type": node.settings.option(key).type, "value": node.settings.text(key)}


@method(changes=True)
def config_set(
    node: Node, key: str, value: str | int | float | bool, typ: str | int | None = None
) -> dict[str, Any]:
    """
    Change one setting.  It is stored at once, and the parts that follow it are told.

    @param key: its name, like `services/customer/needed-space`.
    @param value: text, number or boolean.
    @param typ: the label or the number of its type, for those who want to be sure.
    """
    option = node.settings.option(key)
    if typ is not None and type_label(typ) != option.type:
        raise Usage(f"{key} is a {option.type}, not a {type_label(typ)}")
    old = node.settings.set(key, value)
    return {"key": key, "old_value": old, "type": option.type, "value": node.settings.text(key)}


@method()
def config_list(node: Node, sort: bool = False) -> list[Any]:
    """
    List every setting.

    @param sort: by key; else in the order of the manual.
    """
    keys = sorted(node.settings) if sort else list(node.settings)
    return [
        {"key": key, "type": node.settings.option(key).type, "value": node.settings.text(key)} for key in keys
    ]


@method()
def config_explain(node: Node, key: str) -> dict[str, Any]:
    """
    Tell all about one setting: its sentence, type, value and default, and what it may be.

    `source` is where the value comes from: `default`, `file` or `environment`; `variable` is the environment
    variable that would set it; `restart` tells that a change holds from the next start only.

    @param key: its name, like `services/customer/needed-space`.
    """
    return dict(node.settings.explain(key))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
