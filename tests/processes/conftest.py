"""
Networks of real processes: one per file of tests (and worker that has a share of it), ended by their numbers
whatever happens.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bitdust.demo.network import Network

#: bytes shown of the end of each node's log when a test fails
SHOWN = 3000


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """An identity server, and whoever the tests of the file start beside it."""
    with Network(tmp_path_factory.mktemp("net") / "n") as network:
        network.start_identity_server()
        yield network


@pytest.fixture(autouse=True)
def _no_stray(request: pytest.FixtureRequest) -> Iterator[None]:
    """
    A node that a failing test began and did not end would disturb the next test of the file.

    What fixtures of the file began is there before.
    """
    if "net" not in request.fixturenames:
        yield
        return
    network: Network = request.getfixturevalue("net")
    before = set(network.peers)
    yield
    for name in set(network.peers) - before:
        network.peers[name].kill()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """What the nodes had to say, beside the failure."""
    report = yield
    network = getattr(item, "funcargs", {}).get("net")
    if report.failed and isinstance(network, Network):
        for log in sorted(network.folder.glob("*/logs/*.log")):
            report.sections.append((str(log.relative_to(network.folder)), end_of(log)))
    return report


def end_of(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - SHOWN))
        return file.read().decode(errors="replace")
