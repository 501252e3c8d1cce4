"""
Everything a caller can be told, one class each.

The docstring is the sentence a person reads when no better one is at hand.  Raise anywhere;
the doors translate by the four attributes of the class: `id` (text, stable), `exit_code` (of the
command line), `http_status`, and `hint` (what to do next).
"""

from __future__ import annotations

from typing import ClassVar


class BitDustError(Exception):
    """The operation failed."""

    id: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    default_hint: ClassVar[str] = "see the node's log for the details: `bitdust paths` says where it is"

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        self.message = message if message is not None else (type(self).__doc__ or "").strip()
        self.hint = hint if hint is not None else self.default_hint
        super().__init__(self.message)


class Usage(BitDustError):
    """The arguments are not what this method takes."""

    id = "usage"
    exit_code = 2
    http_status = 400
    default_hint = "`bitdust help COMMAND` tells how a command is called, and `bitdust api` how a method is"


class UnknownMethod(Usage):
    """There is no method of that name."""

    id = "unknown_method"
    http_status = 404
    default_hint = "`bitdust api` without a method lists them all"


class NoDaemon(BitDustError):
    """The BitDust node is not running."""

    id = "no_daemon"
    exit_code = 10
    http_status = 503
    default_hint = "start it with `bitdust start --detach`"


class NoIdentity(BitDustError):
    """This node has no identity yet."""

    id = "no_identity"
    exit_code = 11
    http_status = 409
    default_hint = (
        "make one with `bitdust identity create NAME`, or bring yours back with `bitdust recover KIT`"
    )


class Denied(BitDustError):
    """The token was missing or wrong."""

    id = "auth"
    exit_code = 12
    http_status = 401
    default_hint = "the token is in the file `api-token` of the node's folder"


class Offline(BitDustError):
    """Not enough suppliers are reachable."""

    id = "offline"
    exit_code = 13
    http_status = 503
    default_hint = "`bitdust supplier list` shows who is away"


class NoSpace(BitDustError):
    """There is no room left for this."""

    id = "no_space"
    exit_code = 14
    http_status = 507
    default_hint = "raise services/customer/needed-space, delete old versions, or free space on the disk"


class NotFound(BitDustError):
    """Nothing of that name or number is known here."""

    id = "not_found"
    exit_code = 15
    http_status = 404
    default_hint = "`bitdust ls` lists what is in the catalog"


class Damaged(BitDustError):
    """What was read is not what was written."""

    id = "damaged"
    exit_code = 16
    http_status = 500
    default_hint = "the node tries other suppliers by itself; `bitdust status` shows what is missing"


class Conflict(BitDustError):
    """It exists already, is running already, or is locked by somebody else."""

    id = "conflict"
    exit_code = 17
    http_status = 409
    default_hint = "wait until the other operation has ended, or choose another name"


class HookFailed(BitDustError):
    """A command that was to be run before or after a backup did not succeed."""

    id = "hook_failed"
    default_hint = "`bitdust policy list` shows the command, and the node's log what it said"


class Timeout(BitDustError):
    """The peer or the network did not answer in time."""

    id = "timeout"
    exit_code = 18
    http_status = 504
    default_hint = "try again; `bitdust ping IDURL` shows whether the peer answers"


class TryLater(BitDustError):
    """This cannot be done at this moment."""

    id = "tempfail"
    exit_code = 75
    http_status = 503
    default_hint = "try again in a while"


class Cancelled(BitDustError):
    """It was cancelled."""

    id = "cancelled"
    exit_code = 130
    http_status = 409
    default_hint = "start it again when you want it"


class BadIdentity(BitDustError):
    """The identity document is not acceptable."""

    id = "bad_identity"
    http_status = 422
    default_hint = "ask the owner for a fresh IDURL with its #fp= part"


class IdentityConflict(BitDustError):
    """Two sources disagree about whose name this is; nothing is sent until that is settled."""

    id = "identity_conflict"
    exit_code = 17
    http_status = 409
    default_hint = "ask the owner for the fingerprint and use IDURL#fp=FINGERPRINT"


class Refused(BitDustError):
    """The peer said no.  `code` is the peer's own word for it (the `id` of one of these classes)."""

    id = "refused"
    http_status = 502
    default_hint = "the message is the peer's own; another supplier may say yes"

    def __init__(self, code: str, text: str, *, hint: str | None = None) -> None:
        super().__init__(f"the peer refused: {text} ({code})", hint=hint)
        self.code = code
        self.text = text


class RemoteFault(BitDustError):
    """A peer broke the rules of the wire; its packet was dropped."""

    id = "remote_fault"
    http_status = 502
    default_hint = "nothing to do here: the peer's program is at fault or somebody is trying something"


def all_errors() -> list[type[BitDustError]]:
    """Every error class, base first: what the manual and its test walk through."""
    found: list[type[BitDustError]] = [BitDustError]
    for error in found:
        found.extend(error.__subclasses__())
    return found
