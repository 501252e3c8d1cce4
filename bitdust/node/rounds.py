"""
What is done now for the user's files: backups, restores, and the monitor's rounds; and what these wait for,
in words.
"""

from __future__ import annotations

import os
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
    work = _work(customer)
    return Doing(
        state=state.lower(),
        # Who is at work does not rest.
        doing=" ".join(work if work and state == "Ready" else [*work, _WORDS.get(state, state)]),
        next_round=None if left is None else now + left,
        waits_for=waits,
    )


def _work(customer: CustomerSide) -> list[str]:
    """What is under way, or rests, beside the rounds: a sentence for each kind."""
    queue = customer.queue
    resting = {path for _, path in queue.resting()}
    found = [
        f"Backing up {os.fsdecode(each.path)!r}: {each.state}."
        for each in queue.running()
        if each.path not in resting
    ]
    waiting = sum(each.path not in resting for each in queue.waiting())
    if waiting:
        found.append(f"{waiting} {'backup waits' if waiting == 1 else 'backups wait'} to begin.")
    if customer.backups.all_rest():
        found.append("Backups and restores are paused.")
    elif resting:
        found.append(f"{len(resting)} {'backup is' if len(resting) == 1 else 'backups are'} paused.")
    restores = len(customer.restores.running())
    if restores and not customer.backups.all_rest():
        found.append(f"{restores} {'restore is' if restores == 1 else 'restores are'} under way.")
    return found
