"""
retention -- which versions of an item a policy keeps, and why.

The rule alone: no catalog, no clock.  It is restic's: counted from the newest version back, a bucket (hour,
day, week, month, year, in local time) is kept by its newest version, and only buckets that hold one are
counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from bitdust.catalog.versions import Version
from bitdust.errors import Usage

#: most of anything a policy asks for
MOST = 1_000_000
_LONGEST = 4096
_COUNT = re.compile(r"-1|[0-9]{1,6}", re.ASCII)
_WITHIN = re.compile(r"(?:(\d{1,4})y)?(?:(\d{1,5})m)?(?:(\d{1,6})d)?(?:(\d{1,7})h)?")

#: what a version's bucket is, by the name of the count
_BUCKETS: tuple[tuple[str, Callable[[datetime], tuple[int, ...]]], ...] = (
    ("hourly", lambda when: (when.year, when.month, when.day, when.hour)),
    ("daily", lambda when: (when.year, when.month, when.day)),
    ("weekly", lambda when: tuple(when.isocalendar()[:2])),
    ("monthly", lambda when: (when.year, when.month)),
    ("yearly", lambda when: (when.year,)),
)


@dataclass(frozen=True)
class Policy:
    """
    What to keep.  Each count: 0 none, -1 all; `within`: like `1y5m7d2h`, back from the newest version, and
    `within_daily` of these the newest of each day.

    @raise Usage: a count is out of bounds, or a span is no such text.
    """

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: str = ""
    within_hourly: str = ""
    within_daily: str = ""
    within_weekly: str = ""
    within_monthly: str = ""
    within_yearly: str = ""

    def __post_init__(self) -> None:
        for each in fields(self):
            given = getattr(self, each.name)
            if isinstance(given, int):
                if not -1 <= given <= MOST:
                    raise Usage(f"keep {each.name} must be a number from -1 (all) to {MOST}")
            elif len(given) > 40 or not _WITHIN.fullmatch(given):
                raise Usage(
                    f"{given[:40]!r} is no stretch of time", hint="write it like 1y5m7d2h, the largest first"
                )

    @classmethod
    def parse(cls, text: str) -> Policy:
        """
        What a setting says: `last=3 daily=7 within=1y`, in any order, the later of two
        counts, `within=` takes it away; empty: nothing.  What `services/backups/keep` lets through can be
        read.

        @raise Usage: it is no such text.
        """
        words: dict[str, Any] = {}
        for part in text[:_LONGEST].replace(",", " ").split():
            name, _, given = part.partition("=")
            name, is_span = name.replace("-", "_"), name.startswith("within")
            if name not in {each.name for each in fields(cls)} or not (given or is_span):
                raise Usage(
                    f"{part[:40]!r} is no rule of what to keep", hint="write it like last=3 daily=7 within=1y"
                )
            if given == "unlimited" and not is_span:
                given = "-1"
            if not is_span and not _COUNT.fullmatch(given):
                raise Usage(f"keep {name} must be a number from -1 (all) to {MOST}")
            words[name] = given if is_span else int(given)
        return cls(**words)

    def __str__(self) -> str:
        """In the words of the setting, each word once."""
        words = [(each.name, getattr(self, each.name)) for each in fields(self)]
        return " ".join(f"{name.replace('_', '-')}={value}" for name, value in words if value not in (0, ""))

    @property
    def is_empty(self) -> bool:
        """It would keep nothing."""
        return self == Policy()

    def since(self, newest: datetime, span: str = "within") -> datetime | None:
        """From when on everything is kept, or what this other span says; None: it says nothing."""
        if not getattr(self, span):
            return None
        match = _WITHIN.fullmatch(getattr(self, span))
        assert match is not None
        years, months, days, hours = (int(part or 0) for part in match.groups())
        month = newest.year * 12 + newest.month - 1 - years * 12 - months
        if month < 12:
            return datetime.min
        # The 31st of a month that has 30 days is the 1st of the next, as in restic.
        first = newest.replace(year=month // 12, month=month % 12 + 1, day=1)
        try:
            return first + timedelta(days=newest.day - 1 - days, hours=-hours)
        except OverflowError:
            return datetime.min


def local_time(seconds: float) -> datetime:
    """Unix seconds as local time; what no date can say is the first or the last there is."""
    try:
        return datetime.fromtimestamp(seconds)
    except (OverflowError, OSError, ValueError):
        return datetime.max if seconds > 0 else datetime.min


@dataclass(frozen=True)
class Verdict:
    """Whether a version is kept, and for which reasons; without a reason it goes."""

    version: Version
    reasons: tuple[str, ...]

    @property
    def keep(self) -> bool:
        """It stays."""
        return bool(self.reasons)


def judge(
    found: Collection[Version],
    policy: Policy,
    local: Callable[[float], datetime],
    restoring: Collection[int] = (),
) -> list[Verdict]:
    """
    What becomes of an item's versions, oldest first.

    Only those that are whole and that another machine could restore are counted; the others stay, and push
    out none.  The newest that has files stays, and the newest of those for which all could be read: a disk
    that is not mounted, or dying, does not push out what was backed up while it was well.  Pinned ones stay,
    and count like any other.

    @param local: Unix seconds as local time.
    @param restoring: seqs of versions that are being restored now.
    @raise Usage: the policy keeps nothing.
    """
    if policy.is_empty:
        raise Usage("the policy keeps nothing", hint="say what to keep, like `--keep-last 3`")
    reasons: dict[int, list[str]] = {version.seq: [] for version in found}
    counted = []
    for version in found:
        if not version.complete:
            reasons[version.seq].append("not complete")
        elif not version.is_committed:
            reasons[version.seq].append(version.state)
        else:
            counted.append(version)
        if version.pinned:
            reasons[version.seq].append("pinned")
        if version.seq in restoring:
            reasons[version.seq].append("being restored")
    newest_first = sorted(counted, key=lambda version: version.seq, reverse=True)
    times = {version.seq: local(version.time) for version in newest_first}
    for version in newest_first[: policy.last if policy.last >= 0 else None]:
        reasons[version.seq].append("last")
    for name, bucket in _BUCKETS:
        for seq, oldest in _chosen(
            [(v.seq, bucket(times[v.seq])) for v in newest_first], getattr(policy, name)
        ):
            reasons[seq].append(f"oldest {name}" if oldest else name)
    if newest_first:
        since = policy.since(max(times.values()))
        for version in newest_first:
            if since is not None and times[version.seq] > since:
                reasons[version.seq].append("within")
        for name, bucket in _BUCKETS:
            since = policy.since(max(times.values()), f"within_{name}")
            late = [v.seq for v in newest_first if since is not None and times[v.seq] > since]
            before = None
            for seq in late:
                if bucket(times[seq]) != before:
                    before = bucket(times[seq])
                    reasons[seq].append(f"within {name}")
        filled = [version for version in newest_first if version.files]
        for version in filled[:1]:
            reasons[version.seq] = reasons[version.seq] or ["newest that has files"]
        for version in [each for each in filled if not each.skipped][:1]:
            reasons[version.seq] = reasons[version.seq] or ["newest that was read in full"]
    return [Verdict(version, tuple(reasons[version.seq])) for version in found]


def _chosen(buckets: list[tuple[int, tuple[int, ...]]], count: int) -> list[tuple[int, bool]]:
    """The newest of each bucket, newest first; the oldest of all too while there is room for it (True)."""
    chosen: list[tuple[int, bool]] = []
    before: tuple[int, ...] | None = None
    for number, (seq, bucket) in enumerate(buckets):
        if 0 <= count <= len(chosen):
            break
        fresh = bucket != before
        if fresh or number == len(buckets) - 1:
            chosen.append((seq, not fresh))
            before = bucket
    return chosen
