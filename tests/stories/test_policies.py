"""What single items are to be treated like."""

from __future__ import annotations

from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import NotFound, Usage
from tests.world import House, World

METHODS = all_methods()


def call(world: World, house: House, method: str, *args: Any, **more: Any) -> Any:
    return world.wait(METHODS[method](house.node, *args, **more))


@pytest.fixture
def alice(world: World) -> House:
    world.suppliers(2)
    return world.customer(n=2, services__backups__max_copies=3)


def test_what_is_kept(world: World, alice: House) -> None:
    """Each new version lets those go that the item's own rule does not keep; others keep to the settings."""
    one, two = world.tree("one", a=1000), world.tree("two", a=1000)
    item = call(world, alice, "policy_set", str(one), keep="daily=2, last=1 last=2")["path_id"]
    assert call(world, alice, "policies_list")[0]["keep"] == "last=2 daily=2"
    other = alice.back_up(two).path_id
    for day in range(6):
        for path in (one, two):
            (path / "a").write_bytes(bytes([day]) * 1000)
            alice.back_up(path)
        world.run(86400.0)
        if day == 3:
            alice.restart()
    assert [len(alice.versions(each)) for each in (item, other)] == [2, 3]
    call(world, alice, "policy_set", item, keep="last=-1")
    for _ in range(4):
        alice.back_up(one)
        world.run(3600.0)
    assert len(alice.versions(item)) == 6
    call(world, alice, "policy_set", item, keep="")
    alice.back_up(one)
    world.run(60.0)
    assert len(alice.versions(item)) == 3


def test_what_is_not_named_stays(world: World, alice: House) -> None:
    """Each rule of what is kept by itself: another one leaves it alone, 0 takes it away, and no text all."""
    answer = call(world, alice, "policy_set", str(world.tree("one", a=1000)), keep="last=3")
    assert "new in the catalog" in answer["result"]
    item = answer["path_id"]
    answer = call(world, alice, "policy_set", item, keep="daily=7 within=1y")
    assert (answer["keep"], "new" in answer["result"]) == ("last=3 daily=7 within=1y", False)
    assert call(world, alice, "policy_set", item, keep="last=0 within=")["keep"] == "daily=7"
    assert call(world, alice, "policy_set", item, excludes=["x"])["keep"] == "daily=7"
    assert call(world, alice, "policy_set", item, keep="")["keep"] == ""


def test_of_what_only_leads_to_items(world: World, alice: House) -> None:
    """A folder of items that is none itself is refused, by path and by ID, and stays what it is."""
    source = world.tree("above", one__a=1000)
    item = call(world, alice, "policy_set", str(source / "one"), keep="last=3")["path_id"]
    for what in (str(source), item.rpartition("/")[0]):
        with pytest.raises(Usage, match="not backed up itself"):
            call(world, alice, "policy_set", what, excludes=["f"])
    assert [each["path_id"] for each in call(world, alice, "policies_list")] == [item]
    above = [each for each in call(world, alice, "backups_list") if each["path"] == str(source)]
    assert [each["type"] for each in above] == ["parent"]


def test_what_went_is_said(world: World, alice: House) -> None:
    """A backup that lets older versions go says how many, and by which rule: the settings' or the item's."""
    source = world.tree("one", a=1000)
    notes = []
    for _ in range(4):
        notes.append(alice.back_up(source).notes)
        world.run(10.0)
    assert notes == ["", "", "", "1 older version removed (max-copies 3)"]
    call(world, alice, "policy_set", str(source), keep="last=1")
    assert alice.back_up(source).notes == "3 older versions removed (keep last=1)"


def test_what_is_left_out(world: World, alice: House) -> None:
    """Rules of the item add to those of the settings, and come after them; a preview knows them, too."""
    call(world, alice, "exclude_add", "*.log")
    files = {"a": b"1", "b__c.tmp": b"2", "d.log": b"3", "keep.log": b"4", "node_modules__x": b"5"}
    one = world.folder / "one"
    for name, content in files.items():
        file = one / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    rules = ["*.tmp", "!keep.log", "@builds"]
    item = call(world, alice, "policy_set", str(one), excludes=rules)["path_id"]
    preview = call(world, alice, "backup_preview", str(one))
    assert {(left["path"], left["source"]) for left in preview["left_out"]} == {
        ("b/c.tmp", "policy"),
        ("d.log", "settings"),
        ("node_modules", "policy"),
    }
    assert call(world, alice, "backup_preview", item) == preview

    def inside() -> set[str]:
        task = alice.back_up(one)
        listed = call(world, alice, "versions_find", "*", f"{item}/{task.version}")
        return {each["inside"] for each in listed["found"] if each["type"] == "file"}

    assert inside() == {"a", "keep.log"}
    call(world, alice, "policy_set", item, excludes=[])
    assert inside() == {"a", "b/c.tmp", "node_modules/x"}


def test_one_idea(world: World, alice: House) -> None:
    """Schedule, commands, what is kept and left out are told together, over restarts and power cuts."""
    item = call(world, alice, "schedule_set", str(world.tree(a=1)), "every 4h")["path_id"]
    call(world, alice, "policy_set", item, ["true"], keep="last=7")
    call(world, alice, "policy_set", item, excludes=["*.tmp"])
    alice.restart()
    alice.crash()
    alice.start()
    [row] = call(world, alice, "policies_list")
    assert {key: row[key] for key in ("schedule", "before", "after", "keep", "excludes")} == {
        "schedule": "every 4h",
        "before": ["true"],
        "after": [],
        "keep": "last=7",
        "excludes": ["*.tmp"],
    }
    call(world, alice, "policy_remove", item)
    assert [each["rule"] for each in call(world, alice, "schedules_list")] == ["every 4h"]
    with pytest.raises(NotFound):
        call(world, alice, "policy_remove", item)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"keep": "some"}, {"keep": "last=x"}, {"keep": "last=9999999"}, {"keep": "within=2x"}),
        *({"excludes": [""]}, {"excludes": ["@what"]}, {"excludes": ["a\nb"]}, {"excludes": ["x"] * 201}),
    ],
)
def test_what_means_nothing(world: World, alice: House, wrong: dict[str, Any]) -> None:
    """It is refused in words, and nothing is changed."""
    item = call(world, alice, "policy_set", str(world.tree(a=1)), keep="last=7")["path_id"]
    with pytest.raises(Usage):
        call(world, alice, "policy_set", item, ["true"], **wrong)
    [row] = call(world, alice, "policies_list")
    assert (row["before"], row["keep"], row["excludes"]) == ([], "last=7", [])
