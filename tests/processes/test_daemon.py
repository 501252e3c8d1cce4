"""The daemon as its user meets it: one per folder, any number on a machine, up and down cleanly."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bitdust.client import Client
from bitdust.daemon.lock import running_in
from bitdust.demo.network import Network, Peer
from bitdust.errors import BitDustError, NoDaemon
from tests.processes.nodes import SUPPLIER, again, listens_at, start_dying, until

RUN = [sys.executable, "-m", "bitdust.daemon.run"]
CLI = [sys.executable, "-m", "bitdust.cli"]


@pytest.fixture(scope="module")
def carol_once(net: Network) -> Peer:
    [carol] = net.start(["carol"], SUPPLIER)
    return carol


@pytest.fixture
def carol(carol_once: Peer) -> Peer:
    """A node with an identity, running."""
    if carol_once.process is None or carol_once.process.poll() is not None:
        again(carol_once)
    return carol_once


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder for a node that nobody else ends."""
    yield tmp_path / "n"
    number = running_in(tmp_path / "n")
    if number:
        os.kill(number, signal.SIGKILL)


def first_line(peer: Peer, name: str) -> str:
    return (peer.home / name).read_text().strip()


def run(*words: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    """The command line, to its end."""
    command = [*CLI, "--home", str(home), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_two_on_one_folder(carol: Peer) -> None:
    """T29: the second one is refused within two seconds, says why, and the first one does not notice."""
    assert carol.process is not None
    begun = time.monotonic()
    second = subprocess.run([*RUN, "--home", str(carol.home)], capture_output=True, text=True, timeout=30)
    took = time.monotonic() - begun
    assert second.returncode == 17
    assert f"already running in {carol.home} (process {carol.process.pid})" in second.stderr
    assert "hint:" in second.stderr
    # One second of it is patience with somebody who is just ending; Python's own start comes on top.
    assert took < 3
    assert carol.client.call("identity_get")["name"] == "carol"


def test_sigterm_is_clean_and_quick(carol: Peer) -> None:
    """SIGTERM ends a node within two seconds with exit code 0; nothing of its doors is left."""
    assert carol.process is not None
    begun = time.monotonic()
    carol.process.send_signal(signal.SIGTERM)
    assert carol.process.wait(10) == 0
    assert time.monotonic() - begun < 2
    assert not (carol.home / "api-url").exists()
    assert not (carol.home / "api.sock").exists()
    assert running_in(carol.home) is None
    # Databases are closed: their journals are gone with them.
    assert not list(carol.home.glob("*.db-wal"))
    with pytest.raises(NoDaemon):
        carol.client.call("process_health")


def test_restart_keeps_port_and_token(carol: Peer) -> None:
    """`restart` answers, then the same process is a new node: same folder, identity, port and token."""
    assert carol.process is not None
    url, token = first_line(carol, "api-url"), first_line(carol, "api-token")
    known = carol.client.call("identity_get")
    client = Client(url=url, token=token)
    assert client.call("restart") == {"result": "restarted"}
    until(lambda: not (carol.home / "api-url").exists())

    def answers() -> bool:
        try:
            return bool(client.call("identity_get")["fingerprint"] == known["fingerprint"])
        except (NoDaemon, ConnectionError):
            return False

    until(answers)
    until((carol.home / "api-url").exists)
    assert (first_line(carol, "api-url"), first_line(carol, "api-token")) == (url, token)
    assert carol.process.poll() is None
    assert client.call("restart", True) == {"result": "restarted with GUI"}
    until(lambda: not (carol.home / "api-url").exists())
    until(answers)
    until((carol.home / "api-url").exists)


def test_killed_and_started_anew(carol: Peer) -> None:
    """After SIGKILL nothing has to be cleared away: lock, socket and address do not stand in the way."""
    token, known = first_line(carol, "api-token"), carol.client.call("identity_get")
    for _ in range(2):
        carol.kill()
        assert (carol.home / "api.sock").exists()
        again(carol)
    assert first_line(carol, "api-token") == token
    assert carol.client.call("identity_get")["fingerprint"] == known["fingerprint"]


def test_detached(home: Path) -> None:
    """`start --detach` comes back when the node answers; `stop` when it has ended."""
    home.mkdir(mode=0o700)
    (home / "bitdust.toml").write_text("[interface.api]\nport = 0\n")
    started = run("start", "--detach", home=home)
    assert started.returncode == 0, started.stderr
    number = running_in(home)
    assert number
    assert os.getsid(number) == number
    assert Client(home).call("process_health")["state"] == "needs setup"
    twice = run("start", "--detach", home=home)
    assert twice.returncode == 17
    assert running_in(home) == number
    stopped = run("stop", home=home)
    assert stopped.returncode == 0, stopped.stderr
    assert running_in(home) is None
    assert run("stop", home=home).returncode == 10


def test_any_number_of_nodes(tmp_path: Path) -> None:
    """Nodes with the very same settings live side by side, each in its folder: all find a port."""
    with socket.socket() as taken, ExitStack() as stack:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        peers = []
        for name in ("a", "b", "c"):
            peer = Peer(name, tmp_path / name)
            peer.home.mkdir(mode=0o700)
            (peer.home / "bitdust.toml").write_text(f"[interface.api]\nport = {port}\n")
            peer.start()
            stack.callback(peer.stop)
            peers.append(peer)
        for peer in peers:
            peer.wait()
        urls = {first_line(peer, "api-url") for peer in peers}
        assert len(urls) == 3
        assert f"http://127.0.0.1:{port}/" not in urls
        assert len({first_line(peer, "api-token") for peer in peers}) == 3
        for peer in peers:
            assert peer.process is not None
            # Without an identity nobody else is listened to.
            assert {address for address, _ in listens_at(peer.process.pid)} == {"127.0.0.1"}
        assert [peer.stop() for peer in peers] == [0, 0, 0]


def test_the_folder_is_named_by_the_environment(tmp_path: Path) -> None:
    """`BITDUST_HOME` names the folder as `--home` does; with a mask of 000 all is private even so."""
    home = tmp_path / "deep" / "n"
    environment = {**os.environ, "BITDUST_HOME": str(home), "BITDUST_INTERFACE_API_PORT": "0"}
    with subprocess.Popen([*RUN, "--quiet"], env=environment, umask=0, stderr=subprocess.PIPE) as process:
        try:
            peer = Peer("n", home, process)
            peer.wait()
            assert stat.S_IMODE(home.stat().st_mode) == 0o700
            for path in home.rglob("*"):
                if not path.is_symlink():
                    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        finally:
            process.terminate()
            assert process.wait(10) == 0


def test_keys_are_private(carol: Peer, net: Network) -> None:
    """T60: a key that others can read, or change, stops the node, and it says so."""
    carol.stop()
    key = carol.home / "identity" / "master.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for mode in (0o644, 0o640, 0o604, 0o620):
        key.chmod(mode)
        refused = subprocess.run(
            [*RUN, "--home", str(carol.home), "--quiet"], capture_output=True, text=True, timeout=30
        )
        assert refused.returncode == 12
        assert "others can read or change" in refused.stderr
        assert "hint: run: chmod 600" in refused.stderr
        assert "others can read or change" in end_of_log(carol)
    key.chmod(0o600)
    again(carol)
    assert carol.client.call("identity_get")["name"] == "carol"


def test_a_new_identity_under_a_mask_of_000(net: Network) -> None:
    """T60: every file of a node that was made under a mask of 000 is its owner's alone."""
    peer = net.prepare("masked", SUPPLIER)
    peer.process = subprocess.Popen([*RUN, "--home", str(peer.home), "--quiet"], umask=0)
    peer.wait()
    peer.client.call("identity_create", "masked")
    for name in ("master.key", "device.pem", "identity.xml"):
        assert stat.S_IMODE((peer.home / "identity" / name).stat().st_mode) == 0o600
    for path in peer.home.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert peer.stop() == 0


def test_a_folder_others_can_write_is_refused(tmp_path: Path) -> None:
    """A node does not live where others could exchange its files."""
    home = tmp_path / "n"
    home.mkdir()
    (home / "something").touch()
    home.chmod(0o777)
    refused = subprocess.run([*RUN, "--home", str(home)], capture_output=True, text=True, timeout=30)
    assert refused.returncode == 2
    assert "others can write" in refused.stderr
    assert sorted(path.name for path in home.iterdir()) == ["something"]


def test_damaged_files_are_named(carol: Peer) -> None:
    """T28: flipped bits in the key, the device or the settings: the node says which file, and ends."""
    carol.stop()
    for name in ("identity/master.key", "identity/device.pem", "identity/identity.xml", "bitdust.toml"):
        path = carol.home / name
        whole = path.read_bytes()
        # In the settings a flipped letter may be another value: what holds a line together is not.
        middle = whole.index(b"=") if path.suffix == ".toml" else len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0x55]) + whole[middle + 1 :])
        command = [*RUN, "--home", str(carol.home), "--quiet"]
        refused = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert refused.returncode > 0, name
        assert "Traceback" not in refused.stderr, name
        assert path.name in refused.stderr or str(path.parent) in refused.stderr, name
        path.write_bytes(whole)
    again(carol)
    assert carol.client.call("identity_get")["name"] == "carol"


def end_of_log(peer: Peer) -> str:
    return (peer.home / "logs" / "bitdust.log").read_text()[-3000:]


def test_errors_reach_whoever_starts(home: Path) -> None:
    """A node that cannot start says why where it was started, with the exit code of the error."""
    home.mkdir(mode=0o700)
    (home / "identity").mkdir(mode=0o700)
    (home / "identity" / "master.key").write_text("rubbish")
    (home / "identity" / "master.key").chmod(0o600)
    told = run("start", "--detach", home=home)
    assert told.returncode == 16
    assert "master.key cannot be used" in told.stderr
    assert "bitdust recover KIT" in told.stderr
    assert running_in(home) is None
    with pytest.raises(BitDustError):
        Client(home).call("process_health")


@pytest.mark.parametrize(
    "spot",
    [
        "bitdust.node.node:Node.__init__:1:broken",
        "bitdust.node.node:Registration.__init__:1:broken",
        "bitdust.node.node:Node.start:1:broken",
        "bitdust.node.somebody:Router.start:1:broken",
        "bitdust.node.node:Node.shut_down:1:broken",
    ],
)
def test_a_fault_of_our_own_ends_the_process(carol: Peer, spot: str) -> None:
    """Whatever breaks on the way up or down, the process ends, with a code that says so; it never hangs."""
    carol.stop()
    process = start_dying(carol, spot)
    if "shut_down" in spot:
        carol.wait()
        process.terminate()
    assert process.wait(20) == 1
    carol.process = None
    assert "broken by dying.py" in end_of_log(carol)
    again(carol)
    assert carol.client.call("identity_get")["name"] == "carol"
