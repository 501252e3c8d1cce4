"""An option that nobody reads would be a lie to whoever sets it."""

from __future__ import annotations

from pathlib import Path

import bitdust
from bitdust.config.table import ALL_OPTIONS


def test_every_option_is_read() -> None:
    """Each key of the table stands in the program outside the table."""
    root = Path(bitdust.__file__).parent
    program = "".join(file.read_text() for file in root.rglob("*.py") if file.name != "table.py")
    assert [option.key for option in ALL_OPTIONS if f'"{option.key}"' not in program] == []
