"""The JSON-RPC door."""

import json

import pytest

from bitdust.api.methods import all_methods
from tests.api.fakes import ALICE
from tests.web.doors import AUTH, JSON


def ask(method, params=None, number=1):
    """A call as it is sent."""
    call = {"jsonrpc": "2.0", "method": method}
    if params is not None:
        call["params"] = params
    return call if number is None else call | {"id": number}


def test_positional_and_named(browser, node):
    """Both forms of arguments; wide integers; the value is bare."""
    assert browser.jsonrpc(ask("config_get", ["logs/debug-level"])) == {
        "jsonrpc": "2.0",
        "result": {"key": "logs/debug-level", "type": "positive integer", "value": "8"},
        "id": 1,
    }
    assert browser.jsonrpc(ask("ping", {"idurl": ALICE, "timeout": 3}, "x"))["id"] == "x"
    assert node.asked == [("ping", ALICE, 3.0)]
    set_it = ask("config_set", {"key": "services/customer/needed-space", "value": 2**33})
    assert browser.jsonrpc(set_it)["result"]["value"] == "8 GB"
    assert browser.jsonrpc(ask("backups_list"))["result"][1]["size"] == 2**33
    assert browser.jsonrpc(ask("stop", {}, None) | {"id": None})["id"] is None


def test_notifications(browser, node):
    """A call without id is done and not answered, not even with its error."""
    assert browser.jsonrpc(ask("stop", [], None)) is None
    assert browser.jsonrpc(ask("no_such", [], None)) is None
    assert browser.jsonrpc([ask("stop", [], None), ask("stop", [], None)]) is None
    assert node.asked == [("stop",)] * 3
    assert (
        browser.ask("POST", "/jsonrpc", json.dumps(ask("stop", [], None)).encode(), AUTH | JSON).status == 204
    )


def test_batches(browser, node):
    """Each call of a batch has its own answer, notifications none."""
    told = browser.jsonrpc(
        [ask("backups_update", number=1), ask("stop", number=None), ask("no_such", number=2), 5, {}]
    )
    assert [one.get("id") for one in told] == [1, 2, None, None]
    assert [one.get("error", {}).get("code") for one in told] == [None, -32601, -32600, -32600]
    assert node.asked == [("update",), ("stop",)]
    assert browser.jsonrpc([])["error"]["code"] == -32600
    assert browser.jsonrpc([ask("stop")] * 1001)["error"]["code"] == -32600
    assert len(node.asked) == 2


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (ask("no_such"), -32601),
        (ask("__class__"), -32601),
        (ask("config_get"), -32602),
        (ask("config_get", ["a", "b", "c"]), -32602),
        (ask("config_get", {"kee": "a"}), -32602),
        (ask("config_get", {"node": 1, "self": 2, "key": "x"}), -32602),
        (ask("config_get", [{"default": 1}]), -32602),
        (ask("backup_start_id", ["9"]), 1015),
        (ask("config_get", "key"), -32600),
        (ask("config_get", 5), -32600),
        (ask("stop", [], [1]), -32600),
        (ask("stop", [], True), -32600),
        (ask(5), -32600),
        ({"method": "stop", "id": 1}, -32600),
        ({"jsonrpc": "1.0", "method": "stop", "id": 1}, -32600),
        ({"jsonrpc": "2.0", "id": 1}, -32600),
        (5, -32600),
        (None, -32600),
        ("stop", -32600),
        (ask("rpc.discover", [1]), -32602),
    ],
)
def test_errors(browser, node, call, code):
    """The codes of the specification, and 1000 + exit code for the rest."""
    told = browser.jsonrpc(call)
    assert told["error"]["code"] == code
    assert told["error"]["message"]
    assert "result" not in told
    if code != -32600:
        assert set(told["error"]["data"]) == {"error", "hint", "retryable"}
    assert ("stop",) not in node.asked


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"jsonrpc":"2.0","method":"stop","params":[' + b"9" * 1_000_000 + b"]}",
        b'{"jsonrpc":"2.0","method":"stop","params":[NaN]}',
        b'"' + b'\\"' * 400_000,
        b'["' + b"\\" * 999_999,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_hostile_bodies(browser, node, body):
    """What is not JSON, or too deep, or too long a number, is a parse error, quickly, and the node lives."""
    reply = browser.ask("POST", "/jsonrpc", body, AUTH | JSON)
    assert reply.json["error"]["code"] == -32700
    assert reply.json["id"] is None
    assert node.asked == []


def test_brackets_in_strings_are_not_depth(browser):
    """Only real nesting counts."""
    text = "[" * 1000 + '\\"' + "{" * 1000
    assert browser.jsonrpc(ask("config_get", ["x", text]))["result"]["value"] == text


def test_discover(browser):
    """The door describes itself."""
    document = browser.jsonrpc(ask("rpc.discover"))["result"]
    assert document["openrpc"].startswith("1.")
    assert {one["name"] for one in document["methods"]} == set(all_methods())


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_forms_are_no_calls(browser, node, kind):
    """T48: a form of a web page cannot make a call, nor can a GET."""
    headers = AUTH | ({"Content-Type": kind} if kind else {})
    assert browser.ask("POST", "/jsonrpc", json.dumps(ask("stop")).encode(), headers).status == 415
    assert browser.ask("GET", "/jsonrpc").status == 405
    assert node.asked == []


@pytest.mark.parametrize("number", [b'"\\ud800"', b'"a\\udfff"', b"1e999", b"-1e999"])
def test_an_id_that_cannot_be_sent_back(browser, node, number):
    """Half of a character, or more than any number, is no id: the call is refused, and nothing breaks."""
    call = b'{"jsonrpc":"2.0","method":"stop","id":%s}' % number
    for body in (call, b"[%s]" % call):
        reply = browser.ask("POST", "/jsonrpc", body, AUTH | JSON)
        assert reply.status == 200
        told = reply.json[0] if body is not call else reply.json
        assert (told["id"], told["error"]["code"]) == (None, -32600)
    assert node.asked == []
