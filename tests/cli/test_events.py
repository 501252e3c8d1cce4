"""`bitdust events`: what happened, and what happens."""

from __future__ import annotations

from typing import Any

from bitdust.errors import NoDaemon
from tests.cli.conftest import Run
from tests.cli.stub import StubNode


def event(number: int, type: str = "node.ready", **data: Any) -> dict[str, Any]:
    return {"id": number, "time": "2026-11-23T15:58:13.705Z", "type": type, "data": data}


def test_the_latest(run: Run, node: StubNode) -> None:
    """A line each for people, the list for programs; the filters reach the node."""
    node.answers["events_list"] = [event(7, "supplier.lost", idurl="http://x/bob.xml", why="away")]
    outcome = run("events", "--types", "supplier.*", "-n", "5")
    assert outcome.out.split() == [
        "2026-11-23",
        "15:58:13",
        "supplier.lost",
        "idurl=http://x/bob.xml",
        "why=away",
    ]
    assert node.calls[-1] == ("events_list", None, 5, ["supplier.*"])
    assert run("events", "--json", "--since", "3").json[0]["id"] == 7
    assert node.calls[-1] == ("events_list", 3, 20, None)


def test_following(run: Run, node: StubNode) -> None:
    """It looks back, then goes on from there, missing nothing and telling nothing twice; the end is told."""
    answers = iter([[event(5)], [event(4), event(5), event(6)], [event(6), event(7)], []])

    def events_list(*asked: Any) -> Any:
        try:
            return next(answers)
        except StopIteration:
            raise NoDaemon from None

    node.answers["events_list"] = events_list
    outcome = run("--json", "events", "--follow")
    assert [each["id"] for each in outcome.lines] == [4, 5, 6, 7]
    assert outcome.code == 10
    assert [call[1] for call in node.calls] == [None, None, 5, 7, 7]
