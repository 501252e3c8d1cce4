"""
own_identity -- the identity of this node: its keys, its device, its document, and the files they live in.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bitdust.directory.address import CERTIFICATE as DIRECTORY
from bitdust.directory.nickname import CERTIFICATE
from bitdust.disk import private_folder, read_file, sync_folder, write_file
from bitdust.errors import BitDustError, Damaged, Denied
from bitdust.identity.document import Document, build, parse
from bitdust.identity.keys import DeviceKey, Keys
from bitdust.identity.vault import read_key_file, write_key_file
from bitdust.world import Rng, Wall

#: the name of an identity in `personal/name` is not secret; these are
KEY_FILE, DEVICE_FILE, DOCUMENT_FILE = "master.key", "device.pem", "identity.xml"
LARGEST = 64 * 1024
SUPPLIER_OFFER = "supplier"
#: the certificate of a place where letters for us may be left: `IDURL#fp=FINGERPRINT`
MAILBOX = "mailbox"
AWAY = "move that folder away, start the node again, and recover it from its kit: `bitdust recover KIT`"


@dataclass
class OwnIdentity:
    """
    Who we are.  `document` is replaced whenever something in it changes; what it says is on disk first.

    @param folder: where the three files lie.
    """

    folder: Path
    keys: Keys = field(repr=False)
    device: DeviceKey = field(repr=False)
    document: Document
    wall: Wall

    @classmethod
    def load(cls, folder: Path, wall: Wall) -> OwnIdentity | None:
        """
        The identity in the folder, None when there is none.

        @raise Denied: others can read the key.  @raise Damaged: a file is not what was written.
        """
        if not (folder / KEY_FILE).exists():
            return None
        with _naming(folder / KEY_FILE):
            keys = read_key_file(folder / KEY_FILE)
        with _naming(folder / DEVICE_FILE):
            device = DeviceKey.from_pem(read_file(folder / DEVICE_FILE, LARGEST))
        with _naming(folder / DOCUMENT_FILE):
            document = parse(read_file(folder / DOCUMENT_FILE, LARGEST))
        if document.fingerprint != keys.fingerprint or device.spki not in document.device_spkis:
            raise Damaged(f"the files in {folder} do not belong together", hint=AWAY)
        return cls(folder, keys, device, document, wall)

    @classmethod
    def make(
        cls,
        folder: Path,
        keys: Keys,
        rng: Rng,
        wall: Wall,
        sources: Sequence[str],
        revision: int,
        claims: Sequence[tuple[str, bytes]] = (),
    ) -> OwnIdentity:
        """
        A new installation of an identity: with a device of its own, not yet reachable anywhere.

        @param claims: what an earlier one claimed.
        """
        private_folder(folder)
        device = DeviceKey.generate(rng)
        document = build(
            keys,
            sources=sources,
            contacts=(),
            devices=(device.public,),
            revision=revision,
            date=_date(wall),
            extra=claims,
        )
        write_file(folder / DEVICE_FILE, device.pem)
        write_file(folder / DOCUMENT_FILE, document.raw)
        # The key last: without it there is no identity here.
        write_key_file(folder / KEY_FILE, keys, rng)
        return cls(folder, keys, device, document, wall)

    def renew(
        self, contacts: Sequence[str], offers: Sequence[str], claims: Sequence[tuple[str, bytes]] = ()
    ) -> bool:
        """
        Say where we are reached now, what we offer, and what else we claim.  False: that is said already.

        @param claims: further certificates: our nickname, our mailboxes, and the key of our address records.
        """
        old = self.document
        claimed = claims_of(old)
        if tuple(contacts) == old.contacts and set(offers) == old.offers and tuple(claims) == claimed:
            return False
        self.document = build(
            self.keys,
            sources=old.sources,
            contacts=contacts,
            devices=(self.device.public,),
            revision=old.revision + 1,
            date=_date(self.wall),
            offers=offers,
            extra=claims,
        )
        write_file(self.folder / DOCUMENT_FILE, self.document.raw)
        return True

    def move(self, folder: Path) -> None:
        """The files lie in another folder from now on."""
        self.folder.rename(folder)
        sync_folder(folder.parent)
        self.folder = folder

    def erase(self) -> None:
        """Remove the files."""
        shutil.rmtree(self.folder)
        sync_folder(self.folder.parent)

    @property
    def fingerprint(self) -> str:
        """What the identity is."""
        return self.document.fingerprint

    @property
    def idurl(self) -> str:
        """Its first name."""
        return self.document.idurl


def claims_of(document: Document) -> tuple[tuple[str, bytes], ...]:
    """The nickname, the mailboxes and the directory key that a document claims."""
    return tuple(each for each in document.certificates if each[0] in (CERTIFICATE, MAILBOX, DIRECTORY))


#: what the parts of a node ask for where they need the document as it is now
Own = Callable[[], Document]


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """What is wrong inside is wrong with this file."""
    try:
        yield
    except Denied:
        raise
    except (BitDustError, OSError) as trouble:
        why = trouble.message if isinstance(trouble, BitDustError) else trouble.strerror
        raise Damaged(f"{path} cannot be used: {why}", hint=AWAY) from trouble


def _date(wall: Wall) -> str:
    return datetime.fromtimestamp(wall(), UTC).strftime("%Y-%m-%d")
