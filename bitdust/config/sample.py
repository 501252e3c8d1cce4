"""
The sample configuration, `etc/bitdust.toml`: every option with its sentence, its bounds and its default.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from bitdust.config.options import Option
from bitdust.config.table import ALL_OPTIONS
from bitdust.config.toml import literal

HEAD = """\
# The settings of a BitDust node, each with its default.  Copy this file to `bitdust.toml` in the node's
# folder (`bitdust paths` says where that is) and take the # away in front of what shall be different; or let
# the node write it: `bitdust config set services/customer/needed-space 10GB`.  The environment variable that
# is named above a setting wins over the file.
#
# Made from the table of options: `python -m bitdust.config.sample > etc/bitdust.toml`.
"""


def sample_text(options: Iterable[Option] = ALL_OPTIONS) -> str:
    """The whole file."""
    tables: dict[str, list[Option]] = {}
    for option in options:
        tables.setdefault(option.key.rpartition("/")[0], []).append(option)
    parts = [HEAD]
    for table, members in tables.items():
        parts.append(f"\n[{table.replace('/', '.')}]\n")
        parts += [_entry(option) for option in members]
    return "".join(parts)


def _entry(option: Option) -> str:
    told = [option.sentence, f"({option.type}{', ' if option.bounds() else ''}{option.bounds()})"]
    if not option.live:
        told.append("From the next start.")
    lines = textwrap.wrap(" ".join(told), 100)
    lines.append(option.variable)
    default = option.text(option.default) if option.type == "disk space" else option.default
    name = option.key.rpartition("/")[2]
    return "\n" + "".join(f"# {line}\n" for line in lines) + f"#{name} = {literal(default)}\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(sample_text())
