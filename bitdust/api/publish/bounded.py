"""
What comes in, read with limits: no DTD, no depth that would exhaust a stack.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xmlrpc.client import Unmarshaller

from defusedxml.xmlrpc import DefusedExpatParser

#: The largest body that any door reads.
MAX_BODY = 1 << 20

_DEEPEST_JSON = 32
_DEEPEST_XML = 100
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class Unreadable(Exception):
    """The body is not what this door reads."""


def read_json(body: bytes) -> Any:
    """@raise Unreadable: it is not JSON in UTF-8, too deep, or holds something no JSON has."""
    try:
        text = body.decode()
        if _depth(text) > _DEEPEST_JSON:
            raise Unreadable("nested too deeply")
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError as wrong:
        raise Unreadable(f"not JSON: {wrong}") from None


def read_call(body: bytes) -> tuple[str, list[Any]]:
    """
    The name and the arguments of an XML-RPC call.

    @raise Unreadable: it is none, or holds a DTD, or is too deep.
    """
    target = _Unmarshaller(use_builtin_types=False)
    try:
        parser = DefusedExpatParser(target, forbid_dtd=True)
        parser.feed(body)
        parser.close()
        arguments = list(target.close())
        name = target.getmethodname()
    except Exception as wrong:
        # The standard unmarshaller raises all kinds of errors at what it does not understand.
        raise Unreadable(f"not an XML-RPC call: {type(wrong).__name__}") from None
    if not isinstance(name, str):
        raise Unreadable("not an XML-RPC call: no method name")
    return name, arguments


class _Unmarshaller(Unmarshaller):
    """Counts how deep it is."""

    _depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST_XML:
            raise Unreadable("nested too deeply")
        super().start(tag, attrs)

    def end(self, tag: str) -> None:
        self._depth -= 1
        super().end(tag)


def _depth(text: str) -> int:
    deepest = now = 0
    for token in _TOKENS.finditer(text):
        match token[0]:
            case "[" | "{":
                now += 1
                deepest = max(deepest, now)
            case "]" | "}":
                now -= 1
    return deepest


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
