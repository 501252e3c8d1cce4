"""
hooks -- what an item's owner has run before and after each of its backups, as to hold a database still.

The command before may stop the backup; the one after is run whatever became of it, and cannot undo anything.
Both are told by their environment what it is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from bitdust.catalog import policies
from bitdust.catalog.policies import ItemPolicy
from bitdust.database import Database
from bitdust.errors import BitDustError, HookFailed, Usage
from bitdust.programs import Ended, Programs

#: most words of a command, characters of a word, and of all of them
MOST_WORDS, LONGEST_WORD, LONGEST = 100, 4096, 16384
#: characters of its output that are shown in a sentence
SHOWN = 300
#: what no terminal shall be shown, and XML cannot carry
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def check_command(words: Sequence[str]) -> None:
    """@raise Usage: it cannot be run, or is too long."""
    if len(words) > MOST_WORDS or max(map(len, words)) > LONGEST_WORD or sum(map(len, words)) > LONGEST:
        raise Usage(
            f"a command has at most {MOST_WORDS} words, and {LONGEST} characters",
            hint="put it into a script, and name that",
        )
    if not words[0] or not all(map(_can_be_told, words)):
        raise Usage("that is no command", hint="write it like: --before 'sh -c \"pg_dump db > /var/db.sql\"'")


@dataclass
class Hooks:
    """
    @param seconds: how long a command may take.
    @param home: the node's folder, so that a `bitdust` in a command asks this node.
    """

    db: Database
    programs: Programs
    seconds: Callable[[], int]
    home: str
    _log: Logger = field(default_factory=lambda: Logger(namespace=__name__))

    async def of(self, item: str) -> ItemPolicy:
        """What is said of the item.  @raise NotFound: there is no such item."""
        return await self.db.read(policies.of, item)

    async def before(self, policy: ItemPolicy, version: str) -> None:
        """
        Run the command before.

        @raise HookFailed: the backup shall not be.  @raise OSError: it could not be begun.
        """
        await self._run("before", policy.before, policy, version)

    async def after(self, policy: ItemPolicy, version: str, result: str, error: str) -> str:
        """
        Run the command after: why it failed, or "".

        @param result: committed, failed or cancelled; `error`: why, or "".
        """
        try:
            told = {"BITDUST_RESULT": result, "BITDUST_ERROR": error}
            await self._run("after", policy.after, policy, version, told)
        except CancelledError:
            return "the `after` command was ended"
        except (BitDustError, OSError) as trouble:
            self._log.warn("after the backup of {path}: {why}", path=policy.path, why=trouble)
            return str(trouble)
        return ""

    async def _run(
        self,
        which: str,
        words: tuple[str, ...],
        policy: ItemPolicy,
        version: str,
        told: dict[str, str] | None = None,
    ) -> None:
        environment = {
            "BITDUST_HOME": self.home,
            "BITDUST_ITEM": policy.item,
            # Names may hold any byte, and go through as they are.
            "BITDUST_PATH": policy.path.decode("utf-8", "surrogateescape"),
            "BITDUST_VERSION": version,
            **{name: _tellable(text) for name, text in (told or {}).items()},
        }
        seconds = self.seconds()
        ended = await self.programs.run(words, environment, seconds)
        self._log.info(
            "the command {which} the backup of {path} {end}: {words} {output}",
            which=which, path=policy.path, end=_end(ended, seconds), words=words, output=ended.output,
        )  # fmt: skip
        if ended.code != 0:
            last = _UNSHOWABLE.sub("\ufffd", ended.output[-SHOWN:]).strip()
            raise HookFailed(f"the `{which}` command {_end(ended, seconds)}" + (f": {last}" if last else ""))


def _can_be_told(word: str) -> bool:
    """A program can be handed it: any bytes but NUL, those that are no text as Python writes them."""
    try:
        return b"\0" not in word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False


def _tellable(text: str) -> str:
    """What is told of an error, without what no program can be handed."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()[:LONGEST]


def _end(ended: Ended, seconds: int) -> str:
    if ended.code is None:
        return f"took longer than {seconds} s"
    if ended.code < 0:
        return f"was ended by signal {-ended.code}"
    return f"ended with {ended.code}"
