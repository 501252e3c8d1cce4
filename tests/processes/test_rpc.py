"""Must show 3: any program that speaks XML-RPC or JSON-RPC drives a real node."""

from __future__ import annotations

import http.client
import json
import re
import socket
import xmlrpc.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bitdust.demo.network import Network, Peer
from tests.processes.nodes import (
    SUPPLIER,
    again,
    customer,
    forget_peak,
    hired,
    listens_at,
    memory,
    rows,
    until,
)

Call = Callable[..., Any]
MIB = 2**20
STOP = b"<methodCall><methodName>stop</methodName></methodCall>"
LABEL = r"F\d{14}(AM|PM)\d*"


@pytest.fixture(scope="module")
def alice_once(net: Network) -> Peer:
    net.start(["sup1", "sup2"], SUPPLIER)
    [alice] = net.start(["alice"], customer(2))
    hired(alice)
    return alice


@pytest.fixture
def alice(alice_once: Peer) -> Peer:
    """A customer with two suppliers, running."""
    if alice_once.process is None or alice_once.process.poll() is not None:
        again(alice_once)
        hired(alice_once)
    return alice_once


def port_of(peer: Peer) -> int:
    return int((peer.home / "api-url").read_text().strip().rstrip("/").rpartition(":")[2])


def token_of(peer: Peer) -> str:
    return (peer.home / "api-token").read_text().strip()


def xml_door(peer: Peer) -> Call:
    """The standard library's client, given nothing but a URL."""
    url = f"http://bitdust:{token_of(peer)}@127.0.0.1:{port_of(peer)}/RPC2"

    def call(name: str, *arguments: Any) -> Any:
        with xmlrpc.client.ServerProxy(url) as server:
            return getattr(server, name)(*arguments)

    return call


def json_door(peer: Peer) -> Call:
    """A plain POST."""

    def call(name: str, *arguments: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "method": name, "params": arguments, "id": 7})
        status, told = post(peer, "/jsonrpc", body.encode(), "application/json")
        assert status == 200
        answer = json.loads(told)
        assert (answer["jsonrpc"], answer["id"]) == ("2.0", 7)
        if "error" in answer:
            raise xmlrpc.client.Fault(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    return call


def post(
    peer: Peer, path: str, body: bytes, kind: str, token: str | None = "", **headers: str
) -> tuple[int, bytes]:
    """Status and body of the answer; the node's own token unless another one, or None, is given."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(peer), timeout=30)
    if token is not None:
        headers["Authorization"] = f"Bearer {token or token_of(peer)}"
    try:
        connection.request("POST", path, body, {"Content-Type": kind, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("door", [xml_door, json_door])
def test_a_node_is_driven(alice: Peer, tmp_path: Path, door: Callable[[Peer], Call]) -> None:
    """Add a file, back it up, list it, restore it, delete it, stop the node: each result as api.md has it."""
    call = door(alice)
    file = tmp_path / "photos" / "a.txt"
    file.parent.mkdir()
    file.write_bytes(bytes(range(250)) * 4000)

    result = call("backup_file_add", str(file))
    assert set(result) == {"result"}
    found = re.fullmatch(r"new file was added: ([0-9/]+), local path is (.*)", result["result"])
    assert found
    assert found[2] == str(file)
    item = found[1]
    with pytest.raises(xmlrpc.client.Fault, match=item) as fault:
        call("backup_file_add", str(file))
    assert fault.value.faultCode == 1017

    result = call("backup_start_id", item)
    assert result == {"result": f"uploading {item} started, local path is: {file}"}
    version = until(lambda: [row for row in call("backups_id_list") if row["path"] == str(file)])[0]
    assert set(version) == {"backupid", "path", "size"}
    assert re.fullmatch(rf"{item}/{LABEL}", version["backupid"])
    assert re.fullmatch(r"\d+(\.\d\d?)? (bytes|KB|MB)", version["size"])
    label = version["backupid"].rpartition("/")[2]

    listed = call("backups_list")
    ids = [row["id"] for row in listed]
    assert all(ids.index(one.rpartition("/")[0]) < ids.index(one) for one in ids if "/" in one)
    assert all(set(row) == {"id", "path", "size", "type", "versions"} for row in listed)
    mine = next(row for row in listed if row["id"] == item)
    assert mine["path"] == str(file)
    assert (mine["type"], mine["size"]) == ("file", 1_000_000)
    assert mine["versions"] == [{"blocks": 1, "size": mine["versions"][0]["size"], "version": label}]
    above = next(row for row in listed if row["id"] == item.rpartition("/")[0])
    assert (above["path"], above["type"], above["size"]) == (str(file.parent), "parent", 1_000_000)
    assert above["versions"] == []

    out = tmp_path / "out"
    result = call("restore_single", version["backupid"], str(out))
    assert result == {
        "result": f"downloading of version {version['backupid']} has been started to {out}{file}"
    }
    back = Path(f"{out}{file}")
    until(lambda: call("tasks_list")[-1]["state"] == "done")
    assert back.read_bytes() == file.read_bytes()
    back.write_bytes(b"somebody's own")
    with pytest.raises(xmlrpc.client.Fault) as fault:
        call("restore_single", version["backupid"], str(out))
    assert fault.value.faultCode == 1017
    assert back.read_bytes() == b"somebody's own"

    result = call("backup_delete_id", version["backupid"])
    assert result == {"result": f"version {version['backupid']} was deleted from remote peers"}
    assert next(row for row in call("backups_list") if row["id"] == item)["versions"] == []
    result = call("backup_delete_path", str(file))
    assert result == {"result": f"item {item} was deleted from remote peers"}
    assert item not in [row["id"] for row in call("backups_list")]
    with pytest.raises(xmlrpc.client.Fault, match=item) as fault:
        call("backup_start_id", item)
    assert fault.value.faultCode == 1015

    assert call("stop") == {"result": "stopped"}
    assert alice.process is not None
    assert alice.process.wait(10) == 0


def test_space_comes_back(alice: Peer, net: Network, tmp_path: Path) -> None:
    """What was deleted through the API leaves the suppliers' disks."""
    call = json_door(alice)
    shelves = [net.peers[name].home / "shelf.db" for name in ("sup1", "sup2")]

    def pieces() -> list[int]:
        return [rows(shelf, "SELECT count(*) FROM pieces")[0][0] for shelf in shelves]

    until(lambda: pieces() == [0, 0])
    (tmp_path / "f").write_bytes(bytes(range(256)) * 8192)
    call("backup_start_path", str(tmp_path / "f"))
    until(lambda: [row for row in call("backups_id_list") if row["path"] == str(tmp_path / "f")])
    until(lambda: pieces() == [1, 1])
    call("backup_delete_path", str(tmp_path / "f"))
    until(lambda: pieces() == [0, 0])


@pytest.mark.parametrize("door", [xml_door, json_door])
def test_wide_integers_survive(alice: Peer, tmp_path: Path, door: Callable[[Peer], Call]) -> None:
    """A size beyond 2**31 comes out as the integer it is, and goes in."""
    call = door(alice)
    assert json_door(alice)("config_set", "services/customer/needed-space", 5 * 2**30)["value"] == "5 GB"
    needed = call("space_consumed")["needed"]
    assert (type(needed), needed) == (int, 5 * 2**30)
    body = (
        "<methodCall><methodName>config_set</methodName><params>"
        "<param><value><string>services/customer/needed-space</string></value></param>"
        f"<param><value><i8>{2**33}</i8></value></param></params></methodCall>"
    )
    status, answer = post(alice, "/RPC2", body.encode(), "text/xml")
    assert status == 200
    assert b"8 GB" in answer
    assert call("space_consumed")["needed"] == 2**33
    assert call("config_set", "services/customer/needed-space", "1 GB")["old_value"] == "8 GB"


def test_without_the_token_nothing_opens(alice: Peer) -> None:
    """T45: no token, a wrong one, an empty one, one in the query: 401, and the node does not stop."""
    body = b'{"jsonrpc":"2.0","method":"stop","id":1}'
    xml = STOP
    for path, content, kind in (("/jsonrpc", body, "application/json"), ("/RPC2", xml, "text/xml")):
        for token in (None, "wrong", " ", token_of(alice)[:-1], token_of(alice).swapcase()):
            assert post(alice, path, content, kind, token)[0] == 401
        assert post(alice, f"{path}?token={token_of(alice)}", content, kind, None)[0] == 401
    with (
        xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port_of(alice)}/RPC2") as server,
        pytest.raises(xmlrpc.client.ProtocolError) as refused,
    ):
        server.stop()
    assert refused.value.errcode == 401
    assert alice.client.call("process_health")["state"]


def test_other_hosts_and_origins_are_refused(alice: Peer) -> None:
    """T46, T47: a page of somebody else's reaches nothing, with the token or without."""
    body = b'{"jsonrpc":"2.0","method":"process_health","id":1}'
    port = port_of(alice)
    for host in ("evil.com", "127.0.0.1.evil.com", f"localhost:{port + 1}", f"evil.com:{port}", ""):
        assert post(alice, "/jsonrpc", body, "application/json", Host=host)[0] == 421
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        assert post(alice, "/jsonrpc", body, "application/json", Host=host)[0] == 200
    for headers in (
        {"Origin": "https://evil.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert post(alice, "/jsonrpc", body, "application/json", **headers)[0] == 403


def test_forms_and_questions_change_nothing(alice: Peer) -> None:
    """T48: what an HTML form can send is refused by its type; a GET changes nothing."""
    body = b'{"jsonrpc":"2.0","method":"stop","id":1}'
    xml = STOP
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert post(alice, "/jsonrpc", body, kind)[0] == 415
        assert post(alice, "/RPC2", xml, kind)[0] == 415
    connection = http.client.HTTPConnection("127.0.0.1", port_of(alice), timeout=10)
    connection.request("GET", "/api/v1/stop", headers={"Authorization": f"Bearer {token_of(alice)}"})
    assert connection.getresponse().status == 405
    connection.close()
    assert alice.client.call("process_health")["state"]


def test_names_of_methods_are_only_looked_up(alice: Peer) -> None:
    """T49: nothing but the documented names is ever called."""
    for name in (
        "__class__", "system.listMethods.__globals__", "api.os.system", "_build", "node.stop", "shut_down",
        ".".join("a" * 5000), "stop\0", "",
    ):  # fmt: skip
        with pytest.raises(xmlrpc.client.Fault) as fault:
            json_door(alice)(name)
        assert fault.value.faultCode == -32601
        body = f"<methodCall><methodName>{name.replace(chr(0), '')}.x</methodName></methodCall>"
        status, told = post(alice, "/RPC2", body.encode(), "text/xml")
        assert status == 200
        assert b"<int>-32601</int>" in told
    listed = xml_door(alice)("system.listMethods")
    assert {"stop", "restart", "config_get", "backups_list", "restore_single", "ping"} <= set(listed)
    assert all(method in listed or method.startswith("system.") for method in listed)


def malformed() -> Iterator[tuple[str, str, bytes]]:
    xml, jsn = ("/RPC2", "text/xml"), ("/jsonrpc", "application/json")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for body in (
        b"",
        b"\0" * 1000,
        b"<methodCall>",
        b"<methodCall/>",
        b"<methodResponse><params/></methodResponse>",
        b"<methodCall><methodName>stop</methodName><params><param><value><int>x</int></value></param>",
        b"<methodCall><methodName>stop</methodName><params><param><value><int>x</int></value></param>"
        b"</params></methodCall>",
        f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]>'.encode() + STOP.replace(b"stop", b"&l9;"),
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><methodCall><methodName>&x;</methodName>'
        b"</methodCall>",
        b"<methodCall><methodName>stop</methodName><params><param>"
        + b"<value><array><data>" * 40_000
        + b"</data></array></value>" * 4,
        b"<methodCall><methodName>config_get</methodName><params><param><value><int>"
        + b"9" * 1_000_000
        + b"</int></value></param></params></methodCall>",
        ("<?xml version='1.0' encoding='utf-16'?>" + STOP.decode()).encode("utf-16")[:-7],
    ):
        yield (*xml, body)
    for body in (
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"jsonrpc":"2.0","method":"config_get","params":[' + b"9" * 1_000_000 + b'],"id":1}',
        b'{"jsonrpc":"2.0","method":"config_get","params":[NaN],"id":1}',
        b'{"jsonrpc":"2.0","method":7,"id":1}',
        b'{"jsonrpc":"2.0","method":"stop","params":"x","id":1}',
        b'{"jsonrpc":"2.0","method":"stop","params":[1,2,3,4,5],"id":1}',
        b'{"jsonrpc":"1.0","method":"stop","id":1}',
        b'{"jsonrpc":"2.0","method":"stop","id":{}}',
        b"[" + b"7," * 2000 + b"7]",
    ):
        yield (*jsn, body)


def test_malformed_bodies(alice: Peer) -> None:
    """T51, T52: none of them is taken for a call, each is answered with an error, memory hardly grows."""
    assert alice.client.call("process_health")["state"]
    forget_peak(alice)
    before = memory(alice, "VmRSS")
    for path, kind, body in malformed():
        status, told = post(alice, path, body, kind)
        assert status >= 400 or b"<fault>" in told or b'"error"' in told, body[:80]
        assert b"Traceback" not in told
        assert b"root:" not in told
    assert memory(alice, "VmHWM") - before < 16 * MIB
    assert alice.client.call("process_health")["state"]


@pytest.mark.parametrize(
    ("head", "chunk"),
    [
        (f"Content-Length: {2**30}", b"x" * MIB),
        ("Transfer-Encoding: chunked", b"100000\r\n" + b"x" * MIB + b"\r\n"),
        ("Content-Length: 100", b""),
    ],
)
def test_endless_bodies(alice: Peer, head: str, chunk: bytes) -> None:
    """T52: a GiB, told or chunked, is cut off; one who says nothing more harms nobody."""
    forget_peak(alice)
    before = memory(alice, "VmRSS")
    with socket.create_connection(("127.0.0.1", port_of(alice)), 30) as plain:
        lines = [
            "POST /RPC2 HTTP/1.1", f"Host: 127.0.0.1:{port_of(alice)}", "Content-Type: text/xml",
            f"Authorization: Bearer {token_of(alice)}", head, "", "",
        ]  # fmt: skip
        plain.sendall("\r\n".join(lines).encode())
        sent = 0
        try:
            while chunk:
                sent += plain.send(chunk)
                assert sent < 128 * MIB, "nobody stops this"
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert alice.client.call("process_health")["state"]
    assert memory(alice, "VmHWM") - before < 16 * MIB


def test_only_loopback_listens(alice: Peer, net: Network) -> None:
    """T50: the API is on 127.0.0.1 alone; beside it a node listens only for its peers."""
    assert alice.process is not None
    peers = int(alice.client.call("identity_get")["contacts"][0].rpartition(":")[2])
    assert listens_at(alice.process.pid) == {("127.0.0.1", port_of(alice)), ("127.0.0.1", peers)}
    outside = socket.gethostbyname(socket.gethostname())
    if not outside.startswith("127."):
        with socket.socket() as probe:
            assert probe.connect_ex((outside, port_of(alice))) != 0
