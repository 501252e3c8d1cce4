"""backup and restore: begun, followed, told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bitdust.cli import progress, waiting
from bitdust.errors import Conflict, NotFound
from tests.cli.conftest import Run
from tests.cli.stub import StubNode, health, task

VERSION = "0/0/1/F20160313043757PM"


class Story:
    """`tasks_list` tells one look after the other; the last one for ever."""

    def __init__(self, *looks: list[dict[str, Any]]) -> None:
        self.looks = list(looks)

    def __call__(self) -> list[dict[str, Any]]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PACE", (0.001,))
    monkeypatch.setattr(waiting, "SLOW_PACE", 0.001)


@pytest.fixture
def begun(node: StubNode) -> StubNode:
    """A node on which backups and restores can be begun."""

    def start(what: str) -> dict[str, str]:
        return {"result": f"uploading 0/0/1 started, local path is: {what}"}

    node.answers |= {
        "backup_start_path": start,
        "backup_start_id": start,
        "restore_single": lambda what, to=None: {
            "result": f"downloading of version {VERSION} has been started to /out/a b"
        },
        "process_health": health(),
    }
    return node


def test_backup(run: Run, begun: StubNode) -> None:
    """Until it is committed; the summary tells version, files, bytes."""
    begun.answers["tasks_list"] = Story(
        [task(id=7)],
        [task(id=7), task(id=8, state="reading", progress=0.5, version="F20160313043800PM")],
        [task(id=7), task(id=8, version="F20160313043800PM")],
    )
    outcome = run("backup", "photos")
    assert outcome.code == 0
    assert outcome.out.startswith("0/0/1/F20160313043800PM  3 files, 2 KB read, 4 KB sent in ")
    assert "survives the loss of any 2" in outcome.err
    assert ("backup_start_path", str(Path("photos").absolute())) in begun.calls


def test_backup_for_programs(run: Run, begun: StubNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON lines: status as it goes, one summary at the end."""
    monkeypatch.setattr(progress, "JSON_EVERY", 0)
    running = task(id=1, state="reading", progress=0.25, done=512)
    begun.answers["tasks_list"] = Story([], [running], [task(id=1)])
    *before, last = run("--json", "backup", "0/0/1").lines
    assert before[0]["message_type"] == "status"
    assert before[0]["percent_done"] == 0.25
    assert before[0]["bytes_done"] == 512
    assert last.pop("seconds") >= 0
    assert last == {
        "message_type": "summary",
        "task": 1,
        "backup_id": VERSION,
        "path_id": "0/0/1",
        "version": "F20160313043757PM",
        "state": "committed",
        "files": 3,
        "bytes": 2048,
        "bytes_sent": 4096,
        "skipped": 0,
        "message": "",
        "notes": "",
        "warning": "",
        "exit_code": 0,
    }


def test_pipe_gets_a_plain_line_now_and_then(
    run: Run, begun: StubNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bars where nobody watches: one line on stderr, none of it escape codes."""
    monkeypatch.setattr(progress, "LINE_EVERY", 0)
    running = task(id=1, state="sending, waiting for bob", progress=0.25, done=512)
    begun.answers["tasks_list"] = Story([], [running], [task(id=1)])
    outcome = run("backup", "photos")
    assert (
        "photos: 25 % 512 bytes of 2 KB read, 2 KB new, 4 KB sent, sending, waiting for bob\n" in outcome.err
    )
    assert "\x1b" not in outcome.err
    begun.answers["tasks_list"] = Story([], [running], [task(id=1)])
    assert run("-q", "backup", "photos").err == ""


def test_bar(begun: StubNode, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal a bar moves; the pieces of `rich` that we use are there."""
    from bitdust.cli.terminal import Terminal

    monkeypatch.setattr(Terminal, "has_bars", lambda self: True)
    with progress.Progress(Terminal(), "[photos]") as bar:
        bar.show(task(total=-1, state="walking"))
        bar.show(task(progress=0.5))


def test_partial_backup(run: Run, begun: StubNode) -> None:
    """Files left out: said, and exit code 3."""
    begun.answers["tasks_list"] = Story([], [task(skipped=2, message="x: permission denied")])
    outcome = run("backup", "photos")
    assert outcome.code == 3
    assert "2 names could not be read: x: permission denied" in outcome.err


def test_a_socket_is_no_failure(run: Run, begun: StubNode) -> None:
    """What no backup takes is noted, and the exit code is that of success."""
    begun.answers["tasks_list"] = Story([], [task(notes="S.gpg-agent: not a file, a folder or a link")])
    outcome = run("backup", "photos")
    assert outcome.code == 0
    assert "note: S.gpg-agent: not a file" in outcome.err


@pytest.mark.parametrize("words", [("doc", "/nope", "lim"), ("/nope", "doc", "lim"), ("doc", "lim", "/nope")])
def test_one_wrong_path_among_others(run: Run, begun: StubNode, words: tuple[str, ...]) -> None:
    """It is told, the others are backed up and waited for, and the exit code says that not all were."""
    items = {"doc": "0/0/1", "lim": "0/0/2"}

    def start(path: str) -> dict[str, str]:
        name = path.rpartition("/")[2]
        if name not in items:
            raise NotFound(f"{path} is not there")
        return {"result": f"uploading {items[name]} started, local path is: {path}"}

    both = [task(id=1), task(id=2, path_id="0/0/2", skipped=1, message="x: denied")]
    begun.answers |= {"backup_start_path": start, "tasks_list": Story([], both, both, both)}
    outcome = run("backup", *words)
    assert outcome.code == 3
    assert "/nope is not there" in outcome.err
    assert [line[:5] for line in outcome.out.splitlines()] == ["0/0/1", "0/0/2"]
    begun.answers["tasks_list"] = []
    unseen = run("backup", "--no-wait", *words)
    assert (unseen.code, len(unseen.out.splitlines())) == (3, 2)
    assert run("backup", "/nope", "/nope").code == 15


def test_failed_backup(run: Run, begun: StubNode) -> None:
    """The task's error becomes the command's, with its exit code."""
    begun.answers["tasks_list"] = Story(
        [], [task(state="failed", error="no_space", message="the disk is full")]
    )
    outcome = run("backup", "photos")
    assert outcome.code == 14
    assert "error: the disk is full" in outcome.err
    begun.answers["tasks_list"] = Story([], [task(state="cancelled")])
    assert run("backup", "photos").code == 130


def test_refused_backup(run: Run, begun: StubNode) -> None:
    """What cannot be begun is an error at once."""

    def refuse(what: str) -> None:
        raise Conflict("it runs already")

    begun.answers |= {"tasks_list": [], "backup_start_path": refuse}
    assert run("backup", "photos").code == 17


def test_no_wait(run: Run, begun: StubNode) -> None:
    """Begun, said, gone."""
    begun.answers["tasks_list"] = []
    assert run("backup", "--no-wait", "photos").out.startswith("uploading 0/0/1 started")
    assert run("restore", "--no-wait", "0/0/1", "/out").out.startswith("downloading of version")


def test_backup_that_outlives_the_node(run: Run, begun: StubNode) -> None:
    """After a restart the numbers begin anew: the version is what is followed."""
    begun.answers["tasks_list"] = Story(
        [task(id=40)],
        [task(id=41, state="reading", version="F20160313043800PM")],
        [],
        [task(id=1, state="reading", version="F20160313043800PM")],
        [task(id=1, version="F20160313043800PM")],
    )
    assert run("backup", "photos").code == 0


def test_backup_that_the_list_forgot(run: Run, begun: StubNode) -> None:
    """A version that can be restored was committed, whatever the list says."""
    begun.answers["tasks_list"] = Story([], [task(state="reading")], [])
    begun.answers["backups_id_list"] = [{"backupid": VERSION, "path": "/photos", "size": "2 KB"}]
    assert run("backup", "photos").code == 0
    begun.answers["tasks_list"] = Story([], [task(state="reading")], [])
    begun.answers["backups_id_list"][0]["incomplete"] = True
    assert run("backup", "photos").code == 15
    begun.answers["tasks_list"] = Story([], [task(state="reading")], [])
    begun.answers["backups_id_list"] = []
    assert run("backup", "photos").code == 15


def test_several_backups(run: Run, begun: StubNode) -> None:
    """Every path is begun before the first is waited for."""
    begun.answers["tasks_list"] = Story([], [task(id=1)])
    assert run("backup", "a", "b").code == 0
    assert [call[0] for call in begun.calls[:3]] == ["tasks_list", "backup_start_path", "backup_start_path"]


def test_restore(run: Run, begun: StubNode) -> None:
    """Until everything is back; where it is, is said."""
    begun.answers["tasks_list"] = Story([], [task(kind="restore", state="done")])
    outcome = run("restore", "photos", "out")
    assert outcome.code == 0
    assert "restored to /out/a b" in outcome.out
    here = Path.cwd()
    assert ("restore_single", str(here / "photos"), str(here / "out")) in begun.calls
    begun.answers["tasks_list"] = Story([], [task(kind="restore", state="done")])
    summary = run("--json", "restore", "-y", f"{VERSION}:thesis/a.txt").lines[-1]
    assert summary["message_type"] == "summary"
    assert summary["destination"] == "/out/a b"
    assert ("restore_single", f"{VERSION}:thesis/a.txt", None) in begun.calls


def test_failed_restore(run: Run, begun: StubNode) -> None:
    """Too few suppliers: exit code 13."""
    failed = task(kind="restore", state="failed", error="offline", message="have 1, need 2")
    begun.answers["tasks_list"] = Story([], [failed])
    outcome = run("restore", "0/0/1", "/out")
    assert outcome.code == 13
    assert "have 1, need 2" in outcome.err
