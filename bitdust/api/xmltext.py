"""
An answer of XML-RPC as text.

Integers beyond 32 bits go as `<i8>`, None as `<nil/>`; no table of the standard library is changed for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xmlrpc.client import Fault
from xmlrpc.client import Marshaller as StandardMarshaller

CONTENT_TYPE = "text/xml; charset=utf-8"

_DECLARATION = "<?xml version='1.0' encoding='utf-8'?>\n"


def _dump_integer(marshaller: object, value: int, write: Callable[[str], object]) -> None:
    if not -(2**63) <= value < 2**63:
        raise OverflowError("an integer of more than 64 bits")
    tag = "int" if -(2**31) <= value < 2**31 else "i8"
    write(f"<value><{tag}>{value}</{tag}></value>\n")


class Marshaller(StandardMarshaller):
    """The standard one, with wide integers."""

    dispatch = StandardMarshaller.dispatch | {int: _dump_integer}


def answer_text(result: object) -> bytes:
    """An answer: the value, or the `Fault`."""
    values: Any = result if isinstance(result, Fault) else (result,)
    body = Marshaller("utf-8", allow_none=True).dumps(values)
    return f"{_DECLARATION}<methodResponse>\n{body}</methodResponse>\n".encode()
