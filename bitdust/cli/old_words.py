"""
The words of the original command line, and what they are called now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

#: What was typed -> what is meant.  The longest match counts; the rest of the line follows.
OLD_WORDS: Mapping[tuple[str, ...], tuple[str, ...]] = MappingProxyType(
    {
        ("go",): ("start",),
        ("run",): ("start",),
        ("detach",): ("start", "--detach"),
        ("daemon",): ("start", "--detach"),
        ("background",): ("start", "--detach"),
        ("reboot",): ("restart",),
        ("kill",): ("stop",),
        ("shutdown",): ("stop",),
        ("id",): ("identity",),
        ("idurl",): ("identity", "show"),
        ("key", "backup"): ("identity", "backup"),
        ("key", "print"): ("identity", "backup"),
        ("identity", "restore"): ("recover",),
        ("identity", "recover"): ("recover",),
        ("id", "restore"): ("recover",),
        ("id", "recover"): ("recover",),
        ("get",): ("config", "get"),
        ("set", "list"): ("config", "list"),
        ("set",): ("config", "set"),
        ("conf",): ("config",),
        ("option",): ("config",),
        ("setting",): ("config",),
        ("settings",): ("config",),
        ("backups",): ("ls",),
        ("backup", "list"): ("ls",),
        ("backup", "ls"): ("ls",),
        ("backup", "idlist"): ("versions",),
        ("backup", "ids"): ("versions",),
        ("backup", "start"): ("backup",),
        ("backup", "add"): ("api", "backup_dir_add"),
        ("backup", "addtree"): ("api", "backup_tree_add"),
        ("backup", "delete", "local"): ("delete", "--local"),
        ("backup", "delete"): ("delete",),
        ("backup", "rm"): ("delete",),
        ("backup", "update"): ("api", "backups_update"),
        ("backup", "sync"): ("api", "backups_update"),
        ("backup", "running"): ("tasks", "list"),
        ("backup", "progress"): ("tasks", "list"),
        ("backup", "status"): ("tasks", "list"),
        ("backup", "queue"): ("tasks", "list"),
        ("backup", "pending"): ("tasks", "list"),
        ("restore", "list"): ("versions",),
        ("restore", "start"): ("restore",),
        ("restore", "running"): ("tasks", "list"),
        ("restore", "progress"): ("tasks", "list"),
        ("file",): ("ls",),
        ("files",): ("ls",),
        ("suppliers",): ("supplier",),
        ("supplier", "fire"): ("supplier", "replace"),
        ("supplier", "call"): ("supplier", "ping"),
        ("customers",): ("customer",),
        ("service",): ("services",),
        ("svc",): ("services",),
        ("space",): ("storage",),
        ("automats",): ("automat",),
        ("states",): ("automat",),
        ("friend",): ("contact",),
        ("friends",): ("contact",),
        ("buddy",): ("contact",),
        ("peer",): ("contact",),
        ("correspondent",): ("contact",),
        ("correspondents",): ("contact",),
        ("contact", "check"): ("contact", "find"),
        ("contact", "nick"): ("contact", "find"),
        ("friend", "check"): ("contact", "find"),
        ("friend", "nick"): ("contact", "find"),
        ("friends", "check"): ("contact", "find"),
        ("friends", "nick"): ("contact", "find"),
        ("buddy", "check"): ("contact", "find"),
        ("buddy", "nick"): ("contact", "find"),
        ("peer", "check"): ("contact", "find"),
        ("peer", "nick"): ("contact", "find"),
        ("messages",): ("message",),
        ("msg",): ("message",),
        ("chat",): ("message",),
        ("talk",): ("message",),
        ("call",): ("ping",),
        ("sendid",): ("ping",),
        ("ver",): ("version",),
        ("v",): ("version",),
        ("usage",): ("help",),
    }
)


def modern(words: Sequence[str]) -> list[str]:
    """The line in the words of today."""
    line = list(words)
    for length in (3, 2, 1):
        now = OLD_WORDS.get(tuple(line[:length]))
        if now is not None and len(line) >= length:
            return [*now, *line[length:]]
    return line


#: The settings' short names.
SHORT_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "needed": "services/customer/needed-space",
        "donated": "services/supplier/donated-space",
        "shared": "services/supplier/donated-space",
        "given": "services/supplier/donated-space",
        "suppliers": "services/customer/suppliers-number",
        "debug": "logs/debug-level",
        "block-size": "services/backups/block-size",
        "block-size-max": "services/backups/max-block-size",
        "max-copies": "services/backups/max-copies",
        "local-backups": "services/backups/keep-local-copies-enabled",
        "tcp-port": "services/tcp-connections/tcp-port",
    }
)
