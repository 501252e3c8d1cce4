"""
Every option of a node, by the names that users of the original know, in the order of the manual.
"""

from __future__ import annotations

from bitdust.config.options import Option

_KB, _MB, _GB = 1024, 1024**2, 1024**3
_PORT = 65535
_WITHIN = r"within=(?=[0-9])(?:[0-9]{1,4}y)?(?:[0-9]{1,5}m)?(?:[0-9]{1,6}d)?(?:[0-9]{1,7}h)?"
_ONE = rf"(?:(?:last|hourly|daily|weekly|monthly|yearly)=(?:-1|[0-9]{{1,6}})|{_WITHIN})"
_KEEP = rf"{_ONE}(?:[ ,]+{_ONE})*"

ALL_OPTIONS = (
    Option(
        "logs/debug-level",
        "positive integer",
        8,
        "How much the log tells: 0 nearly nothing, 18 everything.",
        live=True,
        most=20,
    ),
    Option(
        "logs/api-enabled",
        "boolean",
        False,
        "Write each call of the API to the log: its method, how long it took, how it ended; no arguments.",
        live=True,
    ),
    Option(
        "logs/automat-transitions-enabled",
        "boolean",
        False,
        "Write every step of every machine to the log, whatever logs/debug-level says.",
        live=True,
    ),
    Option(
        "paths/backups",
        "folder path",
        "",
        "Where sealed blocks of our own wait, or stay when so wished; empty: in the node's folder.",
    ),
    Option(
        "paths/customers", "folder path", "", "Where the pieces of others lie; empty: in the node's folder."
    ),
    Option(
        "paths/spool-limit",
        "disk space",
        4 * _GB,
        "How much room sealed blocks may take while they wait for suppliers.",
        live=True,
        least=64 * _MB,
    ),
    Option(
        "services/backups/block-size",
        "disk space",
        16 * _MB,
        "How large a block gets before it is sealed, to begin with.",
        live=True,
        least=256 * _KB,
        most=_GB,
    ),
    Option(
        "services/backups/max-block-size",
        "disk space",
        128 * _MB,
        "How large a block may get when there is much data.",
        live=True,
        least=256 * _KB,
        most=_GB,
    ),
    Option(
        "services/backups/max-copies",
        "positive integer",
        2,
        "How many versions of an item are kept; 0: all of them.",
        live=True,
        most=1_000_000,
    ),
    Option(
        "services/backups/keep",
        "string",
        "",
        "Which versions are kept, like last=3 daily=7 monthly=12 within=1y; empty: max-copies holds.",
        live=True,
        pattern=_KEEP,
        looks="last= hourly= daily= weekly= monthly= yearly= with counts (-1: all), within= like 1y5m",
    ),
    Option(
        "services/backups/keep-local-copies-enabled",
        "boolean",
        False,
        "Keep sealed blocks on this machine after the suppliers have them.",
        live=True,
    ),
    Option(
        "services/backups/delete-delay",
        "positive integer",
        0,
        "Seconds for which suppliers keep what we delete, so that it can be brought back.",
        live=True,
        most=10 * 365 * 86400,
    ),
    Option(
        "services/backups/at-once",
        "positive integer",
        2,
        "How many backups are under way at a time; they share what there is fairly, by bytes.",
        live=True,
        least=1,
        most=16,
    ),
    Option(
        "services/backups/paused",
        "boolean",
        False,
        "Whether all backups rest; `bitdust pause` and `bitdust resume` change it.",
        live=True,
    ),
    Option(
        "services/backups/hook-seconds",
        "positive integer",
        3600,
        "How many seconds a command before or after a backup may take until it is ended.",
        live=True,
        least=1,
        most=7 * 86400,
    ),
    Option(
        "services/backups/excludes",
        "text",
        "",
        "What backups leave out: rules as in a .gitignore, a line each; `bitdust exclude` changes them.",
        live=True,
    ),
    Option(
        "services/data-motion/transfer-budget",
        "disk space",
        64 * _MB,
        "How many bytes of pieces may be in memory on their way out and back.",
        live=True,
        least=4 * _MB,
    ),
    Option("services/customer/enabled", "boolean", True, "Keep our files at suppliers.", live=True),
    Option(
        "services/customer/needed-space",
        "disk space",
        _GB,
        "How much room we ask of our suppliers altogether.",
        live=True,
        least=_MB,
    ),
    Option(
        "services/customer/suppliers-number",
        "combo box",
        "4",
        "How many suppliers share each block.",
        live=True,
        choices=("2", "4", "7", "13", "18", "26", "64"),
    ),
    Option(
        "services/supplier/enabled", "boolean", True, "Keep the pieces of others on this disk.", live=True
    ),
    Option(
        "services/customer-patrol/customer-idle-days",
        "positive integer",
        180,
        "Days of silence after which a customer's pieces go; no fewer than the contracts promise.",
        live=True,
        least=180,
        most=36_500,
    ),
    Option(
        "services/employer/replace-critically-offline-enabled",
        "boolean",
        True,
        "Replace suppliers who are away for longer than a day and than three times what is usual for them.",
        live=True,
    ),
    Option(
        "services/supplier/donated-space",
        "disk space",
        8 * _GB,
        "How much of this disk others may use.",
        live=True,
    ),
    Option(
        "services/supplier/free-space-floor",
        "disk space",
        2 * _GB,
        "How much of the disk stays free, whatever was donated.",
        live=True,
    ),
    Option(
        "services/network/private-addresses",
        "boolean",
        False,
        "Accept strangers' addresses inside private networks: for a demonstration or a home network.",
    ),
    Option(
        "services/network/send-limit",
        "disk space",
        0,
        "How many bytes a second may go to other nodes altogether; 0: as many as there are.",
        live=True,
    ),
    Option(
        "services/network/receive-limit",
        "disk space",
        0,
        "How many bytes a second may come from other nodes altogether; 0: as many as there are.",
        live=True,
    ),
    Option(
        "services/tcp-connections/tcp-port",
        "positive integer",
        7771,
        "The TCP port for other nodes; 0: any free one.  "
        "Where the default is in use, and none is set, another is taken and kept.",
        most=_PORT,
    ),
    Option(
        "services/tcp-connections/host",
        "string",
        "",
        "The address or name other nodes shall use to reach us; empty: found out.",
    ),
    Option(
        "services/tcp-connections/interface",
        "string",
        "",
        "The address of this machine to listen on; empty: all of them.",
    ),
    Option(
        "personal/nickname",
        "string",
        "",
        "The name under which others may find this node; several may claim the same; empty: none.",
        live=True,
        pattern=r"(?!.*://)[^\t\n]{1,64}",
        looks='1 to 64 characters in one line, without "://"',
    ),
    Option(
        "services/private-messages/enabled",
        "boolean",
        True,
        "Write and receive private messages, and keep sealed letters for customers who are away.",
        live=True,
    ),
    Option(
        "services/identity-server/enabled",
        "boolean",
        False,
        "Be an identity server: keep signed identities of others for everyone to fetch.",
        live=True,
    ),
    Option(
        "services/identity-server/host",
        "string",
        "",
        "The name or address under which the identity server is reached.",
    ),
    Option(
        "services/identity-server/interface",
        "string",
        "",
        "The address of this machine the identity server listens on; empty: all of them.",
    ),
    Option(
        "services/identity-server/web-port",
        "positive integer",
        8084,
        "The port of the identity server; 0: any free one.",
        most=_PORT,
    ),
    Option(
        "services/identity-server/certificate",
        "file path",
        "",
        "The certificate chain (PEM) that turns the identity server to https.",
    ),
    Option(
        "services/identity-server/private-key", "file path", "", "The private key (PEM) of that certificate."
    ),
    Option(
        "services/identity-propagate/known-servers",
        "string",
        "",
        "Identity servers, as host:port or URLs, with spaces or commas between.",
    ),
    Option(
        "services/identity-propagate/trust-root",
        "file path",
        "",
        "A private certificate authority (PEM) to trust for https identity servers, beside the system's.",
    ),
    Option(
        "interface/api/port",
        "positive integer",
        8180,
        "The port of the API on this machine; a free one is taken when it is in use, or with 0.",
        most=_PORT,
    ),
    Option(
        "interface/api/auth-secret-enabled",
        "boolean",
        True,
        "Ask programs on this machine for the token.",
        live=True,
    ),
    Option(
        "interface/api/host-names",
        "string",
        "",
        "Further names under which the API may be called, such as one of an ssh tunnel: name or name:port.",
        live=True,
    ),
)
