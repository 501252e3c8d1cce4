"""Items and their numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bitdust.catalog import ops, removal, tree
from bitdust.catalog.facts import ItemAdded, ItemType
from bitdust.errors import Conflict, Damaged, NotFound, Usage
from tests.catalog import sample


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    """An empty catalog."""
    connection = sample.open_catalog()
    yield connection
    connection.close()


def test_parents_are_made_and_numbered_in_order_of_addition(c: sqlite3.Connection) -> None:
    """The first component is a child of the root; each level counts its own children."""
    assert tree.add_path(c, b"/Users/veselin/Documents", "dir") == ("0/0/0", True)
    assert tree.add_path(c, b"/Users/veselin/Movies/a.mkv", ItemType.FILE, 7) == ("0/0/1/0", True)
    assert tree.add_path(c, b"/etc", "dir") == ("1", True)
    assert tree.add_path(c, b"/etc/", "dir") == ("1", False)
    assert [(x.path_id, x.path, x.type) for x in tree.walk(c)] == [
        ("0", b"/Users", "parent"),
        ("0/0", b"/Users/veselin", "parent"),
        ("0/0/0", b"/Users/veselin/Documents", "dir"),
        ("0/0/1", b"/Users/veselin/Movies", "parent"),
        ("0/0/1/0", b"/Users/veselin/Movies/a.mkv", "file"),
        ("1", b"/etc", "dir"),
    ]


def test_a_parent_is_promoted_and_keeps_its_number(c: sqlite3.Connection) -> None:
    """A folder known only as a way to something becomes an item of its own."""
    tree.add_path(c, b"/a/b/c", "dir")
    assert tree.get(c, "0/0").type == "parent"
    assert tree.add_path(c, b"/a/b", "dir") == ("0/0", True)
    assert tree.get(c, "0/0").type == "dir"
    assert tree.add_path(c, b"/a/b", "parent") == ("0/0", False)


def test_numbers_are_never_given_again_not_even_after_a_replay(c: sqlite3.Connection) -> None:
    """Late answers about a removed item can never mean a new one."""
    tree.add_path(c, b"/a/b", "dir")
    tree.add_path(c, b"/a/c", "dir")
    removal.remove_item(c, "0/1")
    other = sample.open_catalog()
    for (op,) in c.execute("SELECT op FROM log ORDER BY seq"):
        ops.apply(other, ops.decode(op))
    third = sample.open_catalog()
    sample.snapshot.load(third, sample.state(c))
    for each in (c, other, third):
        assert tree.add_path(each, b"/a/d", "dir") == ("0/2", True)
        removal.remove_item(each, "0")
        assert tree.add_path(each, b"/a/d", "dir") == ("1/0", True)
    other.close()
    third.close()


def test_sizes_add_up_along_the_tree(c: sqlite3.Connection) -> None:
    """A parent is the sum below it, a dir of unknown size too; what goes is taken off."""
    tree.add_path(c, b"/a/f", "file", 10)
    tree.add_path(c, b"/a/d", "dir")
    tree.add_path(c, b"/a/d/g", "file", 5)
    assert [tree.get(c, x).size for x in ("0", "0/0", "0/1", "0/1/0")] == [15, 10, 5, 5]
    tree.set_size(c, "0/1", 100)
    assert tree.get(c, "0").size == 110
    tree.set_size(c, "0/1/0", 50)
    assert tree.get(c, "0").size == 110
    removal.remove_item(c, "0/1")
    assert tree.get(c, "0").size == 10
    tree.add_path(c, b"/a/u", "file")
    assert tree.get(c, "0/2").size == -1
    assert tree.counts(c) == tree.Counts(2, 0, 3, 10)


def test_walks_can_be_cut_into_pages_and_kept_below_an_item(c: sqlite3.Connection) -> None:
    """Pages join without a gap; a name that only begins alike is not below."""
    for path in (b"/a", b"/a/x", b"/a/x/1", b"/a-b", b"/a\x01", b"/b"):
        tree.add_path(c, path, "dir")
    whole = [item.path for item in tree.walk(c)]
    assert whole == [b"/a", b"/a/x", b"/a/x/1", b"/a\x01", b"/a-b", b"/b"]
    paged, after = [], None
    while page := tree.walk(c, after, 2):
        paged += [item.path for item in page]
        after = page[-1].path_id
    assert paged == whole
    assert [item.path for item in tree.walk(c, under="0")] == [b"/a", b"/a/x", b"/a/x/1"]
    assert [item.path for item in tree.walk(c, "0/0", under="0")] == [b"/a/x/1"]
    assert [item.path for item in tree.children(c)] == [b"/a", b"/a-b", b"/a\x01", b"/b"]
    assert [item.path for item in tree.children(c, "0")] == [b"/a/x"]


def test_items_are_found_by_path_and_by_what_lies_below_them(c: sqlite3.Connection) -> None:
    """A path inside a folder's item leads to the item."""
    tree.add_path(c, b"/a/b", "dir")
    found = tree.find(c, b"/a/b/")
    assert found is not None
    assert (found.path_id, found.name) == ("0/0", b"b")
    assert tree.find(c, b"/a/c") is None
    assert tree.find(c, b"/") is None
    assert [item.path_id for item in tree.find_above(c, b"/a/b/c/d")] == ["0/0", "0"]
    for id_ in ("", "5", "0/0/0"):
        with pytest.raises(NotFound):
            tree.get(c, id_)


@pytest.mark.parametrize("path", [b"", b"/", b"//", b"a", b"/a//b", b"/a/../b", b"/.", b"/a\0b", b"/x" * 600])
def test_paths_that_cannot_be_items_are_refused(c: sqlite3.Connection, path: bytes) -> None:
    """Relative, empty, with `..`, with NUL, too deep."""
    with pytest.raises(Usage):
        tree.add_path(c, path, "dir")
    assert tree.walk(c) == []


def test_a_file_is_no_folder(c: sqlite3.Connection) -> None:
    """An item keeps its type, and nothing is below a file."""
    tree.add_path(c, b"/a/f", "file")
    with pytest.raises(Conflict):
        tree.add_path(c, b"/a/f", "dir")
    with pytest.raises(Conflict):
        tree.add_path(c, b"/a/f/x", "file")


def test_names_need_not_be_text(c: sqlite3.Connection) -> None:
    """Any bytes but `/` and NUL are a name."""
    tree.add_path(c, b"/\xff\xfe/\n", "dir")
    assert tree.get(c, "0/0").path == b"/\xff\xfe/\n"


@pytest.mark.parametrize(
    "op",
    [
        ItemAdded("3/0", ItemType.DIR, b"x"),
        ItemAdded("0", ItemType.DIR, b"other"),
        ItemAdded("9", ItemType.DIR, b"a"),
        ItemAdded("9", ItemType.DIR, b"a/b"),
        ItemAdded("9", ItemType.DIR, b".."),
    ],
)
def test_facts_that_contradict_the_tree_are_refused(c: sqlite3.Connection, op: ItemAdded) -> None:
    """No parent, a number twice, a path twice, a name that is no name."""
    tree.add_path(c, b"/a", "dir")
    with pytest.raises(Damaged):
        ops.apply(c, op)
