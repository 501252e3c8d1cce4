"""The demo, as a new user runs it: every word it says is checked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

BITDUST = [sys.executable, "-m", "bitdust.cli"]


def left_running(folder: Path) -> list[str]:
    """Command lines of processes that have to do with this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def begin(folder: Path, *options: str) -> subprocess.Popen[str]:
    """The demo, with all its files below `folder`."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen(
        [*BITDUST, "demo", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("suppliers", [2, 4])
def test_everything_holds(tmp_path: Path, suppliers: int) -> None:
    """It tells its steps and a summary, all true, and leaves nothing behind."""
    source = tmp_path / "source"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "file").write_bytes(os.urandom(300_000))
    (source / "link").symlink_to("inner/file")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    demo = begin(temporary, "--json", "--suppliers", str(suppliers), "--folder", str(source))
    out, err = demo.communicate(timeout=240)
    assert demo.returncode == 0, out + err
    *steps, summary = [json.loads(line) for line in out.splitlines()]
    assert [step["step"] for step in steps] == [
        "network",
        "hire",
        "backup",
        "kill",
        "restore",
        "repair",
        "recover",
    ]
    for step in steps:
        assert step["message_type"] == "step"
        assert step["ok"] is True
        assert step["seconds"] >= 0
    seconds = summary.pop("seconds")
    assert seconds >= sum(step["seconds"] for step in steps) - 0.1
    assert summary == {
        "message_type": "summary",
        "ok": True,
        "files": 2,
        "bytes": 300_000,
        "killed": suppliers // 2,
        "restored_identical": True,
        "repaired": True,
        "recovered_identical": True,
    }
    assert list(temporary.iterdir()) == []
    assert left_running(temporary) == []


def test_sample_folder_and_sentence(tmp_path: Path) -> None:
    """Without a folder it makes one of about 25 MiB, and ends with one sentence."""
    demo = begin(tmp_path)
    out, err = demo.communicate(timeout=240)
    assert demo.returncode == 0, out + err
    sentence = out.strip().splitlines()[-1]
    assert "survived the loss of 2 of 4 suppliers" in sentence
    assert "27.3 MiB" in sentence
    assert list(tmp_path.iterdir()) == []


def wait_for(condition: Any, seconds: float = 60.0) -> None:
    """Until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def test_interrupted(tmp_path: Path) -> None:
    """Ended in the middle it takes every process and file with it, and says that it did not hold."""
    demo = begin(tmp_path, "--json")
    wait_for(lambda: len(left_running(tmp_path)) >= 3)
    demo.send_signal(signal.SIGTERM)
    out, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert '"ok": true, "files"' not in out
    assert list(tmp_path.iterdir()) == []
    assert left_running(tmp_path) == []


def test_bad_arguments(tmp_path: Path) -> None:
    """A number of suppliers for which there is no code, and a folder that is none, are refused at once."""
    for options in (["--suppliers", "3"], ["--folder", str(tmp_path / "nowhere")]):
        demo = begin(tmp_path, *options)
        _, err = demo.communicate(timeout=20)
        assert demo.returncode == 2
        assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
