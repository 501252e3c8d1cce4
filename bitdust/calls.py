"""
Every method of the API as a typed call.  Made from the list of methods by `make docs`; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitdust.answers import (
        AddCorrespondent,
        AutomatsList,
        BackupPreview,
        BackupsClean,
        BackupsDeleted,
        BackupsForget,
        BackupsIdList,
        BackupsList,
        BackupsQueue,
        BackupsRunning,
        BackupUndelete,
        ConfigExplain,
        ConfigGet,
        ConfigList,
        ConfigSet,
        ConnectionsList,
        CustomerReject,
        CustomersList,
        CustomersPing,
        DeleteConversation,
        DirectoriesList,
        DrillsList,
        EventsList,
        ExcludeAdd,
        ExcludeRemove,
        ExcludesList,
        FindPeerByNickname,
        GuiLink,
        IdentityBackup,
        IdentityCreate,
        IdentityGet,
        IdentityRecover,
        ListCorrespondents,
        ListMessages,
        NetworkStatus,
        Ping,
        PoliciesList,
        PolicySet,
        ProcessHealth,
        RelayStatus,
        RestorePreview,
        RestoresRunning,
        Result,
        ScheduleSet,
        SchedulesList,
        SendMessage,
        ServiceInfo,
        ServicesList,
        ServiceStart,
        ServiceStop,
        StreamBegin,
        StreamWrite,
        SupplierChange,
        SupplierReplace,
        SuppliersList,
        SuppliersPing,
        TasksList,
        TasksPause,
        TasksResume,
        VerifyStart,
        VersionList,
        VersionRead,
        VersionsDiff,
        VersionsFind,
    )


class Calls:
    """What a node can be asked, by name."""

    def call(self, name: str, *args: object, **kwargs: object) -> Any:
        """The value the method answers."""
        raise NotImplementedError

    def add_correspondent(
        self,
        idurl: str,
        nickname: str = "",
    ) -> AddCorrespondent:
        """Add somebody to write to: his identity is fetched, checked and pinned.  One who is known is
        renamed."""
        answer: AddCorrespondent = self.call("add_correspondent", idurl, nickname)
        return answer

    def automats_list(
        self,
    ) -> list[AutomatsList]:
        """List the state machines of the node, oldest first, with their names and present states."""
        answer: list[AutomatsList] = self.call("automats_list")
        return answer

    def backup_abort_running(
        self,
        backup_id: str,
    ) -> Result:
        """Stop a backup under way."""
        answer: Result = self.call("backup_abort_running", backup_id)
        return answer

    def backup_cancel_pending(
        self,
        path_id: str,
    ) -> Result:
        """Take a backup off the queue."""
        answer: Result = self.call("backup_cancel_pending", path_id)
        return answer

    def backup_delete_id(
        self,
        pathID_or_backupID: str,
    ) -> Result:
        """Delete a version, or an item with all below it, here and at the suppliers."""
        answer: Result = self.call("backup_delete_id", pathID_or_backupID)
        return answer

    def backup_delete_local(
        self,
        backupID: str,
    ) -> Result:
        """Remove the copies of a version that are kept on this machine; never the last copy of anything."""
        answer: Result = self.call("backup_delete_local", backupID)
        return answer

    def backup_delete_path(
        self,
        localPath: str,
    ) -> Result:
        """Delete the item of a local path, with all below it, here and at the suppliers.  The files stay."""
        answer: Result = self.call("backup_delete_path", localPath)
        return answer

    def backup_dir_add(
        self,
        dirpath: str,
    ) -> Result:
        """Put a folder into the catalog, without backing it up yet."""
        answer: Result = self.call("backup_dir_add", dirpath)
        return answer

    def backup_file_add(
        self,
        filepath: str,
    ) -> Result:
        """Put a file into the catalog, without backing it up yet."""
        answer: Result = self.call("backup_file_add", filepath)
        return answer

    def backup_pin(
        self,
        backupID: str,
    ) -> Result:
        """Keep a version whatever a policy says, until it is unpinned or deleted by name."""
        answer: Result = self.call("backup_pin", backupID)
        return answer

    def backup_preview(
        self,
        path_or_id: str,
        limit: int = 100,
        in_item: bool = False,
    ) -> BackupPreview:
        """Tell what a backup would take along and leave out, and by which rule, without backing anything
        up."""
        answer: BackupPreview = self.call("backup_preview", path_or_id, limit, in_item)
        return answer

    def backup_start_id(
        self,
        pathID: str,
    ) -> Result:
        """Start to back up an item of the catalog."""
        answer: Result = self.call("backup_start_id", pathID)
        return answer

    def backup_start_path(
        self,
        path: str,
    ) -> Result:
        """Start to back up a file or folder, new to the catalog or not."""
        answer: Result = self.call("backup_start_path", path)
        return answer

    def backup_tree_add(
        self,
        dirpath: str,
    ) -> Result:
        """Put a folder and every file and folder below it into the catalog, each as an item of its own."""
        answer: Result = self.call("backup_tree_add", dirpath)
        return answer

    def backup_undelete(
        self,
        pathID_or_backupID: str,
    ) -> BackupUndelete:
        """Bring back a deleted version, or an item with all below it, within `services/backups/delete-
        delay`."""
        answer: BackupUndelete = self.call("backup_undelete", pathID_or_backupID)
        return answer

    def backup_unpin(
        self,
        backupID: str,
    ) -> Result:
        """Let policies take a pinned version away again."""
        answer: Result = self.call("backup_unpin", backupID)
        return answer

    def backups_clean(
        self,
        dry_run: bool = False,
    ) -> BackupsClean:
        """Free what nothing needs any more at the suppliers.  A node does so by itself after each
        deletion."""
        answer: BackupsClean = self.call("backups_clean", dry_run)
        return answer

    def backups_deleted(
        self,
        limit: int | None = None,
        after: str | None = None,
    ) -> list[BackupsDeleted]:
        """List the deleted items and versions that can be brought back, and until when (Unix seconds)."""
        answer: list[BackupsDeleted] = self.call("backups_deleted", limit, after)
        return answer

    def backups_forget(
        self,
        pathID: str | None = None,
        keep_last: int = 0,
        keep_hourly: int = 0,
        keep_daily: int = 0,
        keep_weekly: int = 0,
        keep_monthly: int = 0,
        keep_yearly: int = 0,
        keep_within: str = "",
        dry_run: bool = False,
        limit: int | None = None,
        after: str | None = None,
        keep_within_hourly: str = "",
        keep_within_daily: str = "",
        keep_within_weekly: str = "",
        keep_within_monthly: str = "",
        keep_within_yearly: str = "",
    ) -> list[BackupsForget]:
        """Delete the versions that a policy does not keep, and tell of each version whether it stays and
        why."""
        answer: list[BackupsForget] = self.call(
            "backups_forget",
            pathID,
            keep_last,
            keep_hourly,
            keep_daily,
            keep_weekly,
            keep_monthly,
            keep_yearly,
            keep_within,
            dry_run,
            limit,
            after,
            keep_within_hourly,
            keep_within_daily,
            keep_within_weekly,
            keep_within_monthly,
            keep_within_yearly,
        )
        return answer

    def backups_id_list(
        self,
    ) -> list[BackupsIdList]:
        """List the versions that can be restored, newest first within an item."""
        answer: list[BackupsIdList] = self.call("backups_id_list")
        return answer

    def backups_list(
        self,
        limit: int | None = None,
        after: str | None = None,
        survives: bool = False,
    ) -> list[BackupsList]:
        """List the catalog, parents first, with the versions of each item."""
        answer: list[BackupsList] = self.call("backups_list", limit, after, survives)
        return answer

    def backups_queue(
        self,
    ) -> list[BackupsQueue]:
        """List the backups that wait for their turn."""
        answer: list[BackupsQueue] = self.call("backups_queue")
        return answer

    def backups_running(
        self,
    ) -> list[BackupsRunning]:
        """List the backups under way.  `progress` is in percent, `total_size` -1 until it is known."""
        answer: list[BackupsRunning] = self.call("backups_running")
        return answer

    def backups_update(
        self,
    ) -> Result:
        """Begin the round of the backup monitor anew, and synchronise the catalog with all suppliers."""
        answer: Result = self.call("backups_update")
        return answer

    def config_explain(
        self,
        key: str,
    ) -> ConfigExplain:
        """Tell all about one setting: its sentence, type, value and default, and what it may be."""
        answer: ConfigExplain = self.call("config_explain", key)
        return answer

    def config_get(
        self,
        key: str,
        default: str | int | float | bool | None = None,
    ) -> ConfigGet:
        """Read one setting."""
        answer: ConfigGet = self.call("config_get", key, default)
        return answer

    def config_list(
        self,
        sort: bool = False,
    ) -> list[ConfigList]:
        """List every setting."""
        answer: list[ConfigList] = self.call("config_list", sort)
        return answer

    def config_set(
        self,
        key: str,
        value: str | int | float | bool,
        typ: str | int | None = None,
    ) -> ConfigSet:
        """Change one setting.  It is stored at once, and the parts that follow it are told."""
        answer: ConfigSet = self.call("config_set", key, value, typ)
        return answer

    def connections_list(
        self,
    ) -> list[ConnectionsList]:
        """List the nodes that are connected now, and how."""
        answer: list[ConnectionsList] = self.call("connections_list")
        return answer

    def customer_reject(
        self,
        idurl: str,
        allow: bool = False,
    ) -> CustomerReject:
        """End a customer's contract, remove his pieces from this disk, and give him no other contract."""
        answer: CustomerReject = self.call("customer_reject", idurl, allow)
        return answer

    def customers_list(
        self,
    ) -> list[CustomersList]:
        """List the customers of this node.  Sizes in bytes, times in Unix seconds."""
        answer: list[CustomersList] = self.call("customers_list")
        return answer

    def customers_ping(
        self,
        timeout: float = 10.0,
    ) -> list[CustomersPing]:
        """Ask all customers at once for a sign of life.  `rtt` in seconds, null and an `error` when there
        was none."""
        answer: list[CustomersPing] = self.call("customers_ping", timeout)
        return answer

    def delete_conversation(
        self,
        correspondent: str,
    ) -> DeleteConversation:
        """Delete every message that one person wrote to us, and we to him, from the history of this node."""
        answer: DeleteConversation = self.call("delete_conversation", correspondent)
        return answer

    def delete_message(
        self,
        message_id: str,
        correspondent: str | None = None,
    ) -> Result:
        """Delete one message from the history of this node."""
        answer: Result = self.call("delete_message", message_id, correspondent)
        return answer

    def directories_list(
        self,
    ) -> list[DirectoriesList]:
        """List where this node tells of itself and finds others: identity servers, the DHT, the local
        network."""
        answer: list[DirectoriesList] = self.call("directories_list")
        return answer

    def drills_list(
        self,
    ) -> list[DrillsList]:
        """List the last hundred restore drills, newest first."""
        answer: list[DrillsList] = self.call("drills_list")
        return answer

    def events_list(
        self,
        since: int | None = None,
        limit: int = 100,
        types: list[str] | None = None,
        timeout: float = 0.0,
    ) -> list[EventsList]:
        """List what happened lately, oldest first: `id`, `time` (ISO 8601, UTC), `type`, `data`."""
        answer: list[EventsList] = self.call("events_list", since, limit, types, timeout)
        return answer

    def exclude_add(
        self,
        rule: str,
    ) -> ExcludeAdd:
        """Add a rule that says what every backup leaves out from now on.  Versions that exist stay as
        they are."""
        answer: ExcludeAdd = self.call("exclude_add", rule)
        return answer

    def exclude_remove(
        self,
        rule: str | int,
    ) -> ExcludeRemove:
        """Remove a rule: what it left out is taken along from now on."""
        answer: ExcludeRemove = self.call("exclude_remove", rule)
        return answer

    def excludes_list(
        self,
    ) -> list[ExcludesList]:
        """List the rules that say what every backup leaves out, in order: the last that fits decides."""
        answer: list[ExcludesList] = self.call("excludes_list")
        return answer

    def filemanager(
        self,
        json_request: dict[str, Any] | str,
    ) -> Any:
        """Browse, back up, restore and delete, as a page of files does: `{'params': {'mode': 'list',
        'path': '/'}}`."""
        return self.call("filemanager", json_request)

    def find_peer_by_nickname(
        self,
        nickname: str,
    ) -> FindPeerByNickname:
        """Find who is called so: a correspondent of that name first, else the oldest claim whose identity
        holds."""
        answer: FindPeerByNickname = self.call("find_peer_by_nickname", nickname)
        return answer

    def gui_link(
        self,
    ) -> GuiLink:
        """Make a link that logs one browser in, once, within a minute."""
        answer: GuiLink = self.call("gui_link")
        return answer

    def identity_backup(
        self,
        path: str | None = None,
        passphrase: str | None = None,
    ) -> IdentityBackup:
        """Show the recovery kit: 24 words that bring everything back, and that nobody else may see."""
        answer: IdentityBackup = self.call("identity_backup", path, passphrase)
        return answer

    def identity_create(
        self,
        name: str,
        servers: list[str] | None = None,
    ) -> IdentityCreate:
        """Make an identity and publish it."""
        answer: IdentityCreate = self.call("identity_create", name, servers)
        return answer

    def identity_get(
        self,
    ) -> IdentityGet:
        """Show the identity of this node, with its signed public document."""
        answer: IdentityGet = self.call("identity_get")
        return answer

    def identity_recover(
        self,
        kit: str,
        seeds: list[str] | None = None,
        passphrase: str | None = None,
    ) -> IdentityRecover:
        """Bring an identity back, with its catalog, on a node that has none."""
        answer: IdentityRecover = self.call("identity_recover", kit, seeds, passphrase)
        return answer

    def list_correspondents(
        self,
    ) -> list[ListCorrespondents]:
        """List the people we write to, each pinned by his fingerprint; `conflict`: it is in doubt who he
        is."""
        answer: list[ListCorrespondents] = self.call("list_correspondents")
        return answer

    def list_messages(
        self,
        limit: int = 1000,
        since: float = 0.0,
        correspondent: str | None = None,
    ) -> list[ListMessages]:
        """List private messages, newest last."""
        answer: list[ListMessages] = self.call("list_messages", limit, since, correspondent)
        return answer

    def network_status(
        self,
    ) -> NetworkStatus:
        """Tell how other nodes reach this one, as far as they have shown, and what can be done about it."""
        answer: NetworkStatus = self.call("network_status")
        return answer

    def ping(
        self,
        idurl: str,
        timeout: float = 10.0,
    ) -> Ping:
        """Ask a peer for a sign of life."""
        answer: Ping = self.call("ping", idurl, timeout)
        return answer

    def policies_list(
        self,
    ) -> list[PoliciesList]:
        """List the items that are treated otherwise than the settings say, and how; what is empty is not
        said."""
        answer: list[PoliciesList] = self.call("policies_list")
        return answer

    def policy_remove(
        self,
        what: str,
    ) -> Result:
        """Treat an item like any other from now on.  Its schedule and its versions stay."""
        answer: Result = self.call("policy_remove", what)
        return answer

    def policy_set(
        self,
        what: str,
        before: list[str] | None = None,
        after: list[str] | None = None,
        keep: str | None = None,
        excludes: list[str] | None = None,
    ) -> PolicySet:
        """Say what an item is to be treated like.  What is not named stays as it is; what is empty is
        said no more, and the settings alone hold.  A policy holds for this item and for no item below
        it: what only leads to items is refused."""
        answer: PolicySet = self.call("policy_set", what, before, after, keep, excludes)
        return answer

    def process_health(
        self,
    ) -> ProcessHealth:
        """Tell in one sentence how everything is, and in parts: what is wrong, and what to do next."""
        answer: ProcessHealth = self.call("process_health")
        return answer

    def reconnect(
        self,
    ) -> Result:
        """End every connection to other nodes and make those that are needed anew, without waiting."""
        answer: Result = self.call("reconnect")
        return answer

    def relay_status(
        self,
    ) -> RelayStatus:
        """Who is reached over this node, and over whom it is reached, in words and figures."""
        answer: RelayStatus = self.call("relay_status")
        return answer

    def remove_correspondent(
        self,
        idurl: str,
    ) -> Result:
        """Remove somebody from those we write to.  What was written stays."""
        answer: Result = self.call("remove_correspondent", idurl)
        return answer

    def restart(
        self,
        show: bool = False,
    ) -> Result:
        """End the node and start it anew with the same command line, folder, port and token."""
        answer: Result = self.call("restart", show)
        return answer

    def restore_abort(
        self,
        backup_id: str,
    ) -> Result:
        """Stop a restore under way.  What is already back stays."""
        answer: Result = self.call("restore_abort", backup_id)
        return answer

    def restore_preview(
        self,
        pathID_or_backupID_or_localPath: str,
        destinationPath: str | None = None,
        as_of: float | None = None,
        include: list[str] | None = None,
        exclude: list[str] | None = None,
        limit: int = 100,
    ) -> RestorePreview:
        """Tell what `restore_single` would bring back with these arguments.  Nothing is fetched or
        written."""
        answer: RestorePreview = self.call(
            "restore_preview",
            pathID_or_backupID_or_localPath,
            destinationPath,
            as_of,
            include,
            exclude,
            limit,
        )
        return answer

    def restore_single(
        self,
        pathID_or_backupID_or_localPath: str,
        destinationPath: str | None = None,
        as_of: float | None = None,
        include: list[str] | None = None,
        exclude: list[str] | None = None,
    ) -> Result:
        """Start to restore an item, a version, a single file of a folder's version, or a choice of what
        it holds."""
        answer: Result = self.call(
            "restore_single", pathID_or_backupID_or_localPath, destinationPath, as_of, include, exclude
        )
        return answer

    def restores_running(
        self,
    ) -> list[RestoresRunning]:
        """List the restores under way.  `progress` is in percent, `block_number` -1: blocks come in no
        order."""
        answer: list[RestoresRunning] = self.call("restores_running")
        return answer

    def schedule_remove(
        self,
        what: str,
    ) -> Result:
        """Back something up only when it is asked for.  Its versions stay."""
        answer: Result = self.call("schedule_remove", what)
        return answer

    def schedule_set(
        self,
        what: str,
        rule: str,
    ) -> ScheduleSet:
        """Back something up by itself from now on; a rule it had before ends."""
        answer: ScheduleSet = self.call("schedule_set", what, rule)
        return answer

    def schedules_list(
        self,
    ) -> list[SchedulesList]:
        """List what is backed up by itself."""
        answer: list[SchedulesList] = self.call("schedules_list")
        return answer

    def send_message(
        self,
        recipient: str,
        message_body: str,
    ) -> SendMessage:
        """Write a private message to somebody."""
        answer: SendMessage = self.call("send_message", recipient, message_body)
        return answer

    def service_info(
        self,
        name: str,
    ) -> ServiceInfo:
        """Show one part of the node."""
        answer: ServiceInfo = self.call("service_info", name)
        return answer

    def service_start(
        self,
        name: str,
    ) -> ServiceStart:
        """Switch a part of the node on, now and for later starts."""
        answer: ServiceStart = self.call("service_start", name)
        return answer

    def service_stop(
        self,
        name: str,
    ) -> ServiceStop:
        """Switch a part of the node off, now and for later starts."""
        answer: ServiceStop = self.call("service_stop", name)
        return answer

    def services_list(
        self,
    ) -> list[ServicesList]:
        """List the parts of the node: `state` is ON or OFF, `config_path` the switch, if there is one."""
        answer: list[ServicesList] = self.call("services_list")
        return answer

    def show(
        self,
    ) -> Result:
        """Open the page, logged in, in the default browser of the node's machine."""
        answer: Result = self.call("show")
        return answer

    def space_consumed(
        self,
    ) -> dict[str, int]:
        """Tell what we need and use at our suppliers, in bytes, altogether and per supplier."""
        answer: dict[str, int] = self.call("space_consumed")
        return answer

    def space_donated(
        self,
    ) -> dict[str, int]:
        """Tell what others may use and do use of this disk, in bytes."""
        answer: dict[str, int] = self.call("space_donated")
        return answer

    def space_local(
        self,
    ) -> dict[str, int]:
        """Tell what this node's own folders take on this disk, in bytes, and what is free."""
        answer: dict[str, int] = self.call("space_local")
        return answer

    def stop(
        self,
    ) -> Result:
        """End the node cleanly: transfers are parked, the catalog is closed."""
        answer: Result = self.call("stop")
        return answer

    def stream_abort(
        self,
        stream: int,
    ) -> Result:
        """Break a stream off: no version is made of it."""
        answer: Result = self.call("stream_abort", stream)
        return answer

    def stream_begin(
        self,
        path: str,
        silence: int = 300,
    ) -> StreamBegin:
        """Begin a version of a file that need not be on any disk: its bytes come by `stream_write`."""
        answer: StreamBegin = self.call("stream_begin", path, silence)
        return answer

    def stream_end(
        self,
        stream: int,
        size: int,
    ) -> Result:
        """End a stream: what came is a version when enough suppliers have it, as its task tells."""
        answer: Result = self.call("stream_end", stream, size)
        return answer

    def stream_write(
        self,
        stream: int,
        offset: int,
        data: str,
    ) -> StreamWrite:
        """Send the next bytes of a stream."""
        answer: StreamWrite = self.call("stream_write", stream, offset, data)
        return answer

    def supplier_change(
        self,
        index_or_idurl: str | int,
        new_idurl: str,
    ) -> SupplierChange:
        """Hire a certain node in a supplier's place; what that one held is made again there."""
        answer: SupplierChange = self.call("supplier_change", index_or_idurl, new_idurl)
        return answer

    def supplier_replace(
        self,
        index_or_idurl: str | int,
    ) -> SupplierReplace:
        """Replace a supplier by a new one; what it held is made again there."""
        answer: SupplierReplace = self.call("supplier_replace", index_or_idurl)
        return answer

    def suppliers_list(
        self,
    ) -> list[SuppliersList]:
        """List the present suppliers by position."""
        answer: list[SuppliersList] = self.call("suppliers_list")
        return answer

    def suppliers_ping(
        self,
        timeout: float = 10.0,
    ) -> list[SuppliersPing]:
        """Ask all suppliers at once for a sign of life.  `rtt` in seconds, null and an `error` when there
        was none."""
        answer: list[SuppliersPing] = self.call("suppliers_ping", timeout)
        return answer

    def tasks_cancel(
        self,
        task: int,
    ) -> Result:
        """End a backup, a restore, a restore drill or a cleaning, where it is.  A backup leaves no
        version; a cleaning rests until something more is deleted, or `backups_clean` is called."""
        answer: Result = self.call("tasks_cancel", task)
        return answer

    def tasks_list(
        self,
    ) -> list[TasksList]:
        """List the long work that runs, and the last hundred that ended, oldest first."""
        answer: list[TasksList] = self.call("tasks_list")
        return answer

    def tasks_pause(
        self,
        task: int | None = None,
    ) -> TasksPause:
        """Let a backup or restore rest where it is, until it is resumed, also over a restart of the node."""
        answer: TasksPause = self.call("tasks_pause", task)
        return answer

    def tasks_resume(
        self,
        task: int | None = None,
    ) -> TasksResume:
        """Let a backup or restore go on that was paused."""
        answer: TasksResume = self.call("tasks_resume", task)
        return answer

    def verify_start(
        self,
        what: str | None = None,
        sample: int | None = None,
    ) -> VerifyStart:
        """Hold a restore drill: bring a sample back from the suppliers, compare it with what was backed
        up, and write nothing.  At least one stretch is read, and where there is nothing to read, the
        drill has failed and is not remembered.  Its task is of kind `verify`, and `skipped` counts the
        files that did not come back."""
        answer: VerifyStart = self.call("verify_start", what, sample)
        return answer

    def version_list(
        self,
        what: str,
        as_of: float | None = None,
        limit: int = 100,
        after: str = "",
    ) -> VersionList:
        """List what lies right in a folder of a version, by name; of a file, that file."""
        answer: VersionList = self.call("version_list", what, as_of, limit, after)
        return answer

    def version_read(
        self,
        what: str,
        offset: int = 0,
        length: int = 1048576,
        as_of: float | None = None,
    ) -> VersionRead:
        """Read a stretch of one file of a version, fetched and verified as it is asked for."""
        answer: VersionRead = self.call("version_read", what, offset, length, as_of)
        return answer

    def versions_diff(
        self,
        old: str,
        new: str,
        limit: int = 100,
        after: str = "",
    ) -> VersionsDiff:
        """Compare two versions of an item: what was added, removed or changed from the old one to the new
        one."""
        answer: VersionsDiff = self.call("versions_diff", old, new, limit, after)
        return answer

    def versions_find(
        self,
        pattern: str,
        what: str | None = None,
        ignore_case: bool = False,
        all_versions: bool = False,
        type: str | None = None,
        smallest: int | None = None,
        largest: int | None = None,
        oldest: float | None = None,
        newest: float | None = None,
        limit: int = 100,
        after: str = "",
    ) -> VersionsFind:
        """Find files in the newest versions, or in all, by a pattern of their names."""
        answer: VersionsFind = self.call(
            "versions_find",
            pattern,
            what,
            ignore_case,
            all_versions,
            type,
            smallest,
            largest,
            oldest,
            newest,
            limit,
            after,
        )
        return answer
