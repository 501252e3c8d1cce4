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
        ("open",): ("show",),
        ("id",): ("identity",),
        ("idurl",): ("identity", "show"),
        ("key", "backup"): ("identity", "backup"),
        ("key", "print"): ("identity", "backup"),
        ("key", "copy"): ("identity", "backup"),
        ("key", "save"): ("identity", "backup"),
        ("identity", "restore"): ("recover",),
        ("identity", "recover"): ("recover",),
        ("identity", "read"): ("recover",),
        ("identity", "load"): ("recover",),
        ("get",): ("config", "get"),
        ("set", "list"): ("config", "list"),
        ("set", "list", "sort"): ("config", "list"),
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
        ("backup", "add"): ("backup", "--add"),
        ("backup", "addtree"): ("backup", "--add-tree"),
        ("backup", "delete", "local"): ("delete", "--local"),
        ("backup", "delete"): ("delete",),
        ("backup", "rm"): ("delete",),
        ("backup", "del"): ("delete",),
        ("backup", "remove"): ("delete",),
        ("backup", "erase"): ("delete",),
        ("backup", "cancel"): ("tasks", "cancel"),
        ("backup", "abort"): ("tasks", "cancel"),
        ("backup", "update"): ("api", "backups_update"),
        ("backup", "sync"): ("api", "backups_update"),
        ("backup", "running"): ("tasks", "list"),
        ("backup", "progress"): ("tasks", "list"),
        ("backup", "status"): ("tasks", "list"),
        ("backup", "queue"): ("tasks", "list"),
        ("backup", "pending"): ("tasks", "list"),
        ("backup", "tasks"): ("tasks", "list"),
        ("restore", "list"): ("versions",),
        ("restore", "start"): ("restore",),
        ("restore", "running"): ("tasks", "list"),
        ("restore", "progress"): ("tasks", "list"),
        ("restore", "abort"): ("tasks", "cancel"),
        ("restore", "cancel"): ("tasks", "cancel"),
        ("file",): ("ls",),
        ("files",): ("ls",),
        ("file", "list"): ("ls",),
        ("file", "ls"): ("ls",),
        ("file", "create"): ("backup", "--add"),
        ("file", "upload"): ("backup",),
        ("file", "download"): ("restore",),
        ("file", "delete"): ("delete",),
        ("file", "cancel"): ("tasks", "cancel"),
        ("file", "progress"): ("tasks", "list"),
        ("file", "sync"): ("api", "backups_update"),
        ("dir", "create"): ("backup", "--add"),
        ("dir", "delete"): ("delete",),
        ("suppliers",): ("supplier",),
        ("supplier", "fire"): ("supplier", "replace"),
        ("supplier", "call"): ("supplier", "ping"),
        ("customers",): ("customer",),
        ("service",): ("services",),
        ("svc",): ("services",),
        ("space",): ("storage",),
        ("network", "status"): ("network",),
        ("network", "stun"): ("network",),
        ("network", "connected"): ("network",),
        ("network", "reconnect"): ("reconnect",),
        ("automats",): ("automat",),
        ("states",): ("automat",),
        ("friend",): ("contact",),
        ("friends",): ("contact",),
        ("buddy",): ("contact",),
        ("peer",): ("contact",),
        ("contacts",): ("contact",),
        ("buddies",): ("contact",),
        ("peers",): ("contact",),
        ("correspondent",): ("contact",),
        ("correspondents",): ("contact",),
        ("contact", "check"): ("contact", "find"),
        ("contact", "nick"): ("contact", "find"),
        ("messages",): ("message",),
        ("msg",): ("message",),
        ("chat",): ("message",),
        ("talk",): ("message",),
        ("call",): ("ping",),
        ("sendid",): ("ping",),
        ("ver",): ("version",),
        ("v",): ("version",),
        ("usage",): ("help",),
        ("help", "settings"): ("config", "list"),
    }
)


#: The second words that `config` has by itself.
_OF_CONFIG = frozenset(("list", "get", "set", "explain"))
_OF_SERVICES = frozenset(("list", "show", "start", "stop"))


def modern(words: Sequence[str]) -> list[str]:
    """
    The line in the words of today.

    >>> modern(["friend", "check", "bob"])
    ['contact', 'find', 'bob']
    >>> modern(["set", "needed", "5", "GB"])
    ['config', 'set', 'needed', '5 GB']
    """
    line, renamed = _step(list(words))
    if renamed:
        line, _ = _step(line)
    match line:
        case ["config", "set", key] if words[0] == "set" and not key.startswith("-"):
            return ["config", "get", key]
        case ["config", "set", key, value, *more] if not key.startswith("-"):
            return ["config", "set", key, " ".join((value, *more))]
        case ["config", key] if key not in _OF_CONFIG and not key.startswith("-"):
            return ["config", "get", key]
        case ["config", key, *values] if key not in _OF_CONFIG and not key.startswith("-"):
            return ["config", "set", key, " ".join(values)]
        case ["services", name] if name not in _OF_SERVICES and not name.startswith("-"):
            return ["services", "show", name]
    return line


def _step(line: list[str]) -> tuple[list[str], bool]:
    """One word of old replaced, the longest.  @return: the line; is only a noun called otherwise now?"""
    for length in (3, 2, 1):
        now = OLD_WORDS.get(tuple(line[:length]))
        if now is not None and len(line) >= length:
            return [*now, *line[length:]], (length, len(now)) == (1, 1)
    return line, False


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
        "tcp": "services/tcp-transport/enabled",
        "tcp-port": "services/tcp-connections/tcp-port",
        "udp": "services/udp-transport/enabled",
        "udp-port": "services/udp-datagrams/udp-port",
        "proxy": "services/proxy-transport/enabled",
    }
)
