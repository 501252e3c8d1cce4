"""Real nodes that find each other without an identity server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libtorrent
import pytest

from bitdust.config.settings import Settings
from bitdust.demo.network import SETTINGS, Network, Peer, free_port
from tests.directory.private_dht import HERE
from tests.processes.nodes import again, until
from tests.processes.test_relays import contacts as relayed
from tests.processes.test_relays import idurl, walled_in

#: nodes of the private DHT, and the network they are in
SIZE, NET = 16, f"{HERE}.31"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with Network(tmp_path / "net") as network:
        yield network


@pytest.fixture
def dht() -> Iterator[str]:
    """Sixteen nodes of libtorrent that know each other; `known-nodes` for whoever comes."""
    places = [(f"{NET}.{number}", 6881) for number in range(1, SIZE + 1)]
    sessions = [libtorrent.session(_alone(f"{host}:{port}")) for host, port in places]
    for session in sessions:
        for place in places:
            session.add_dht_node(place)
    until(lambda: all(_knows(session) >= SIZE // 2 for session in sessions))
    yield " ".join(f"{host}:{port}" for host, port in places)
    sessions.clear()


def _alone(interface: str) -> dict[str, Any]:
    category = libtorrent.alert.category_t
    off = (
        "enable_lsd enable_upnp enable_natpmp enable_incoming_tcp enable_outgoing_tcp enable_incoming_utp"
        " enable_outgoing_utp dht_restrict_routing_ips dht_restrict_search_ips dht_enforce_node_id"
        " dht_prefer_verified_node_ids dht_ignore_dark_internet"
    )
    return {
        **dict.fromkeys(off.split(), False),
        "listen_interfaces": interface,
        "dht_bootstrap_nodes": "",
        "dht_block_ratelimit": 1000,
        "alert_mask": category.stats_notification | category.status_notification,
    }


def _knows(session: libtorrent.session) -> int:
    session.post_session_stats()
    found = [alert for alert in session.pop_alerts() if isinstance(alert, libtorrent.session_stats_alert)]
    return int(found[-1].values["dht.dht_nodes"]) if found else 0


def options(number: int, **more: object) -> dict[str, object]:
    """A node at an address of its own."""
    return {
        **at(number),
        "services/customer/enabled": False,
        **{key.replace("__", "/").replace("_", "-"): value for key, value in more.items()},
    }


def at(number: int) -> dict[str, object]:
    """The address of that number."""
    address = f"{HERE}.32.{number}"
    return {"services/tcp-connections/host": address, "services/tcp-connections/interface": address}


def entangled(known: str) -> dict[str, object]:
    """In the private DHT."""
    return {
        "services/entangled-dht/enabled": True,
        "services/entangled-dht/private": True,
        "services/entangled-dht/known-nodes": known,
    }


def beacons() -> dict[str, object]:
    """In a local network in which no other test is."""
    return {"services/lan-beacons/enabled": True, "services/lan-beacons/udp-port": free_port()}


def found(peer: Peer, nickname: str) -> dict[str, Any]:
    """Whom that nickname means; waits until somebody is found."""

    def look() -> dict[str, Any] | None:
        answer = peer.client.call("find_peer_by_nickname", nickname)
        return answer if answer["result"] == "exist" else None

    return until(look, 60.0, every=0.5)


def test_by_nickname_alone(net: Network, dht: str) -> None:
    """
    Two who know nothing but each other's nickname, with every identity server dead for good: found through
    the DHT, unverified; and a message each way.
    """
    server = net.start_identity_server()
    alice, bob = (
        net.start([name], {**options(number, personal__nickname=nickname), **entangled(dht)})[0]
        for number, name, nickname in ((1, "alice", "Alice in Wonderland"), (2, "bob", "Bob the Builder"))
    )
    server.kill()
    there = found(alice, "bob the builder")
    rows = {row["name"]: row for row in alice.client.call("directories_list")}
    assert rows["entangled-dht"]["state"] == "ON"
    assert rows["entangled-dht"]["knows"] >= SIZE // 2
    assert rows["entangled-dht"]["found"] >= 1
    assert rows["identity-servers"]["found"] < rows["identity-servers"]["asked"]
    assert rows["lan-beacons"]["state"] == "OFF"
    candidate = there["candidates"][0]
    assert candidate["state"] == "unverified"
    assert there["idurl"].endswith(f"/bob.xml#seen={candidate['fingerprint']}")
    assert bob.client.call("identity_get")["fingerprint"] == candidate["fingerprint"]
    back = found(bob, "ALICE in wonderland")
    for writer, reader, to in ((alice, bob, there), (bob, alice, back)):
        text = f"from {writer.name}"
        writer.client.call("send_message", to["idurl"], text)
        until(lambda reader=reader, text=text: text in _texts(reader))
    # What a search has found nobody has vouched for, whoever hands it on.
    alice.client.call("add_correspondent", there["idurl"])
    [row] = alice.client.call("list_correspondents")
    assert row["state"] == "unverified"


def test_by_nickname_behind_a_relay(net: Network, dht: str) -> None:
    """
    One whom nobody can dial, and who is in no DHT himself: his relay gathers under his nickname.  A stranger
    who knows only that, with every identity server dead, finds him, unverified; a message goes each way.
    """
    server = net.start_identity_server()
    [rita] = net.start(["rita"], {**options(6), **entangled(dht), "services/proxy-server/enabled": True})
    bob = walled_in(
        net,
        "bob",
        {
            "services/customer/enabled": False,
            "services/entangled-dht/enabled": False,
            "services/proxy-transport/receiving-enabled": True,
            "services/proxy-transport/preferred-routers": idurl(rita),
            "personal/nickname": "Bob the Builder",
        },
    )
    until(lambda: relayed(bob), 100)
    [alice] = net.start(["alice"], {**options(7, personal__nickname="Alice"), **entangled(dht)})
    server.kill()
    there = found(alice, "bob the builder")
    [candidate] = there["candidates"]
    assert candidate["state"] == "unverified"
    assert candidate["fingerprint"] == bob.client.call("identity_get")["fingerprint"]
    assert alice.client.call("ping", there["idurl"])["transport"] == "relay"
    alice.client.call("send_message", there["idurl"], "from alice")
    until(lambda: "from alice" in _texts(bob))
    [came] = bob.client.call("list_messages")
    bob.client.call("send_message", came["sender"], "from bob")
    until(lambda: "from bob" in _texts(alice))


def _texts(peer: Peer) -> list[str]:
    return [each["message"] for each in peer.client.call("list_messages") if each["direction"] == "in"]


def test_known_peers_meet_in_the_local_network(net: Network) -> None:
    """
    T39: with every identity server dead and no DHT, somebody comes back at another address and port: his
    acquaintance hears his beacon, and what waited for him is there.
    """
    lan = beacons()
    server = net.start_identity_server()
    alice, bob = (
        net.start([name], {**options(number), **lan})[0] for number, name in ((3, "alice"), (4, "bob"))
    )
    idurl = bob.client.call("identity_get")["idurl"]
    alice.client.call("add_correspondent", idurl)
    bob.stop()
    server.kill()
    alice.client.call("send_message", idurl, "are you there?")
    for key, value in at(5).items():
        Settings(bob.home / SETTINGS).set(key, value)
    again(bob)
    # How soon two hear each other is seen in `directory/test_lan`, on a clock that is turned by hand.
    until(lambda: "are you there?" in _texts(bob), 20.0)
