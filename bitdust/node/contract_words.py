"""
How a customer's contract stands, and what comes next, in words for the one whose disk it is.
"""

from __future__ import annotations

from bitdust.config.sizes import format_size
from bitdust.supplier.notices import ENDED, FULL, LEAVE, SILENT, WELL, Row
from bitdust.supplier.service import CustomerRow

DAY = 86400


def words_of(customer: CustomerRow, now: float) -> tuple[str, str]:
    """A sentence on how it stands, and one on what comes next; "", "" when there is nothing to say."""
    notice = customer.notice
    if notice is None or notice.state == WELL:
        return "", ""
    over = customer.used - customer.granted
    what, then = {
        LEAVE: (
            "it is asked to leave, since less is donated than was promised",
            "it moves its pieces and ends the contract by itself; until then all of them stay",
        ),
        SILENT: (
            f"it has not been heard of for {_days(now - customer.last_contact)}",
            f"its pieces go in {_days(notice.until - now)}, unless it is heard of",
        ),
        FULL: (
            f"it keeps {format_size(over)} more than was agreed on",
            "it can add nothing before it deletes something or agrees on more; nothing is removed",
        ),
        ENDED: (f"its contract is over: {customer.state}", "its pieces are being removed, or are gone"),
    }[notice.state]
    if notice.until and notice.state != SILENT:
        then += f"; silent as it is, they go in {_days(notice.until - now)}"
    return f"{what}; {_heard(notice, now)}", then


def _heard(notice: Row, now: float) -> str:
    if notice.heard:
        return f"it heard so {_days(now - notice.heard)} ago"
    return "it has not heard so yet"


def _days(seconds: float) -> str:
    days = max(0, round(seconds / DAY))
    return f"{days} day{'s' * (days != 1)}"
