"""Where the master secret rests: words, kits, key files."""

import base64
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import given
from hypothesis import strategies as st

from bitdust.errors import BitDustError, Damaged, Denied, Usage
from bitdust.identity.keys import Keys
from bitdust.identity.vault import Kit, kit_file, master_of, read_key_file, read_kit, words_of, write_key_file

from .people import ALICE, BOB, HOME, count_rng

VECTORS = Path(__file__).parent.parent / "vectors" / "identity"
KIT = Kit(ALICE, (HOME,), ("http://id.example.org", "http://id2.example.net:8084"))


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (bytes(32), "abandon " * 23 + "art"),
        (b"\xff" * 32, "zoo " * 23 + "vote"),
        (
            b"\x7f" * 32,
            "legal winner thank year wave sausage worth useful " * 2
            + "legal winner thank year wave sausage worth title",
        ),
        (
            b"\x80" * 32,
            "letter advice cage absurd amount doctor acoustic avoid " * 2
            + "letter advice cage absurd amount doctor acoustic bless",
        ),
    ],
)
def test_words_are_those_of_bip39(secret, words):
    """The test vectors that everybody who writes BIP-39 uses."""
    assert words_of(secret) == words.strip()
    assert master_of(words) == secret


@given(st.binary(min_size=32, max_size=32))
def test_words_bring_the_secret_back(secret):
    """In capitals, on many lines, or by four letters each."""
    words = words_of(secret)
    assert master_of(words.upper().replace(" ", "\n  ")) == secret
    assert master_of(" ".join(word[:4] for word in words.split())) == secret


def test_wrong_words_are_named():
    """The sentence says which word is wrong, how many there are, or that they do not belong together."""
    words = words_of(ALICE).split()
    with pytest.raises(Usage, match="word 3 of the recovery kit, 'dokter'"):
        master_of(" ".join([*words[:2], "dokter", *words[3:]]))
    with pytest.raises(Usage, match="24 words, not 23"):
        master_of(" ".join(words[:23]))
    with pytest.raises(Usage, match="do not belong together"):
        master_of(" ".join([words[1], words[0], *words[2:]]))
    for few in ("ab", "zo", ""):
        with pytest.raises(Usage):
            master_of(" ".join([few, *words[1:]]))


def test_kit_goes_through_a_file():
    """Open and locked, the kit comes back as it was; a mailer's line ends do no harm."""
    for passphrase in (None, "korrekt Pferd"):
        data = kit_file(KIT, passphrase, count_rng)
        assert read_kit(data, passphrase) == KIT
        assert read_kit(b"\r\n" + data.replace(b"\n", b"\r\n") + b"\r\n", passphrase) == KIT
        assert ALICE not in data


def test_kit_of_words():
    """24 words are a kit without names and seeds."""
    assert read_kit(words_of(ALICE).encode()) == Kit(ALICE)


def test_passphrase_is_asked_for():
    """Without it or with another, a locked kit tells nothing and says what to do."""
    data = kit_file(KIT, "one", count_rng)
    for passphrase in (None, "two"):
        with pytest.raises(Denied) as caught:
            read_kit(data, passphrase)
        assert "token" not in caught.value.hint


def test_passphrase_in_any_unicode_form():
    """An umlaut typed on another system is the same umlaut."""
    data = kit_file(KIT, "schl\u00fcssel", count_rng)
    assert read_kit(data, "schlu\u0308ssel") == KIT


def test_a_changed_kit_is_noticed():
    """No changed or cut kit is taken for one."""
    data = kit_file(KIT, None, count_rng)
    for place in range(0, len(data), 5):
        if data[place : place + 1] in b"\n=":
            continue
        changed = data[:place] + (b"A" if data[place : place + 1] != b"A" else b"B") + data[place + 1 :]
        with pytest.raises(BitDustError):
            read_kit(changed)
    for end in range(40, len(data) - 2, 9):
        with pytest.raises(BitDustError):
            read_kit(data[:end])


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"x" * 100_000, b"bitdust recovery kit, version 2\nAAAA\n"]
)
def test_what_is_no_kit(data):
    """Something else is refused with a sentence, however long."""
    with pytest.raises(BitDustError):
        read_kit(data)


def test_kit_cannot_ask_for_much_work():
    """A kit whose scrypt would take gigabytes is refused before it does."""
    head = b"bitdust recovery kit, version 1\n"
    for cost in ((30, 8, 1), (16, 200, 1), (16, 8, 255), (1, 8, 1)):
        with pytest.raises(Damaged, match="work"):
            read_kit(head + base64.b64encode(bytes([1, *cost]) + bytes(200)), "x")


def test_kit_vectors():
    """The kit files of docs/formats/identity.md."""
    assert read_kit((VECTORS / "kit.txt").read_bytes()) == KIT
    assert read_kit((VECTORS / "kit.words").read_bytes()) == Kit(ALICE)
    locked = (VECTORS / "kit-locked.txt").read_bytes()
    assert read_kit(locked, "correct horse") == KIT
    assert kit_file(KIT, "correct horse", count_rng) == locked


def test_another_library_opens_the_kit():
    """`cryptography` makes the same key and opens the same seal as pycryptodome."""
    head, _, text = (VECTORS / "kit-locked.txt").read_bytes().partition(b"\n")
    body = base64.b64decode(text)
    front, sealed = body[:32], body[32:]
    assert front[:4] == bytes([1, 16, 8, 1])
    key = Scrypt(front[4:20], 32, 2**16, 8, 1).derive(b"correct horse")
    plain = AESGCM(key).decrypt(front[20:], sealed, head + b"\n" + front)
    assert base64.b64encode(ALICE) in plain


def test_key_file(tmp_path):
    """It brings the keys back with their generation, and only its owner can read it."""
    path = tmp_path / "key"
    for passphrase in (None, "open sesame"):
        write_key_file(path, Keys.from_master(BOB, 2), count_rng, passphrase)
        assert path.stat().st_mode & 0o777 == 0o600
        keys = read_key_file(path, passphrase)
        assert (keys.master, keys.generation) == (BOB, 2)
    with pytest.raises(Denied):
        read_key_file(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o666])
def test_key_file_others_can_reach(tmp_path, mode):
    """It is refused, with the command that cures it."""
    path = tmp_path / "key"
    write_key_file(path, Keys.from_master(BOB), count_rng)
    path.chmod(mode)
    with pytest.raises(Denied) as caught:
        read_key_file(path)
    assert "chmod 600" in caught.value.hint


def test_key_file_that_is_none(tmp_path):
    """A symlink, a kit, an over-long or a missing file is no key file."""
    path, link = tmp_path / "key", tmp_path / "link"
    write_key_file(path, Keys.from_master(BOB), count_rng)
    link.symlink_to(path)
    with pytest.raises(Denied):
        read_key_file(link)
    for content in (kit_file(KIT, None, count_rng), b"x" * 100_000, b""):
        path.write_bytes(content)
        os.chmod(path, 0o600)
        with pytest.raises(BitDustError):
            read_key_file(path)
    with pytest.raises(FileNotFoundError):
        read_key_file(tmp_path / "none")


def test_kit_hides_its_secret():
    """It is not shown in a log."""
    assert repr(ALICE) not in repr(KIT)
