"""A directory in a dictionary, which many nodes can share: for demos, tests and simulations."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import implementer

from bitdust.directory.address import check_address
from bitdust.directory.admission import admit_document, admit_record
from bitdust.directory.interface import IDirectory, IWhereabouts
from bitdust.directory.nickname import claimed_by, is_nickname_key
from bitdust.directory.record import is_record_name
from bitdust.errors import NotFound, Usage
from bitdust.identity.document import parse
from bitdust.identity.idurl import is_idurl
from bitdust.identity.keys import Keys


@implementer(IDirectory)
class MemoryDirectory:
    """`shared`: IDURLs, `record/NAME`s and `nickname/KEY`s with what is kept under them."""

    def __init__(self, shared: dict[str, bytes]) -> None:
        self._shared = shared

    async def find(self, idurl: str) -> bytes:
        if not is_idurl(idurl) or idurl not in self._shared:
            raise NotFound(f"nobody has the name {idurl[:255]}")
        return self._shared[idurl]

    async def publish(self, idurl: str, document: bytes) -> None:
        if not is_idurl(idurl):
            raise Usage(f"not an IDURL: {idurl[:80]!r}")
        before = self._shared.get(idurl)
        after = admit_document(idurl, document, before)
        self._shared[idurl] = after.raw
        was, now = claimed_by(parse(before)) if before else "", claimed_by(after)
        if was != now:
            self._unfile(was, idurl)
            self._file(now, idurl)

    def _file(self, key: str, idurl: str) -> None:
        if key:
            self._shared[f"nickname/{key}"] = self._shared.get(f"nickname/{key}", b"") + f"{idurl}\n".encode()

    def _unfile(self, key: str, idurl: str) -> None:
        if key:
            others = [one for one in self._shared[f"nickname/{key}"].decode().split() if one != idurl]
            self._shared[f"nickname/{key}"] = "".join(f"{one}\n" for one in others).encode()

    async def candidates(self, limit: int) -> list[str]:
        found: list[str] = []
        for idurl, raw in sorted(self._shared.items()):
            if len(found) < limit and is_idurl(idurl) and "supplier" in parse(raw).offers:
                found.append(idurl)
        return found

    async def claims(self, key: str, limit: int) -> list[str]:
        if not is_nickname_key(key):
            raise Usage("not the key of a nickname")
        return self._shared.get(f"nickname/{key}", b"").decode().split()[:limit]

    async def put_record(self, name: str, record: bytes) -> None:
        admit_record(name, record, self._shared.get(f"record/{name}"))
        self._shared[f"record/{name}"] = record

    async def get_record(self, name: str) -> bytes | None:
        if not is_record_name(name):
            raise Usage("not the name of a recovery record")
        return self._shared.get(f"record/{name}")


@implementer(IWhereabouts)
class MemoryWhereabouts:
    """`records` by key, and who gathers by topic: shared by the nodes that can find each other."""

    def __init__(self, records: dict[bytes, bytes], topics: dict[bytes, dict[tuple[str, ...], None]]) -> None:
        self._records = records
        self._topics = topics

    async def leave(self, keys: Keys, record: bytes) -> None:
        check_address(keys.directory_public, record)
        self._records[keys.directory_public] = record

    async def look(self, public: bytes) -> bytes | None:
        raw = self._records.get(public)
        try:
            return raw if raw is not None and check_address(public, raw) >= 0 else None
        except Usage:
            return None

    async def gather(self, topic: bytes, contacts: Sequence[str]) -> None:
        self._topics.setdefault(topic, {})[tuple(contacts)] = None

    async def gathered(self, topic: bytes) -> list[tuple[str, ...]]:
        return list(self._topics.get(topic, {}))
