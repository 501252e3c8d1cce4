"""Where there can be no lab, its tests are skipped, and say why."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

#: the programs a lab is made with
PROGRAMS = ("ip", "nft", "tc", "conntrack", "ping", "sysctl")


def missing() -> str:
    """Why there can be no lab here; "" when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        return f"these programs are not installed: {', '.join(absent)}"
    return "" if os.access("/dev/net/tun", os.R_OK | os.W_OK) else "there is no /dev/net/tun"


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    why = missing()
    if not why:
        return
    assert not os.environ.get("BITDUST_REQUIRE_NATLAB"), f"the NAT lab is required here, but {why}"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=why))
