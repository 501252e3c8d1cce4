"""News for whoever started the node."""

import json
import os
import socket
from pathlib import Path

from bitdust.daemon.ready import PIPE, Starter
from bitdust.errors import NoSpace


def test_pipe_hears_once() -> None:
    """The waiting parent gets one line; the variable is gone, so a restart finds nobody."""
    reading, writing = os.pipe()
    environment = {PIPE: str(writing)}
    starter = Starter.from_environment(environment)
    assert environment == {}
    starter.ready("http://127.0.0.1:1/")
    starter.failed(NoSpace())
    with os.fdopen(reading, "rb") as file:
        assert [json.loads(line) for line in file] == [{"ready": "http://127.0.0.1:1/"}]


def test_parent_that_has_gone_is_no_trouble() -> None:
    """A node whose parent died comes up all the same."""
    reading, writing = os.pipe()
    os.close(reading)
    Starter(writing).failed(NoSpace())


def test_systemd_is_told(tmp_path: Path) -> None:
    """READY and STOPPING reach the service manager's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        starter = Starter.from_environment({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        starter.ready("http://127.0.0.1:1/")
        starter.stopping()
        assert manager.recv(1000) == b"READY=1\nSTATUS=answers at http://127.0.0.1:1/"
        assert manager.recv(1000) == b"STOPPING=1"
    starter.stopping()  # nobody there: no trouble
