"""A long list that waits."""

from __future__ import annotations

import pytest

from bitdust.backup import pile as pile_module
from bitdust.backup.pile import Pile
from bitdust.catalog.facts import Kind, Meta


@pytest.mark.parametrize("memory", [1, 1000, 10**6])
def test_keeps_the_order(monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    """Forwards and backwards, in memory or on disk, also when it grows in between."""
    monkeypatch.setattr(pile_module, "MEMORY", memory)
    given = [(b"%d\xff" % number * number, Meta(Kind.DIR, mode=number)) for number in range(40)]
    pile = Pile()
    assert list(pile) == list(reversed(pile)) == []
    for number, each in enumerate(given):
        pile.add(*each)
        assert pile[number] == each
    assert list(pile) == given
    assert list(reversed(pile)) == given[::-1]
    assert len(pile) == 40
    with pytest.raises(IndexError):
        pile[40]
    pile.close()
    pile.close()
    assert list(pile) == []
