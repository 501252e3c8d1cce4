"""The 26 methods of the seed, at every door and in the manual."""

from __future__ import annotations

import pytest

from bitdust.api.methods import all_methods
from bitdust.api.publish.manual import open_api, open_rpc
from bitdust.api.shapes import SHAPES
from tests.api.seed import SEED


def test_all_of_them_are_there():
    """None is missing."""
    assert set(SEED) <= set(all_methods())
    assert len(SEED) == 26


@pytest.mark.parametrize("name", SEED)
def test_arguments(name):
    """Names, order and defaults of the seed's arguments; what we added comes last and has defaults."""
    method = all_methods()[name]
    words = method.usage.removeprefix(f"{name}(").removesuffix(")").split(", ")
    seed = SEED[name].split(", ") if SEED[name] else []
    assert [word for word in words if word][: len(seed)] == seed
    assert not any(param.required for param in method.params[len(seed) :])


def test_every_method_has_a_shape():
    """What the seed's methods answer is written down; the file manager's answer depends on its mode."""
    assert set(SEED) - set(SHAPES) == {"filemanager"}


def test_every_door_offers_the_same(browser):
    """XML-RPC, JSON-RPC and REST list the same methods."""
    methods = set(all_methods())
    listed = browser.xmlrpc("system.listMethods")
    assert {name for name in listed if not name.startswith("system.")} == methods
    assert {one["name"] for one in open_rpc(all_methods())["methods"]} == methods
    assert {path.removeprefix("/") for path in open_api(all_methods())["paths"]} == methods


@pytest.mark.parametrize("name", all_methods())
def test_every_door_leads_to_it(name, browser):
    """At no door is a listed method unknown: one call too many arguments is refused as that, everywhere."""
    from xmlrpc.client import Fault

    with pytest.raises(Fault) as fault:
        browser.xmlrpc(name, *["x"] * 20)
    assert fault.value.faultCode == -32602
    told = browser.jsonrpc({"jsonrpc": "2.0", "method": name, "params": {"no_such": 1}, "id": 1})
    assert told["error"]["code"] == -32602
    if name == "filemanager":
        assert browser.post(name, {"params": {}}).status == 400
        return
    reply = browser.post(name, {"no_such": 1})
    assert (reply.status, reply.json["error"]) == (400, "usage")
