"""Must show 2: two users in two processes write to each other, whoever is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bitdust.demo.network import Network, Peer
from tests.processes.nodes import SUPPLIER, again, customer, died, hired, start_dying, until


def of(peer: Peer, direction: str) -> list[dict[str, Any]]:
    """What a user wrote, or what was written to him."""
    return [each for each in peer.client.call("list_messages") if each["direction"] == direction]


def came(peer: Peer) -> list[str]:
    """The texts that came."""
    return [each["message"] for each in of(peer, "in")]


def became(peer: Peer) -> list[str]:
    """What became of what was written."""
    return [each["state"] for each in of(peer, "out")]


@pytest.fixture(scope="module")
def people(net: Network) -> tuple[Peer, Peer]:
    net.start(["sup0", "sup1"], SUPPLIER)
    alice, bob = net.start(["alice", "bob"], customer(2))
    hired(alice)
    hired(bob)
    return alice, bob


def test_two_users(people: tuple[Peer, Peer]) -> None:
    """Found by nickname, added, pinged, written to: there, away, and killed between receipt and display."""
    alice, bob = people
    bob.client.call("config_set", "personal/nickname", "The Builder")
    found = until(lambda: _found(alice, "the builder"))
    assert (found["result"], found["position"], len(found["candidates"])) == ("exist", 0, 1)
    added = alice.client.call("add_correspondent", found["idurl"], "bobby")
    assert added == {"result": "new correspondent was added", "idurl": found["idurl"], "nickname": "bobby"}
    assert alice.client.call("ping", found["idurl"])["transport"] in ("tcp", "udp")

    assert alice.client.call("send_message", "bobby", "one")["state"] == "delivered"
    assert came(bob) == ["one"]
    sender = of(bob, "in")[0]["sender"].partition("#")[0]
    assert bob.client.call("send_message", sender, "back")["state"] == "delivered"
    assert came(alice) == ["back"]

    bob.kill()
    assert alice.client.call("send_message", "bobby", "two")["state"] in ("queued", "at mailbox")
    until(lambda: became(alice) == ["delivered", "at mailbox"], 60)
    again(bob)
    until(lambda: came(bob) == ["one", "two"], 60)
    until(lambda: became(alice) == ["delivered", "delivered"], 60)

    bob.kill()
    start_dying(bob, "bitdust.messaging.messages:Messages._told:1:before")
    bob.wait()
    alice.client.call("send_message", "bobby", "three")
    died(bob, 60)
    again(bob)
    until(lambda: became(alice) == ["delivered"] * 3, 60)
    assert came(bob) == ["one", "two", "three"]
    events = bob.client.call("events_list", 0, 100, ["message.received"])
    assert [each["data"]["id"] for each in events if each["type"] == "message.received"] == [
        of(bob, "in")[2]["id"]
    ]


def test_following(people: tuple[Peer, Peer], tmp_path: Path) -> None:
    """`message follow` shows each message once, over the node's SIGKILL and new start, until Ctrl+C."""
    alice, bob = people
    home, to = str(bob.home), bob.client.call("identity_get")["idurl"]
    out = tmp_path / "out"

    def shown() -> list[str]:
        return [json.loads(line)["message"] for line in out.read_text().splitlines()]

    with out.open("wb") as file:
        follower = subprocess.Popen(
            [sys.executable, "-m", "bitdust.cli", "--home", home, "--json", "message", "follow"],
            stdout=file,
            stderr=subprocess.PIPE,
        )
    try:
        # It is there when it shows something; what it missed before that is no promise of its.
        sent = 0
        while not shown():
            sent += 1
            alice.client.call("send_message", to, f"early {sent}")
        until(lambda: shown()[-1] == f"early {sent}")
        early = shown()
        bob.kill()
        alice.client.call("send_message", to, "while away")
        again(bob)
        alice.client.call("send_message", to, "and after")
        until(lambda: len(shown()) == len(early) + 2, 60)
        assert sorted(shown()[len(early) :]) == ["and after", "while away"]
        assert early == [f"early {number + 1}" for number in range(sent)][-len(early) :]
        follower.send_signal(signal.SIGINT)
        _, said = follower.communicate(timeout=30)
        assert (follower.returncode, json.loads(said)["error"]) == (130, "cancelled")
    finally:
        follower.kill()
        follower.wait()


def _found(peer: Peer, nickname: str) -> dict[str, Any] | None:
    found: dict[str, Any] = peer.client.call("find_peer_by_nickname", nickname)
    return found if found["idurl"] else None
