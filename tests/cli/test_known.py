"""What a shell completes beside commands: what this node knows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from bitdust.cli.main import bitdust
from bitdust.cli.terminal import Terminal
from tests.cli.stub import StubNode, supplier, task

PATH, ITEM, VERSION = "/home/alice/photos", "0/0/1", "F20160313043757PM"


def completed(home: Path, words: list[str], begun: str = "") -> list[str]:
    """What is offered behind these words."""
    shell = ShellComplete(bitdust, {"obj": Terminal(home_flag=str(home))}, "bitdust", "_BITDUST_COMPLETE")
    return [item.value for item in shell.get_completions(words, begun)]


@pytest.mark.parametrize(
    ("words", "begun", "found"),
    [
        (["config", "set"], "services/customer/s", ["services/customer/suppliers-number"]),
        (["restore"], "/home", [PATH]),
        (["versions"], "0", [ITEM]),
        (["pin"], "", [f"{ITEM}/{VERSION}"]),
        (["diff", f"{ITEM}/{VERSION}"], "0", [f"{ITEM}/{VERSION}"]),
        (["supplier", "replace"], "b", ["bob"]),
        (["supplier", "replace"], "", ["0", "bob"]),
        (["message", "send"], "c", ["carol"]),
        (["services", "stop"], "s", ["supplier"]),
        (["tasks", "cancel"], "", ["1"]),
    ],
)
def test_what_the_node_knows(
    node: StubNode, home: Path, words: list[str], begun: str, found: list[str]
) -> None:
    """Each argument offers what it can mean."""
    node.answers.update(
        backups_list=[{"id": ITEM, "path": PATH, "versions": [{"version": VERSION}]}],
        suppliers_list=[supplier(0, "bob")],
        list_correspondents=[{"nickname": "carol", "idurl": "http://id.example.net/carol.xml"}],
        services_list=[{"name": "supplier", "state": "ON"}, {"name": "customer", "state": "ON"}],
        tasks_list=[task()],
    )
    assert completed(home, words, begun) == found


@pytest.mark.parametrize(
    "line", ["bitdust restore /", "bitdust supplier replace b", "bitdust tasks cancel 1"]
)
def test_silent_without_a_node(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No node: no words, and nothing on the screen."""
    monkeypatch.setenv("BITDUST_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    monkeypatch.setenv("_BITDUST_COMPLETE", "bash_complete")
    done = subprocess.run([sys.executable, "-m", "bitdust.cli"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
