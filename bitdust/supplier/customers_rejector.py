"""
customers_rejector -- who is asked to leave when less is donated than was promised.

Nobody is sent away: he is asked, hires somebody else, and ends the contract himself.  The rules, so that it
is no lottery:

1. Who was asked stays asked as long as it is needed; if it is not any more, the last one who was asked stays.
2. First those who keep more than was agreed on, the furthest beyond it first, and those whose silence was
   noticed, the longest silent first.
3. Then as few as free enough, and of these the ones that free the least too much; among equals the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bitdust.supplier.customers import Customer


def share(customer: Customer) -> int:
    """Bytes of the donated space that are free when he has left."""
    return max(customer.granted, customer.used)


def choose(active: Sequence[Customer], asked: Mapping[str, int], donated: int) -> list[str]:
    """
    Fingerprints of those who shall leave, in the order they are chosen.

    @param active: everybody with a contract.
    @param asked: who was asked before, and when.
    """
    excess = sum(share(each) for each in active) - donated
    chosen = sorted(
        (each for each in active if each.fingerprint in asked),
        key=lambda each: (asked[each.fingerprint], each.fingerprint),
    )
    while chosen and _freed(chosen) - share(chosen[-1]) >= excess:
        chosen.pop()
    others = [each for each in active if each.fingerprint not in asked]
    for each in sorted(filter(_is_at_fault, others), key=_by_fault):
        if _freed(chosen) < excess:
            chosen.append(each)
    rest = [each for each in others if each not in chosen]
    while rest and (missing := excess - _freed(chosen)) > 0:
        enough = [each for each in rest if share(each) >= missing]
        # One who is enough, or the largest: so they are as few as can be.
        next_ = min(enough or rest, key=lambda each: (_size(each, enough), -each.since, each.fingerprint))
        chosen.append(next_)
        rest.remove(next_)
    return [each.fingerprint for each in chosen]


def _freed(customers: Sequence[Customer]) -> int:
    return sum(map(share, customers))


def _size(customer: Customer, enough: Sequence[Customer]) -> int:
    return share(customer) if enough else -share(customer)


def _is_at_fault(customer: Customer) -> bool:
    return customer.used > customer.granted or customer.grace is not None


def _by_fault(customer: Customer) -> tuple[int, int, str]:
    return (min(0, customer.granted - customer.used), customer.last_contact, customer.fingerprint)
