"""What people write, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from bitdust.api.shapes import SHAPES, schema_of
from bitdust.cli import following
from bitdust.cli.old_words import modern
from bitdust.errors import NoDaemon
from tests.cli.conftest import Run
from tests.cli.stub import StubNode

BOB = "http://id.example.net/bob.xml"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("friends", "contact"),
        ("buddy add http://id.example.net/bob.xml", "contact add http://id.example.net/bob.xml"),
        ("friend check bob", "contact find bob"),
        ("peer nick bob", "contact find bob"),
        ("contact check bob", "contact find bob"),
        ("correspondent list", "contact list"),
        ("msg send bob hello", "message send bob hello"),
        ("messages list", "message list"),
        ("chat", "message"),
    ],
)
def test_old_words(old: str, new: str) -> None:
    """The original's words for friends and messages lead to ours."""
    assert modern(old.split()) == new.split()


ALICE = "http://id.example.net/alice.xml"


def came(number: int, text: str = "hello", sender: str = BOB) -> dict[str, Any]:
    return {
        "id": f"{number:032x}",
        "time": 1e9 + number,
        "direction": "in",
        "sender": sender,
        "recipient": ALICE,
        "message": text,
        "state": "received",
    }


def wrote(number: int) -> dict[str, Any]:
    return {**came(number), "direction": "out", "sender": ALICE, "recipient": BOB, "state": "queued"}


class History:
    """
    A node whose history grows by a step with each question for events; a step of None is a knock at a closed
    door, and after the last one the door stays closed.
    """

    def __init__(self, node: StubNode, first: list[dict[str, Any]], *steps: list[dict[str, Any]] | None):
        self._known = first
        self._steps = iter(steps)
        node.answers |= {"list_messages": self._messages, "events_list": self._events}

    def _messages(self, limit: int, since: float, correspondent: str | None) -> Any:
        return [each for each in self._known if correspondent in (None, each["sender"])][-limit:]

    def _events(self, since: int | None, limit: int, types: Any = None, wait: float = 0) -> Any:
        step = next(self._steps, None)
        if step is None:
            raise NoDaemon
        self._known = [*self._known, *step]
        return [{"id": (since or 0) + 1, "time": "", "type": "message.received", "data": {}}] if step else []


@pytest.fixture
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Ctrl+C is pressed at the knock of that number."""

    def at(number: int) -> None:
        knocks = iter(range(number))

        def knock(seconds: float) -> None:
            if next(knocks, None) is None:
                raise KeyboardInterrupt

        monkeypatch.setattr("bitdust.cli.following.time.sleep", knock)

    return at


def test_following(run: Run, node: StubNode, ctrl_c: Callable[[int], None]) -> None:
    """
    What comes is shown once, in its order; not what was there, nor what we wrote, nor a repetition.  Of two
    senders who chose the same id neither hides the other.  Ctrl+C ends it as it ends everything.
    """
    ctrl_c(0)
    eve = "http://id.example.net/eve.xml"
    History(node, [came(1)], [], [came(2), wrote(3)], [], [came(2), came(2, sender=eve), came(4)])
    outcome = run("--json", "message", "follow")
    assert outcome.lines == [came(2), came(2, sender=eve), came(4)]
    for line in outcome.lines:
        jsonschema.validate([line], schema_of(SHAPES["list_messages"]))
    assert outcome.code == 130
    History(node, [came(1)], [], [came(2, "one\u202etwo"), came(5, sender=eve)])
    outcome = run("message", "follow", "--with", BOB)
    assert [line.strip() for line in outcome.out.splitlines()[1:]] == ["one\ufffdtwo"]


def test_while_it_begins(run: Run, node: StubNode, ctrl_c: Callable[[int], None]) -> None:
    """A message that comes between the command's first questions is shown, though its event is past."""
    ctrl_c(0)
    History(node, [came(1)], [came(2)])
    assert run("--json", "message", "follow").lines == [came(2)]


def test_many_at_once(run: Run, node: StubNode, ctrl_c: Callable[[int], None]) -> None:
    """More than one look holds are all shown."""
    ctrl_c(0)
    many = [came(number) for number in range(2, 300)]
    History(node, [came(1)], [], many)
    assert run("--json", "message", "follow").lines == many


def test_the_node_restarts_meanwhile(
    run: Run, node: StubNode, ctrl_c: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for, which is said, and what came meanwhile is shown; when it stays away, that is said."""
    ctrl_c(2)
    History(node, [], [], None, None, [came(1)])
    outcome = run("message", "follow")
    assert outcome.out.count("hello") == 1
    assert outcome.err.count("waiting for it to come back") == 2
    monkeypatch.setattr(following, "PATIENCE", 0.0)
    History(node, [], [], [came(1)])
    outcome = run("--json", "message", "follow")
    assert (outcome.code, outcome.lines) == (10, [came(1)])
    assert json.loads(outcome.err)["error"] == "no_daemon"
