"""Must show 1 of part 5: whatever road there is, the same bytes come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bitdust.demo.network import Network
from tests.processes.nodes import SUPPLIER, back_up, customer, hashes, hired, make_files, restore

ONLY_TCP: dict[str, object] = {"services/udp-transport/enabled": False}
ONLY_UDP: dict[str, object] = {"services/tcp-transport/enabled": False}
BOTH: dict[str, object] = {}
SUPPLIERS = ("sam", "sid", "sue", "sol")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """An identity server."""
    with Network(tmp_path / "n") as network:
        network.start_identity_server()
        yield network


@pytest.mark.parametrize(
    ("ours", "roads", "expected"),
    [
        (ONLY_UDP, [ONLY_UDP] * 4, ["udp"] * 4),
        (ONLY_TCP, [ONLY_TCP] * 4, ["tcp"] * 4),
        (BOTH, [ONLY_TCP, ONLY_TCP, ONLY_UDP, ONLY_UDP], ["tcp", "tcp", "udp", "udp"]),
    ],
    ids=["tcp-off", "udp-off", "half-half"],
)
def test_there_and_back(
    net: Network, tmp_path: Path, ours: dict[str, object], roads: list[dict[str, object]], expected: list[str]
) -> None:
    """A backup and a restore from suppliers on these roads: identical bytes, over no other road."""
    suppliers = [net.start([name], SUPPLIER | road)[0] for name, road in zip(SUPPLIERS, roads, strict=True)]
    [alice] = net.start(["alice"], customer(4) | ours)
    hired(alice)
    for peer, road in zip(suppliers, expected, strict=True):
        identity = peer.client.call("identity_get")
        assert {contact.partition(":")[0] for contact in identity["contacts"]} == {road}
        assert alice.client.call("ping", identity["idurl"])["transport"] == road
    folder = make_files(tmp_path / "files", [5_000_000, 300_000, 1], seed=5)
    restore(alice, back_up(alice, folder), tmp_path / "back")
    assert hashes(tmp_path / "back" / str(folder).lstrip("/")) == hashes(folder)
