"""Whatever a node is asked, in whatever words: it answers or refuses, and goes on."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitdust.api.filemanager import MODES
from bitdust.api.methods import all_methods
from bitdust.errors import BitDustError
from tests.world import World

#: those that end the node, and one that opens a browser
NOT_HERE = {"stop", "restart", "show"}
METHODS = {name: method for name, method in all_methods().items() if name not in NOT_HERE}


def test_any_arguments(world: World) -> None:
    """Each method, with arguments that fit and arguments that do not: an error of the table, or an answer."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(a=1000, inner__b=10)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    [item] = [row for row in world.wait(METHODS["backups_list"](alice.node)) if row["path"] == str(source)]
    # What means something here; no other text begins like a path, so that nothing outside is touched.
    sensible = st.sampled_from(
        [
            item["id"],
            f"{item['id']}/{item['versions'][0]['version']}",
            str(source),
            str(source / "a"),
            f"{source}/\x00",
            f"{source}/\udcff/../a",
            world.seated(alice)[0].idurl,
            alice.idurl,
            "customer",
            "personal/nickname",
            "services/customer/suppliers-number",
        ]
    )
    words = st.text(
        st.characters(blacklist_characters="/~\\", blacklist_categories=("Cs",)), max_size=30
    ) | st.sampled_from(["\udcff", "x" * 5000, "\x00", "-1", "true", "1e999", "<a>", "F20160313043757PM"])
    numbers = st.integers() | st.floats() | st.booleans() | st.none()
    request = st.fixed_dictionaries(
        {"params": st.dictionaries(words, sensible | words | numbers, max_size=3)
         | st.fixed_dictionaries({"mode": st.sampled_from(sorted(MODES))}, optional={
             "path": sensible | words, "backupid": sensible | words, "dest_path": words, "limit": numbers})}
    )  # fmt: skip
    anything = sensible | words | numbers | st.lists(words, max_size=3) | request | request.map(json.dumps)

    @settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(sorted(METHODS)), st.lists(anything, max_size=4))
    def ask(name: str, arguments: list[object]) -> None:
        try:
            json.dumps(world.wait(METHODS[name](alice.node, *arguments), 4000))
        except BitDustError as error:
            told.add(error.id)

    told: set[str] = set()
    ask()
    assert "failed" not in told
    assert world.wait(METHODS["process_health"](alice.node))["sentence"]
