"""The process of a node, with a stub in the node's place: real processes, real signals."""

import functools
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitdust.daemon.detach import start_detached
from bitdust.daemon.lock import running_in
from bitdust.errors import BitDustError, Conflict, NoSpace, Timeout

STUB = str(Path(__file__).with_name("stub.py"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder whose node is killed at the end if it is still there."""
    yield tmp_path / "n"
    number = running_in(tmp_path / "n")
    if number:
        os.kill(number, signal.SIGKILL)


def command(home: Path) -> list[str]:
    return [sys.executable, STUB, str(home)]


def get(url: str) -> list[str]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode().split()


def post(url: str) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, data=b"", method="POST"), timeout=10) as answer:
        assert answer.read() == b"done"


def wait_for(what: object) -> None:
    until = time.monotonic() + 10
    while not what():  # type: ignore[operator]
        assert time.monotonic() < until, "that took too long"
        time.sleep(0.01)


def test_detached_node_answers_and_stops_cleanly(home: Path) -> None:
    """The parent comes back once the node answers; `stop` ends it, shut down once, with no address left."""
    url = start_detached(home, command(home))
    number, token = get(url)
    assert int(number) == running_in(home)
    assert token == (home / "api-token").read_text().strip()
    assert (home / "api-url").read_text().strip() == url
    assert os.getsid(int(number)) == int(number)
    post(url + "/stop")
    wait_for(lambda: running_in(home) is None)
    assert (home / "ends").read_text() == "clean\n"
    assert not (home / "api-url").exists()
    assert not (home / "api.sock").exists()


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(home: Path, which: signal.Signals) -> None:
    """SIGTERM and Ctrl+C take the same way down as `stop`, and the exit code is 0."""
    # A shell's background job ignores Ctrl+C; the node under test is to hear it.
    hear = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command(home), stderr=subprocess.DEVNULL, preexec_fn=hear) as process:
        try:
            wait_for((home / "api-url").exists)
            process.send_signal(which)
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert (home / "ends").read_text() == "clean\n"


def test_second_daemon_is_refused(home: Path) -> None:
    """Within 2 s, with exit code 17 and a sentence.  After SIGKILL the next one starts."""
    url = start_detached(home, command(home))
    number = int(get(url)[0])
    begun = time.monotonic()
    second = subprocess.run(
        [sys.executable, "-P", "-m", "bitdust.daemon.run", "--home", str(home)],
        capture_output=True,
        check=False,
    )
    assert time.monotonic() - begun < 2
    assert second.returncode == 17
    assert f"already running in {home} (process {number})" in second.stderr.decode()
    with pytest.raises(Conflict, match="already running"):
        start_detached(home, command(home))
    assert int(get(url)[0]) == number
    os.kill(number, signal.SIGKILL)
    wait_for(lambda: running_in(home) is None)
    assert (home / "api-url").exists()
    again = start_detached(home, command(home))
    assert int(get(again)[0]) != number


def test_restart_keeps_process_folder_port_and_token(home: Path) -> None:
    """A restart is the same process begun anew, at the same address, with the same token."""
    url = start_detached(home, command(home))
    before = get(url)
    post(url + "/restart")
    wait_for(lambda: (home / "ends").exists())
    wait_for((home / "api-url").exists)
    assert (home / "api-url").read_text().strip() == url
    assert get(url) == before
    assert (home / "ends").read_text() == "clean\n"


def test_restart_with_the_page(home: Path) -> None:
    """Asked to, a node that starts anew opens its page, once it answers; and only that once."""
    url = start_detached(home, command(home))
    post(url + "/restart?show=1")
    wait_for((home / "shown").exists)
    assert get(url)
    (home / "shown").unlink()
    post(url + "/restart")
    wait_for(lambda: (home / "ends").read_text() == "clean\nclean\n")
    wait_for((home / "api-url").exists)
    assert get(url)
    assert not (home / "shown").exists()


def test_failed_start_is_the_parents_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps a node from starting is said by the parent, in the node's own words."""
    monkeypatch.setenv("STUB_FATE", "no space")
    with pytest.raises(NoSpace, match="the disk is full") as failed:
        start_detached(home, command(home))
    assert failed.value.hint == "buy another"
    monkeypatch.setenv("STUB_FATE", "bug")
    with pytest.raises(BitDustError, match="RuntimeError: that was not foreseen"):
        start_detached(home, command(home))
    assert "that was not foreseen" in (home / "logs" / "bitdust.log").read_text()
    monkeypatch.setenv("STUB_FATE", "dies")
    with pytest.raises(BitDustError, match="ended before it answered"):
        start_detached(home, command(home))
    assert running_in(home) is None


def test_node_that_never_answers_is_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parent does not wait for ever, and leaves nothing behind."""
    monkeypatch.setenv("STUB_FATE", "hangs")
    with pytest.raises(Timeout, match="did not answer within 2 seconds"):
        start_detached(home, command(home), within=2)
    assert running_in(home) is None


def test_run_module_alone_imports_the_reactor() -> None:
    """`bitdust.daemon.run` can be imported, and refuse a second node, without the reactor."""
    code = "import sys, bitdust.daemon.run as run; sys.exit('twisted.internet.reactor' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reactor_has_one_importer() -> None:
    """Nothing in the package imports the global reactor but `daemon/run.py`."""
    package = Path(__file__).parents[2] / "bitdust"
    importers = [
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if "from twisted.internet import reactor" in file.read_text()
        or "twisted.internet.reactor" in file.read_text()
    ]
    assert importers == ["daemon/run.py"]
