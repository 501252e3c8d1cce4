"""Must show 1: the seed's methods, one after the other, through XML-RPC and JSON-RPC against real nodes."""

from __future__ import annotations

import http.client
import json
import re
import shlex
import subprocess
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bitdust.api.shapes import SHAPES, schema_of
from bitdust.demo.network import Network, Peer
from tests.api.seed import SEED
from tests.processes.nodes import SUPPLIER, customer, hired, until

Call = Callable[..., Any]
REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def alice(net: Network) -> Peer:
    net.start(["sup1", "sup2"], SUPPLIER)
    [alice] = net.start(["alice"], customer(2))
    hired(alice)
    return alice


def read(peer: Peer, name: str) -> str:
    return (peer.home / name).read_text().strip()


def xml_door(peer: Peer) -> Call:
    """A client written for the seed: a URL with the token as its password, positional arguments."""
    url = read(peer, "api-url").replace("://", f"://bitdust:{read(peer, 'api-token')}@", 1).rstrip("/")

    def call(name: str, *arguments: Any) -> Any:
        with xmlrpc.client.ServerProxy(f"{url}/RPC2", allow_none=True) as server:
            return getattr(server, name)(*arguments)

    return call


def json_door(peer: Peer) -> Call:
    def call(name: str, *arguments: Any) -> Any:
        host = read(peer, "api-url").rstrip("/").removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=60)
        body = json.dumps({"jsonrpc": "2.0", "method": name, "params": arguments, "id": 1})
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {read(peer, 'api-token')}",
        }
        try:
            connection.request("POST", "/jsonrpc", body, headers)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        assert "error" not in answer, answer
        return answer["result"]

    return call


@pytest.mark.parametrize("door", [xml_door, json_door])
def test_every_method_of_the_seed(
    alice: Peer, net: Network, tmp_path: Path, door: Callable[[Peer], Call]
) -> None:
    """Each is asked, with arguments as the seed's page has them, and answers in its shape and its words."""
    call, asked = door(alice), set()

    def ask(name: str, words: str, *arguments: Any) -> Any:
        answer = call(name, *arguments)
        asked.add(name)
        jsonschema.validate(answer, schema_of(SHAPES[name]))
        if words:
            assert re.fullmatch(words, answer["result"]), answer["result"]
        return answer

    tree = tmp_path / "photos"
    (tree / "a").mkdir(parents=True)
    (tree / "a" / "x.txt").write_bytes(b"x" * 5000)
    (tree / "y.txt").write_bytes(b"y" * 5000)
    single = tmp_path / "single.txt"
    single.write_bytes(b"z" * 5000)

    ask("config_get", "", "logs/debug-level")
    ask("config_set", "", "logs/debug-level", 9)
    ask("config_list", "", True)
    [homepath] = ask("filemanager", "", {"params": {"mode": "config"}})
    assert homepath == {"key": "homepath", "value": str(Path.home())}
    assert len(ask("filemanager", "", json.dumps({"params": {"mode": "stats"}}))) == 16
    ask("backups_update", "the main loop has been restarted")
    ask("backup_dir_add", r"new folder was added: [0-9/]+, local path is .*/photos/", f"{tree}/")
    ask(
        "backup_tree_add",
        r"\d+ items were added to catalog, parent path ID is [0-9/]+, root folder is .*",
        str(tree),
    )
    ask("backup_file_add", r"new file was added: [0-9/]+, local path is .*single\.txt", str(single))
    item = next(row["id"] for row in ask("backups_list", "") if row["path"] == str(single))
    ask("backup_start_id", rf"uploading {item} started, local path is: .*single\.txt", item)
    version = until(lambda: [row for row in ask("backups_id_list", "") if row["path"] == str(single)])[0]
    other = ask("backup_start_path", r"uploading [0-9/]+ started, local path is: .*/a", str(tree / "a"))
    whole = other["result"].split()[1]
    until(lambda: [row for row in call("backups_id_list") if row["backupid"].startswith(f"{whole}/F")])
    out = tmp_path / "out"
    ask("restore_single", r"downloading of version \S+ has been started to .*", item, str(out))
    until(lambda: call("tasks_list")[-1]["state"] == "done")
    assert Path(f"{out}{single}").read_bytes() == single.read_bytes()
    ask("backup_delete_local", r"\d+ files were removed with total size of .*", version["backupid"])
    ask("backup_delete_id", r"version \S+ was deleted from remote peers", version["backupid"])
    ask("backup_delete_id", r"item \S+ was deleted from remote peers", item)
    ask("backup_delete_path", r"item [0-9/]+ was deleted from remote peers", str(tree))
    supplier = net.peers["sup1"].client.call("identity_get")["idurl"]
    ask("ping", r"Ack\(Identity\) from \S+ by (tcp|udp) in \d+\.\d\d\d sec", supplier)
    _people(ask, supplier)
    ask("show", '"show" event sent to the main process')
    before = (alice.home / "api-url").stat().st_mtime_ns
    ask("restart", "restarted")
    until(lambda: (alice.home / "api-url").exists() and (alice.home / "api-url").stat().st_mtime_ns != before)
    until(lambda: alice.client.call("process_health")["suppliers_online"] == 2)
    assert asked == set(SEED) - {"stop"}


def _people(ask: Call, supplier: str) -> None:
    """The methods of messages and correspondents."""
    ask("add_correspondent", "new correspondent was added", supplier, "bob")
    assert ask("list_correspondents", "")[0]["nickname"] == "bob"
    ask("find_peer_by_nickname", "exist|not exist", "bob")
    ask("send_message", r"message to \S+ was (queued|delivered)", supplier, "hello")
    ask("list_messages", "")
    ask("remove_correspondent", r"correspondent \S+ was removed", supplier)


def test_one_liners_of_the_readme(alice: Peer) -> None:
    """The shell lines under "Program it" work as they are printed."""
    text = (REPOSITORY / "README.md").read_text()
    block = text.partition("## Program it")[2].partition("## ")[0]
    lines = [line[4:] for line in block.splitlines() if line.startswith("    ")]
    script = "\n".join(lines).replace("\\\n", " ").split("\n")
    given = f"U={read(alice, 'api-url')} T={read(alice, 'api-token')}\n"
    commands = [line for line in script if line.startswith(("python3 -c", "curl "))]
    assert sum(line.startswith("python3 -c") for line in commands) >= 1
    assert len(commands) >= 3
    for command in commands:
        if command.startswith("curl ") and not _there("curl"):
            continue
        done = subprocess.run(["bash", "-c", given + command], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout.strip().startswith(("[", "{")), command
        assert '"error"' not in done.stdout


def _there(program: str) -> bool:
    return subprocess.run(["which", shlex.quote(program)], check=False, capture_output=True).returncode == 0
