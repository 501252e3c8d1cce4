"""
registration -- how a node comes to its identity: by making one, or by recovering one from its kit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shutil import rmtree

import msgspec
from twisted.logger import Logger

from bitdust.directory.acquaintance import Acquaintances
from bitdust.directory.interface import IDirectory
from bitdust.directory.nickname import CERTIFICATE
from bitdust.directory.record import Record, open_record
from bitdust.disk import read_file, remove_file, sync_folder, write_file
from bitdust.errors import BitDustError, Conflict, NotFound, Usage
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.identity.idurl import check_name, parse_idurl
from bitdust.identity.keys import Keys
from bitdust.identity.vault import Kit, kit_file, read_kit, words_of
from bitdust.node.own_identity import KEY_FILE, OwnIdentity, claims_of
from bitdust.node.people import People
from bitdust.node.seams import Ground
from bitdust.node.views import KitView

#: the file that says: the catalog is still to be brought back
MARKER = "recovering"
#: where an identity lies until it is this node's: one that is being made, one that is being recovered
UNBORN, RETURNING = "identity-new", "identity-back"
LARGEST = 64 * 1024
#: the folder of our own identity, and the file of our catalog
IDENTITY, CATALOG = "identity", "catalog.db"
NICKNAME = "personal/nickname"


class Registration:
    """
    Makes and recovers the identity of one node, and makes its kit.

    @param own: the identity the node has; None: none yet.
    @param become: makes the node be somebody.
    @param is_usurped: whether another node of our identity has taken over.
    @param retire: makes the node be nobody, with its catalog closed.
    """

    _log = Logger()

    def __init__(
        self,
        ground: Ground,
        people: People,
        own: Callable[[], OwnIdentity | None],
        become: Callable[[OwnIdentity], Awaitable[None]],
        is_usurped: Callable[[], bool],
        retire: Callable[[], Awaitable[None]],
    ) -> None:
        self._ground = ground
        self._people = people
        self._own = own
        self._become = become
        self._is_usurped = is_usurped
        self._retire = retire
        self._home = ground.home
        #: why the catalog is not back yet
        self.trouble: BitDustError | None = None
        self._at_work = False
        self._tried: Signal[[]] = Signal()

    async def create(self, name: str, servers: list[str]) -> OwnIdentity:
        """
        Make an identity of this name and publish it.

        @param servers: base URLs of identity servers; each becomes a source.
        @raise Conflict: this node has an identity, or the name is taken.
        @raise Usage: the name is not one, or no server is known.
        """
        with self._alone():
            return await self._create(name, servers)

    async def _create(self, name: str, servers: list[str]) -> OwnIdentity:
        self._refuse_second()
        check_name(name)
        servers = self._servers(servers)
        sources = [parse_idurl(f"{server}/{name}.xml").url for server in servers]
        unborn = self._home / UNBORN
        # A kill between publishing and here left the key the name belongs to: it is used again.
        identity = OwnIdentity.load(unborn, self._ground.wall) if (unborn / KEY_FILE).exists() else None
        if identity is None or list(identity.document.sources) != sources:
            keys = Keys.from_master(self._ground.rng(32))
            identity = OwnIdentity.make(
                unborn, keys, self._ground.rng, self._ground.wall, sources, revision=1
            )
        directory, _ = self._people.seen_from(servers)
        try:
            for source in sources:
                await directory.publish(source, identity.document.raw)
        except Conflict:
            identity.erase()
            raise
        # A recovery that was cut off before it had an identity is not meant any more.
        remove_file(self._home / MARKER)
        return await self._settle(identity, servers)

    async def recover(self, kit_text: str, seeds: list[str], passphrase: str | None) -> OwnIdentity:
        """
        Bring an identity back, and begin to bring its catalog back.  A node of this identity that another one
        has taken over from sets aside what it has, and begins anew; one that is still at it goes on.

        @param kit_text: 24 words, or the path of a kit's file.
        @raise Conflict: this node has another identity, or this one and its catalog.
        @raise Usage: the kit is none, or no identity server is named.
        @raise NotFound: no server keeps the record of this kit.
        """
        with self._alone():
            return await self._recover(kit_text, seeds, passphrase)

    async def _recover(self, kit_text: str, seeds: list[str], passphrase: str | None) -> OwnIdentity:
        kit = await self._ground.in_thread(_read, kit_text, passphrase)
        own = self._own()
        if own is not None and own.keys.master == kit.master:
            if not self._is_usurped() and self.is_recovering():
                return own
            if not self._is_usurped():
                raise Conflict(
                    f"this node is {own.idurl} already, and its catalog is here",
                    hint="nothing needs to be recovered: `bitdust health` shows how it is",
                )
        else:
            self._refuse_second()
        servers = self._servers([*seeds, *kit.seeds])
        directory, people = self._people.seen_from(servers)
        record = await _find_record(directory, Keys.from_master(kit.master))
        keys = Keys.from_master(kit.master, record.generation)
        old = await _find_own(people, record.idurls or kit.idurls, keys.fingerprint)
        # The lost installation may have said more to its suppliers than the servers have heard.
        revision = max(old.revision + 1, int(self._ground.wall()))
        self._take_name(old)
        identity = OwnIdentity.make(
            self._home / RETURNING,
            keys,
            self._ground.rng,
            self._ground.wall,
            old.sources,
            revision,
            claims_of(old),
        )
        write_file(self._home / MARKER, msgspec.msgpack.encode(record))
        if own is not None:
            await self._retire()
            self._set_aside()
        return await self._settle(identity, servers)

    def _take_name(self, old: Document) -> None:
        """Be known by the name of the lost installation, unless another one was chosen here."""
        claimed = old.certificate(CERTIFICATE)
        settings = self._ground.settings
        if claimed is None or settings.source(NICKNAME) != "default":
            return
        try:
            settings.set(NICKNAME, claimed.decode())
        except (Usage, UnicodeDecodeError) as why:
            self._log.warn("the nickname of before cannot be used: {why}", why=why)

    def _set_aside(self) -> None:
        """What another node has taken over from keeps its files, under other names."""
        number = next(n for n in count(1) if not any(self._home.glob(f"*.usurped-{n}")))
        # The identity first: were it left with no catalog, it would begin an empty one.
        for name in (IDENTITY, f"{CATALOG}-wal", f"{CATALOG}-shm", CATALOG):
            if (self._home / name).exists():
                (self._home / name).rename(self._home / f"{name}.usurped-{number}")
                sync_folder(self._home)

    def cut_off(self) -> OwnIdentity | None:
        """The identity of a recovery that was cut off before it was this node's; None: there is none."""
        if not self.is_recovering() or (self._home / IDENTITY).exists():
            return None
        identity = OwnIdentity.load(self._home / RETURNING, self._ground.wall)
        if identity is not None:
            identity.move(self._home / IDENTITY)
        return identity

    async def _settle(self, identity: OwnIdentity, servers: list[str]) -> OwnIdentity:
        """From now on it is this node's, and there is no other key in the folder."""
        for left in (UNBORN, RETURNING):
            if identity.folder != self._home / left:
                rmtree(self._home / left, ignore_errors=True)
        identity.move(self._home / IDENTITY)
        self._people.remember(servers)
        await self._become(identity)
        return identity

    async def backup(self, identity: OwnIdentity, path: str | None, passphrase: str | None) -> KitView:
        """
        The kit: its words, and its file when a path is given.

        @raise Conflict: something is there.
        """
        words = words_of(identity.keys.master)
        if path is not None:
            target = Path(path)
            if target.exists():
                raise Conflict(f"{path!r} is there already", hint="choose another name for the kit")
            if not target.parent.is_dir():
                raise NotFound(f"there is no folder {str(target.parent)!r}", hint="make it first")
            kit = Kit(identity.keys.master, identity.document.sources, tuple(self._people.servers))
            write_file(target, await self._ground.in_thread(kit_file, kit, passphrase, self._ground.rng))
        return KitView(words, path, identity.fingerprint)

    # -- while the catalog is being brought back

    def is_recovering(self) -> bool:
        """Is the catalog still to be brought back?"""
        return (self._home / MARKER).exists()

    def record(self) -> Record:
        """The recovery record that brought us here."""
        return msgspec.msgpack.decode(read_file(self._home / MARKER, LARGEST), type=Record)

    def recovered(self) -> None:
        """The catalog is back."""
        self.trouble = None
        remove_file(self._home / MARKER)
        self._tried()

    def not_yet(self, trouble: BitDustError) -> None:
        """An attempt failed; another one follows."""
        self.trouble = trouble
        self._tried()

    async def until_recovered(self) -> None:
        """
        Wait for the attempt under way.

        @raise BitDustError: it failed; the next one follows by itself.
        """
        if self.is_recovering():
            await self._tried.next()
            if self.trouble is not None:
                raise self.trouble

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._at_work:
            raise Conflict("an identity is being made or recovered here", hint="wait until that has ended")
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False

    def _refuse_second(self) -> None:
        own = self._own()
        if own is not None:
            raise Conflict(
                f"this node is {own.idurl} already",
                hint="use another folder for another identity: `bitdust --home DIR …`",
            )

    def _servers(self, given: list[str]) -> list[str]:
        servers = list(dict.fromkeys(server.rstrip("/") for server in given or self._people.servers))
        servers = [server if "://" in server else f"http://{server}" for server in servers]
        if not servers:
            raise Usage(
                "no identity server is known",
                hint="name one: `--server http://HOST` (or `--seed` when recovering), "
                "or set services/identity-propagate/known-servers",
            )
        return servers


def _read(kit_text: str, passphrase: str | None) -> Kit:
    if kit_text.startswith("/"):
        try:
            return read_kit(read_file(Path(kit_text), LARGEST), passphrase)
        except OSError as error:
            raise NotFound(
                f"{kit_text!r}: {error.strerror}", hint="give the kit's file, or its 24 words"
            ) from error
    return read_kit(kit_text.encode(errors="replace"), passphrase)


async def _find_record(directory: IDirectory, keys: Keys) -> Record:
    raw = await directory.get_record(keys.record_name)
    if raw is None:
        raise NotFound(
            "no identity server keeps a recovery record of this kit",
            hint="name a server that the identity used: `--seed http://HOST`",
        )
    return open_record(keys, raw)


async def _find_own(people: Acquaintances, idurls: tuple[str, ...], fingerprint: str) -> Document:
    """Our own document as the world knows it."""
    last: BitDustError = NotFound("the recovery record names no IDURL")
    for idurl in idurls:
        try:
            return await people.meet(f"{idurl}#fp={fingerprint}")
        except BitDustError as error:
            last = error
    raise last
