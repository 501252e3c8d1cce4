"""Every key of the original is an option here, or is answered with why not and what instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitdust.config.original import ABSENT, NOT_HERE
from bitdust.config.settings import Settings
from bitdust.config.table import ALL_OPTIONS
from bitdust.errors import NotFound

#: above: the last parts of the keys, as the original had them
KEYS = {
    "emergency": "email fax phone text first second",
    "interface/api": "auth-secret-enabled rest-http-enabled rest-http-port web-socket-enabled"
    " web-socket-port",
    "interface/ftp": "enabled port",
    "logs": "debug-level memdebug-enabled memdebug-port memprofile-enabled stream-enabled stream-port"
    " traffic-enabled traffic-port api-enabled packet-enabled automat-events-enabled"
    " automat-transitions-enabled",
    "other": "upnp-at-startup",
    "paths": "backups customers messages receipts restore",
    "personal": "betatester name nickname surname private-key-size",
    "services/backup-db": "enabled",
    "services/backups": "enabled block-size max-block-size max-copies keep-local-copies-enabled"
    " wait-suppliers-enabled",
    "services/customer": "enabled needed-space suppliers-number",
    "services/customer-patrol": "enabled customer-idle-days",
    "services/customers-patrol": "enabled",
    "services/data-motion": "enabled supplier-request-queue-size supplier-sending-queue-size",
    "services/employer": "enabled candidates replace-critically-offline-enabled",
    "services/list-files": "enabled",
    "services/rebuilding": "enabled",
    "services/restores": "enabled",
    "services/p2p-hookups": "enabled",
    "services/gateway": "enabled p2p-timeout",
    "services/my-ip-port": "enabled",
    "services/ip-port-responder": "enabled",
    "services/identity-propagate": "enabled known-servers preferred-servers min-servers max-servers"
    " automatic-rotate-enabled health-check-interval-seconds",
    "services/network": "enabled receive-limit send-limit proxy/enabled proxy/host proxy/password proxy/port"
    " proxy/ssl proxy/username",
    "services/entangled-dht": "enabled udp-port known-nodes attached-layers",
    "services/id-server": "enabled host tcp-port web-port",
    "services/identity-server": "enabled host tcp-port web-port",
    "services/private-groups": "enabled",
    "services/private-messages": "enabled",
    "services/proxy-server": "enabled routes-limit current-routes",
    "services/proxy-transport": "enabled sending-enabled receiving-enabled priority my-original-identity"
    " current-router preferred-routers router-lifetime-seconds",
    "services/supplier": "enabled donated-space",
    "services/tcp-connections": "enabled tcp-port upnp-enabled",
    "services/tcp-transport": "enabled receiving-enabled sending-enabled priority",
    "services/udp-datagrams": "enabled udp-port",
    "services/udp-transport": "enabled receiving-enabled sending-enabled priority",
    "services/web-socket-communicator": "max min",
    "updates": "mode shedule",
}
ALL_KEYS = [f"{above}/{name}" for above, names in KEYS.items() for name in names.split()]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The options, all with their defaults."""
    return Settings(tmp_path / "bitdust.toml", {})


@pytest.mark.parametrize("key", ALL_KEYS)
def test_a_key_of_the_original(settings: Settings, key: str) -> None:
    """It is an option, or asking, explaining and setting it says why it is none, and what to do."""
    if key in {option.key for option in ALL_OPTIONS}:
        assert key not in NOT_HERE
        assert settings.explain(key)["key"] == key
        return
    for attempt in (settings.get, settings.explain, lambda key: settings.set(key, "1")):
        with pytest.raises(NotFound, match="means nothing here") as told:
            attempt(key)
        assert told.value.hint == NOT_HERE[key].instead


def test_the_table_holds_nothing_else() -> None:
    """Each key stands in it once, and was the original's."""
    keys = [key for absent in ABSENT for key in absent.keys]
    assert len(keys) == len(set(keys))
    assert set(keys) <= set(ALL_KEYS)


def test_what_is_named_instead_exists() -> None:
    """Whatever option a sentence points to is one."""
    options = {option.key for option in ALL_OPTIONS}
    for absent in ABSENT:
        for word in absent.instead.replace(",", " ").replace(";", " ").split():
            if word.startswith(("services/", "logs/", "interface/", "personal/", "paths/")):
                assert word.rstrip(".:") in options, absent


def test_a_misspelt_key(settings: Settings) -> None:
    """What may be meant is named; of what is like nothing, only where the list is."""
    with pytest.raises(NotFound) as told:
        settings.get("services/customer/supplier-number")
    assert "services/customer/suppliers-number" in told.value.hint
    with pytest.raises(NotFound) as told:
        settings.get("x" * 5000)
    assert told.value.hint == "`bitdust config list` shows all options"
    assert len(told.value.message) < 200
