"""`bitdust show`: the page in a browser, or a link."""

from __future__ import annotations

import json

from tests.cli.conftest import Run
from tests.cli.stub import StubNode

LINK = {"url": "http://127.0.0.1:8180/login?code=x", "seconds": 60, "browser": False}
SHOWN = {"result": '"show" event sent to the main process'}


def test_show(run: Run, node: StubNode) -> None:
    """Without a browser the link is printed, alone on stdout; with one the node opens the page."""
    node.answers |= {"gui_link": LINK, "show": SHOWN}
    for words in (("show",), ("gui",), ("show", "--link")):
        told = run(*words)
        assert (told.code, told.out) == (0, LINK["url"] + "\n")
    assert json.loads(run("--json", "show").out) == LINK
    node.answers["gui_link"] = LINK | {"browser": True}
    assert run("show").out == SHOWN["result"] + "\n"
    assert run("show", "--link").out == LINK["url"] + "\n"
