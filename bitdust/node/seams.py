"""
seams -- what a node is made of outside itself, and what a simulation puts in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitdust.config.settings import Settings
from bitdust.database import Database
from bitdust.directory.interface import IDirectory, IWhereabouts
from bitdust.identity.pinning import Pins
from bitdust.node.own_identity import OwnIdentity
from bitdust.programs import Programs
from bitdust.reach.watch import Look
from bitdust.transport.interface import ITransport
from bitdust.watches import Watches
from bitdust.world import InThread, Rng, Threads, Wall


@dataclass(frozen=True)
class Seams:
    """
    What a simulation hands a node.

    @param programs: runs what is to be run before and after backups.
    @param watches: tells of folders that are watched.
    @param serial: of the name of a database: what runs all that concerns it, one call at a time.
    @param look: the addresses of the machine; None: it has none.
    """

    directory: IDirectory
    transports: Callable[[OwnIdentity, Pins], list[ITransport]]
    serial: Callable[[str], InThread]
    programs: Programs
    watches: Watches
    #: where nodes leave word of where they are; None: nowhere
    whereabouts: IWhereabouts | None = None
    look: Look | None = None


@dataclass(frozen=True)
class Ground:
    """
    The machine under a node: its reactor, clock, chance, threads and folder.

    @param seams: what stands in for sockets, identity servers and threads in a simulation.
    """

    reactor: Any
    home: Path
    settings: Settings
    rng: Rng
    wall: Wall
    in_thread: InThread
    seams: Seams | None


class Databases:
    """The databases of a node: each has a thread of its own."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._threads: list[Threads] = []
        self._open: list[Database] = []
        self._by_name: dict[str, Database] = {}

    def open(self, name: str, schema: list[str]) -> Database:
        """The database of that file in the node's folder; the same one for whoever asks."""
        if name in self._by_name:
            return self._by_name[name]
        ground = self._ground
        if ground.seams is not None:
            serial: InThread = ground.seams.serial(name)
        else:
            threads = Threads(ground.reactor, 1, name)
            threads.start()
            self._threads.append(threads)
            serial = threads
        database = Database(ground.home / name, schema, serial)
        self._open.append(database)
        self._by_name[name] = database
        return database

    async def close(self) -> None:
        """Close them all and end their threads."""
        for database in self._open:
            await database.close()
        for threads in self._threads:
            threads.stop()
