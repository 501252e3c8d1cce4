"""The pages are brought to their owner."""

from __future__ import annotations

from tests.api.fakes import fake_node
from tests.api.test_methods import call


def test_show(tmp_path):
    """The seed's words, exactly; the node is told."""
    node = fake_node(tmp_path)
    assert call(node, "show") == {"result": '"show" event sent to the main process'}
    assert node.asked == [("show",)]


def test_gui_link(tmp_path):
    """A link, how long it works, and whether the node has a browser."""
    assert call(fake_node(tmp_path), "gui_link") == {
        "url": "http://127.0.0.1:8180/login?code=x",
        "seconds": 60,
        "browser": False,
    }
