"""Which versions a policy keeps, and why."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.backup.retention import Policy, judge, local_time
from bitdust.catalog.versions import Version
from bitdust.config.table import ALL_OPTIONS
from bitdust.errors import Usage

BEGIN = datetime(2024, 12, 20)
OPTION = next(each for each in ALL_OPTIONS if each.key == "services/backups/keep")


def local(seconds: float) -> datetime:
    """Local time in a place without summer time."""
    return BEGIN + timedelta(seconds=seconds)


def version(seq: int, hours: float = 0, state: str = "safe", **more: int) -> Version:
    """A version made so many hours after the beginning."""
    complete, files, skipped = bool(more.get("complete", 1)), more.get("files", 3), more.get("skipped", 0)
    return Version("0/0", f"F{seq}", seq, state, files, 1, 1, 1, hours * 3600, complete, skipped, 1)


def reasons(found: list[Version], policy: Policy, restoring: tuple[int, ...] = ()) -> list[str]:
    """The reasons for each, oldest first."""
    return [", ".join(verdict.reasons) for verdict in judge(found, policy, local, restoring)]


def test_last() -> None:
    """The newest so many, and -1 keeps all."""
    found = [version(seq, seq) for seq in range(1, 5)]
    assert reasons(found, Policy(last=2)) == ["", "", "last", "last"]
    assert reasons(found, Policy(last=-1)) == ["last"] * 4
    assert reasons([], Policy(last=1)) == []


@pytest.mark.parametrize("seconds", [-1e300, -1e18, 1e12, 1e18, 1e300, float("nan"), float("inf")])
def test_a_clock_that_was_far_off(seconds: float) -> None:
    """A version whose time no date can say is judged like any other, and stops nothing."""
    odd = version(2, seconds / 3600)
    found = [version(1, 1), odd, version(3, 9)]
    policy = Policy(last=1, hourly=-1, daily=-1, weekly=-1, monthly=-1, yearly=-1, within="1y1m1d1h")
    assert all(verdict.keep for verdict in judge(found, policy, local_time))


def test_the_newest_of_each_bucket() -> None:
    """Days without a version are not counted; the newest of a day stands for it."""
    found = [version(seq, hours) for seq, hours in enumerate((1, 5, 100, 101, 200), 1)]
    assert reasons(found, Policy(daily=2)) == ["", "", "", "daily", "daily"]
    assert reasons(found, Policy(daily=3)) == ["", "daily", "", "daily", "daily"]


def test_the_oldest_while_there_is_room() -> None:
    """As in restic, the oldest stays while fewer buckets are there than are asked for."""
    found = [version(seq, hours) for seq, hours in enumerate((1, 5, 100), 1)]
    assert reasons(found, Policy(daily=9)) == ["oldest daily", "daily", "daily"]
    assert reasons(found, Policy(daily=2)) == ["", "daily", "daily"]


def test_weeks_over_the_new_year() -> None:
    """30 December 2024 and 1 January 2025 are one week, and two years."""
    found = [version(seq, 24 * days) for seq, days in enumerate((1, 10, 12), 1)]
    assert reasons(found, Policy(weekly=2)) == ["weekly", "", "weekly"]
    assert reasons(found, Policy(yearly=2)) == ["", "yearly", "yearly"]


def test_within() -> None:
    """Counted back from the newest version, not from now."""
    found = [version(seq, 24 * days) for seq, days in enumerate((0, 40, 70, 70.5), 1)]
    assert reasons(found, Policy(within="1m")) == ["", "within", "within", "within"]
    assert reasons(found, Policy(within="12h")) == ["", "", "", "within"]
    assert reasons(found, Policy(within="13h")) == ["", "", "within", "within"]
    assert reasons(found, Policy(within="9999y")) == ["within"] * 4


def test_what_is_not_counted() -> None:
    """What waits, is damaged, half made or being restored stays, and pushes out none."""
    found = [
        version(1, 1),
        version(2, 2, "damaged"),
        version(3, 3, complete=0),
        version(4, 4),
        version(5, 5, "waiting"),
    ]
    assert reasons(found, Policy(last=1)) == ["", "damaged", "not complete", "last", "waiting"]
    assert reasons(found, Policy(last=1), (1,))[0] == "being restored"


def test_a_disk_that_is_not_there() -> None:
    """An empty version, or one that lacks files, does not push out the last that was well."""
    found = [version(1), version(2), version(3, skipped=1), version(4, files=0)]
    kept = ["", "newest that was read in full", "newest that has files", "last"]
    assert reasons(found, Policy(last=1)) == kept


def test_one_of_each_within() -> None:
    """Of what was made within a span the newest of each day, or hour, as restic has it; nothing before it."""
    policy = Policy.parse("within-daily=3d within-hourly=2h last=unlimited")
    assert policy == Policy(last=-1, within_daily="3d", within_hourly="2h")
    assert str(policy) == "last=-1 within-hourly=2h within-daily=3d"
    assert str(Policy.parse(f"{policy} within-daily= last=0")) == "within-hourly=2h"
    with pytest.raises(Usage):
        Policy.parse("within-daily=unlimited")
    hours = [24 * day + hour for day in (0, 7, 8, 9) for hour in (8, 9)]
    found = [version(seq, each) for seq, each in enumerate(hours, 1)]
    kept = reasons(found, Policy(within_daily="2d1h"))
    assert kept == ["", "", "", "within daily", "", "within daily", "", "within daily"]


@pytest.mark.parametrize("wrong", [{"last": -2}, {"daily": 10**9}, {"within": "1d1y"}, {"within": "x"}])
def test_no_policy(wrong: dict[str, int | str]) -> None:
    """What nobody can mean is refused."""
    with pytest.raises(Usage):
        Policy(**wrong)  # type: ignore[arg-type]


def test_a_policy_that_keeps_nothing() -> None:
    """It is refused, and not obeyed."""
    with pytest.raises(Usage):
        judge([version(1)], Policy(), local)


FORMS = {"hourly": "%Y%m%d%H", "daily": "%Y%m%d", "weekly": "%G%V", "monthly": "%Y%m", "yearly": "%Y"}
COUNTS = st.integers(-1, 5)


@given(
    st.lists(st.floats(0, 4000 * 24), max_size=40).map(sorted),
    st.fixed_dictionaries({each.name: COUNTS for each in fields(Policy) if each.type == "int"}),
)
def test_as_a_plain_model(hours: list[float], counts: dict[str, int]) -> None:
    """Each count keeps what a plain grouping by the written date keeps, and nothing else stays."""
    policy = Policy(**counts)
    if policy.is_empty:
        return
    found = [version(seq, each) for seq, each in enumerate(hours, 1)]
    kept = set(range(1, len(found) + 1)[-counts["last"] :] if counts["last"] else ())
    if counts["last"] < 0:
        kept = set(range(1, len(found) + 1))
    for name, form in FORMS.items():
        newest = {local(each.time).strftime(form): each.seq for each in found}
        chosen = sorted(newest.values(), reverse=True)
        room = counts[name] < 0 or len(chosen) < counts[name]
        kept |= set(chosen if counts[name] < 0 else chosen[: counts[name]])
        kept |= {1} if room and found and counts[name] else set()
    assert {verdict.version.seq for verdict in judge(found, policy, local) if verdict.keep} == kept


def test_a_policy_as_a_setting() -> None:
    """What the setting lets through is a policy, and the other way round."""
    assert Policy.parse("last=3, daily=7 within=1y2m") == Policy(last=3, daily=7, within="1y2m")
    assert Policy.parse("yearly=-1") == Policy(yearly=-1)
    assert Policy.parse("").is_empty
    for wrong in ("last", "last=", "last=x", "never=1", "within=tomorrow", "within=1d1y", "last=²"):
        with pytest.raises(Usage):
            Policy.parse(wrong)
        with pytest.raises(Usage):
            OPTION.read(wrong)
    for right in ("last=3, daily=7 within=1y2m", "within-daily=7d hourly=unlimited"):
        assert OPTION.read(right) == right
        assert not Policy.parse(right).is_empty


@given(st.from_regex(OPTION.pattern, fullmatch=True))
def test_whatever_the_setting_lets_through(text: str) -> None:
    """What can be set can be kept to."""
    assert isinstance(Policy.parse(OPTION.read(text)), Policy)
