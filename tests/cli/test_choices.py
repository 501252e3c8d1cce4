"""The owner's choices about peers and settings, from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.stub import StubNode, supplier

DAVE = "http://id.example.net/dave.xml"
BOB = "http://id.example.net/bob.xml"


def test_supplier_change(run: Run, node: StubNode) -> None:
    """A name that the list shows is the IDURL behind it; the old word reaches the same."""
    node.answers |= {"suppliers_list": [supplier(0, "bob")], "supplier_change": {"result": "done"}}
    assert run("supplier", "change", "-y", "bob", DAVE).out == "done\n"
    assert node.calls[-1] == ("supplier_change", BOB, DAVE)
    run("supplier", "hire", "-y", "0", DAVE)
    assert node.calls[-1] == ("supplier_change", "0", DAVE)


def test_customer_remove(run: Run, node: StubNode) -> None:
    """By name or IDURL, with the word of the original too; and the way back."""
    node.answers |= {"customers_list": [{"idurl": BOB}], "customer_reject": {"result": "gone"}}
    assert run("customer", "remove", "-y", "bob").out == "gone\n"
    assert node.calls[-1] == ("customer_reject", BOB, False)
    run("customers", "reject", "-y", BOB, "--allow")
    assert node.calls[-1] == ("customer_reject", BOB, True)


def test_customer_ping(run: Run, node: StubNode) -> None:
    """All of them; the exit code says whether some or all are silent."""
    there = {"position": 0, "result": "Ack", "error": ""}
    away = {"position": 1, "result": "away", "error": "offline"}
    for answer, code in (([], 0), ([there], 0), ([there, away], 3), ([away], 13)):
        node.answers["customers_ping"] = answer
        assert run("customer", "ping").code == code
        assert run("--json", "customer", "ping").json == answer


def test_reconnect(run: Run, node: StubNode) -> None:
    """One word."""
    node.answers["reconnect"] = {"result": "reconnected"}
    assert run("reconnect").out == "reconnected\n"


def test_network(run: Run, node: StubNode) -> None:
    """The verdict first, then what to do, then what it rests on."""
    road = {"port": 7771, "mapped": 0, "connections": 1}
    seen = [{"place": "203.0.113.10:7771", "observers": 3, "networks": 2}]
    node.answers["network_status"] = {
        "state": "Unreachable", "reachable": "not", "sentence": "Others cannot come here.",
        "next": ["forward the port"], "nat": "none", "connections": 4,
        "roads": [{"name": "tcp", **road, "seen": seen}, {"name": "udp", **road, "mapped": 9, "seen": []}],
        "addresses": ["10.0.0.2"], "contacts": ["tcp://203.0.113.10:7771"], "relays": [],
    }  # fmt: skip
    assert run("network").out.splitlines() == [
        "not: Others cannot come here.",
        "  next       forward the port",
        "  tcp        port 7771, 1 connection",
        "             seen at 203.0.113.10:7771 by 3 in 2 networks",
        "  udp        port 7771, router's port 9, 1 connection",
        "  router     none for UDP",
        "  addresses  10.0.0.2",
        "  published  tcp://203.0.113.10:7771",
        "  relays     -",
    ]
    assert run("network", "stun").out == run("network").out


def test_directories(run: Run, node: StubNode) -> None:
    """A line for each, and behind it what is wrong."""
    server = {"name": "identity-servers", "state": "ON", "knows": 2, "asked": 5, "found": 4, "trouble": ""}
    dht = {"name": "entangled-dht", "state": "OFF", "knows": 0, "asked": 0, "found": 0, "trouble": "not here"}
    node.answers["directories_list"] = [server, dht]
    lines = run("directories").out.splitlines()
    assert lines[1].split() == ["identity-servers", "ON", "2", "5", "4", "-"]
    assert lines[2].split() == ["entangled-dht", "OFF", "0", "0", "0", "not", "here"]


def test_connections(run: Run, node: StubNode) -> None:
    """A line for each, with the way; without any, where more is said."""
    each = {"idurl": "http://h/bob.xml", "transport": "udp", "rtt": 0.0123, "since": 0.0, "address": "h:1"}
    node.answers["connections_list"] = [
        {**each, "direct": True, "upgraded": True},
        {**each, "direct": False, "upgraded": False, "rtt": None},
    ]
    lines = run("connections").out.splitlines()
    assert "straight, after a relay" in lines[1]
    assert "12 ms" in lines[1]
    assert "over a relay" in lines[2]
    node.answers["connections_list"] = []
    assert "bitdust network" in run("connections").err


def test_config_explain(run: Run, home: Path) -> None:
    """Of a node that is not running too: sentence, value and its source, default, bounds, variable."""
    told = run("config", "explain", "needed").out
    assert "value     1 GB, from the default" in told
    assert "allowed   1 MB or more" in told
    assert "variable  BITDUST_SERVICES_CUSTOMER_NEEDED_SPACE" in told
    assert "a change  holds at once" in told
    run("config", "set", "needed", "5GiB")
    found = run("--json", "config", "explain", "services/customer/needed-space").json
    assert (found["value"], found["source"], found["default"]) == ("5 GB", "file", "1 GB")
    assert run("config", "explain", "no/such").code == 15


def test_relay(run: Run, node: StubNode) -> None:
    """Sentences first, then who is carried for and by whom, as tables."""
    node.answers["relay_status"] = {
        "result": "This node is a relay.",
        "carried_for": [
            {"idurl": "http://h/sam.xml", "own": True, "circuits": 2, "carried": 3_000_000, "since": 0.0}
        ],
        "carried_by": [
            {"idurl": "http://h/rita.xml", "bulk": False, "size": 131072, "seconds": 120, "since": 0.0}
        ],
    }
    out = run("relay").out
    assert out.startswith("This node is a relay.\n")
    assert "sam" in out
    assert "ours" in out
    assert "128 KB in 120 s" in out
    node.answers["relay_status"] = {"result": "Nothing.", "carried_for": [], "carried_by": []}
    assert run("relay").out == "Nothing.\n"
