"""
What is left out of a backup, and by which rule.

Rules are lines with the meaning of gitignore's: the last line that fits decides, `!` takes along again, a
`/` at the end means folders only, one elsewhere ties the line to the folder it was written for.  A line that
begins with `@` is a word of ours (`WORDS`).  A folder's own `.bitdustignore` counts after all rules from
above it.  What is left out is not looked into, so nothing below it can be taken along again.
"""

from __future__ import annotations

import os
import re
import stat as modes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pathspec.patterns.gitignore.base import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from bitdust.config.sizes import format_size, parse_size
from bitdust.errors import Usage

#: the file of rules in a folder, how large it may be, and how many lines count
IGNORE_FILE = b".bitdustignore"
LARGEST_FILE, MOST_LINES, LONGEST_LINE = 65536, 1000, 1024
#: the file that marks a folder as a cache, and how it begins (https://bford.info/cachedir/)
CACHE_TAG, CACHE_SIGNATURE = b"CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55"

PRESETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "@caches": (
            *(".cache/", "Cache/", "Caches/", "GPUCache/", "Code Cache/", "__pycache__/", ".mypy_cache/"),
            *(".pytest_cache/", ".ruff_cache/", ".npm/", ".gradle/caches/", "*.pyc"),
        ),
        "@trash": (
            *(".Trash/", ".Trash-*/", ".Trashes/", ".local/share/Trash/", "$RECYCLE.BIN/", "lost+found/"),
            *("*.tmp", "*.swp", "*~", ".DS_Store", "Thumbs.db"),
        ),
        "@builds": ("node_modules/", "target/debug/", "target/release/", ".tox/", ".venv/", "*.o", "*.class"),
    }
)
#: the words that a rule may be, and what each leaves out
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "@caches": "what programs keep to be faster",
        "@trash": "bins, and files of the moment",
        "@builds": "what is made from sources that are there",
        "@cachedir": "folders that a CACHEDIR.TAG marks as caches",
        "@one-file-system": "what lies on another file system than the folder itself",
        "@larger-than SIZE": "files of more than that",
        "@no-ignore-files": f"nothing: the files {IGNORE_FILE.decode()} do not count",
    }
)
#: `a/**/`: to git the folders below `a`, to the library `a` itself
_FOLDERS_BELOW = re.compile(r"^(!?/?[^!/].*/\*\*/) *$")
_ITSELF = re.compile(re.escape("(?P<ps_d>/)"))


@dataclass(frozen=True)
class Rule:
    """A line, and where it stands: "settings", "policy" or the path of a file below the root."""

    text: str
    source: str


@dataclass(frozen=True)
class _Pattern:
    rule: Rule
    regex: re.Pattern[str]
    leaves_out: bool

    def fits(self, path: str) -> bool:
        """Does it mean this very path?  A folder's ends with `/`; those below it were asked for before."""
        found = self.regex.search(path)
        if found is None:
            return False
        if _ITSELF.fullmatch(self.regex.pattern):
            return path.endswith("/")
        if "ps_d" in self.regex.groupindex:
            return found.end("ps_d") in (-1, len(path))
        # `a/**` means what is in it, and not the folder.
        return self.regex.pattern == "." or found.end() < len(path)


@dataclass(frozen=True)
class Rules:
    """The rules of a whole backup; `notes` are about lines that mean nothing."""

    patterns: tuple[_Pattern, ...] = ()
    larger_than: tuple[int, Rule] | None = None
    one_file_system: Rule | None = None
    cachedir: Rule | None = None
    ignore_files: bool = True
    notes: tuple[str, ...] = ()


def read_rules(lines: Iterable[str], source: str = "settings", *, words: bool = True) -> Rules:
    """
    The rules that these lines mean, as far as they mean something.

    @param words: lines with `@` are words; else they are patterns.
    """
    patterns: list[_Pattern] = []
    notes: list[str] = []
    larger_than = one_file_system = cachedir = None
    ignore_files = True
    for number, line in enumerate(lines):
        line = line.rstrip("\r\n")
        rule = Rule(line, source)
        if number >= MOST_LINES:
            notes.append(f"{source}: only the first {MOST_LINES} rules count")
            break
        try:
            if words and line.startswith("@"):
                word, _, rest = line.strip().partition(" ")
                match word, rest.strip():
                    case (preset, "") if preset in PRESETS:
                        patterns += [each for text in PRESETS[word] for each in _pattern(text, rule)]
                    case "@larger-than", size if size:
                        larger_than = parse_size(size), rule
                    case "@one-file-system", "":
                        one_file_system = rule
                    case "@cachedir", "":
                        cachedir = rule
                    case "@no-ignore-files", "":
                        ignore_files = False
                    case _:
                        raise Usage("there is no such word")
            else:
                patterns += _pattern(line, rule)
        except Usage as wrong:
            notes.append(f"{source}: {line[:100]!r} is no rule: {wrong.message}")
    return Rules(tuple(patterns), larger_than, one_file_system, cachedir, ignore_files, tuple(notes))


def joined(first: Rules, then: Rules) -> Rules:
    """Both; where they contradict each other, the second decides."""
    return Rules(
        first.patterns + then.patterns,
        then.larger_than or first.larger_than,
        then.one_file_system or first.one_file_system,
        then.cachedir or first.cachedir,
        first.ignore_files and then.ignore_files,
        first.notes + then.notes,
    )


def check_rule(line: str) -> None:
    """@raise Usage: it means nothing."""
    if not line.strip() or "\n" in line or "\r" in line:
        raise Usage("a rule is one line", hint="for example: bitdust exclude add '*.tmp'")
    if notes := read_rules([line]).notes:
        words = "the words are: " + ", ".join(WORDS)
        hint = (
            words if line.startswith("@") else "a rule is a line as in a .gitignore, like '*.tmp' or 'cache/'"
        )
        raise Usage(notes[0].partition(": ")[2], hint=hint)


def _pattern(line: str, rule: Rule) -> list[_Pattern]:
    if len(line) > LONGEST_LINE:
        raise Usage(f"it has more than {LONGEST_LINE} characters")
    try:
        # Names are text here, with bytes that are not UTF-8 as Python writes them.
        read = GitIgnoreSpecPattern(_FOLDERS_BELOW.sub(r"\1*/", line))
    except (GitIgnorePatternError, re.error) as wrong:
        raise Usage(str(wrong)) from None
    if read.regex is None:
        if line.strip() and not line.startswith("#"):
            raise Usage("no name fits it" + ("; \\[ means the character itself" if "[" in line else ""))
        return []
    return [_Pattern(rule, read.regex, bool(read.include))]


@dataclass(frozen=True)
class LeftOut:
    """A name that a rule leaves out.  `size` in bytes, 0 for folders: nobody looked into them."""

    path: bytes
    is_folder: bool
    size: int
    rule: Rule


@dataclass
class Excludes:
    """
    The rules during one walk, asked in its order: parents before children.

    `count` and `size` tell how many names were left out, and the bytes of those that are files.
    """

    rules: Rules
    count: int = 0
    size: int = 0
    #: the rules of folders that the walk is in: their path with a `/`, and the patterns
    _inner: list[tuple[bytes, tuple[_Pattern, ...]]] = field(default_factory=list)
    _device: int | None = None

    def __post_init__(self) -> None:
        rules = self.rules
        #: a name is only asked about where a folder has rules of its own
        self._is_bare = not (rules.patterns or rules.one_file_system or rules.larger_than or rules.cachedir)

    def enter(self, folder: bytes, descriptor: int, status: os.stat_result) -> str:
        """The walk enters a folder that is taken along.  A note about its own rules, or ""."""
        prefix = folder + b"/" if folder else b""
        self._leave(prefix)
        if not folder:
            self._device = status.st_dev
        if not self.rules.ignore_files:
            return ""
        content = _small_file(IGNORE_FILE, descriptor, LARGEST_FILE + 1)
        if content is None:
            return ""
        if len(content) > LARGEST_FILE:
            return f"its {IGNORE_FILE.decode()} is larger than {format_size(LARGEST_FILE)} and does not count"
        source = os.fsdecode(prefix + IGNORE_FILE)
        read = read_rules(os.fsdecode(content).split("\n"), source, words=False)
        if read.patterns:
            self._inner.append((prefix, read.patterns))
        return "; ".join(read.notes)

    def look(self, path: bytes, status: os.stat_result, above: int) -> LeftOut | None:
        """Why this name is left out, None when it is not.  @param above: the folder it is in."""
        if self._is_bare and not self._inner:
            return None
        is_folder = modes.S_ISDIR(status.st_mode)
        rule = self._rule(path, is_folder, status, above)
        if rule is None:
            return None
        left = LeftOut(path, is_folder, status.st_size if modes.S_ISREG(status.st_mode) else 0, rule)
        self.count += 1
        self.size += left.size
        return left

    def _rule(self, path: bytes, is_folder: bool, status: os.stat_result, above: int) -> Rule | None:
        self._leave(path)
        rules = self.rules
        if rules.one_file_system is not None and self._device not in (None, status.st_dev):
            return rules.one_file_system
        large = rules.larger_than
        if large is not None and modes.S_ISREG(status.st_mode) and status.st_size > large[0]:
            return large[1]
        mark = b"/" if is_folder else b""
        for prefix, patterns in (*reversed(self._inner), (b"", rules.patterns)):
            text = os.fsdecode(path[len(prefix) :] + mark)
            for pattern in reversed(patterns):
                if pattern.fits(text):
                    if pattern.leaves_out:
                        return pattern.rule
                    break
            else:
                continue
            break
        if is_folder and rules.cachedir is not None and _is_cache(path, above):
            return rules.cachedir
        return None

    def _leave(self, path: bytes) -> None:
        while self._inner and not path.startswith(self._inner[-1][0]):
            self._inner.pop()


def rule_for(root: bytes, inside: bytes, rules: Rules) -> LeftOut | None:
    """
    What of a path below the root, itself or a folder above it, its rules leave out; None: it goes along.

    @raise OSError: it is not there, or cannot be looked at.
    """
    excludes, path = Excludes(rules), b""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        excludes.enter(b"", folder, os.fstat(folder))
        for name in inside.split(b"/"):
            path = path + b"/" + name if path else name
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if (left := excludes.look(path, status, folder)) is not None:
                return left
            if modes.S_ISDIR(status.st_mode):
                below = os.open(
                    name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder
                )
                os.close(folder)
                folder = below
                excludes.enter(path, folder, status)
    finally:
        os.close(folder)
    return None


def _is_cache(path: bytes, above: int) -> bool:
    name = path.rpartition(b"/")[2]
    try:
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    except OSError:
        return False  # whoever walks on will say what is wrong with it
    try:
        return _small_file(CACHE_TAG, folder, len(CACHE_SIGNATURE)) == CACHE_SIGNATURE
    finally:
        os.close(folder)


def _small_file(name: bytes, folder: int, most: int) -> bytes | None:
    """The first bytes of a plain file; None when it is none, or cannot be read: then it says nothing."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError:
        return None
    try:
        if not modes.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return os.read(descriptor, most)
    except OSError:
        return None
    finally:
        os.close(descriptor)
