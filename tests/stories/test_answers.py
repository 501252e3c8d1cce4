"""Every method, asked of a node that does what it is asked, answers in the shape that is written down."""

from __future__ import annotations

from typing import Any

import jsonschema

from bitdust.api.file_shapes import MODE_SHAPES
from bitdust.api.methods import all_methods
from bitdust.api.publish.door import Door
from bitdust.api.shapes import SHAPES, schema_of
from tests.world import House, World


class Pages:
    """What shows pages: here they are only asked for."""

    seconds, has_browser = 60, False

    def link(self) -> str:
        """The address that lets one in."""
        return "http://127.0.0.1/login?code=x"

    def show(self) -> None:
        """Nobody looks."""


def test_every_answer_has_its_shape(world: World) -> None:
    """None of the methods is left out, and each of them succeeds at least once."""
    world.suppliers(3)
    alice, bob = world.customer(n=2, services__backups__delete_delay=86400), world.house("bob").start()
    source = world.tree(a=100_000, inner__b=10)
    registry, left = all_methods(), set(all_methods())

    def ask(name: str, *args: object, house: House = alice, **named: Any) -> Any:
        answer = world.wait(Door(house.node, registry).call(name, args, named), 4000)
        shape = MODE_SHAPES[args[0]["params"]["mode"]] if name == "filemanager" else SHAPES[name]  # type: ignore[index]
        jsonschema.validate(answer, schema_of(shape))
        left.discard(name)
        return answer

    def manage(mode: str, **params: object) -> Any:
        return ask("filemanager", {"params": {"mode": mode, **params}})

    alice.node.pages = Pages()  # type: ignore[assignment]
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    [row] = [row for row in ask("backups_list") if row["path"] == str(source)]
    item, version = row["id"], f"{row['id']}/{row['versions'][0]['version']}"
    kit = ask("identity_backup", str(world.folder / "kit"))

    # -- people
    ask("add_correspondent", bob.idurl, "bob")
    ask("send_message", "bob", "hello")
    world.run(60)
    for name in ("list_correspondents", "list_messages", "identity_get", "suppliers_ping", "customers_list"):
        ask(name)
    ask("find_peer_by_nickname", "bob")
    ask("delete_message", ask("list_messages")[0]["id"])
    ask("send_message", "bob", "hello again")
    ask("delete_conversation", "bob")
    ask("remove_correspondent", bob.idurl)
    ask("ping", bob.idurl)
    sup = world.seated(alice)[0]
    for name in ("customers_list", "customers_ping"):
        assert ask(name, house=sup)
    [spare] = [house for house in world.houses.values() if house not in (alice, bob, *world.seated(alice))]
    ask("supplier_change", 0, spare.idurl)
    world.until(lambda: world.staffed(alice, 2), 600)
    ask("supplier_replace", 0)
    world.until(lambda: world.staffed(alice, 2), 600)
    alice.until_safe(600)
    ask("reconnect")

    # -- work, while the suppliers are away: it goes on as long as it is looked at
    world.run(600)
    world.away(*(house for house in world.houses.values() if house is not alice))
    ask("config_set", "services/backups/at-once", 1)
    big = world.tree("big", a=5_000_000)
    ask("backup_start_path", str(big))
    second = ask("backup_start_path", str(world.tree("second", a=5_000)))["result"].split()[1]
    assert ask("backups_queue")
    ask("backup_cancel_pending", second)
    world.until(lambda: alice.node.backups.running(), 60)
    [job] = ask("backups_running")
    ask("tasks_pause")
    ask("tasks_resume")
    ask("backup_abort_running", job["backup_id"])
    world.back(*(house for house in world.houses.values() if house is not alice))
    world.run(600)
    ask("verify_start", version)
    world.until(lambda: ask("drills_list"), 600)
    stream = ask("stream_begin", "/var/dump")["stream"]
    ask("stream_write", stream, 0, "")
    ask("stream_end", stream, 0)
    ask("stream_abort", ask("stream_begin", "/var/other")["stream"])
    ask("tasks_cancel", ask("verify_start", version)["task"])
    ask("restore_preview", version, str(world.folder / "out"))
    ask("restore_single", version, str(world.folder / "out"))
    [job] = ask("restores_running")
    ask("restore_abort", job["backup_id"])
    world.run(60)

    # -- the catalog
    for mode in ("config", "stats", "list", "listall", "tasks", "debuginfo"):
        assert manage(mode) is not None
    assert manage("list", path=str(source.parent))
    assert manage("listlocal", path=str(source))
    manage("upload", path=str(source))
    world.run(60)
    manage("download", backupid=version, dest_path=str(world.folder / "other"))
    world.run(60)
    one = world.tree("one", a=10, b__c=20)
    ask("backup_file_add", str(one / "a"))
    ask("backup_dir_add", str(one / "b"))
    ask("backup_tree_add", str(one))
    ask("backup_delete_local", version)
    ask("schedule_set", str(one), "daily at 03:00")
    assert ask("schedules_list")
    ask("schedule_remove", str(one))
    ask("policy_set", str(one), ["true"])
    assert ask("policies_list")
    ask("policy_remove", str(one))
    ask("version_list", version)
    for name in sorted(left):
        if [param.name for param in registry[name].params if param.required] == ["what"]:
            ask(name, f"{version}:a")
    ask("versions_find", "a*")
    ask("versions_diff", version, version)
    ask("backup_pin", version)
    ask("backup_unpin", version)
    ask("backups_forget", keep_last=1, dry_run=True)
    manage("deleteversion", backupid=version)
    assert ask("backups_deleted")
    ask("backup_undelete", version)
    manage("deleteversion", backupid=version)
    ask("backup_delete_id", item)
    added = next(row["id"] for row in ask("backups_list") if row["path"] == str(one / "a"))
    manage("delete", id=added)
    ask("backup_delete_path", str(one / "b"))

    ask("customer_reject", alice.idurl, house=world.seated(alice)[0])

    # -- the node
    ask("config_get", "logs/debug-level")
    ask("config_set", "logs/debug-level", 9)
    ask("config_explain", "logs/debug-level")
    ask("service_info", "supplier")
    ask("service_start", "supplier")
    ask("service_stop", "supplier")
    anew = world.house("anew")
    anew.begin()
    ask("identity_create", "anew", ["127.0.0.1"], house=anew)
    # For methods that need nothing special: the name of an argument -> what succeeds.
    sensible = {"path_or_id": str(big), "rule": "*.tmp"}
    for name in sorted(left - {"identity_recover", "backup_start_id"}):
        needs = [param.name for param in registry[name].params if param.required]
        ask(name, *(sensible[one] for one in needs))
    ask("backup_start_id", next(row["id"] for row in ask("backups_list") if row["path"] == str(big)))
    alice.stop()
    heir = world.house("heir")
    heir.begin()
    ask("identity_recover", kit["words"], ["127.0.0.1"], house=heir)
    assert left == set()
