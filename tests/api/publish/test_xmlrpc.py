"""The XML-RPC door."""

import re
from xmlrpc.client import Binary, Fault

import pytest
from twisted.logger import globalLogPublisher

from bitdust.api.methods import all_methods
from bitdust.api.publish.xmlrpc import signatures, split_arguments
from bitdust.errors import BitDustError, NoSpace, Refused
from tests.api.fakes import ALICE, BACKUP
from tests.web.doors import AUTH, XML
from tests.web.xml_calls import call_text


def fault(browser, name, *args):
    """The fault a call ends with."""
    with pytest.raises(Fault) as caught:
        browser.xmlrpc(name, *args)
    return caught.value


def test_positional(browser):
    """The seed's calls with positional arguments."""
    assert browser.xmlrpc("config_get", "logs/debug-level")["value"] == "8"
    assert browser.xmlrpc("restore_single", BACKUP, "/tmp/out")["result"].endswith("/tmp/out")


def test_any_post_of_xml_to_the_root(browser):
    """Old clients post to the root."""
    assert browser.xml(call_text("stop", []), "/") == {"result": "stopped"}


def test_wide_integers_and_nil(browser):
    """Integers beyond 32 bits go as <i8>, both ways; None as <nil/>."""
    reply = browser.ask("POST", "/RPC2", call_text("customers_list", []), AUTH | XML)
    assert b"<i8>8589934592</i8>" in reply.body
    key = "services/customer/needed-space"
    assert browser.xmlrpc("config_set", key, 2**33)["value"] == "8 GB"
    assert browser.xmlrpc("suppliers_list")[0]["rtt"] is None
    assert browser.xmlrpc("config_set", key, "2 GB", None)["old_value"] == "8 GB"
    assert browser.xmlrpc("backups_list")[1]["size"] == 2**33


def test_a_struct_behind_the_required_arguments_is_keywords(browser, node):
    """One struct beyond the last required argument fills keywords; elsewhere it is the argument itself."""
    browser.xmlrpc("ping", ALICE, {"timeout": 3})
    assert node.asked == [("ping", ALICE, 3.0)]
    assert len(browser.xmlrpc("backups_list", {"limit": 1, "after": None})) == 1
    assert browser.xmlrpc("config_get", "no/such", {"default": "x"})["value"] == "x"
    for args in (
        (ALICE, {"timeout": 3, "x": 1}),
        (ALICE, {"idurl": "x"}),
        ({"idurl": ALICE},),
        (ALICE, 1, {}),
    ):
        if args[-1]:
            assert fault(browser, "ping", *args).faultCode == -32602


def test_split_arguments():
    """An empty struct beyond the required arguments is no argument at all."""
    ping = all_methods()["ping"]
    assert split_arguments(ping, [ALICE, {}]) == ([ALICE], {})
    assert split_arguments(ping, [{"timeout": 1}]) == ([{"timeout": 1}], {})
    assert split_arguments(ping, [ALICE, 1, {"timeout": 1}]) == ([ALICE, 1, {"timeout": 1}], {})
    assert split_arguments(ping, []) == ([], {})


def test_fault_codes(browser, node):
    """Unknown method, bad arguments, and 1000 + exit code for the rest; the text ends with hint and id."""
    assert fault(browser, "no_such").faultCode == -32601
    assert fault(browser, "config_get").faultCode == -32602
    assert fault(browser, "config_get", "a", "b", "c").faultCode == -32602
    assert fault(browser, "config_set", "logs/debug-level", "loud").faultCode == -32602
    missing = fault(browser, "backup_start_id", "9")
    assert missing.faultCode == 1015
    assert missing.faultString.startswith("item 9 is not in the catalog\nhint: ")
    assert missing.faultString.endswith("\nerror: not_found")
    node.fake_backups.error = NoSpace("no room")
    assert fault(browser, "backup_start_id", "0").faultCode == 1014
    node.fake_backups.error = Refused("no_space", "full")
    assert "full" in fault(browser, "backup_start_id", "0").faultString
    node.identity = None
    assert fault(browser, "backups_list").faultCode == 1011


@pytest.mark.parametrize(
    "name",
    [
        *("__class__", "system.listMethods.__globals__", "api.os.system", "a." * 10000, "system", "system."),
        *("xmlrpc_stop", "_call", "render", "", "stop ", "Stop", "system._call", "filemanager_list"),
    ],
)
def test_dispatch_is_a_fixed_list(browser, node, name):
    """T49: names that are in no list reach nothing."""
    assert fault(browser, name).faultCode == -32601
    assert node.asked == []


def test_introspection(browser):
    """Every method is listed, with real help and real signatures."""
    names = browser.xmlrpc("system.listMethods")
    assert set(names) == set(all_methods()) | {
        *("system.listMethods", "system.methodHelp", "system.methodSignature", "system.multicall"),
        "system.getCapabilities",
    }
    types = {"string", "int", "double", "boolean", "array", "struct"}
    for name in names:
        usage, _, told = browser.xmlrpc("system.methodHelp", name).partition("\n\n")
        assert re.fullmatch(rf"{re.escape(name)}\(.*\)", usage)
        assert told.partition("\n\n")[0].endswith((".", "`.", "}}`."))
        ways = browser.xmlrpc("system.methodSignature", name)
        arguments = [word for word in usage.partition("(")[2][:-1].split(", ") if word]
        assert {len(way) - 1 for way in ways} == set(
            range(sum("=" not in word for word in arguments), len(arguments) + 1)
        )
        assert {word for way in ways for word in way} <= types
        for way in ways if name.startswith("system.") else []:
            # The door's own methods take what they say, and answer it.
            given = {"string": "stop", "array": []}
            answer = browser.xmlrpc(name, *(given[word] for word in way[1:]))
            assert type(answer) is {"struct": dict, "array": list, "string": str}[way[0]]
    assert browser.xmlrpc("system.methodSignature", "filemanager") == [
        ["array", "struct"],
        ["array", "string"],
        ["struct", "struct"],
        ["struct", "string"],
    ]
    assert ["struct", "string", "double", "int"] in browser.xmlrpc("system.methodSignature", "config_set")
    assert browser.xmlrpc("system.methodHelp", "config_get").startswith(
        "config_get(key, default=None)\n\nRead one"
    )
    assert browser.xmlrpc("system.methodSignature", "ping") == [
        ["struct", "string"],
        ["struct", "string", "double"],
    ]
    assert browser.xmlrpc("system.methodSignature", "config_list") == [["array"], ["array", "boolean"]]
    assert signatures(all_methods()["stop"]) == [["struct"]]
    assert "nil" in browser.xmlrpc("system.getCapabilities")
    for args in (("no_such",), (5,), ([],)):
        assert fault(browser, "system.methodHelp", *args).faultCode == -32601
    for args in ((), ("a", "b")):
        assert fault(browser, "system.methodHelp", *args).faultCode == -32602


def test_multicall(browser, node):
    """Each call has its own answer or its own fault, in order; no recursion; a limit."""
    calls = [
        {"methodName": "config_get", "params": ["logs/debug-level"]},
        {"methodName": "no_such", "params": []},
        {"methodName": "system.multicall", "params": [[]]},
        {"methodName": "backup_start_id", "params": ["9"]},
        {"methodName": 5},
        "x",
        {"methodName": "ping", "params": [ALICE, {"timeout": 2}]},
        {"methodName": "system.listMethods", "params": []},
    ]
    results = browser.xmlrpc("system.multicall", calls)
    assert results[0][0]["value"] == "8"
    codes = [result["faultCode"] for result in results[1:6]]
    assert codes == [-32601, -32602, 1015, -32602, -32602]
    assert node.asked[-1] == ("ping", ALICE, 2.0)
    assert "stop" in results[7][0]
    for args in ((), (5,), ([], []), ([{}] * 1001,)):
        assert fault(browser, "system.multicall", *args).faultCode == -32602


def test_a_mistake_of_ours_is_told_without_details(browser, node):
    """What nobody foresaw is logged; the caller hears no traceback."""
    events = []
    globalLogPublisher.addObserver(events.append)
    try:
        node.broken = True
        told = fault(browser, "process_health")
        node.fake_backups.error = KeyError("secret details")
        again = fault(browser, "backups_update")
    finally:
        globalLogPublisher.removeObserver(events.append)
    assert told.faultCode == again.faultCode == 1001
    assert "secret" not in told.faultString + again.faultString
    assert [event["log_failure"].type for event in events if "log_failure" in event] == [
        RuntimeError,
        KeyError,
    ]


def test_arguments_of_other_types(browser):
    """Binary, dates and nested values are refused as arguments, not passed on."""
    for odd in (Binary(b"x"), [["a"]], {"a": {"b": 1}}, 1.5):
        assert fault(browser, "config_get", odd).faultCode == -32602


def test_texts_that_xml_cannot_carry(browser, node):
    """An answer is always XML that a client can read, whatever is in it."""
    node.fake_backups.error = BitDustError("a\0b\x1b\ud800")
    assert fault(browser, "backups_update").faultString.startswith("a\ufffdb\ufffd\ufffd\n")


MANY = 100_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"{}",
        b"<methodCall/>",
        b"<methodCall></methodCall>",
        b"<methodCall><methodName>stop</methodName>",
        b"<methodResponse><params><param><value><int>1</int></value></param></params></methodResponse>",
        b"<params><param><value><int>1</int></value></param></params>",
        b"<?xml version='1.0' encoding='utf-7'?><methodCall><methodName>stop</methodName></methodCall>",
        b"<?xml version='1.0' encoding='no-such'?><methodCall><methodName>stop</methodName></methodCall>",
        b"<!DOCTYPE x><methodCall><methodName>stop</methodName><params/></methodCall>",
        b"<!DOCTYPE x [<!ENTITY a 'stop'>]><methodCall><methodName>&a;</methodName><params/></methodCall>",
        b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><methodCall><methodName>stop</methodName></methodCall>",
        "<!DOCTYPE x><methodCall><methodName>stop</methodName></methodCall>".encode("utf-16"),
        call_text("stop", []).replace(b"stop", b"st\0op"),
        call_text("config_get", [5]).replace(b">5<", b">" + b"9" * 1_000_000 + b"<"),
        call_text("config_get", [5]).replace(b"<int>5</int>", b"<array><data><value>" * 10_000),
        call_text("config_get", [5]).replace(b"<int>5</int>", b"<dateTime.iso8601>x</dateTime.iso8601>"),
        call_text("config_get", [5]).replace(b"<int>5</int>", b"<base64>!</base64>"),
        call_text("config_get", [5]).replace(b"<int>5</int>", b"<struct><member></member></struct>"),
        call_text("config_get", [5]).replace(b"<int>5</int>", b"<i4>x</i4>"),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_hostile_bodies(browser, node, body):
    """T51, T52: what is no call, holds a DTD, or is too deep or too long a number, is only a fault."""
    with pytest.raises(Fault) as caught:
        browser.xml(body)
    assert caught.value.faultCode in (-32700, -32602)
    assert node.asked == []
    assert browser.xmlrpc("stop") == {"result": "stopped"}


def test_nested_arrays(browser, node):
    """T52: a hundred thousand nested arrays are a fault, whichever limit they meet first."""
    deep = b"<array><data>" * MANY
    reply = browser.ask(
        "POST", "/RPC2", call_text("config_get", [5]).replace(b"<int>5</int>", deep), AUTH | XML
    )
    assert reply.status == 413
    short = b"<a>" * MANY
    reply = browser.ask("POST", "/RPC2", b"<methodCall>" + short, AUTH | XML)
    assert reply.status == 200
    assert b"-32700" in reply.body
    assert browser.xmlrpc("stop") == {"result": "stopped"}


def test_only_post(browser, node):
    """A GET is told what is allowed."""
    reply = browser.ask("GET", "/RPC2")
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_forms_are_no_calls(browser, node, kind):
    """T48: a form of a web page cannot make a call."""
    headers = AUTH | ({"Content-Type": kind} if kind else {})
    for path in ("/RPC2", "/"):
        reply = browser.ask("POST", path, call_text("stop", []), headers)
        assert reply.status in (404, 415)
    assert node.asked == []
