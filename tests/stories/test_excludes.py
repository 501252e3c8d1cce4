"""What is left out of backups, through a whole node."""

from __future__ import annotations

from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import Conflict, NotFound, Usage
from tests.world import House, World

METHODS = all_methods()


def ask(house: House, name: str, *arguments: object) -> Any:
    return house.world.wait(METHODS[name](house.node, *arguments))


def test_a_rule_leaves_out_from_now_on(world: World) -> None:
    """
    A rule holds for the next version; the old one keeps what it has; the rule outlives a restart; and without
    it everything goes along again.
    """
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(a=1000, notes__b=b"text", notes__c=300)
    task = alice.back_up(source)
    old = f"{task.path_id}/{task.version}"
    assert ask(alice, "exclude_add", "notes/")["position"] == 0
    world.tree(a=2000)
    task = alice.back_up(source)
    assert (task.state, task.skipped) == ("committed", 0)
    new = f"{task.path_id}/{task.version}"
    alice.restore(new, world.folder / "new")
    alice.restore(old, world.folder / "old")

    def names(where: str) -> set[str]:
        return {path.name for path in (world.folder / where).rglob("*") if path.is_file()}

    assert (names("new"), names("old")) == ({"a"}, {"a", "b", "c"})
    alice.restart()
    world.until(lambda: world.staffed(alice, 2))
    told = ask(alice, "backup_preview", task.path_id)
    assert [(left["path"], left["rule"]) for left in told["left_out"]] == [("notes", "notes/")]
    assert (told["files"], told["size"], told["left_out_count"]) == (1, 2000, 1)
    ask(alice, "exclude_remove", 0)
    assert ask(alice, "excludes_list") == []
    task = alice.back_up(source)
    alice.restore(f"{task.path_id}/{task.version}", world.folder / "again")
    assert names("again") == {"a", "b", "c"}


def test_a_file_of_an_item(world: World) -> None:
    """What is asked about a file in an item is whether the item's backup leaves it out, and by which rule."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(cache__a_tmp=b"1", deep__b=b"2", deep__c=b"3")
    (source / "deep" / ".bitdustignore").write_text("c\n")
    alice.back_up(source)
    ask(alice, "exclude_add", "/cache/")
    for name, rule, where in (
        ("cache/a_tmp", "/cache/", "settings"), ("cache", "/cache/", "settings"),
        ("deep/c", "c", "deep/.bitdustignore"), ("deep/b", None, None),
    ):  # fmt: skip
        found = ask(alice, "backup_preview", str(source / name), 100, True)
        assert [(each["rule"], each["source"]) for each in found["left_out"]] == [(rule, where)] * bool(rule)
        assert found["files"] == (rule is None)
    # A backup of that file alone would take it.
    assert ask(alice, "backup_preview", str(source / "cache" / "a_tmp"))["files"] == 1


def test_rules_are_looked_at_when_given(world: World) -> None:
    """What is no rule is refused; one twice, too; and what a person put into the settings is noted."""
    world.suppliers(2)
    alice = world.customer(n=2)
    for wrong in ("@nothing", "", "a\nb", "[", "a[b"):
        with pytest.raises(Usage):
            ask(alice, "exclude_add", wrong)
    ask(alice, "exclude_add", "*.tmp")
    with pytest.raises(Conflict):
        ask(alice, "exclude_add", "*.tmp")
    with pytest.raises(NotFound):
        ask(alice, "exclude_remove", "7")
    with pytest.raises(Usage):
        ask(alice, "backup_preview", "0/0", -1)
    ask(alice, "config_set", "services/backups/excludes", "@nothing\n*.tmp")
    source = world.folder / "source"
    source.mkdir()
    (source / "x.tmp").write_bytes(b"1")
    task = alice.back_up(source)
    assert (task.state, task.skipped, task.files) == ("committed", 0, 0)
    assert "@nothing" in task.notes
