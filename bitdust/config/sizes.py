"""
Sizes as people read and write them: `8 GB`, `82.93 MB`, `100 bytes`.

Written with units of 1024, at most two decimals and no trailing zeros; read in any case, with or without a
space, and also as `KiB MiB GiB TiB`.
"""

from __future__ import annotations

import re
from decimal import Decimal

from bitdust.errors import Usage

UNITS = ("bytes", "KB", "MB", "GB", "TB")

#: No size is larger: 4 EB, which any 64-bit integer holds.
LARGEST = 2**62

_FORM = re.compile(r"\s*([0-9]{1,20}(?:\.[0-9]{1,20})?)\s*([a-z]{0,5})\s*", re.IGNORECASE | re.ASCII)
_POWERS = {
    name: power
    for power, names in enumerate(
        (
            ("", "b", "byte", "bytes"),
            ("k", "kb", "kib"),
            ("m", "mb", "mib"),
            ("g", "gb", "gib"),
            ("t", "tb", "tib"),
        )
    )
    for name in names
}


def format_size(count: int) -> str:
    """The size as text; `?` when it is not known (negative)."""
    if count < 0:
        return "?"
    power = 0
    while power < len(UNITS) - 1 and _rounded(count, power) >= 1024:
        power += 1
    text = f"{_rounded(count, power):f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {UNITS[power]}"


def parse_size(text: str) -> int:
    """
    The bytes that `8 GB`, `100Mb`, `1.5 GiB` or `4096` mean.

    @raise Usage: it is not a size, or larger than any disk.
    """
    match = _FORM.fullmatch(text[:64])
    power = _POWERS.get(match[2].lower()) if match else None
    if match is None or power is None or len(text) > 64:
        raise Usage(
            f"{text[:40]!r} is not a size", hint="write a number and a unit: `8 GB`, `100 MB`, `4096 bytes`"
        )
    count = int(Decimal(match[1]) * 1024**power)
    if count > LARGEST:
        raise Usage(f"{text[:40]!r} is larger than any disk")
    return count


def exact_size(count: int) -> str:
    """The shortest text that reads back as exactly this many bytes."""
    text = format_size(count)
    return text if parse_size(text) == count else f"{count} bytes"


def _rounded(count: int, power: int) -> Decimal:
    return round(Decimal(count) / 1024**power, 2) if power else Decimal(count)
