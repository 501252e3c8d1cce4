"""Each command asks the node for the right thing and shows what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bitdust.api.shapes import SHAPES
from bitdust.cli.api import read_arguments
from bitdust.errors import NotFound, Usage
from tests.cli.conftest import Run
from tests.cli.stub import StubNode, health, supplier, task
from tests.cli.test_json import example

ITEMS = [
    {"id": "0", "path": "/home", "size": 10, "type": "parent", "versions": []},
    {
        "id": "0/0",
        "path": "/home/photos",
        "size": 10,
        "type": "dir",
        "versions": [{"blocks": 1, "size": "16 MB", "version": "F20160313043757PM"}],
    },
    {"id": "0/1", "path": "/home/photos2", "size": -1, "type": "file", "versions": []},
]


def test_status(run: Run, node: StubNode) -> None:
    """The sentence, what is wrong, what to do; `--check` says it with the exit code."""
    node.answers["process_health"] = health(
        state="degraded", sentence="So so.", wrong=["carol is away"], next=["wait"]
    )
    outcome = run("status")
    assert outcome.code == 0
    assert "degraded: So so." in outcome.out
    assert "cause     carol is away" in outcome.out
    assert "next      wait" in outcome.out
    assert run("status", "--check").code == 19
    node.answers["process_health"] = health(state="at risk")
    assert run("status", "--check").code == 16
    node.answers["process_health"] = health()
    assert run("status", "--check").code == 0
    assert run("--json", "status").json == health()


def test_supplier_list(run: Run, node: StubNode) -> None:
    """A table for people, the bare list for programs; the group alone is its list."""
    node.answers["suppliers_list"] = [supplier(0, "bob"), supplier(1, "carol")]
    for words in (["supplier", "list"], ["supplier"], ["suppliers"], ["supplier", "--help"][:1]):
        outcome = run(*words)
        assert outcome.code == 0
        head, bob, carol = outcome.out.splitlines()
        assert head.split() == [
            "#",
            "SUPPLIER",
            "STATE",
            "SINCE",
            "RTT",
            "HOLDS",
            "UPTIME",
            "AUDITS",
            "IDURL",
        ]
        assert "bob" in bob
        assert "6 ms" in bob
        assert "1 GB" in carol
    assert run("--json", "supplier", "list").json == [supplier(0, "bob"), supplier(1, "carol")]


def test_supplier_ping(run: Run, node: StubNode) -> None:
    """All are asked; some silent: 3, all silent: 13."""

    def sign(position: int, name: str, error: str) -> dict[str, object]:
        idurl = f"http://id.example.net/{name}.xml"
        result = f"{name} is away" if error else f"Ack(Identity) from {idurl} by tcp in 0.012 sec"
        return {
            "position": position,
            "idurl": idurl,
            "result": result,
            "rtt": None if error else 0.012,
            "transport": "" if error else "tcp",
            "error": error,
        }

    node.answers |= {"suppliers_ping": [sign(0, "bob", ""), sign(1, "carol", "offline")]}
    outcome = run("supplier", "ping")
    assert outcome.code == 3
    assert "1  carol is away" in outcome.out
    assert run("supplier", "ping", "bob").code == 0
    assert run("supplier", "ping", "1").code == 13
    assert run("supplier", "ping", "dave").code == 15


def test_supplier_replace(run: Run, node: StubNode) -> None:
    """By position, IDURL, or the name that the list shows."""
    node.answers |= {
        "suppliers_list": [supplier(0, "bob"), supplier(1, "carol")],
        "supplier_replace": lambda which: {"result": f"replaced {which}"},
    }
    assert run("supplier", "replace", "-y", "1").out == "replaced 1\n"
    assert run("supplier", "fire", "-y", "carol").out == "replaced http://id.example.net/carol.xml\n"


def test_customer_and_automat(run: Run, node: StubNode) -> None:
    """The other two lists."""
    node.answers |= {
        "customers_list": [
            {
                "position": 0,
                "idurl": "http://id.example.net/dave.xml",
                "fingerprint": "b" * 52,
                "status": "active",
                "state": "active",
                "granted": 1 << 20,
                "used": 1 << 10,
                "pieces": 3,
                "since": 1.0,
                "last_contact": 1.0,
                "notice": "leave",
                "sentence": "it is asked to leave",
                "next": "it moves its pieces",
                "heard": None,
                "until": None,
            }
        ],
        "automats_list": [{"index": 1, "name": "presence(bob)", "state": "Online", "timers": ""}],
    }
    listed = run("customer", "list")
    assert "dave" in listed.out
    assert " leave " in listed.out
    assert "dave: it is asked to leave.  Next: it moves its pieces." in listed.err + listed.out
    assert "presence(bob)" in run("automats").out
    assert run("--json", "automat", "list").json[0]["state"] == "Online"


def test_ls_and_versions(run: Run, node: StubNode) -> None:
    """The whole catalog page by page, or one item and what lies below it."""
    node.answers["backups_list"] = lambda limit, after=None, survives=False: ITEMS if after is None else []
    assert len(run("ls").out.splitlines()) == 4
    assert [each["id"] for each in run("--json", "ls", "/home/photos").json] == ["0/0"]
    assert [each["id"] for each in run("--json", "ls", "0").json] == ["0", "0/0", "0/1"]
    assert run("ls", "/nowhere").code == 15
    assert run("--json", "versions").json == [
        {
            "backup_id": "0/0/F20160313043757PM",
            "path": "/home/photos",
            "blocks": 1,
            "size": "16 MB",
            "version": "F20160313043757PM",
        }
    ]
    assert node.calls[-1][-1] is True


def test_ls_pages(run: Run, node: StubNode) -> None:
    """A catalog of any size is read in pages."""
    many = [{**ITEMS[2], "id": f"0/{number}"} for number in range(2500)]

    def page(limit: int, after: str | None = None) -> list[dict[str, object]]:
        begin = 0 if after is None else [each["id"] for each in many].index(after) + 1
        return many[begin : begin + limit]

    node.answers["backups_list"] = page
    assert len(run("--json", "ls").json) == 2500
    assert len(node.calls) == 3


def test_delete(run: Run, node: StubNode) -> None:
    """An ID as it is, a path completed; `--local` only the copies here."""
    for name in ("backup_delete_id", "backup_delete_path", "backup_delete_local"):
        node.answers[name] = lambda what: {"result": f"deleted {what}"}
    assert run("delete", "-y", "0/0").code == 0
    assert run("delete", "x.txt", "-y").code == 0
    assert run("delete", "--local", "0/0/F20160313043757PM").code == 0
    assert node.calls == [
        ("backup_delete_id", "0/0"),
        ("backup_delete_path", str(Path("x.txt").absolute())),
        ("backup_delete_local", "0/0/F20160313043757PM"),
    ]


def test_forget(run: Run, node: StubNode) -> None:
    """Each version is told of with its reasons; the path is looked up, and the policy goes as it was said."""
    node.answers["backups_list"] = [{"id": "0/0/3", "path": str(Path("x").absolute())}]
    node.answers["backups_forget"] = [
        {"backup_id": "0/0/3/F1", "path": "/x", "time": 0.0, "keep": False, "reasons": [], "removed": False},
        {"backup_id": "0/0/3/F2", "path": "/x", "time": 9.0, "keep": True, "reasons": ["last", "daily"],
         "removed": False},
    ]  # fmt: skip
    done = run("forget", "x", "--keep-last", "1", "--keep-within", "1y2m", "--dry-run")
    assert done.code == 0
    spans = ("", "", "", "", "")
    assert node.calls[-1] == ("backups_forget", "0/0/3", 1, 0, 0, 0, 0, 0, "1y2m", True, 1000, None, *spans)
    assert re.search(r"^remove +0/0/3/F1", done.out, re.MULTILINE)
    assert re.search(r"^keep +0/0/3/F2 .* last, daily +/x", done.out, re.MULTILINE)
    assert "1 version would be removed, 1 kept" in done.err
    assert run("forget", "nothing", "--keep-last", "1", "--yes").code == NotFound.exit_code
    node.answers["backups_forget"] = [
        {"backup_id": f"0/{number}/F1", "path": "/x", "time": 1e300, "keep": True, "reasons": ["last"],
         "removed": False}
        for number in range(1000)
    ]  # fmt: skip
    pages = [node.answers["backups_forget"], [], []]
    node.answers["backups_forget"] = lambda *arguments: pages.pop(0)
    assert "1000 kept" in run("forget", "--keep-last", "1", "--dry-run").err
    assert node.calls[-1][-7:-5] == (1000, "0/999")
    run("forget", "--keep-daily", "unlimited", "--keep-within-weekly", "2m", "--dry-run")
    assert (node.calls[-1][4], node.calls[-1][-3]) == (-1, "2m")
    assert run("forget", "--keep-daily", "some", "--dry-run").code == 2


def test_undelete(run: Run, node: StubNode) -> None:
    """Without a word it lists; a path is looked up among what was deleted, its versions too."""
    node.answers["backups_deleted"] = [
        {"id": "0/0/3/F20160313043757PM", "path": str(Path("x").absolute()), "size": 17, "until": 2e9}
    ]
    assert "0/0/3/F20160313043757PM" in run("undelete").out
    node.answers["backup_undelete"] = {"result": "", "back": ["0/0/3"]}
    assert "0/0/3" in run("undelete", "x").out
    assert node.calls[-1] == ("backup_undelete", "0/0/3")
    assert run("undelete", "nothing").code == NotFound.exit_code


def test_clean(run: Run, node: StubNode) -> None:
    """What is to be freed is said with units; a dry run is one at the node, too."""
    answer = {"mostly_dead": 2, "unreferenced": 0, "bytes_copied": 3000, "bytes_freed": 40_000}
    node.answers["backups_clean"] = {**answer, "started": True}
    done = run("clean")
    assert node.calls[-1] == ("backups_clean", False)
    assert "39.06 KB will be freed" in done.out
    assert "2 blocks will be emptied" in done.err
    node.answers["backups_clean"] = {**answer, "started": False}
    assert "would be freed" in run("clean", "--dry-run").out
    assert node.calls[-1] == ("backups_clean", True)


def test_storage(run: Run, node: StubNode) -> None:
    """All three kinds of room, sizes with units, counts without."""
    node.answers |= {
        "space_donated": {"customers": 3, "donated": 8 << 30},
        "space_consumed": {"needed": 1 << 30},
        "space_local": {"disk_free": 1 << 40},
    }
    out = run("storage").out
    assert "8 GB" in out
    assert [line.split()[-1] for line in out.splitlines() if " customers " in line] == ["3"]
    assert run("--json", "space").json["local"] == {"disk_free": 1 << 40}


def test_config_asks_a_running_node(run: Run, node: StubNode) -> None:
    """get, set, list; and the short names of old."""
    node.answers |= {
        "config_get": lambda key: {"key": key, "type": "disk space", "value": "1 GB"},
        "config_set": lambda key, value: {
            "key": key,
            "old_value": "1 GB",
            "type": "disk space",
            "value": value,
        },
        "config_explain": lambda key: {"restart": key.endswith("port")},
        "config_list": [{"key": "logs/debug-level", "type": "positive integer", "value": "8"}],
    }
    assert "next start" in run("config", "set", "services/tcp-connections/tcp-port", "0").err
    assert run("config", "get", "needed").out == "1 GB\n"
    assert run("set", "needed", "5 GB").out == "services/customer/needed-space: 5 GB (was 1 GB)\n"
    assert "logs/debug-level" in run("config").out
    assert run("--json", "config", "list", "nothing/").json == []


def test_config_without_a_node(run: Run, home: Path) -> None:
    """Before the first start the file is read and written, with the same checks."""
    assert run("config", "set", "logs/debug-level", "12").code == 0
    assert run("config", "get", "logs/debug-level").out == "12\n"
    assert run("config", "set", "logs/debug-level", "many").code == 2
    assert run("config", "get", "no/such").code == 15
    assert {"key": "logs/debug-level", "type": "positive integer", "value": "12"} in run(
        "--json", "config"
    ).json


def test_identity(run: Run, node: StubNode, tmp_path: Path) -> None:
    """show, backup to words and to a file."""
    identity = {
        "idurl": "http://id.example.net/alice.xml",
        "name": "alice",
        "fingerprint": "c" * 52,
        "sources": [],
        "contacts": ["tcp://127.0.0.1:7771"],
        "revision": 1,
        "generation": 0,
        "document": "<identity/>",
    }
    node.answers |= {
        "identity_get": identity,
        "identity_backup": lambda path=None, word=None: {
            "words": "abandon about",
            "path": path,
            "fingerprint": "c",
        },
    }
    assert "alice" in run("identity").out
    assert run("identity", "show", "--document").out == "<identity/>\n"
    assert run("--json", "id").json == identity
    words = run("identity", "backup")
    assert words.out == "abandon about\n"
    assert "show them to nobody" in words.err
    assert f"written to {Path('a.kit').absolute()}" in run("identity", "backup", "a.kit").out


def test_recover_says_what_does_not_come_back(
    run: Run, node: StubNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever recovers is told what follows, and that the messages are gone, and why; a program is not."""
    monkeypatch.setattr("bitdust.cli.waking.running_in", lambda home: 1)
    node.answers["identity_recover"] = example(SHAPES["identity_recover"])
    words = " ".join(["word"] * 24)
    said = run("recover", words).err
    assert "What comes back: your identity" in said
    assert "What does not: the history of messages" in said
    assert "on the lost machine alone" in said
    assert run("--json", "recover", words).err == ""


def test_recover_refuses_what_is_no_kit(run: Run, home: Path) -> None:
    """Neither a file nor 24 words: said before anything is started."""
    assert run("recover", "nowhere.kit").code == 15
    assert not home.exists()


def test_ping(run: Run, node: StubNode) -> None:
    """The node's own sentence."""
    node.answers["ping"] = lambda idurl, timeout: {
        "result": f"Ack(Identity) from {idurl} by tcp in 0.012 sec"
    }
    assert run("ping", "http://id.example.net/bob.xml").out.startswith("Ack(Identity) from http://id.")
    assert node.calls[0][2] == 10.0


def test_tasks(run: Run, node: StubNode) -> None:
    """The list, and how one is stopped, by what it is."""
    node.answers |= {
        "tasks_list": [
            task(),
            task(id=2, kind="restore", state="failed", error="offline", message="too few"),
        ],
        "backups_queue": [],
        "restore_abort": lambda version: {"result": "aborted"},
        "backup_abort_running": lambda version: {"result": "aborted"},
        "backup_cancel_pending": lambda path_id: {"result": "cancelled"},
    }
    assert "failed: too few" in run("tasks").out
    assert run("tasks", "cancel", "2").code == 0
    assert run("tasks", "cancel", "1").code == 0
    node.answers["backups_queue"] = [{"path_id": "0/0/1"}]
    assert run("tasks", "cancel", "1").code == 0
    assert run("tasks", "cancel", "9").code == 15
    assert [call[0] for call in node.calls if "abort" in call[0] or "cancel" in call[0]] == [
        "restore_abort",
        "backup_abort_running",
        "backup_cancel_pending",
    ]


def test_api(run: Run, node: StubNode) -> None:
    """Any method, arguments plain, by name, or as JSON; the answer as JSON."""
    node.answers["config_get"] = lambda key, default=None: {"key": key, "value": default}
    assert run("api", "config_get", "a/b").json == {"key": "a/b", "value": None}
    assert run("--json", "api", "config_get", "key=a/b", "default=7").json == {"key": "a/b", "value": "7"}
    assert run("api", "config_get", '{"key": "a/b", "default": 7}').json["value"] == 7
    assert run("api", "config_get", '["a/b", 8]').json["value"] == 8
    assert run("api", "config_get", "{nonsense").code == 2
    assert run("api", "no_such_method").code == 2
    assert "process_health()" in run("api").out


def test_read_arguments() -> None:
    """An equals sign in a value, and an object that is an argument by itself."""
    assert read_arguments(("a=b=c",), ["a"]) == ([], {"a": "b=c"})
    assert read_arguments(("x=1",), ["a"]) == (["x=1"], {})
    assert read_arguments(('{"params": {"mode": "stats"}}',), ["json_request"]) == (
        [{"params": {"mode": "stats"}}],
        {},
    )
    with pytest.raises(Usage):
        read_arguments(("[" * 100000,), [])


def test_paths_and_version(run: Run, home: Path) -> None:
    """Both work without a node."""
    assert run("--json", "paths").json["home"] == str(home)
    assert str(home / "api-token") in run("paths").out
    assert run("version").out.startswith("BitDust 0.")
    assert set(run("--json", "v").json) == {"version", "python"}


def test_help(run: Run) -> None:
    """help of a command below a group, and the old words."""
    assert "POSITION|NAME|IDURL" in run("help", "supplier", "replace").out
    assert "bitdust start --detach" in run("help", "old-commands").out
    assert run("help", "nonsense").code == 2
    assert "Back up and restore:" in run("help").out


def test_names_that_cannot_be_shown(run: Run, node: StubNode) -> None:
    """They are printed as a shell takes them, and programs get their bytes."""
    node.answers["backups_list"] = [{**ITEMS[2], "path": "/home/\ufffd\ufffd", "path_b64": "L2hvbWUv//4="}]
    assert r"$'/home/\xff\xfe'" in run("ls").out
    assert json.loads(run("--json", "ls").out)[0]["path_b64"] == "L2hvbWUv//4="


def test_policy(run: Run, node: StubNode) -> None:
    """Commands are split as a shell would, and nobody looks at them further; an empty one is taken away."""
    answer = {
        **example(SHAPES["policies_list"])[0],
        "path": "/home/photos",
        "path_b64": "L2hvbWUvcGhvdG9z",
        "path_id": "0/0",
        "schedule": "every 4h",
        "before": ["sh", "-c", "a && b"],
        "after": [],
        "keep": "last=7",
        "excludes": ["*.tmp", "@caches"],
    }
    node.answers |= {"policies_list": [answer], "policy_set": lambda *_: {"result": "changed", **answer}}
    outcome = run("policy", "set", "0/0", "--before", "sh -c 'a && b'", "--after", "")
    assert outcome.code == 0
    assert node.calls[-1] == ("policy_set", "0/0", ["sh", "-c", "a && b"], [], None, None)
    run("policy", "set", "0/0", "--keep-last", "7", "--keep-within", "1y", "--exclude", "*.tmp")
    assert node.calls[-1] == ("policy_set", "0/0", None, None, "last=7 within=1y", ["*.tmp"])
    run("policy", "set", "0/0", "--keep-last", "0", "--exclude", "")
    assert node.calls[-1] == ("policy_set", "0/0", None, None, "last=0", [])
    shown = run("policy").out.splitlines()
    assert shown == [
        "0/0  $'/home/photos'",
        "    schedule  every 4h",
        "    keep      last=7",
        "    exclude   *.tmp  @caches",
        "    before    sh -c 'a && b'",
    ]
    assert run("policy", "set", "0/0").code == 2
    assert run("policy", "set", "0/0", "--before", "sh -c 'a").code == 2
    node.answers["policies_list"] = []
    assert "policy set PATH" in run("policy").err


def test_a_warning(run: Run, node: StubNode) -> None:
    """What went wrong beside a backup is told with it, in the list and where it was waited for."""
    node.answers["tasks_list"] = [task(warning="the command after ended with 3")]
    assert "committed (warning: the command after ended with 3)" in run("tasks").out


def test_verify_all_or_a_sample(run: Run, node: StubNode) -> None:
    """Both at once mean nothing, and nothing begins."""
    outcome = run("verify", "--all", "--sample", "1MB")
    assert outcome.code == 2
    assert "give one of them" in outcome.err


def test_verify_what_does_not_come_back(run: Run, node: StubNode) -> None:
    """How many files came back and how many did not is said in one sentence."""
    node.answers["verify_start"] = {"result": "", "task": 1}
    node.answers["tasks_list"] = [task(kind="verify", state="done", files=3, skipped=2, message="a; b")]
    outcome = run("verify")
    assert "3 files" in outcome.out
    assert "2 files did not" in outcome.out
    assert outcome.code != 0


@pytest.mark.parametrize("which", ["lim", "0/0/1", "0/0/1/F20160313043757PM", "9"])
def test_tasks_by_what_they_are_about(
    run: Run, node: StubNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """A path means its item, as everywhere; and what was so before is not claimed to have been changed."""
    monkeypatch.chdir(tmp_path)
    node.answers |= {
        "tasks_list": [task(id=9, state="reading"), task(id=10, path_id="0/0/2", state="reading")],
        "backups_list": [{**ITEMS[2], "id": "0/0/1", "path": str(tmp_path / "lim")}],
        "tasks_pause": {"result": "paused", "tasks": [9]},
        "tasks_resume": {"result": "resumed", "tasks": []},
        "backups_queue": [],
        "backup_abort_running": {"result": "aborted"},
    }
    assert run("pause", which).out == "1 task paused\n"
    assert node.calls[-1] == ("tasks_pause", 9)
    assert run("resume", which).out == f"{which} is not paused\n"
    assert run("tasks", "cancel", which).code == 0
    assert node.calls[-1] == ("backup_abort_running", "0/0/1/F20160313043757PM")
    assert run("pause", "nothing").code == 15


@pytest.mark.parametrize(
    "words",
    [
        "delete 0", "delete folder", "forget --keep-last 1", "restore 0/0", "supplier replace 1",
        "supplier change 1 x", "customer remove x", "message delete --all --with bob",
    ],
)  # fmt: skip
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_nobody_can_be_asked(run: Run, node: StubNode, words: str, flags: tuple[str, ...]) -> None:
    """Without a terminal nothing goes that a person would have been asked about, unless -y was said."""
    node.answers |= {"tasks_list": [], "suppliers_list": [], "customers_list": [], "list_correspondents": []}
    outcome = run(*flags, *words.split())
    assert outcome.code == 2
    assert "-y" in outcome.err
    assert not {name for name, *_ in node.calls} - {*node.answers}


def test_ls_of_an_id_with_a_colon(run: Run, node: StubNode) -> None:
    """`ID:` is the top of the newest version; what is not found is told where else to look."""
    node.answers |= {
        "version_list": {**example(SHAPES["version_list"]), "entries": [], "after": ""},
        "backups_list": [],
    }
    for word, meant in (("0/0/5:", "0/0/5"), ("0/0/5:doc", "0/0/5:doc")):
        assert run("ls", word).code == 0
        assert node.calls[-1][:2] == ("version_list", meant)
    missing = run("ls", "doc/f4")
    assert missing.code == 15
    assert "ls --inside" in missing.err


def test_delete_tells_the_way_back(run: Run, node: StubNode) -> None:
    """With a delay, until when and how what was deleted is brought back; without, or of others, nothing."""
    node.answers |= {
        "backup_delete_id": {"result": "item 0/0/1 was deleted from remote peers"},
        "backups_deleted": [{"id": "0/0/10/F20160313043757PM", "path": "/x", "size": 1, "until": 1.8e9}],
    }
    assert run("delete", "-y", "0/0/1").err == ""
    row = {"id": "0/0/1/F20160313043757PM", "path": "/x", "size": 1, "until": 1.8e9}
    node.answers["backups_deleted"].append(row)
    told = run("delete", "-y", "0/0/1").err
    assert "`bitdust undelete 0/0/1` brings it back" in told
    assert told.startswith("Until 2027-01-1")
