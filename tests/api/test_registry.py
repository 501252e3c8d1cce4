"""What a method is."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.api.registry import Registry, collect, method
from bitdust.errors import UnknownMethod, Usage


@method(changes=True)
async def greet(
    node: Any, name: str, times: int = 1, loud: bool = False, pause: float = 0.5, to: list[str] | None = None
) -> dict[str, Any]:
    """
    Say hello.

    @param name: who is greeted,
        and how.
    @param times: how often.
    """
    return {"node": node, "name": name, "times": times, "loud": loud, "pause": pause, "to": to}


@method()
def either(node: Any, what: str | int) -> list[Any]:
    """Take one of two."""
    return [what]


GREET = collect(types.SimpleNamespace(greet=greet, either=either))["greet"]  # type: ignore[arg-type]
EITHER = collect(types.SimpleNamespace(greet=greet, either=either))["either"]  # type: ignore[arg-type]


def test_read_off_the_function():
    """Name, arguments, defaults and sentences come from the function alone."""
    assert GREET.usage == "greet(name, times=1, loud=False, pause=0.5, to=None)"
    assert GREET.sentence == "Say hello."
    assert GREET.required == 1
    assert GREET.changes
    assert GREET.result == "object"
    assert [param.kind for param in GREET.params] == ["string", "integer", "boolean", "number", "array"]
    assert GREET.params[0].sentence == "who is greeted, and how."
    assert EITHER.params[0].kind == "any"
    assert EITHER.result == "array"


@pytest.mark.parametrize(
    ("positional", "named", "ready"),
    [
        (("a",), {}, {"name": "a"}),
        ((), {"name": "a", "times": "3"}, {"name": "a", "times": 3}),
        (("a", 2.0, 1, "2"), {}, {"name": "a", "times": 2, "loud": True, "pause": 2.0}),
        (("a", None, "false"), {"to": "x, y"}, {"name": "a", "loud": False, "to": ["x", "y"]}),
        (("a",), {"to": ["x"], "times": 2**40}, {"name": "a", "to": ["x"], "times": 2**40}),
        ((5, 1, "TRUE"), {}, {"name": "5", "times": 1, "loud": True}),
    ],
)
def test_arguments_are_taken_for_what_they_mean(positional, named, ready):
    """Texts, numbers and booleans are read into their types; None equals absent."""
    assert GREET.bind(positional, named) == ready


@pytest.mark.parametrize(
    ("positional", "named"),
    [
        ((), {}),
        ((None,), {}),
        (("a", 1, 1, 1, "x", "y"), {}),
        (("a",), {"name": "b"}),
        (("a",), {"nam": "b"}),
        (("a",), {"node": 1}),
        (("a", "many"), {}),
        (("a", 1.5), {}),
        (("a", True), {}),
        (("a", 2**63), {}),
        (("a", "9" * 10000), {}),
        (("a", 1, 2), {}),
        (("a", 1, "yes"), {}),
        (("a", 1, 1, "nan"), {}),
        (("a", 1, 1, float("inf")), {}),
        (("a", 1, 1, 10**400), {}),
        (("a",), {"to": [1]}),
        (("a",), {"to": {}}),
        (([],), {}),
        ((1.5,), {}),
        (("\ud800",), {}),
    ],
)
def test_arguments_that_are_refused(positional, named):
    """What cannot be meant is refused with a sentence."""
    with pytest.raises(Usage):
        GREET.bind(positional, named)


def test_either_keeps_its_type():
    """An argument that may be text or number stays what it is."""
    assert EITHER.bind((5,)) == {"what": 5}
    assert EITHER.bind(("5",)) == {"what": "5"}


def test_registry():
    """Unknown names are an error of their own; two methods of one name cannot be."""
    registry = all_methods()
    with pytest.raises(UnknownMethod):
        registry["__class__"]
    assert "__class__" not in registry
    with pytest.raises(ValueError, match="one name"):
        Registry([GREET, GREET])


NAMES = """
    stop restart config_get config_set config_list backups_update backups_list backups_id_list backup_start_id
    backup_start_path backup_dir_add backup_file_add backup_tree_add backup_delete_local backup_delete_id
    backup_delete_path backups_queue backups_running backup_cancel_pending backup_abort_running restore_single
    restores_running restore_preview restore_abort ping suppliers_list supplier_replace customers_list
    space_donated
    space_consumed space_local automats_list process_health identity_get identity_create identity_backup
    identity_recover tasks_list list_messages send_message list_correspondents add_correspondent
    remove_correspondent find_peer_by_nickname filemanager show gui_link
    network_status
    config_explain customer_reject customers_ping events_list reconnect service_info service_start
    service_stop services_list supplier_change suppliers_ping directories_list connections_list
    relay_status
    excludes_list exclude_add exclude_remove backup_preview
    backups_clean versions_find version_list versions_diff version_read
    backup_undelete
    backups_deleted
    backup_pin
    backup_unpin delete_message delete_conversation
    backups_forget
    schedule_remove
    schedule_set
    policies_list
    policy_remove
    policy_set
    schedules_list verify_start drills_list tasks_cancel
    stream_begin stream_write stream_end stream_abort
    tasks_pause
    tasks_resume
"""


def test_the_contract():
    """The methods are those of the contract, with its names, order and defaults."""
    methods = all_methods()
    assert sorted(methods) == sorted(NAMES.split())
    usages = {one.usage for one in methods.values()}
    assert usages >= {
        "stop()",
        "restart(show=False)",
        "config_get(key, default=None)",
        "config_set(key, value, typ=None)",
        "config_list(sort=False)",
        "backups_update()",
        "backups_id_list()",
        "backup_start_id(pathID)",
        "backup_start_path(path)",
        "backup_dir_add(dirpath)",
        "backup_file_add(filepath)",
        "backup_tree_add(dirpath)",
        "backup_delete_local(backupID)",
        "backup_delete_id(pathID_or_backupID)",
        "backup_delete_path(localPath)",
        "restore_single(pathID_or_backupID_or_localPath, destinationPath=None, as_of=None, include=None, "
        "exclude=None)",
    }
    assert methods["ping"].required == 1
    assert methods["backups_list"].required == 0


@pytest.mark.parametrize("one", all_methods().values(), ids=lambda one: one.name)
def test_every_method_is_described(one):
    """Each method and each argument has its sentence, and required arguments come first."""
    assert one.sentence.endswith(".")
    assert all(param.sentence for param in one.params)
    assert [param.required for param in one.params] == sorted((p.required for p in one.params), reverse=True)


def test_questions_change_nothing():
    """Methods that alter something are marked: REST and browsers may not reach them with GET."""
    questions = {name for name, one in all_methods().items() if not one.changes}
    assert questions == {
        *("list_correspondents", "find_peer_by_nickname"),
        *("config_get", "config_list", "backups_list", "backups_id_list", "backups_queue", "backups_running"),
        *("restores_running", "ping", "suppliers_list", "customers_list", "space_donated", "space_consumed"),
        *("space_local", "automats_list", "process_health", "identity_get", "tasks_list", "list_messages"),
        *("events_list", "suppliers_ping", "customers_ping", "config_explain"),
        *("services_list", "service_info", "excludes_list", "schedules_list", "backup_preview"),
        *("restore_preview", "backups_deleted", "policies_list"),
        *("drills_list", "relay_status", "network_status", "directories_list", "connections_list"),
        *("versions_find", "version_list", "versions_diff", "version_read"),
    }


def test_the_list_loads_neither_twisted_nor_the_node():
    """The command line reads the list quickly: without Twisted and without a node."""
    code = (
        "import sys, bitdust.client; from bitdust.api.methods import all_methods; all_methods();"
        "sys.exit(any(name.startswith(('twisted', 'bitdust.node')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0
