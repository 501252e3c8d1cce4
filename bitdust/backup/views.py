"""What the node tells about its backups: plain values, for the API to put into its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class VersionView:
    """
    A version: its label, the blocks it needs, its bytes at the suppliers, parity included; how many more
    suppliers may be lost, by what was signed for (None: it needs no blocks; below 0: too many are); whether
    its backup came to its end.
    """

    label: str
    blocks: int
    size: int
    pinned: bool = False
    survives: int | None = None
    complete: bool = True


@dataclass(frozen=True)
class Committed:
    """
    A version that can be restored, and its bytes.

    @param complete: False: its backup did not come to its end, and it holds what was there until then.
    """

    backup_id: str
    path: bytes
    size: int
    complete: bool


@dataclass(frozen=True)
class ItemView:
    """An item of the catalog.  `size` in bytes, -1 when unknown; `type`: parent, dir or file."""

    path_id: str
    path: bytes
    type: str
    size: int
    versions: tuple[VersionView, ...]


@dataclass(frozen=True)
class TreeAdded:
    """`count` items are new; `path_id` and `root` are the folder's."""

    count: int
    path_id: str
    root: bytes


@dataclass(frozen=True)
class Started:
    """A backup was queued."""

    path_id: str
    path: bytes


@dataclass(frozen=True)
class Deleted:
    """`kind`: "version" or "item"."""

    kind: str
    id: str


@dataclass(frozen=True)
class Forgotten:
    """What a policy says of a version.  `time` in Unix seconds; `reasons` to keep it, none when it goes."""

    backup_id: str
    path: bytes
    time: float
    keep: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Cleaning:
    """
    What cleaning up would do: blocks that are mostly dead, blocks that nothing refers to, bytes that
    would be copied, and bytes that would be freed at all suppliers.
    """

    sparse: int
    unreferenced: int
    copied: int
    freed: int


@dataclass(frozen=True)
class Restoring:
    """A restore has begun; `complete`: its version is no checkpoint of a backup that did not end."""

    backup_id: str
    destination: bytes
    task: int
    complete: bool


@dataclass(frozen=True)
class Queued:
    """A backup that waits for its turn.  `created`: Unix seconds."""

    path_id: str
    path: bytes
    created: float


@dataclass(frozen=True)
class Running:
    """A backup under way.  Sizes in bytes, `progress` 0 to 1, `total` is -1 until it is known."""

    backup_id: str
    path: bytes
    state: str
    shape: str
    block_size: int
    blocks: int
    read: int
    sent: int
    total: int
    progress: float
    aborting: bool


@dataclass(frozen=True)
class RestoreRunning:
    """A restore under way.  Sizes in bytes, `progress` 0 to 1, `created` Unix seconds."""

    backup_id: str
    destination: bytes
    state: str
    shape: str
    written: int
    total: int
    progress: float
    created: float


@dataclass(frozen=True)
class Task:
    """
    Long work, running or ended.

    Sizes in bytes; `progress` 0 to 1 of all of it; `total` is -1 while it is not known.  `done` was read, or
    written, and `new` of that was nowhere yet; `suppliers` has what each (by fingerprint) was sent, in all
    `sent`.  `rate` is bytes of `total` per second, lately; `left` seconds, None while that is not known.
    `error` is the id of the error class, or "", and `warning` what went wrong beside the work, or "".
    `skipped` names could not be taken along; `notes` is what else is to be said of some, or "".
    """

    id: int
    kind: str
    name: bytes
    path_id: str
    version: str
    state: str
    progress: float
    done: int
    total: int
    files: int
    new: int = 0
    sent: int = 0
    suppliers: Mapping[str, int] = field(default_factory=dict)
    rate: int = 0
    left: float | None = None
    skipped: int = 0
    error: str = ""
    message: str = ""
    warning: str = ""
    notes: str = ""
