"""One process per folder, and nothing to clean after a crash."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bitdust.daemon.lock import AlreadyRunning, Lock, running_in

HOLDER = """
import sys, time
from pathlib import Path
from bitdust.daemon.lock import Lock
lock = Lock.take(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_second_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    """A second process hears who is there already."""
    lock = Lock.take(tmp_path)
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}") as refused:
        Lock.take(tmp_path, patience=0.1)
    assert refused.value.exit_code == 17
    lock.release()
    Lock.take(tmp_path, patience=0).release()


def test_running_in(tmp_path: Path) -> None:
    """Anybody can see whether a node runs, without becoming one or standing in its way."""
    assert running_in(tmp_path) is None
    assert running_in(tmp_path / "nowhere") is None
    lock = Lock.take(tmp_path)
    assert running_in(tmp_path) == os.getpid()
    lock.release()
    assert running_in(tmp_path) is None


def test_killed_holder_leaves_nothing_to_clean(tmp_path: Path) -> None:
    """After SIGKILL the next one takes the lock as if nothing had been."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == b"held\n"
        assert running_in(tmp_path) == holder.pid
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    Lock.take(tmp_path, patience=0).release()


def test_lock_does_not_follow_a_link(tmp_path: Path) -> None:
    """A link in the lock's place cannot make us write elsewhere."""
    (tmp_path / "precious").write_text("data")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic"):
        Lock.take(tmp_path)
    assert (tmp_path / "precious").read_text() == "data"
