"""Where other nodes reach us: several nodes live on one machine, and nobody has to choose ports for them."""

from __future__ import annotations

from pathlib import Path

from bitdust.config.settings import Settings
from bitdust.node.roads import TCP_PORT, UDP_PORT, ports_to_try

TCP, UDP = ("tcp", TCP_PORT), ("udp", UDP_PORT)


def test_none_is_set(tmp_path: Path) -> None:
    """The usual one first; with an identity, the one that it tells; any at last."""
    settings = Settings(tmp_path / "bitdust.toml", {})
    assert ports_to_try(settings, [], *TCP) == [7771, 0]
    assert ports_to_try(settings, ["tcp://127.0.0.1:7771"], *TCP) == [7771, 0]
    assert ports_to_try(settings, ["tcp://192.0.2.7:40123", "udp://x:1"], *TCP) == [40123, 7771, 0]
    assert ports_to_try(settings, ["tcp://192.0.2.7:40123", "udp://x:1"], *UDP) == [1, 7771, 0]


def test_one_is_set(tmp_path: Path) -> None:
    """What the owner says holds: a router forwards that port, and no other."""
    settings = Settings(tmp_path / "bitdust.toml", {})
    settings.set(TCP_PORT, 7771)
    assert ports_to_try(settings, ["tcp://192.0.2.7:40123"], *TCP) == [7771]
    settings.set(TCP_PORT, 0)
    assert ports_to_try(settings, [], *TCP) == [0]
    assert ports_to_try(settings, ["tcp://192.0.2.7:40123"], *TCP) == [40123, 0]
