"""
What the monitor does now, when it begins its next round, and what it waits for, in words.
"""

from __future__ import annotations

from collections.abc import Sequence

from bitdust.node.customer_side import CustomerSide
from bitdust.node.views import Doing

_WORDS = {
    "Idle": "The rounds have not begun.",
    "FireHire": "Filling the seats of the suppliers.",
    "ListFiles": "Asking every supplier what he holds.",
    "Rebuilding": "Making again what is missing.",
    "Ready": "Resting until the next round.",
    "Over": "There are no rounds any more.",
}


def doing(customer: CustomerSide, now: float, absent: Sequence[str], missing: int) -> Doing:
    """
    @param now: the date, in Unix seconds.
    @param absent: names of suppliers who hold something and are away.
    @param missing: pieces that are at nobody who should have them.
    """
    state = customer.monitor_state()
    left = customer.next_round_in()
    waits = ""
    vacant = customer.suppliers.seats.count(None)
    if customer.suppliers.vacant() and vacant:
        waits = f"nodes that would keep our pieces: {vacant} are looked for"
        if customer.hiring.unfound:
            waits += f" ({customer.hiring.unfound})"
    elif absent:
        waits = f"{', '.join(absent)} to come back"
    elif missing:
        waits = f"suppliers to take {missing} pieces"
    return Doing(
        state=state.lower(),
        doing=_WORDS.get(state, state),
        next_round=None if left is None else now + left,
        waits_for=waits,
    )
