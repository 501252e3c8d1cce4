"""What holds for each command there is."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest

from bitdust.cli.tree import commands
from tests.cli.conftest import Run

#: Those that work without a node: they say, start or read something here.
WITHOUT_A_NODE = {
    *("help", "demo", "start", "paths", "version", "completion", "recover", "identity create"),
    *("config", "config list", "config get", "config set", "config explain"),
}
#: Those whose arguments are looked at before anybody is asked.
ARGUMENTS = {
    "backup": ["/tmp"],
    "restore": ["0/0/1"],
    "delete": ["0/0/1"],
    "ping": ["http://id.example.net/bob.xml"],
    "tasks cancel": ["1"],
    "supplier replace": ["1"],
    "policy set": ["0/0/1", "--before", "true"],
    "api": ["process_health"],
    "message delete": ["3f2a91c0"],
}


def every_command() -> dict[str, click.Context]:
    return {" ".join(words): context for words, context in commands()}


def line_of(name: str, context: click.Context) -> list[str]:
    """The shortest line that is understood."""
    yes = ["-y"] * any("-y" in param.opts for param in context.command.params)
    if name in ARGUMENTS:
        return [*name.split(), *yes, *ARGUMENTS[name]]
    needed = [param for param in context.command.params if param.required]
    return [*name.split(), *yes, *("0/0/1" for param in needed for _ in range(max(1, param.nargs)))]


@pytest.mark.parametrize("name", every_command())
def test_help_has_no_escapes(name: str, run: Run) -> None:
    """The help of each command, read by a program, has two examples and not one escape byte."""
    outcome = run(*name.split(), "--help")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out + outcome.err
    assert outcome.out.partition("Examples:")[2].count("\n    bitdust ") >= 2


@pytest.mark.parametrize("name", [name for name in every_command() if name not in WITHOUT_A_NODE])
def test_without_a_node(name: str, run: Run) -> None:
    """Each command that asks a node says with exit code 10, and a hint, that there is none; in JSON, too."""
    words = line_of(name, every_command()[name])
    outcome = run(*words)
    assert (outcome.code, outcome.out) == (10, "")
    assert " hint: start it with `bitdust start --detach`" in outcome.err
    assert "\x1b" not in outcome.err
    told = json.loads(run("--json", *words).err.splitlines()[-1])
    assert (told["message_type"], told["code"], told["error"]) == ("exit_error", 10, "no_daemon")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, run: Run) -> None:
    """Each shell gets its script, which asks `bitdust` for the words."""
    assert f"_BITDUST_COMPLETE={shell}_complete" in run("completion", shell).out
    assert run("--json", "completion", shell).json["shell"] == shell
    assert run("completion", "tcsh").code == 2


@pytest.mark.parametrize(
    ("line", "found"),
    [("bitdust sup", "supplier"), ("bitdust supplier re", "replace"), ("bitdust ls --he", "--help")],
)
def test_completed_words(line: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands, those below a group, and options are completed, without a node."""
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    monkeypatch.setenv("_BITDUST_COMPLETE", "bash_complete")
    done = subprocess.run([sys.executable, "-m", "bitdust.cli"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"plain,{found}" in done.stdout.splitlines()
