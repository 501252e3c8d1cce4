"""Facts of entries that are written together, against the same facts one by one."""

from __future__ import annotations

import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st

from bitdust.catalog import jobs, ops, tree
from bitdust.catalog.additions import entries_added
from bitdust.catalog.ops import EntryAdded
from tests.catalog import sample

#: chunks of the first of the blocks, which has many, and of the second
MANY, FEW = 40, 3

RUNS = st.lists(
    st.one_of(
        st.tuples(st.just(1), st.integers(0, MANY - 1), st.integers(1, 3)),
        st.tuples(st.just(2), st.integers(0, FEW - 1), st.integers(1, 2)),
        # A block that was dropped: its chunks weigh nothing.
        st.tuples(st.just(9), st.integers(0, 5), st.integers(1, 2)),
    ),
    max_size=3,
).map(tuple)
FACTS = st.lists(
    st.tuples(st.sampled_from([b"/a", b"/b"]), st.binary(max_size=1), st.integers(1, 4), RUNS),
    max_size=30,
)


def catalog() -> sqlite3.Connection:
    c = sample.open_catalog()
    sample.hire(c)
    job = jobs.begin(c, tree.add_path(c, b"/a", "dir")[0], sample.NOON, 0.0)
    tree.add_path(c, b"/b", "dir")
    sample.seal(c, job.id, range(MANY))
    sample.seal(c, job.id, ["x", "y", "z"])
    return c


def rows(c: sqlite3.Connection) -> list[list[tuple[object, ...]]]:
    return [
        c.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}").fetchall()
        for table, columns in (
            ("entries", "item, key, since, until, kind, size, stored, meta, content"),
            ("uses", "item, serial, since, until, live"),
            ("items", "id, last_seq"),
        )
    ]


@settings(deadline=None)  # two catalogs are opened for each example
@given(facts=FACTS)
def test_together_is_as_one_by_one(facts: list[tuple[bytes, bytes, int, tuple[ops.Run, ...]]]) -> None:
    """As a log brings them: names that come again, in the same version too, and blocks that are gone."""
    together, single = catalog(), catalog()
    try:
        numbers = {b"/a": "0", b"/b": "1"}
        added = [
            EntryAdded(numbers[item], seq, path, sample.meta(), runs)
            for item, path, seq, runs in sorted(facts, key=lambda fact: fact[2])
        ]
        entries_added(together, iter(added))
        for op in added:
            entries_added(single, [op])
        assert rows(together) == rows(single)
    finally:
        together.close()
        single.close()
