"""
Where the master secret rests: 24 words, a recovery kit as a file, and the key file of a node.

A file can be locked by a passphrase: scrypt makes the key, AES-256-GCM seals (both of pycryptodome).
The formats are described in docs/formats/identity.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta

from bitdust.crypto import KEY, NONCE, TAG
from bitdust.disk import read_file, write_file
from bitdust.errors import Damaged, Denied, Usage
from bitdust.identity.idurl import is_idurl
from bitdust.identity.keys import MAX_GENERATION, Keys
from bitdust.world import Rng

if TYPE_CHECKING:
    from Crypto.Cipher._mode_gcm import GcmMode

T = TypeVar("T")

#: longest kit or key file, in bytes
MAX_FILE = 16 * 1024
WORDS = 24

_KIT = b"bitdust recovery kit, version 1\n"
_KEY = b"bitdust key file, version 1\n"
_OPEN, _LOCKED = 0, 1
_SALT = 16
#: scrypt at N = 2**16, r = 8, p = 1: 64 MiB and a fifth of a second
_COST = (16, 8, 1)
# What a file may ask of us: no more than 256 MiB.
_COST_LEAST, _COST_MOST, _R_MOST, _P_MOST = 14, 18, 8, 4


@dataclass(frozen=True)
class Kit:
    """What brings everything back: the secret, the names it had, and where to ask first."""

    master: bytes = field(repr=False)
    idurls: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()


class _KitText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    master: Annotated[bytes, Meta(min_length=KEY, max_length=KEY)]
    idurls: Annotated[tuple[Annotated[str, Meta(max_length=255)], ...], Meta(max_length=8)] = ()
    seeds: Annotated[tuple[Annotated[str, Meta(max_length=255)], ...], Meta(max_length=16)] = ()


class _KeyText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    master: Annotated[bytes, Meta(min_length=KEY, max_length=KEY)]
    generation: Annotated[int, Meta(ge=0, le=MAX_GENERATION)] = 0


def words_of(master: bytes) -> str:
    """The secret as 24 English words (BIP-39: the raw bytes and a checksum)."""
    if len(master) != KEY:
        raise Usage(f"a master secret has {KEY} bytes, not {len(master)}")
    bits = int.from_bytes(master + hashlib.sha256(master).digest()[:1], "big")
    return " ".join(_word_list()[bits >> (11 * place) & 2047] for place in reversed(range(WORDS)))


def master_of(words: str) -> bytes:
    """
    The secret of 24 words; case, spaces and line ends do not matter, four letters of a word are enough.

    @raise Usage: they are not 24, one is not in the list, or the checksum says that they are not these.
    """
    given = unicodedata.normalize("NFKD", words[: MAX_FILE + 1]).lower().split()
    if len(given) != WORDS:
        raise Usage(f"a recovery kit has {WORDS} words, not {len(given)}")
    bits = 0
    for place, word in enumerate(given, 1):
        bits = bits << 11 | _number_of(word, place)
    master = (bits >> 8).to_bytes(KEY, "big")
    if hashlib.sha256(master).digest()[0] != bits & 255:
        raise Usage("these 24 words do not belong together: one is wrong, or two are exchanged")
    return master


def kit_file(kit: Kit, passphrase: str | None, rng: Rng) -> bytes:
    """The kit as a file, locked where a passphrase is given (a fifth of a second: off the reactor)."""
    if not all(is_idurl(idurl) for idurl in kit.idurls):
        raise Usage("a name in the kit is not an IDURL")
    return _packed(_KIT, msgspec.json.encode(_KitText(kit.master, kit.idurls, kit.seeds)), passphrase, rng)


def read_kit(data: bytes, passphrase: str | None = None) -> Kit:
    """
    The kit in a file's bytes, or in 24 words as text.

    @raise Usage: it is neither.
    @raise Denied: it is locked, and the passphrase is missing or wrong.
    @raise Damaged: it was changed or cut.
    """
    if data.lstrip().startswith(_KIT.split(b",")[0]):
        text = _unpacked(_KIT, data, passphrase, _KitText)
        return Kit(text.master, text.idurls, text.seeds)
    try:
        return Kit(master_of(data[: MAX_FILE + 1].decode()))
    except UnicodeDecodeError:
        raise Usage("this is neither a recovery kit nor 24 words") from None


def write_key_file(path: Path, keys: Keys, rng: Rng, passphrase: str | None = None) -> None:
    """The secret and its generation, in a file that only its owner can read (0600)."""
    plain = msgspec.json.encode(_KeyText(keys.master, keys.generation))
    write_file(path, _packed(_KEY, plain, passphrase, rng), mode=0o600)


def read_key_file(path: Path, passphrase: str | None = None) -> Keys:
    """
    The keys of `write_key_file`.

    @raise Denied: others can read the file, or it is locked and the passphrase is missing or wrong.
    @raise Damaged: it was changed or cut.
    @raise OSError: it cannot be read.
    """
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        raise Denied(f"{path} is not a file of yours", hint="the key file must be a plain file that you own")
    if status.st_mode & 0o077:
        raise Denied(
            f"others can read or change {path}, which holds your master secret",
            hint=f"run: chmod 600 {path}",
        )
    text = _unpacked(_KEY, read_file(path, MAX_FILE), passphrase, _KeyText)
    return Keys.from_master(text.master, text.generation)


def _packed(head: bytes, plain: bytes, passphrase: str | None, rng: Rng) -> bytes:
    if passphrase is None:
        body = bytes([_OPEN]) + plain + hashlib.sha256(head + plain).digest()
    else:
        salt, nonce = rng(_SALT), rng(NONCE)
        front = bytes([_LOCKED, *_COST]) + salt + nonce
        cipher = _cipher(_stretched(passphrase, salt, *_COST), nonce, head + front)
        sealed, tag = cipher.encrypt_and_digest(plain)
        body = front + sealed + tag
    text = base64.b64encode(body)
    return head + b"".join(text[at : at + 76] + b"\n" for at in range(0, len(text), 76))


def _unpacked(head: bytes, data: bytes, passphrase: str | None, kind: type[T]) -> T:
    what = head.split(b",")[0].decode()
    if len(data) > MAX_FILE:
        raise Damaged(f"this {what} is longer than the {MAX_FILE} bytes it may have")
    first, _, rest = data.replace(b"\r\n", b"\n").lstrip().partition(b"\n")
    if first.strip() + b"\n" != head:
        raise Usage(f"this is not a {what} that this version of BitDust can read")
    try:
        body = base64.b64decode(b"".join(rest.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Damaged(f"the {what} was changed or cut") from None
    plain = _opened(head, body, passphrase, what)
    try:
        return msgspec.json.decode(plain, type=kind)
    except msgspec.MsgspecError:
        raise Damaged(f"the {what} does not hold what it must") from None


def _opened(head: bytes, body: bytes, passphrase: str | None, what: str) -> bytes:
    if body[:1] == bytes([_OPEN]):
        plain, checksum = body[1:-32], body[-32:]
        if hashlib.sha256(head + plain).digest() != checksum:
            raise Damaged(f"the {what} was changed or cut")
        return plain
    front, sealed, tag = body[: 4 + _SALT + NONCE], body[4 + _SALT + NONCE : -TAG], body[-TAG:]
    if len(body) < 4 + _SALT + NONCE + TAG or front[0] != _LOCKED:
        raise Damaged(f"the {what} was changed or cut")
    if passphrase is None:
        raise Denied(f"this {what} is locked", hint="give the passphrase it was locked with")
    cost, r, p = front[1:4]
    if not (_COST_LEAST <= cost <= _COST_MOST and 1 <= r <= _R_MOST and 1 <= p <= _P_MOST):
        raise Damaged(f"the {what} asks for an unreasonable amount of work")
    salt, nonce = front[4 : 4 + _SALT], front[4 + _SALT :]
    try:
        return _cipher(_stretched(passphrase, salt, cost, r, p), nonce, head + front).decrypt_and_verify(
            sealed, tag
        )
    except ValueError:
        raise Denied(
            f"the passphrase of this {what} is wrong, or the file was changed",
            hint="check capitals and keyboard layout",
        ) from None


def _stretched(passphrase: str, salt: bytes, cost: int, r: int, p: int) -> bytes:
    # Only locked files need pycryptodome, and few are: it costs every node two MiB and a start of 30 ms.
    from Crypto.Protocol.KDF import scrypt

    # The same passphrase typed on another system can come in another Unicode form.
    secret = unicodedata.normalize("NFKD", passphrase).encode()
    key = scrypt(secret, salt, KEY, 1 << cost, r, p)
    assert isinstance(key, bytes)
    return key


def _cipher(key: bytes, nonce: bytes, bound: bytes) -> GcmMode:
    from Crypto.Cipher import AES

    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=TAG)
    cipher.update(bound)
    return cipher


@cache
def _word_list() -> tuple[str, ...]:
    return tuple(files("bitdust.identity").joinpath("bip39_english.txt").read_text("ascii").split())


def _number_of(word: str, place: int) -> int:
    # No two words of the list share their first four letters.
    for number, known in enumerate(_word_list()):
        if known[:4] == word[:4] and known.startswith(word):
            return number
    raise Usage(f"word {place} of the recovery kit, {word[:20]!r}, is not one of the 2048 words")
