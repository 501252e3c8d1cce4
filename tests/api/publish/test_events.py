"""The events door: a stream that has no gaps, one answer that waits, and listeners who are slow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from treq.testing import StubTreq
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from bitdust.api.methods import all_methods
from bitdust.api.publish.events import ALIVE_EVERY, PATIENCE
from bitdust.node.happenings import KEPT, MOST_LISTENERS
from bitdust.web.site import build_site
from tests.web.doors import AUTH, TOKEN, Browser


class Wire(StringTransport):
    """One connection to the site; the other end takes what the test says."""

    aborted = False

    def __init__(self, node: Any, path: str, *headers: str, verb: str = "GET") -> None:
        super().__init__()
        site = build_site(node, all_methods(), TOKEN, node.settings, False, node.clock)
        self.channel = site.buildProtocol(None)
        self.channel.makeConnection(self)
        lines = [f"{verb} {path} HTTP/1.1", "Host: 127.0.0.1", f"X-API-Key: {TOKEN}", *headers, "", ""]
        self.channel.dataReceived("\r\n".join(lines).encode())

    def abortConnection(self) -> None:
        self.aborted = True

    def read(self) -> str:
        """What has come since the last look."""
        text = self.value().decode()
        self.clear()
        return text

    def events(self) -> list[dict[str, Any]]:
        """The events in it."""
        return [json.loads(line[6:]) for line in self.read().splitlines() if line.startswith("data: ")]


def set_level(node: Any, *levels: int) -> None:
    """So many events."""
    for level in levels:
        node.happenings.tell("config.changed", key="logs/debug-level", value=str(level), restart=False)


def test_a_stream(node: Any) -> None:
    """Events come as they happen, with their ids; on a quiet stream a comment shows life."""
    set_level(node, 1)
    wire = Wire(node, "/api/v1/events")
    head = wire.read()
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert "Content-Type: text/event-stream" in head
    assert "retry: 2000" in head
    assert "\ndata:" not in head
    set_level(node, 2)
    last = node.happenings.last
    text = wire.read()
    assert f"id: {last}\ndata: " in text
    event = json.loads(text.split("data: ")[1].split("\n\n")[0])
    assert event == {
        "id": last,
        "time": "2016-03-13T15:37:57.250Z",
        "type": "config.changed",
        "data": {"key": "logs/debug-level", "value": "2", "restart": False},
    }
    node.clock.advance(ALIVE_EVERY)
    assert ": still here\n\n" in wire.read()


def test_coming_back(node: Any) -> None:
    """`Last-Event-ID` goes on where the stream was cut, and wins over `since`; a gap is told."""
    set_level(node, *range(5))
    last = node.happenings.last
    for path in ("/api/v1/events", f"/api/v1/events?since={last - 4}"):
        wire = Wire(node, path, f"Last-Event-ID: {last - 2}", "Accept: text/event-stream")
        assert [event["id"] for event in wire.events()] == [last - 1, last]
    wire = Wire(node, f"/api/v1/events?since={last - 1}", "Accept: text/event-stream")
    assert [event["id"] for event in wire.events()] == [last]
    for odd in ("7", "x", str(last + 9), "9" * 50):
        wire = Wire(node, "/api/v1/events", f"Last-Event-ID: {odd}")
        assert [event["type"] for event in wire.events()] == ["events.lost"] + ["config.changed"] * 5


def test_types(node: Any) -> None:
    """A filter lets only its types through; one that means nothing is refused."""
    wire = Wire(node, "/api/v1/events?types=backup.*,node.ready")
    set_level(node, 1)
    node.happenings.tell("node.ready", idurl="")
    assert [event["type"] for event in wire.events()] == ["node.ready"]
    assert Wire(node, "/api/v1/events?types=bakcup.*").read().startswith("HTTP/1.1 400")
    assert Wire(node, "/api/v1/events?typs=x").read().startswith("HTTP/1.1 400")


def test_a_slow_listener_costs_nothing_and_is_cut_off(node: Any) -> None:
    """While a connection takes nothing, nothing is written to it; in the end it is closed."""
    wire, quick = Wire(node, "/api/v1/events"), Wire(node, "/api/v1/events")
    wire.read()
    wire.producer.pauseProducing()
    set_level(node, *range(100))
    assert wire.read() == ""
    wire.producer.resumeProducing()
    assert [event["data"]["value"] for event in wire.events()] == [str(level) for level in range(100)]
    wire.producer.pauseProducing()
    set_level(node, *range(KEPT + 1))
    assert wire.aborted
    assert wire.read() == ""
    assert not quick.aborted

    waiting = Wire(node, "/api/v1/events")
    waiting.producer.pauseProducing()
    node.clock.pump([ALIVE_EVERY] * (PATIENCE + 1))
    assert waiting.aborted


def test_listeners_are_bounded_and_leave_nothing(node: Any) -> None:
    """One too many is told to come later; who goes makes room, and no timer stays."""
    wires = [Wire(node, "/api/v1/events") for _ in range(MOST_LISTENERS)]
    assert Wire(node, "/api/v1/events").read().startswith("HTTP/1.1 503")
    for wire in wires:
        wire.channel.connectionLost(Failure(ConnectionDone()))
    assert node.happenings._listeners == 0
    set_level(node, 1)
    again = Wire(node, "/api/v1/events")
    assert again.read().startswith("HTTP/1.1 200")


def test_one_answer(browser: Browser, node: Any) -> None:
    """With `since` or `timeout` the answer is the list, at once when there is something."""
    set_level(node, 1, 2, 3)
    last = node.happenings.last
    reply = browser.ask("GET", f"/api/v1/events?since={last - 2}&timeout=60")
    assert [event["id"] for event in reply.json] == [last - 1, last]
    assert reply.json == browser.ask("GET", f"/api/v1/events_list?since={last - 2}").json
    assert browser.xmlrpc("events_list", last - 1)[0]["id"] == last
    assert browser.ask("GET", "/api/v1/events?timeout=61").status == 400
    assert browser.ask("GET", "/api/v1/events_list?limit=0").status == 400
    assert browser.ask("POST", "/api/v1/events").status == 405
    assert [event["data"]["value"] for event in browser.xmlrpc("events_list", {"limit": 2})] == ["2", "3"]


def test_one_answer_waits(browser: Browser, node: Any) -> None:
    """It comes with the next event; or empty, when the time is over."""
    wire = Wire(node, "/api/v1/events?timeout=30")
    assert wire.read() == ""
    set_level(node, 7)
    assert '"value":"7"' in wire.read()
    wire = Wire(node, f"/api/v1/events?since={node.happenings.last}&timeout=30&types=node.*")
    set_level(node, 8)
    node.clock.advance(29)
    assert wire.read() == ""
    node.clock.advance(1)
    assert wire.read().endswith("\r\n\r\n[]")


def test_names_that_cannot_be_shown(browser: Browser, node: Any) -> None:
    """A path that is not UTF-8 has its twin, as everywhere."""
    node.happenings.tell("task.added", task=1, name=b"/caf\xe9")
    data = browser.xmlrpc("events_list")[-1]["data"]
    assert data == {"task": 1, "name": "/caf\ufffd", "path_b64": "L2NhZuk="}


def test_strangers_hear_nothing(node: Any) -> None:
    """Without the token there is no stream."""
    site = build_site(node, all_methods(), TOKEN, node.settings, False, node.clock)
    treq = StubTreq(site.resource)
    asked = treq.get("http://127.0.0.1/api/v1/events")
    treq.flush()
    codes: list[int] = []
    asked.addCallback(lambda response: codes.append(response.code))
    assert codes == [401]
    assert AUTH


@pytest.mark.parametrize("verb", ["HEAD"])
def test_head(node: Any, verb: str) -> None:
    """The kind of answer, without the answer."""
    wire = Wire(node, "/api/v1/events", verb=verb)
    assert "text/event-stream" in wire.read()
    assert node.happenings._listeners == 0
