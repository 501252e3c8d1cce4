"""Path ids, versions, backup ids: made and read in one strict form."""

from __future__ import annotations

import locale
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.catalog import labels
from bitdust.errors import Usage


def test_a_label_is_twelve_hour_time_in_every_locale() -> None:
    """AM and PM are ours, not the locale's; midnight and noon are 12."""
    old = locale.setlocale(locale.LC_TIME)
    try:
        for name in ("C", "C.UTF-8", "POSIX"):
            locale.setlocale(locale.LC_TIME, name)
            assert labels.label_of(datetime(2016, 3, 13, 16, 37, 57)) == "F20160313043757PM"
            assert labels.label_of(datetime(2016, 3, 13, 0, 5, 0)) == "F20160313120500AM"
            assert labels.label_of(datetime(2016, 3, 13, 12, 5, 0)) == "F20160313120500PM"
    finally:
        locale.setlocale(locale.LC_TIME, old)


def test_a_taken_label_gets_digits() -> None:
    """Two backups within a second, or in the hour that comes twice, have two labels."""
    when = datetime(2016, 3, 13, 16, 37, 57)
    taken = {labels.label_of(when)}
    for number in range(1, 12):
        label = labels.label_of(when, taken)
        assert label == f"F20160313043757PM{number}"
        assert labels.parse_label(label) == label
        taken.add(label)


@given(st.datetimes(min_value=datetime(1970, 1, 1)))
def test_every_label_made_is_read(when: datetime) -> None:
    """What we write, we accept."""
    label = labels.label_of(when)
    assert labels.parse(f"0/1/{label}") == labels.BackupId("0/1", label)


def test_ids_of_all_three_kinds_are_read() -> None:
    """An item, a version of it, a file in that; a file's name may have colons."""
    label = "F20160313043757PM"
    assert labels.parse("0/0/1") == labels.BackupId("0/0/1")
    assert labels.parse(f"7/{label}") == labels.BackupId("7", label)
    found = labels.parse(f"0/{label}:a/b:c")
    assert found == labels.BackupId("0", label, b"a/b:c")
    assert str(found) == f"0/{label}:a/b:c"
    assert labels.parse(f"0/{label}:\udcff").relative == b"\xff"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/0",
        "0/",
        "0//1",
        "00",
        "0/01",
        "-1",
        "+1",
        "1e3",
        "٣",
        "0\n",
        "0/F20160313043757PM\n",
        " 0",
        "0:",
        "0:/a",
        "F20160313043757PM",
        "0/F2016",
        "0/F20161313043757PM",
        "0/F20160313003757PM",
        "0/F20160313133757PM",
        "0/F20160313043757pm",
        "0/F20160313043757PM:",
        "0/F20160313043757PM:/etc",
        "0/F20160313043757PM:a/../b",
        "0/F20160313043757PM:a//b",
        "0/F20160313043757PM:a\0b",
        "0/F20160313043757PM/1",
        "99999999999",
        "0/" * 5000 + "0",
        "0/" * 600 + "0",
        "1" * 10240,
        "0/F20160313043757PM:" + "a" * 10240,
        "0/F20160313043757PM" + "1" * 40,
        "\ud800",
    ],
)
def test_malformed_ids_are_usage_errors(text: str) -> None:
    """Anything else is refused with a sentence, never a traceback or a guess."""
    with pytest.raises(Usage) as told:
        labels.parse(text)
    assert len(told.value.message) < 200


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    """It is an ID that reads the same again, or a Usage error."""
    try:
        found = labels.parse(text)
    except Usage:
        return
    assert labels.parse(str(found)) == found


def test_a_backup_id_needs_a_version() -> None:
    """`parse_backup_id` does not take a bare item."""
    with pytest.raises(Usage):
        labels.parse_backup_id("0/1")
