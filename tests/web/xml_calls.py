"""What a client of XML-RPC sends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bitdust.api.xmltext import Marshaller


def call_text(name: str, arguments: Sequence[object]) -> bytes:
    """A call, with wide integers and None."""
    values: Any = tuple(arguments)
    params = Marshaller("utf-8", allow_none=True).dumps(values)
    text = f"<methodCall><methodName>{name}</methodName>\n{params}</methodCall>\n"
    return text.encode("utf-8", "xmlcharrefreplace")
