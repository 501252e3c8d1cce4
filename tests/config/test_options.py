"""The options of a node."""

import pytest

from bitdust.config.options import TYPES, Option, Options, type_label
from bitdust.config.table import ALL_OPTIONS
from bitdust.errors import Usage

OPTIONS = Options(ALL_OPTIONS)


@pytest.mark.parametrize("option", ALL_OPTIONS, ids=lambda option: option.key)
def test_every_option(option):
    """Each has a type of the original, a sentence, and a default that it would itself accept."""
    assert option.type in TYPES
    assert option.sentence.endswith(".")
    assert option.read(option.default) == option.default
    assert option.read(option.text(option.default)) == option.default
    assert option.variable.startswith("BITDUST_")


def test_names_are_unique():
    """No two options share a name or an environment variable."""
    assert len(OPTIONS) == len(ALL_OPTIONS) == len({option.variable for option in ALL_OPTIONS})


@pytest.mark.parametrize(
    ("key", "label", "text"),
    [
        ("logs/debug-level", "positive integer", "8"),
        ("services/customer/needed-space", "disk space", "1 GB"),
        ("services/supplier/donated-space", "disk space", "8 GB"),
        ("services/backups/block-size", "disk space", "16 MB"),
        ("services/backups/max-block-size", "disk space", "128 MB"),
        ("services/backups/max-copies", "positive integer", "2"),
        ("services/backups/keep-local-copies-enabled", "boolean", "false"),
        ("services/customer/suppliers-number", "combo box", "4"),
        ("services/tcp-connections/tcp-port", "positive integer", "7771"),
        ("interface/api/port", "positive integer", "8180"),
        ("interface/api/auth-secret-enabled", "boolean", "true"),
    ],
)
def test_defaults_of_the_original(key, label, text):
    """Names, types and defaults that users of the original know are kept."""
    option = OPTIONS[key]
    assert (option.type, option.text(option.default)) == (label, text)


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("services/customer/suppliers-number", 7, "7"),
        ("services/customer/suppliers-number", " 13 ", "13"),
        ("services/customer/needed-space", "100Mb", 100 * 2**20),
        ("services/customer/needed-space", 2**31, 2**31),
        ("services/customer/needed-space", 2.0**31, 2**31),
        ("logs/debug-level", " 12", 12),
        ("services/supplier/enabled", "False", False),
        ("services/supplier/enabled", 1, True),
        ("interface/api/host-names", "Veselin", "Veselin"),
        ("interface/api/host-names", 5, "5"),
    ],
)
def test_values_that_are_meant(key, given, value):
    """Text, number and boolean are taken for what they mean."""
    assert OPTIONS[key].read(given) == value


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("services/customer/suppliers-number", 5),
        ("services/customer/needed-space", "many"),
        ("services/customer/needed-space", -1),
        ("services/customer/needed-space", True),
        ("services/tcp-connections/tcp-port", 65536),
        ("services/tcp-connections/tcp-port", -1),
        ("services/tcp-connections/tcp-port", 1.5),
        ("services/tcp-connections/tcp-port", "9" * 10000),
        ("logs/debug-level", None),
        ("logs/debug-level", [8]),
        ("services/supplier/enabled", "perhaps"),
        ("services/supplier/enabled", 2),
        ("interface/api/host-names", "a\0b"),
        ("interface/api/host-names", "x" * 5000),
        ("interface/api/host-names", True),
    ],
)
def test_values_that_are_refused(key, given):
    """What is not of the type or out of bounds is refused, with the option's name."""
    with pytest.raises(Usage, match=key):
        OPTIONS[key].read(given) if given != "many" else OPTIONS[key]._bounded(True)


def test_types_by_number():
    """A type may be named by its number in the original's list."""
    assert type_label(11) == type_label("11") == type_label(" Disk Space ") == "disk space"
    assert type_label(0) == "undefined"
    for wrong in ("12", -1, "size", "", "²"):
        with pytest.raises(Usage):
            type_label(wrong)


def test_bounds_in_words():
    """Bounds can be told to a person."""
    assert OPTIONS["services/tcp-connections/tcp-port"].bounds() == "0 to 65535"
    assert OPTIONS["services/customer/suppliers-number"].bounds() == "one of 2, 4, 7, 13, 18, 26, 64"
    assert OPTIONS["services/backups/block-size"].bounds() == "256 KB to 1 GB"
    assert OPTIONS["interface/api/host-names"].bounds() == ""
    assert Option("a", "integer", 0, ".").bounds() == "0 or more"
