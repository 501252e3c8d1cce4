"""The identity servers of a simulation, which are down for a while."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from bitdust.directory.interface import IDirectory
from bitdust.errors import Timeout
from bitdust.world import pause

T = TypeVar("T")

#: seconds after which somebody who asks gives up
PATIENCE = 10.0


@implementer(IDirectory)
class Servers:
    """@param directory: what they know; `are_down`: nobody gets an answer."""

    def __init__(self, clock: IReactorTime, directory: Any) -> None:
        self.are_down = False
        self._clock = clock
        self._directory = directory

    async def find(self, idurl: str) -> bytes:
        return await self._answer(self._directory.find(idurl))

    async def publish(self, idurl: str, document: bytes) -> None:
        await self._answer(self._directory.publish(idurl, document))

    async def candidates(self, limit: int) -> Sequence[str]:
        try:
            return await self._answer(self._directory.candidates(limit))
        except Timeout:
            return []

    async def claims(self, key: str, limit: int) -> list[str]:
        return await self._answer(self._directory.claims(key, limit))

    async def put_record(self, name: str, record: bytes) -> None:
        await self._answer(self._directory.put_record(name, record))

    async def get_record(self, name: str) -> bytes | None:
        return await self._answer(self._directory.get_record(name))

    async def _answer(self, work: Coroutine[Any, Any, T]) -> T:
        if not self.are_down:
            return await work
        work.close()
        await pause(self._clock, PATIENCE)
        raise Timeout("the identity server does not answer")
