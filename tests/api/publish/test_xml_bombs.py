"""What an XML-RPC body can cost: no time, no memory, no look at a file or the network.  T51."""

import builtins
import socket
import time
import tracemalloc

import pytest

from tests.web.doors import AUTH, XML
from tests.web.xml_calls import call_text

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 20))
    + b"]><methodCall><methodName>&a19;</methodName></methodCall>"
)
QUADRATIC = (
    b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 25_000 + b'">]>'
    b"<methodCall><methodName>" + b"&a;" * 8_000 + b"</methodName></methodCall>"
)
STOP = b"<methodCall><methodName>stop</methodName></methodCall>"


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(LAUGHS, id="billion laughs"),
        pytest.param(QUADRATIC, id="quadratic"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + STOP, id="external file"),
        pytest.param(b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">' + STOP, id="external DTD"),
        pytest.param(
            b"<!DOCTYPE x [<!ENTITY % a SYSTEM 'http://127.0.0.1/'>%a;]>" + STOP, id="parameter entity"
        ),
        pytest.param(
            b"<?xml version='1.0' encoding='utf-7'?>+ADw-methodCall+AD4-" + STOP, id="UTF-7 in disguise"
        ),
        pytest.param((b"<!DOCTYPE x>" + STOP).decode().encode("utf-16"), id="UTF-16 with a DTD"),
        pytest.param((b"<!DOCTYPE x>" + STOP).decode().encode("utf-16-be"), id="UTF-16, no mark"),
        pytest.param(call_text("stop", []).replace(b"stop", b"<a>" * 100_000), id="deep"),
    ],
)
def test_a_bomb_does_not_go_off(browser, node, monkeypatch, bomb):
    """T51: a fault within 50 ms of computing and 8 MiB, and nothing is opened or connected."""
    touched = []
    ask = lambda: browser.ask("POST", "/RPC2", bomb, AUTH | XML)  # noqa: E731
    ask()
    monkeypatch.setattr(builtins, "open", lambda *args, **_: touched.append(args))
    monkeypatch.setattr(socket, "socket", lambda *args, **_: touched.append(args))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: touched.append(args))
    costs = []
    for _ in range(3):
        began = time.process_time()
        reply = ask()
        costs.append(time.process_time() - began)
        assert (reply.status, b"-32700" in reply.body) == (200, True)
    tracemalloc.start()
    try:
        ask()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert min(costs) < 0.05
    assert peak < 8 * 2**20
    assert touched == []
    assert node.asked == []
