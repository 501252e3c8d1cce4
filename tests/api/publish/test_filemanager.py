"""The file manager through every door: as a struct, as text, as the whole body, and under its other names."""

from __future__ import annotations

import json
import xmlrpc.client

import pytest

from bitdust.api.file_shapes import MODE_SHAPES
from bitdust.api.filemanager import MODES
from bitdust.api.shapes import schema_of
from tests.web.doors import AUTH, JSON

STATS = {"params": {"mode": "stats"}}


def test_the_same_through_every_door(browser):
    """XML-RPC, JSON-RPC and REST, by object or by JSON text: one answer."""
    text = json.dumps(STATS)
    answers = [
        browser.xmlrpc("filemanager", STATS),
        browser.xmlrpc("filemanager", text),
        browser.jsonrpc({"jsonrpc": "2.0", "id": 1, "method": "filemanager", "params": [STATS]})["result"],
        browser.jsonrpc(
            {"jsonrpc": "2.0", "id": 1, "method": "filemanager", "params": {"json_request": text}}
        )["result"],
        browser.jsonrpc({"jsonrpc": "2.0", "id": 1, "method": "filemanager_stats"})["result"],
        browser.post("filemanager", STATS).json,
        browser.post("filemanager", {"json_request": text}).json,
        browser.ask("POST", "/filemanager/bridge", text.encode(), AUTH | JSON).json,
    ]
    assert len(answers[0]) == 16
    for answer in answers[1:]:
        assert answer == answers[0]


def test_aliases(browser, node):
    """`filemanager_<mode>` takes an object or words; it is in no list."""
    ask = {"jsonrpc": "2.0", "id": 1, "method": "filemanager_list"}
    by_words = browser.jsonrpc(ask | {"params": ["path=/Users/a=b", "limit=7"]})
    by_names = browser.jsonrpc(ask | {"params": {"path": "/Users/a=b", "limit": 7}})
    assert by_words == by_names
    assert node.asked == [("children", b"/Users/a=b", -1, 7)] * 2
    listed = [
        one["name"]
        for one in browser.jsonrpc({"jsonrpc": "2.0", "id": 1, "method": "rpc.discover"})["result"]["methods"]
    ]
    assert "filemanager" in listed
    assert not [
        name for name in listed + browser.xmlrpc("system.listMethods") if name.startswith("filemanager_")
    ]
    for params in ([5], ["path"], [["path", "/"]]):
        assert browser.jsonrpc(ask | {"params": params})["error"]["code"] == -32602
    assert browser.jsonrpc(ask | {"method": "filemanager_rename"})["error"]["code"] == -32601


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"params": None},
        {"params": []},
        {"params": {}},
        {"params": {"mode": 5}},
        {"params": {"mode": "rename"}},
        {"params": {"mode": "__class__"}},
        "",
        "[]",
        "5",
        "{",
        '"params"',
        "[" * 100_000,
        '{"params": {"mode": NaN}}',
    ],
)
def test_what_is_no_request(browser, node, request_):
    """Anything else is bad arguments at every door, and asks nothing of the node."""
    with pytest.raises(xmlrpc.client.Fault) as fault:
        browser.xmlrpc("filemanager", request_) if request_ != {"params": None} else browser.xmlrpc(
            "filemanager", "null"
        )
    assert fault.value.faultCode == -32602
    told = browser.jsonrpc({"jsonrpc": "2.0", "id": 1, "method": "filemanager", "params": [request_]})
    assert told["error"]["code"] == -32602
    if isinstance(request_, dict):
        reply = browser.post("filemanager", request_)
        assert (reply.status, reply.json["error"]) == (400, "usage")
        assert (
            browser.ask("POST", "/filemanager/bridge", json.dumps(request_).encode(), AUTH | JSON).status
            == 400
        )
    assert node.asked == []


def test_the_bridge_asks_for_the_token(browser):
    """As every door does; and there is nothing beside it."""
    assert browser.ask("POST", "/filemanager/bridge", b"{}", JSON).status == 401
    assert browser.ask("GET", "/filemanager/bridge").status == 405
    assert browser.ask("POST", "/filemanager/other", b"{}", AUTH | JSON).status == 404


def test_names_that_are_no_text(browser):
    """They are shown with U+FFFD, and carry their bytes."""
    _, entry = browser.post("filemanager", {"params": {"mode": "listlocal", "path": "/Users"}}).json
    assert entry == {
        "name": "caf\ufffd\ufffd",
        "rights": "-rw-r--r--",
        "size": "5 bytes",
        "date": entry["date"],
        "type": "file",
        "dirpath": "/Users",
        "path_b64": "L1VzZXJzL2NhZukb",
    }


def test_description(browser):
    """OpenAPI shows the body that is really sent."""
    told = browser.ask("GET", "/api/v1/openapi.json").json["paths"]["/filemanager"]["post"]
    schema = told["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["params"]
    assert len(schema["properties"]["params"]["properties"]["mode"]["enum"]) == 11
    shape = told["responses"]["200"]["content"]["application/json"]["schema"]
    assert [schema_of(MODE_SHAPES[mode]) in shape["anyOf"] for mode in MODES] == [True] * 11
