"""Exit codes, errors, streams: what every command has in common."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bitdust.cli.main import SECTIONS, bitdust
from bitdust.errors import Denied, NotFound, all_errors
from tests.cli.conftest import Run
from tests.cli.stub import StubNode, health, supplier

COMMANDS = [name for section in SECTIONS.values() for name in section]


def every_command() -> list[tuple[str, click.Command]]:
    found = []
    root = click.Context(bitdust, info_name="bitdust")
    for name in COMMANDS:
        command = bitdust.get_command(root, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {below}", each) for below, each in command.commands.items()]
    return found


@pytest.mark.parametrize(("name", "command"), every_command(), ids=[name for name, _ in every_command()])
def test_help_has_examples(name: str, command: click.Command, run: Run) -> None:
    """Every command says what it does and shows at least two examples that begin with itself."""
    outcome = run(*name.split(), "--help")
    assert outcome.code == 0
    examples = outcome.out.partition("Examples:")[2].partition("Options:")[0].split("\n")
    assert len([line for line in examples if line.strip().startswith("bitdust ")]) >= 2
    assert "\x08" not in outcome.out


@pytest.mark.parametrize(
    "words",
    [
        "status",
        "ls",
        "versions",
        "tasks",
        "storage",
        "supplier",
        "supplier ping",
        "supplier replace -y 1",
        "customer",
        "ping http://id.example.net/bob.xml",
        "identity",
        "identity backup",
        "automat",
        "backup /tmp",
        "restore -y 0/0/1",
        "delete -y 0/0/1",
        "stop",
        "restart",
        "api process_health",
    ],
)
def test_without_a_node(words: str, run: Run) -> None:
    """With no node running: exit code 10, a sentence and a hint on stderr, nothing on stdout."""
    outcome = run(*words.split())
    assert outcome.code == 10
    assert outcome.out == ""
    assert outcome.err.startswith("error: no BitDust node runs in ")
    assert " hint: start it with `bitdust start --detach`" in outcome.err


def test_errors_for_programs(run: Run) -> None:
    """With `--json`, before or after the command, an error is one JSON object on stderr."""
    for words in (["--json", "ls"], ["ls", "--json"]):
        outcome = run(*words)
        told = json.loads(outcome.err)
        assert told.pop("message").startswith("no BitDust node runs")
        assert told == {
            "message_type": "exit_error",
            "code": 10,
            "error": "no_daemon",
            "hint": "start it with `bitdust start --detach`",
        }


@pytest.mark.parametrize("kind", [kind for kind in all_errors() if kind.id != "refused"])
def test_exit_codes_of_all_errors(kind: type, run: Run, node: StubNode) -> None:
    """Every failure of the node ends the command with its own exit code, sentence and hint."""

    def fail() -> None:
        raise kind("so it is", hint="do that")

    node.answers["process_health"] = fail
    outcome = run("status")
    assert outcome.code == kind.exit_code  # type: ignore[attr-defined]
    assert outcome.err == "error: so it is\n hint: do that\n"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("suplier list", "'supplier'"),
        ("supplier repalce 1", "'replace'"),
        ("re", "'restore' or 'resume' or 'relay' or 'recover' or 'restart' or 'reconnect'"),
    ],
)
def test_did_you_mean(words: str, meant: str, run: Run) -> None:
    """A slip of the finger is answered with what was probably meant."""
    outcome = run(*words.split())
    assert outcome.code == 2
    assert f"Did you mean {meant}?" in outcome.err


def test_usage_errors(run: Run) -> None:
    """Wrong options and missing arguments: exit code 2 and where to read on."""
    for words in (["--nonsense"], ["restore"], ["supplier", "list", "--nonsense"], ["--color", "blue", "ls"]):
        outcome = run(*words)
        assert outcome.code == 2
        assert " hint: `bitdust" in outcome.err


def test_unique_beginning_is_enough(run: Run, node: StubNode) -> None:
    """`bitdust sup list` is `bitdust supplier list`."""
    node.answers["suppliers_list"] = []
    assert run("sup", "list").code == 0
    assert run("--json", "sup").json == []


def test_first_contact(run: Run, node: StubNode) -> None:
    """`bitdust` alone shows the way in, and how the node is."""
    node.answers["process_health"] = health()
    outcome = run()
    assert outcome.code == 0
    assert "bitdust demo" in outcome.out
    assert "Your node runs: Every version survives" in outcome.out
    node.close()
    assert "No node runs in" in run().out


def test_colour(run: Run, node: StubNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """No escape codes in a pipe; `--color=always` and FORCE_COLOR ask for them, NO_COLOR forbids."""
    node.answers["process_health"] = health()
    assert "\x1b" not in run("status").out
    assert "\x1b" in run("--color=always", "status").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in run("status").out
    assert "\x1b" not in run("--color=never", "status").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("status").out


def test_ctrl_c(run: Run, node: StubNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C ends with 130 and without a traceback."""
    from bitdust.client import Client

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "call", interrupted)
    outcome = run("ls")
    assert outcome.code == 130
    assert outcome.err.startswith("error: It was cancelled.")


def command_line(*words: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bitdust.cli", *words],
        check=False,
        capture_output=True,
        **more,  # type: ignore[call-overload]
    )


def test_reader_that_has_had_enough(home: Path, node: StubNode) -> None:
    """`bitdust ls | head -1`: a closed pipe is quiet and no failure."""
    node.answers["config_list"] = [{"key": "k" * 200, "type": "string", "value": "v"}] * 5000
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        process = subprocess.run(
            [sys.executable, "-m", "bitdust.cli", "config", "list"],
            check=False,
            stdout=pipe,
            stderr=subprocess.PIPE,
        )
    assert process.stderr == b""
    assert process.returncode == 0


def test_no_twisted(home: Path, node: StubNode) -> None:
    """The command line is a thin client: it imports neither Twisted nor what draws bars nor the crypto."""
    node.answers["suppliers_list"] = [supplier(0, "bob")]
    code = (
        "import sys; from bitdust.cli.main import main; code = main(['--json', 'supplier', 'list']);"
        "loaded = {name.partition('.')[0] for name in sys.modules};"
        "unwanted = loaded & {'twisted', 'zope', 'rich', 'cryptography', 'automat', 'msgspec'};"
        "sys.exit(code or ', '.join(unwanted) or 0)"
    )
    process = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert process.stderr == b""
    assert process.returncode == 0


def test_no_command_imports_twisted() -> None:
    """Loading every command, and the list of the API's methods, brings no Twisted with it."""
    modules = sorted(
        {place.partition(":")[0] for section in SECTIONS.values() for place, _ in section.values()}
    )
    lines = "; ".join(f"import bitdust.cli.{module}" for module in modules)
    lines += "; import bitdust.api.methods, bitdust.daemon.detach"
    code = f"import sys; {lines}; sys.exit('twisted' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert process.stderr == b""
    assert process.returncode == 0


def test_url(run: Run, tmp_path: Path) -> None:
    """An address that nobody listens at: exit code 10; one that is no address: 2."""
    assert run("--url", "http://127.0.0.1:9", "ls").code == 10
    assert run("--url", "nonsense", "ls").code == 2


def test_denied_and_not_found_reach_the_person(run: Run, node: StubNode) -> None:
    """The node's own words and hint are shown, not ours."""

    def denied() -> None:
        raise Denied("the token is wrong")

    def missing(*_: object) -> None:
        raise NotFound("no such item")

    node.answers |= {"process_health": denied, "backup_delete_id": missing}
    assert run("status").code == 12
    assert run("delete", "-y", "0/0/9").code == 15
