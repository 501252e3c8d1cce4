"""A small node that does nothing, but answers like a real one and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from bitdust.backup.browsing import Browsed, BrowsedVersion
from bitdust.backup.choosing import Choice
from bitdust.backup.contents import Stretch
from bitdust.backup.finding import Hit, Query
from bitdust.backup.local import LocalEntry
from bitdust.backup.looking import Compared, Found, Listed
from bitdust.backup.restore_preview import RestorePreview
from bitdust.backup.retention import Policy
from bitdust.backup.timetable import Timed
from bitdust.backup.views import (
    Cleaning,
    Committed,
    Deleted,
    Forgotten,
    ItemView,
    Queued,
    RestoreRunning,
    Restoring,
    Running,
    Started,
    Task,
    TreeAdded,
    VersionView,
)
from bitdust.catalog.drills import Drilled
from bitdust.catalog.entries import Entry
from bitdust.catalog.facts import Kind, Meta
from bitdust.catalog.looking import Change
from bitdust.catalog.policies import Change as PolicyChange
from bitdust.catalog.policies import ItemPolicy
from bitdust.catalog.trash import Deleted as InTrash
from bitdust.catalog.tree import Counts
from bitdust.config.settings import Settings
from bitdust.customer.durability import Durability
from bitdust.errors import NoIdentity, NotFound
from bitdust.machines import Machines
from bitdust.node.happenings import Happenings
from bitdust.node.relay_view import CarriedBy, CarriedFor, RelayView
from bitdust.node.services import Services
from bitdust.node.views import (
    CustomerView,
    DirectoryView,
    Doing,
    Health,
    IdentityView,
    KitView,
    NetworkView,
    Pong,
    Replacing,
    RoadView,
    SupplierView,
    Trouble,
)
from bitdust.reach.claims import Believed
from bitdust.reach.mapping import Mapping
from bitdust.reach.standpoint import Verdict
from bitdust.router.connection import Connection
from bitdust.wire.place import Place

BACKUP = "0/0/1/0/0/F20160313043757PM"
ALICE = "http://127.0.0.1:8084/alice.xml"
BOB = "http://127.0.0.1:8084/bob.xml"
FINGERPRINT = "a" * 52
BROWSED = [
    Browsed(
        "0/0",
        b"/Users/<script>alert(1)</script>",
        "dir",
        2**33,
        True,
        (BrowsedVersion("0/0/F20160313043757PM", 1457883477.0, 11 * 2**20, "safe", 1.0, 2),),
    ),
    Browsed("0/1", b"/Users/caf\xe9\x1b", "file", 5, False, ()),
]
IDENTITY = IdentityView(
    ALICE, "alice", FINGERPRINT, (ALICE,), ("tcp://127.0.0.1:7771",), 0, 0, "<xml>\n</xml>"
)


class FakeTimetable:
    """One item, every four hours."""

    def __init__(self, note: Callable[..., None]) -> None:
        self._note = note

    async def all(self) -> list[Timed]:
        return [await self.set("0/0/1", "every 4h")]

    async def set(self, path_id: str, rule: str) -> Timed:
        self._note("schedule", path_id, rule)
        return Timed(path_id, b"/Users/veselin/a.txt", rule, 1.5, [14401.5, 28801.5], "")

    async def remove(self, path_id: str) -> None:
        self._note("unschedule", path_id)


POLICY = ItemPolicy(
    "0/0/1",
    b"/Users/veselin/a.txt",
    "every 4h",
    1.5,
    before=("sh", "-c", "true"),
    keep="last=7",
    excludes=("*.tmp", "<b>"),
)


class FakePolicies:
    """One item, with a command."""

    def __init__(self, note: Callable[..., None]) -> None:
        self._note = note

    async def all(self) -> list[ItemPolicy]:
        return [POLICY]

    async def set(self, path_id: str, change: PolicyChange) -> ItemPolicy:
        self._note("policy", path_id, change)
        return POLICY

    async def remove(self, path_id: str) -> None:
        self._note("no policy", path_id)


@dataclass
class FakeBackups:
    """The catalog of a user with three items."""

    asked: list[tuple[Any, ...]]
    busy: bool = True
    error: Exception | None = None

    def _note(self, *call: Any) -> None:
        self.asked.append(call)
        if self.error is not None:
            raise self.error

    async def items(self, after: str | None = None, limit: int | None = None) -> list[ItemView]:
        self._note("items", after, limit)
        return [
            ItemView("0", b"/Users", "parent", 5754439, ()),
            ItemView("0/0", b"/Users/caf\xe9\n", "dir", 2**33, ()),
            ItemView(
                "0/0/1",
                "/Users/veselin/ü.txt".encode(),
                "file",
                5754439,
                (VersionView("F20160313043757PM", 1, 11 * 2**20, False, 2),),
            ),
        ][:limit]

    async def committed(self) -> list[Committed]:
        return [Committed(BACKUP, b"/Users/veselin/a.txt", 11 * 2**20, True)]

    async def add_folder(self, path: str) -> str:
        self._note("add_folder", path)
        return "0/0/2"

    async def add_file(self, path: str) -> str:
        self._note("add_file", path)
        return "0/0/3/0"

    async def add_tree(self, path: str) -> TreeAdded:
        self._note("add_tree", path)
        return TreeAdded(21, "0/0/1/2", path.encode())

    async def start_id(self, path_id: str) -> Started:
        self._note("start_id", path_id)
        if path_id == "9":
            raise NotFound("item 9 is not in the catalog")
        return Started(path_id, b"/Users/veselin/a.txt")

    async def start_path(self, path: str) -> Started:
        self._note("start_path", path)
        return Started("0/0/1/0/0", path.encode("utf-8", "surrogateescape"))

    async def delete_local(self, backup_id: str) -> tuple[int, int]:
        self._note("delete_local", backup_id)
        return 8, 16 * 2**20

    async def forget(
        self, path_id: str | None, policy: Policy, dry_run: bool, limit: int | None, after: str | None
    ) -> list[Forgotten]:
        self._note("forget", path_id, policy, dry_run, limit, after)
        return [
            Forgotten("0/0/1/0/0/F20160313043757PM", b"/Users/veselin/a.txt", 1.5, False, ()),
            Forgotten("0/0/1/0/0/F20160314043757PM", b"/Users/veselin/a.txt", 2.5, True, ("last", "daily")),
        ]

    async def undelete(self, path_id_or_backup_id: str) -> list[str]:
        self._note("undelete", path_id_or_backup_id)
        return [path_id_or_backup_id]

    async def deleted(self, limit: int | None, after: str | None) -> list[InTrash]:
        self._note("deleted", limit, after)
        return [InTrash("0/0/1", "F20160313043757PM", b"/Users/veselin/a.txt", 17, 2_000_000_000)]

    async def item_of(self, what: str) -> str:
        self._note("item_of", what)
        return "0/0/1"

    @property
    def timetable(self) -> FakeTimetable:
        return FakeTimetable(self._note)

    @property
    def policies(self) -> FakePolicies:
        return FakePolicies(self._note)

    async def pin(self, backup_id: str, pinned: bool) -> None:
        self._note("pin", backup_id, pinned)

    async def clean_up(self, dry_run: bool) -> Cleaning:
        self._note("clean_up", dry_run)
        return Cleaning(sparse=2, unreferenced=1, copied=3000, freed=40_000)

    async def delete(self, path_id_or_backup_id: str) -> Deleted:
        self._note("delete", path_id_or_backup_id)
        return Deleted("version" if "F" in path_id_or_backup_id else "item", path_id_or_backup_id)

    async def delete_path(self, path: str) -> Deleted:
        self._note("delete_path", path)
        return Deleted("item", "0/1/2")

    async def restore(
        self,
        what: str,
        destination: str | None = None,
        as_of: float | None = None,
        choice: Choice | None = None,
    ) -> Restoring:
        more = [] if choice is None or choice.is_all else [choice.takes(b"a.jpg", False)]
        self._note("restore", what, destination, *([as_of] if as_of is not None else []), *more)
        return Restoring(BACKUP, (destination or "/").encode(), 7, True)

    @property
    def looking(self) -> FakeBackups:
        return self

    @property
    def restores(self) -> FakeBackups:
        return self

    @property
    def drills(self) -> FakeBackups:
        return self

    async def begin(self, what: str | None, sample: int | None) -> int:
        self._note("verify", what, sample)
        return 9

    async def ended(self) -> list[Drilled]:
        return [Drilled(1.5, 3, 4096, 1, "a.txt of version F1: gone")]

    async def foresee(
        self, what: str, destination: str | None, as_of: float | None, choice: Choice, limit: int
    ) -> RestorePreview:
        self._note("foresee", what, destination, as_of, choice.takes(b"a.jpg", False), limit)
        meta = Meta(Kind.FILE, size=7)
        entry = Entry("ü".encode(), meta, (), 1, 0)
        return RestorePreview(BACKUP, (destination or "/").encode(), 1, 2, 7, 1, (entry,)[:limit])

    async def find(self, query: Query, what: str | None, limit: int, after: str) -> Found:
        self._note("find", query.kind, query.all_versions, what, limit, after)
        return Found(
            [Hit(BACKUP, BACKUP, 1, b"/Users/caf\xe9", b"caf\xe9", Meta(Kind.FILE, 0o640, size=5))], "x"
        )

    async def listing(self, what: str, as_of: float | None, limit: int, after: str) -> Listed:
        self._note("listing", what, as_of, limit, after)
        return Listed(BACKUP, 1.5, 2, [Entry(b"a/b", Meta(Kind.SYMLINK, 0o777, target=b"c"), (), 1, 0)], "")

    async def compare(self, old: str, new: str, limit: int, after: str) -> Compared:
        self._note("compare", old, new, limit, after)
        one, two = (Entry(b"a", Meta(Kind.FILE, 0o600, size=size), (), 1, 0) for size in (1, 20))
        return Compared(BACKUP, BACKUP, [Change(one, two), Change(None, two), Change(one, None)], "")

    @property
    def contents(self) -> FakeBackups:
        return self

    async def read(self, what: str, offset: int, length: int, as_of: float | None) -> Stretch:
        self._note("read", what, offset, length, as_of)
        return Stretch(BACKUP, 2.5, 10, offset, bytes(10)[offset : offset + length])

    @property
    def browsing(self) -> FakeBackups:
        return self

    async def children(self, path: bytes, after: int = -1, limit: int | None = None) -> list[Browsed]:
        self._note("children", path, after, limit)
        return BROWSED

    async def with_versions(self, after: str | None = None, limit: int | None = None) -> list[Browsed]:
        self._note("with_versions", after, limit)
        return BROWSED[:1]

    async def item(self, path_id: str) -> Browsed:
        self._note("item", path_id)
        return BROWSED[0]

    async def at(self, path: bytes) -> None:
        self._note("at", path)

    async def counts(self) -> Counts:
        return Counts(1, 1, 3, 2**33)

    async def used(self) -> int:
        return 2**32

    async def local(self, path: bytes, **how: Any) -> list[LocalEntry]:
        self._note("local", path, how)
        return [
            LocalEntry(path, b"<script>alert(1)</script>", True, 0o40755, 4096, 1457883477.0),
            LocalEntry(path, b"caf\xe9\x1b", False, 0o100644, 5, 1457883477.0),
        ]

    def queue(self) -> list[Queued]:
        return [Queued("0/0/1", b"/Users/veselin/a.txt", 1457883477.0)] if self.busy else []

    def running(self) -> list[Running]:
        return [
            Running(BACKUP, b"/a", "reading", "2/4", 2**24, 3, 2**32, 2**31, 2**33, 0.5, False),
        ]

    def restoring(self) -> list[RestoreRunning]:
        return (
            [RestoreRunning(BACKUP, b"/tmp/out", "running", "2/4", 5, 10, 0.5, 1457883477.5)]
            if self.busy
            else []
        )

    def tasks(self) -> list[Task]:
        return [
            Task(1, "backup", b"/a", "0/0", "F20160313043757PM", "done", 1.0, 2**33, 2**33, 5, 2**33, 2**34)
        ]

    async def rest(self, task: int | None, rest: bool) -> list[int]:
        self._note("rest", task, rest)
        return [1]

    async def cancel_pending(self, path_id: str) -> None:
        self._note("cancel_pending", path_id)

    async def abort_running(self, backup_id: str) -> None:
        self._note("abort_running", backup_id)

    async def abort_restore(self, backup_id: str) -> None:
        self._note("abort_restore", backup_id)

    async def update(self) -> None:
        self._note("update")


@dataclass
class FakeNode:
    """One user's node, as the API sees it."""

    settings: Settings
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    machines: Machines = field(default_factory=Machines)
    identity: IdentityView | None = IDENTITY
    broken: bool = False

    def __post_init__(self) -> None:
        self.fake_backups = FakeBackups(self.asked)
        self.clock = Clock()
        self.services = Services(self.settings, lambda: True, self._turned, self._turned, lambda: None)
        self.services.start()
        self.happenings = Happenings(self.clock, lambda: 1457883477.25 + self.clock.seconds())

    async def _turned(self) -> None:
        self.asked.append(("built anew",))

    @property
    def backups(self) -> FakeBackups:
        if self.identity is None:
            raise NoIdentity
        return self.fake_backups

    def now(self) -> float:
        return 1457883477.25

    #: how it shows its pages
    seconds = 60
    has_browser = False

    def show(self) -> None:
        self.asked.append(("show",))

    def require_pages(self) -> FakeNode:
        return self

    def link(self) -> str:
        return "http://127.0.0.1:8180/login?code=x"

    def stop(self) -> None:
        self.asked.append(("stop",))

    def restart(self, show: bool) -> None:
        self.asked.append(("restart", show))

    async def health(self) -> Health:
        if self.broken:
            raise RuntimeError("secret details")
        return Health(
            "safe", "Everything is safe.", 2, (), ("nothing",), 4, 4, 4, 3, 0, None,
            Durability("yellow", "One in 100.", 0.01, 365.0, 3.0, 2.5, 0),
            Doing("ready", "Resting.", 1_800_000_000.0, "bob"), (Trouble("bob is away", "wait"),),
            "Others reach this node directly.",
        )  # fmt: skip

    def network(self) -> NetworkView:
        if self.identity is None:
            raise NoIdentity
        believed = Believed(Place(IPv4Address("203.0.113.10"), 7771), 3, 2)
        return NetworkView(
            "Unreachable", Verdict.NOT, Mapping.CHANGING,
            (RoadView("tcp", 7771, 3, (believed,)), RoadView("udp", 7772, 0, ())),
            (IPv4Address("10.0.0.2"),), {"tcp": 17771}, ("tcp://203.0.113.10:7771",), (), 3,
            sentence="Others cannot come here.", next=("forward the port",),
        )  # fmt: skip

    def connections(self) -> list[Connection]:
        return [
            Connection(ALICE, FINGERPRINT, "proxy", False, "proxy://a", 1.5, True, 0.25, False, 2, 61.5),
            Connection(BOB, "b" * 52, "udp", True, "udp://<b>", 2.5, False, None, True, 0, None),
        ]

    async def directories_list(self) -> list[DirectoryView]:
        return [
            DirectoryView("identity-servers", "ON", 2, 5, 4, "one <is> away"),
            DirectoryView("entangled-dht", "ON", 0, 7, 0, ""),
            DirectoryView("lan-beacons", "OFF", 0, 0, 0, ""),
        ]

    async def suppliers_list(self) -> list[SupplierView]:
        return [SupplierView(0, ALICE, FINGERPRINT, "connected", 1.5, None, 2**33, 12, "tcp")]

    async def supplier_replace(self, index_or_idurl: str) -> Replacing:
        self.asked.append(("supplier_replace", index_or_idurl))
        return Replacing(0, ALICE)

    async def customers_list(self) -> list[CustomerView]:
        return [CustomerView(ALICE, FINGERPRINT, 2**33, 2**32, 5, 1.0, 2.0, "active")]

    async def space_donated(self) -> dict[str, int]:
        return {"customers": 1, "consumed": 2**32, "used": 5, "real": 6, "donated": 2**33, "free": 2**32}

    async def space_consumed(self) -> dict[str, int]:
        return {"needed": 2**30, "used": 5, "free": 2**30 - 5, "suppliers": 4}

    async def space_local(self) -> dict[str, int]:
        return {"spool": 2**33}

    def relay_status(self) -> RelayView:
        ours = CarriedFor(ALICE, FINGERPRINT, True, 1.0, 2.0, 1, 2**33)
        theirs = CarriedBy(ALICE, FINGERPRINT, "proxy://a@b/tcp/c:1", 1.0, False, 2**17, 120, 0)
        return RelayView(("A relay.", "Reached."), True, 1, 2**33, (ours,), True, True, (theirs,))

    async def ping(self, idurl: str, timeout: float) -> Pong:
        self.asked.append(("ping", idurl, timeout))
        return Pong(idurl, 0.0123456, "tcp")

    async def identity_get(self) -> IdentityView:
        if self.identity is None:
            raise NoIdentity
        return self.identity

    async def identity_create(self, name: str, servers: list[str]) -> IdentityView:
        self.asked.append(("identity_create", name, servers))
        return IDENTITY

    async def identity_backup(self, path: str | None, passphrase: str | None) -> KitView:
        self.asked.append(("identity_backup", path, passphrase))
        return KitView("abandon " * 23 + "art", path, FINGERPRINT)

    async def identity_recover(self, kit: str, seeds: list[str], passphrase: str | None) -> IdentityView:
        self.asked.append(("identity_recover", kit, seeds, passphrase))
        return IDENTITY


def fake_node(folder: Path) -> Any:
    """A node whose settings lie in `folder`."""
    return FakeNode(Settings(folder / "config.toml"))
