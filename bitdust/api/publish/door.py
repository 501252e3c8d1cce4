"""
What all doors share: a method is called, its value made plain, its failure told in one form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from bitdust.api.registry import Registry
from bitdust.api.results import carriable
from bitdust.errors import BitDustError, UnknownMethod, Usage

if TYPE_CHECKING:
    from bitdust.node.node import Node

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
UNKNOWN_METHOD = -32601
BAD_ARGUMENTS = -32602

_DEEPEST = 32
_WORTH_ANOTHER_TRY = frozenset((13, 18, 75))


@dataclass
class Door:
    """One node, and the list of what it may be asked."""

    node: Node
    registry: Registry
    _log: Logger = field(default_factory=lambda: Logger(namespace="bitdust.api"))

    async def call(
        self, name: str, positional: Sequence[object] = (), named: Mapping[str, object] | None = None
    ) -> Any:
        """
        The value a method answers, as plain data that every door can carry.

        @raise BitDustError: whatever went wrong.  What we did not foresee is logged and told without details.
        """
        began = perf_counter()
        outcome = "done"
        try:
            return plain(await self.registry[name](self.node, *positional, **(named or {})))
        except BitDustError as error:
            outcome = error.id
            raise
        except Exception:
            self._log.failure("{name} failed in a way nobody foresaw", name=name)
            outcome = BitDustError.id
            raise BitDustError("the node made a mistake in answering this") from None
        finally:
            if self.node.settings.flag("logs/api-enabled"):
                took = (perf_counter() - began) * 1000
                self._log.info(
                    "{name}: {outcome} in {took:.1f} ms",
                    name=name,
                    outcome=outcome,
                    took=took,
                    asked_for=True,
                )


def plain(value: object, depth: int = 0) -> Any:
    """The value made of None, bool, int, float, str, list and dict only, and not too deep."""
    if depth > _DEEPEST:
        raise ValueError("the answer is nested too deeply")
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case str():
            return carriable(value)
        case dict():
            return {carriable(str(key)): plain(one, depth + 1) for key, one in value.items()}
        case list() | tuple():
            return [plain(one, depth + 1) for one in value]
        case _:
            raise TypeError(f"no door can carry a {type(value).__name__}")


def code_of(error: BitDustError) -> int:
    """The number of the error at both RPC doors."""
    if isinstance(error, UnknownMethod):
        return UNKNOWN_METHOD
    return BAD_ARGUMENTS if isinstance(error, Usage) else 1000 + error.exit_code


def data_of(error: BitDustError) -> dict[str, object]:
    """What a program may want to know about the error, beside its number and message."""
    return {
        "error": error.id,
        "hint": carriable(error.hint),
        "retryable": error.exit_code in _WORTH_ANOTHER_TRY,
    }


def problem(error: BitDustError) -> dict[str, object]:
    """The error as RFC 9457 has it, with our id, hint and exit code."""
    return {
        "type": f"urn:bitdust:error:{error.id}",
        "title": (type(error).__doc__ or "").strip(),
        "status": error.http_status,
        "detail": carriable(error.message),
        "code": error.exit_code,
        **data_of(error),
    }
