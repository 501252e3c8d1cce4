"""
What the methods of the API answer, as types.  Made from the list of methods by `make docs`; do not edit.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class AddCorrespondent(TypedDict):
    """Keys of an answer."""

    result: str
    idurl: str
    nickname: str


class AutomatsList(TypedDict):
    """Keys of an answer."""

    index: int
    name: str
    state: str
    timers: str


class BackupPreview(TypedDict):
    """Keys of an answer."""

    path: str
    path_b64: NotRequired[str]
    files: int
    folders: int
    size: int
    left_out_count: int
    left_out_size: int
    left_out: list[BackupPreviewLeftOut]
    notes: list[str]


class BackupPreviewLeftOut(TypedDict):
    """Keys of an answer."""

    path: str
    path_b64: NotRequired[str]
    type: str
    size: int
    rule: str
    source: str


class BackupUndelete(TypedDict):
    """Keys of an answer."""

    result: str
    back: list[str]


class BackupsClean(TypedDict):
    """Keys of an answer."""

    mostly_dead: int
    unreferenced: int
    bytes_copied: int
    bytes_freed: int
    started: bool


class BackupsDeleted(TypedDict):
    """Keys of an answer."""

    id: str
    path: str
    path_b64: NotRequired[str]
    size: int
    until: float


class BackupsForget(TypedDict):
    """Keys of an answer."""

    backup_id: str
    path: str
    path_b64: NotRequired[str]
    time: float
    keep: bool
    reasons: list[str]
    removed: bool


class BackupsIdList(TypedDict):
    """Keys of an answer."""

    backupid: str
    path: str
    path_b64: NotRequired[str]
    size: str
    incomplete: NotRequired[bool]


class BackupsList(TypedDict):
    """Keys of an answer."""

    id: str
    path: str
    path_b64: NotRequired[str]
    size: int
    type: str
    versions: list[BackupsListVersions]


class BackupsListVersions(TypedDict):
    """Keys of an answer."""

    blocks: int
    size: str
    version: str
    pinned: NotRequired[bool]
    incomplete: NotRequired[bool]
    survives: NotRequired[int]


class BackupsQueue(TypedDict):
    """Keys of an answer."""

    created: float
    local_path: str
    path_b64: NotRequired[str]
    path_id: str


class BackupsRunning(TypedDict):
    """Keys of an answer."""

    backup_id: str
    source_path: str
    path_b64: NotRequired[str]
    eccmap: str
    pipe: str
    block_size: int
    aborting: bool
    terminating: bool
    eof_state: bool
    reading: bool
    closed: bool
    work_blocks: int
    block_number: int
    bytes_processed: int
    progress: float
    total_size: int


class ConfigExplain(TypedDict):
    """Keys of an answer."""

    key: str
    type: str
    value: str
    sentence: str
    default: str
    source: str
    allowed: str
    variable: str
    restart: bool


class ConfigGet(TypedDict):
    """Keys of an answer."""

    key: str
    type: str
    value: str


class ConfigList(TypedDict):
    """Keys of an answer."""

    key: str
    type: str
    value: str


class ConfigSet(TypedDict):
    """Keys of an answer."""

    key: str
    type: str
    value: str
    old_value: str


class ConnectionsList(TypedDict):
    """Keys of an answer."""

    idurl: str
    fingerprint: str
    transport: str
    direct: bool
    address: str
    since: float
    dialed: bool
    rtt: float | None
    upgraded: bool
    tries: int
    next_try: float | None


class CustomerReject(TypedDict):
    """Keys of an answer."""

    result: str
    idurl: str


class CustomersList(TypedDict):
    """Keys of an answer."""

    position: int
    idurl: str
    fingerprint: str
    status: str
    state: str
    granted: int
    used: int
    pieces: int
    since: float
    last_contact: float
    notice: str
    sentence: str
    next: str
    heard: float | None
    until: float | None


class CustomersPing(TypedDict):
    """Keys of an answer."""

    position: int
    idurl: str
    result: str
    rtt: float | None
    transport: str
    error: str


class DeleteConversation(TypedDict):
    """Keys of an answer."""

    result: str
    count: int


class DirectoriesList(TypedDict):
    """Keys of an answer."""

    name: str
    state: str
    knows: int
    asked: int
    found: int
    trouble: str


class DrillsList(TypedDict):
    """Keys of an answer."""

    time: float
    files: int
    bytes: int
    wrong: int
    note: str


class EventsList(TypedDict):
    """Keys of an answer."""

    id: int
    time: str
    type: str
    data: dict[str, Any]


class ExcludeAdd(TypedDict):
    """Keys of an answer."""

    result: str
    position: int


class ExcludeRemove(TypedDict):
    """Keys of an answer."""

    result: str
    position: int


class ExcludesList(TypedDict):
    """Keys of an answer."""

    position: int
    rule: str


class FindPeerByNickname(TypedDict):
    """Keys of an answer."""

    result: str
    nickname: str
    position: int
    idurl: str
    candidates: list[FindPeerByNicknameCandidates]


class FindPeerByNicknameCandidates(TypedDict):
    """Keys of an answer."""

    idurl: str
    fingerprint: str
    state: str
    position: int


class GuiLink(TypedDict):
    """Keys of an answer."""

    url: str
    seconds: int
    browser: bool


class IdentityBackup(TypedDict):
    """Keys of an answer."""

    words: str
    path: str | None
    fingerprint: str


class IdentityCreate(TypedDict):
    """Keys of an answer."""

    idurl: str
    name: str
    fingerprint: str
    sources: list[str]
    contacts: list[str]
    revision: int
    generation: int
    document: str


class IdentityGet(TypedDict):
    """Keys of an answer."""

    idurl: str
    name: str
    fingerprint: str
    sources: list[str]
    contacts: list[str]
    revision: int
    generation: int
    document: str


class IdentityRecover(TypedDict):
    """Keys of an answer."""

    idurl: str
    name: str
    fingerprint: str
    sources: list[str]
    contacts: list[str]
    revision: int
    generation: int
    document: str


class ListCorrespondents(TypedDict):
    """Keys of an answer."""

    idurl: str
    nickname: str
    fingerprint: str
    state: str
    online: bool


class ListMessages(TypedDict):
    """Keys of an answer."""

    id: str
    time: float
    direction: str
    sender: str
    recipient: str
    message: str
    state: str


class NetworkStatus(TypedDict):
    """Keys of an answer."""

    state: str
    reachable: str
    sentence: str
    next: list[str]
    nat: str
    connections: int
    roads: list[NetworkStatusRoads]
    addresses: list[str]
    contacts: list[str]
    relays: list[str]


class NetworkStatusRoads(TypedDict):
    """Keys of an answer."""

    name: str
    port: int
    mapped: int
    connections: int
    seen: list[NetworkStatusRoadsSeen]


class NetworkStatusRoadsSeen(TypedDict):
    """Keys of an answer."""

    place: str
    observers: int
    networks: int


class Ping(TypedDict):
    """Keys of an answer."""

    result: str
    idurl: str
    rtt: float
    transport: str


class PoliciesList(TypedDict):
    """Keys of an answer."""

    path: str
    path_b64: NotRequired[str]
    path_id: str
    schedule: str
    before: list[str]
    after: list[str]
    keep: str
    excludes: list[str]


class PolicySet(TypedDict):
    """Keys of an answer."""

    result: str
    path: str
    path_b64: NotRequired[str]
    path_id: str
    schedule: str
    before: list[str]
    after: list[str]
    keep: str
    excludes: list[str]


class ProcessHealth(TypedDict):
    """Keys of an answer."""

    state: str
    sentence: str
    survives: int | None
    wrong: list[str]
    next: list[str]
    suppliers_online: int
    suppliers_hired: int
    suppliers_wanted: int
    versions: int
    pieces_missing: int
    network: str
    verified: ProcessHealthVerified | None
    durability: ProcessHealthDurability | None
    monitor: ProcessHealthMonitor | None
    warnings: list[ProcessHealthWarnings]


class ProcessHealthDurability(TypedDict):
    """Keys of an answer."""

    light: str
    sentence: str
    loss: float
    life: float
    repair: float
    watched: float
    lost: int


class ProcessHealthMonitor(TypedDict):
    """Keys of an answer."""

    state: str
    doing: str
    next_round: float | None
    waits_for: str


class ProcessHealthVerified(TypedDict):
    """Keys of an answer."""

    time: float
    files: int
    bytes: int
    wrong: int
    note: str


class ProcessHealthWarnings(TypedDict):
    """Keys of an answer."""

    what: str
    next: str


class RelayStatus(TypedDict):
    """Keys of an answer."""

    result: str
    carries: bool
    circuits: int
    carried: int
    carried_for: list[RelayStatusCarriedFor]
    uses: bool
    needed: bool
    carried_by: list[RelayStatusCarriedBy]


class RelayStatusCarriedBy(TypedDict):
    """Keys of an answer."""

    idurl: str
    fingerprint: str
    contact: str
    since: float
    bulk: bool
    size: int
    seconds: int
    rate: int


class RelayStatusCarriedFor(TypedDict):
    """Keys of an answer."""

    idurl: str
    fingerprint: str
    own: bool
    since: float
    until: float
    circuits: int
    carried: int


class RestorePreview(TypedDict):
    """Keys of an answer."""

    backup_id: str
    destination: str
    destination_b64: NotRequired[str]
    files: int
    folders: int
    size: int
    there: int
    same: int
    entries: list[RestorePreviewEntries]


class RestorePreviewEntries(TypedDict):
    """Keys of an answer."""

    inside: str
    inside_b64: NotRequired[str]
    type: str
    size: int
    there: str


class RestoresRunning(TypedDict):
    """Keys of an answer."""

    backup_id: str
    creator_id: str
    path_id: str
    version: str
    block_number: int
    bytes_processed: int
    created: float
    aborted: bool
    done: bool
    eccmap: str
    state: str
    destination: str
    progress: float
    total_size: int


class Result(TypedDict):
    """Keys of an answer."""

    result: str


class ScheduleSet(TypedDict):
    """Keys of an answer."""

    result: str
    path: str
    path_b64: NotRequired[str]
    path_id: str
    rule: str
    last: float
    next: list[float]
    outcome: str
    ended: float
    trouble: str
    remedy: str


class SchedulesList(TypedDict):
    """Keys of an answer."""

    path: str
    path_b64: NotRequired[str]
    path_id: str
    rule: str
    last: float
    next: list[float]
    outcome: str
    ended: float
    trouble: str
    remedy: str


class SendMessage(TypedDict):
    """Keys of an answer."""

    result: str
    id: str
    recipient: str
    message: str
    packet: str
    state: str
    error: str


class ServiceInfo(TypedDict):
    """Keys of an answer."""

    index: int
    name: str
    state: str
    enabled: bool
    installed: bool
    config_path: str
    depends: list[str]


class ServiceStart(TypedDict):
    """Keys of an answer."""

    result: str
    index: int
    name: str
    state: str
    enabled: bool
    installed: bool
    config_path: str
    depends: list[str]


class ServiceStop(TypedDict):
    """Keys of an answer."""

    result: str
    index: int
    name: str
    state: str
    enabled: bool
    installed: bool
    config_path: str
    depends: list[str]


class ServicesList(TypedDict):
    """Keys of an answer."""

    index: int
    name: str
    state: str
    enabled: bool
    installed: bool
    config_path: str
    depends: list[str]


class StreamBegin(TypedDict):
    """Keys of an answer."""

    result: str
    stream: int
    path_id: str


class StreamWrite(TypedDict):
    """Keys of an answer."""

    offset: int


class SupplierChange(TypedDict):
    """Keys of an answer."""

    result: str
    position: int
    idurl: str
    old_idurl: str


class SupplierReplace(TypedDict):
    """Keys of an answer."""

    result: str
    position: int
    idurl: str


class SuppliersList(TypedDict):
    """Keys of an answer."""

    position: int
    idurl: str
    fingerprint: str
    state: str
    status: str
    since: float
    connected: float
    rtt: float | None
    holds: int
    numfiles: int
    transport: str
    uptime: float | None
    audits: str | None
    doubt: str
    notice: str


class SuppliersPing(TypedDict):
    """Keys of an answer."""

    position: int
    idurl: str
    result: str
    rtt: float | None
    transport: str
    error: str


class TasksList(TypedDict):
    """Keys of an answer."""

    id: int
    kind: str
    name: str
    path_b64: NotRequired[str]
    path_id: str
    version: str
    state: str
    progress: float
    done: int
    total: int
    files: int
    new: int
    sent: int
    suppliers: list[TasksListSuppliers]
    rate: int
    left: float | None
    skipped: int
    error: str
    message: str
    warning: str
    notes: str


class TasksListSuppliers(TypedDict):
    """Keys of an answer."""

    fingerprint: str
    sent: int


class TasksPause(TypedDict):
    """Keys of an answer."""

    result: str
    tasks: list[int]


class TasksResume(TypedDict):
    """Keys of an answer."""

    result: str
    tasks: list[int]


class VerifyStart(TypedDict):
    """Keys of an answer."""

    result: str
    task: int


class VersionList(TypedDict):
    """Keys of an answer."""

    backup_id: str
    time: float
    survives: int | None
    lasting: str
    entries: list[VersionListEntries]
    after: str


class VersionListEntries(TypedDict):
    """Keys of an answer."""

    name: str
    name_b64: NotRequired[str]
    inside: str
    inside_b64: NotRequired[str]
    type: str
    size: int
    mode: str
    mtime: float
    user: str
    group: str
    target: NotRequired[str]
    target_b64: NotRequired[str]


class VersionRead(TypedDict):
    """Keys of an answer."""

    backup_id: str
    time: float
    size: int
    offset: int
    data: str
    after: int


class VersionsDiff(TypedDict):
    """Keys of an answer."""

    old: str
    new: str
    changes: list[VersionsDiffChanges]
    added: int
    added_bytes: int
    removed: int
    removed_bytes: int
    changed: int
    changed_bytes: int
    after: str


class VersionsDiffChanges(TypedDict):
    """Keys of an answer."""

    change: str
    how: list[str]
    inside: str
    inside_b64: NotRequired[str]
    old: VersionsDiffChangesOld | None
    new: VersionsDiffChangesNew | None


class VersionsDiffChangesNew(TypedDict):
    """Keys of an answer."""

    type: str
    size: int
    mode: str
    mtime: float
    user: str
    group: str
    target: NotRequired[str]
    target_b64: NotRequired[str]


class VersionsDiffChangesOld(TypedDict):
    """Keys of an answer."""

    type: str
    size: int
    mode: str
    mtime: float
    user: str
    group: str
    target: NotRequired[str]
    target_b64: NotRequired[str]


class VersionsFind(TypedDict):
    """Keys of an answer."""

    found: list[VersionsFindFound]
    after: str


class VersionsFindFound(TypedDict):
    """Keys of an answer."""

    backup_id: str
    first_backup_id: str
    copies: int
    path: str
    path_b64: NotRequired[str]
    inside: str
    inside_b64: NotRequired[str]
    type: str
    size: int
    mode: str
    mtime: float
    user: str
    group: str
    target: NotRequired[str]
    target_b64: NotRequired[str]
