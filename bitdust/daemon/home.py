"""
Where a node lives: its folder, and the files in it that others look for.

Everything a node keeps is below one folder, private to its owner.  Any number of nodes live on one machine,
each in its own.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from bitdust.errors import Denied, Usage

LOCK = "lock"  # held by the running node; says its process number
TOKEN = "api-token"  # noqa: S105 - a file's name: who can read the file may ask the node anything
URL = "api-url"  # where the running node answers
SOCKET = "api.sock"  # the same, for this user alone, without a token
SETTINGS = "bitdust.toml"
LOGS = "logs"


def choose_home(flag: str | None, environment: Mapping[str, str]) -> Path:
    """The folder meant: `--home`, `BITDUST_HOME`, `~/.bitdust` if there is one, the system's usual place."""
    named = flag or environment.get("BITDUST_HOME")
    if named:
        return Path(named).expanduser().absolute()
    old = Path("~/.bitdust").expanduser()
    if old.is_dir():
        return old
    from platformdirs import user_state_path  # likewise

    return user_state_path("bitdust", appauthor=False)


def open_home(path: Path) -> Path:
    """
    The folder, made when missing, and seen to be private.

    @raise Usage: it is not a folder, or others can write into it.
    @raise Denied: it belongs to somebody else, or cannot be made.
    """
    from bitdust.disk import private_folder  # only here: the command line starts faster without

    try:
        private_folder(path)
        found = path.stat()
        if stat.S_IMODE(found.st_mode) & 0o022:
            raise Usage(
                f"others can write into {path}: a node cannot live there",
                hint=f"chmod 700 {path}, or choose another folder with --home",
            )
        if stat.S_IMODE(found.st_mode) != 0o700 and _is_ours(path):
            path.chmod(0o700)
        (path / LOGS).mkdir(mode=0o700, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Usage(f"{path} is not a folder", hint="name a folder with --home") from None
    except PermissionError as error:
        raise Denied(
            f"no permission for {error.filename or path}", hint="choose a folder of yours with --home"
        ) from None
    return path


def _is_ours(path: Path) -> bool:
    """Empty, or a node has lived there: any other folder's mode is not ours to change."""
    return (path / LOCK).exists() or next(path.iterdir(), None) is None
