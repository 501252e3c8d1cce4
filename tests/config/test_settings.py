"""The values in force."""

import os
import subprocess
import sys
import tomllib

import pytest

from bitdust.config.settings import Settings
from bitdust.errors import Conflict, NotFound, Usage

NEEDED = "services/customer/needed-space"


@pytest.fixture
def path(tmp_path):
    """Where the file is to be: in a folder that does not exist yet."""
    return tmp_path / "node" / "config.toml"


def test_defaults_without_a_file(path):
    """A node without a file has the defaults, and reading makes no file."""
    settings = Settings(path)
    assert settings.number(NEEDED) == 2**30
    assert settings.number("services/customer/suppliers-number") == 4
    assert settings.flag("services/supplier/enabled") is True
    assert settings.file("paths/backups") is None
    assert settings.several("services/identity-propagate/known-servers") == []
    assert settings.source(NEEDED) == "default"
    assert not path.exists()


def test_set_is_durable(path):
    """What was set is there after a restart, as TOML that people can read, for the owner only."""
    settings = Settings(path)
    assert settings.set(NEEDED, "100Mb") == "1 GB"
    settings.set("services/supplier/enabled", False)
    settings.set("logs/debug-level", "12")
    settings.set("interface/api/host-names", 'a "quoted" \\ näme\t\x7f'.replace("\x7f", ""))
    again = Settings(path)
    assert again.text(NEEDED) == "100 MB"
    assert again.source(NEEDED) == "file"
    assert again.words("interface/api/host-names") == 'a "quoted" \\ näme'
    assert tomllib.loads(path.read_text())["services"] == {
        "customer": {"needed-space": "100 MB"},
        "supplier": {"enabled": False},
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_sizes_are_stored_exactly(path):
    """A size that no short text shows exactly is stored in bytes."""
    Settings(path).set(NEEDED, 123456789)
    assert Settings(path).number(NEEDED) == 123456789
    assert Settings(path).text(NEEDED) == "123456789 bytes"


def test_the_owners_file_keeps_its_comments(path):
    """Setting one value leaves comments, order and unknown keys as they are."""
    path.parent.mkdir()
    path.write_text(
        '# mine\n[services.customer]\n# how much\nneeded-space = "2 GB"  # yes\n\n[other]\nx = [1, 2]\n'
    )
    settings = Settings(path)
    assert settings.unknown == ("other/x",)
    settings.set(NEEDED, "3 GB")
    settings.set("services/customer/suppliers-number", 7)
    settings.set("logs/debug-level", 3)
    assert path.read_text() == (
        '# mine\n[services.customer]\n# how much\nneeded-space = "3 GB"\nsuppliers-number = "7"\n\n'
        "[other]\nx = [1, 2]\n\n[logs]\ndebug-level = 3\n"
    )


def test_a_file_of_another_shape_is_written_anew(path):
    """Dotted keys and inline tables are understood, and not doubled."""
    path.parent.mkdir()
    path.write_text(
        "services = {customer = {needed-space = '2 GB', enabled = false}}\nlogs.debug-level = 2\n"
    )
    settings = Settings(path)
    settings.set(NEEDED, "3 GB")
    again = Settings(path)
    assert again.text(NEEDED) == "3 GB"
    assert again.flag("services/customer/enabled") is False
    assert again.number("logs/debug-level") == 2


@pytest.mark.parametrize("content", ["services = 5\n", "services = {customer = {x = [1, 2]}}\n"])
def test_a_file_without_a_place_is_left_alone(path, content):
    """A file is never broken, and nothing of its owner is lost: the value is refused instead."""
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(Usage, match=NEEDED):
        Settings(path).set(NEEDED, "3 GB")
    assert path.read_text() == content


def test_environment_wins(path):
    """The environment variable of a key wins over the file, and cannot be changed from inside."""
    Settings(path).set(NEEDED, "5 GB")
    settings = Settings(path, {"BITDUST_SERVICES_CUSTOMER_NEEDED_SPACE": "7 GB", "BITDUST_HOME": "/x"})
    assert settings.text(NEEDED) == "7 GB"
    assert settings.source(NEEDED) == "environment"
    with pytest.raises(Conflict, match="BITDUST_SERVICES_CUSTOMER_NEEDED_SPACE"):
        settings.set(NEEDED, "8 GB")


def test_listeners_by_prefix(path):
    """Who listens to a prefix hears of changes under it, and only of changes."""
    settings = Settings(path)
    heard = []
    stop = settings.listen("services/customer/", heard.append)
    settings.set(NEEDED, "2 GB")
    settings.set(NEEDED, "2 GB")
    settings.set("logs/debug-level", 1)
    stop()
    stop()
    settings.set(NEEDED, "3 GB")
    assert heard == [NEEDED]


def test_refused_values_change_nothing(path):
    """A refused value leaves the file and the value alone."""
    settings = Settings(path)
    with pytest.raises(Usage):
        settings.set(NEEDED, "many")
    with pytest.raises(NotFound):
        settings.set("no/such", 1)
    with pytest.raises(NotFound):
        settings.get("no/such")
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [b"[services", b"\xff\xfe", b'[services.customer]\nneeded-space = "many"\n', b"a = " + b"[" * 100000],
)
def test_bad_files_are_named(path, content):
    """A file that cannot be meant stops the start with its name, not with a default in its place."""
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Usage, match=r"config\.toml"):
        Settings(path)


def test_settings_do_not_load_twisted():
    """The command line reads settings without Twisted."""
    code = "import sys, bitdust.config.settings; sys.exit('twisted' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0
