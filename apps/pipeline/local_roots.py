"""Which repositories of the server's own disk an organisation may read: none but its own.

The operator names directories (`LOCAL_REPO_ROOTS`); `{organization}` in one stands for the
organisation's id. A path is allowed if all that git would open for it lies below one of them:

    the directory itself, and `.git` in it       a directory, a link, or a file `gitdir: …`
    `commondir`                                  where a worktree keeps its objects and refs
    `objects/info/alternates`                    other repositories' objects, theirs, and so on
    `include.path` and `includeIf.….path`        whatever the condition
    `extensions.refStorage`, `tables.list`       if they name a place
    every symbolic link in any of these directories, and what it leads to

No git is started for it: what is looked at is not trusted yet. Every refusal is the same sentence,
so that nobody learns from it what else the disk holds. The look is worth what the disk still is
when git reads it, so that it is taken again before every run.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from devhealth.errors import Permanent

PLACEHOLDER = "{organization}"

MOST_BYTES = 2**20  # of a file that names others; git's own are a few lines
MOST_ENTRIES = 1_000_000  # of all directories together; a second or two
MOST_REFERENCES = 1_000  # links, alternates and includes

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NO_ROOTS = (
    "No local repository may be read here: the operator allows directories by LOCAL_REPO_ROOTS."
)
_REFUSED = (
    "This is no git repository that the organisation may read: give the absolute path of one below "
    "the directories that the operator allows (LOCAL_REPO_ROOTS), to which all that it refers to "
    "(links, worktrees, alternates, included configuration) must belong, too."
)

# Only these bytes can begin a section that includes; in a file that has them, every `path` counts.
_INCLUDES = re.compile(rb"\[include", re.IGNORECASE)
_PATH = re.compile(rb"path[ \t]*=([^\n]*)", re.IGNORECASE)
_UNCLEAR = re.compile(rb'[\x00-\x1f"\\]|^[~%:]')  # quoted, expanded, read one way or another
_REF_STORAGE = re.compile(rb"refstorage[ \t]*=([^\n]*)", re.IGNORECASE)


class _Refused(Exception):
    """Why is nobody's business but ours."""


def require_allowed(
    path: str,
    roots: Sequence[str],
    organization_id: UUID,
    *,
    most_entries: int = MOST_ENTRIES,
) -> Path:
    """The top (or bare) directory of the repository, resolved. Raises `Permanent`.

    Roots that are not absolute count as none.
    """
    fence = _Fence.of(roots, organization_id)
    if not fence.roots:
        raise Permanent(_NO_ROOTS)
    try:
        top = fence.require(_written(path))
        while top.name == ".git":  # the connector goes up, too
            top = fence.require(top.parent)
        _Look(fence, most_entries).at_repository(top)
    except (_Refused, OSError, ValueError):
        raise Permanent(_REFUSED) from None
    return top


def _written(path: str) -> Path:
    """As somebody wrote it: absolute, and without steps back."""
    if not path.startswith("/") or ".." in path.split("/"):
        raise _Refused
    return Path(path)


@dataclass(frozen=True, slots=True)
class _Fence:
    """What is an organisation's own: below `roots`, and not below what is another's."""

    roots: tuple[Path, ...]
    others: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, roots: Sequence[str], organization_id: UUID) -> "_Fence":
        absolute = [root for root in roots if root.startswith("/")]
        own = [_real(root.replace(PLACEHOLDER, str(organization_id))) for root in absolute]
        others = [_others(root, organization_id) for root in absolute if PLACEHOLDER in root]
        return cls(tuple(own), tuple(others))

    def require(self, path: Path) -> Path:
        """Where the path leads, whether or not something is there."""
        real = _real(path)
        is_anothers = any(pattern.match(str(real)) for pattern in self.others)
        if is_anothers or not any(real.is_relative_to(root) for root in self.roots):
            raise _Refused
        return real


def _others(root: str, organization_id: UUID) -> re.Pattern[str]:
    """The directories that another organisation's id makes of a root, and all below them."""
    names = root.split("/")
    first = next(place for place, name in enumerate(names) if PLACEHOLDER in name)
    above = str(_real("/".join(names[:first]) or "/")).rstrip("/")
    before, after = map(re.escape, names[first].split(PLACEHOLDER, 1))
    anothers = f"(?!{organization_id}){_UUID}"
    after = after.replace(re.escape(PLACEHOLDER), _UUID)
    return re.compile(f"{re.escape(above)}/{before}{anothers}{after}(?:/|$)", re.IGNORECASE)


class _Look:
    """One look at all that git would open; each directory once, by its real place."""

    def __init__(self, fence: _Fence, most_entries: int) -> None:
        self._fence = fence
        self._directories: list[Path] = []
        self._configurations: list[Path] = []
        self._seen: set[Path] = set()
        self._entries_left = most_entries
        self._references_left = MOST_REFERENCES

    def at_repository(self, top: Path) -> None:
        place = self._git_directory(top)
        if not (place / "HEAD").exists():
            raise _Refused
        self._add(place, self._directories)
        while self._directories or self._configurations:
            if self._directories:
                self._look_through(self._directories.pop())
            else:
                self._read_configuration(self._configurations.pop())

    def _git_directory(self, top: Path) -> Path:
        """`.git` where there is one, else the directory itself, which is then a bare one."""
        inner = top / ".git"
        if not os.path.lexists(inner):
            return top
        real = self._fence.require(inner)
        if real.is_dir():
            return real
        words = _content(real)
        if not words.startswith(b"gitdir: "):
            raise _Refused
        return self._follow(top, words.removeprefix(b"gitdir: ").rstrip(b"\r\n"))

    def _look_through(self, directory: Path) -> None:
        for entry in _entries(directory):
            self._entries_left -= 1
            if self._entries_left < 0:
                raise _Refused
            if entry.is_symlink():
                self._add_target(directory, os.fsencode(entry.name))
            elif entry.is_dir():
                self._add(Path(entry.path), self._directories)
            elif not entry.is_file() and not Path(entry.path).is_socket():
                raise _Refused  # a pipe would hold up whoever reads it
        self._look_elsewhere(directory)

    def _look_elsewhere(self, directory: Path) -> None:
        """The files by which a directory, if it is one of git's, names others.

        What they say is relative to this directory, wherever they themselves are linked from.
        """
        if common := self._words(directory / "commondir"):
            self._add_target(directory, common.rstrip(b"\r\n"))
        for line in self._words(directory / "info" / "alternates").split(b"\n"):
            self._add_alternate(directory, line)
        for line in self._words(directory / "tables.list").split(b"\n"):
            self._add_target(directory, line)
        for name in ("config", "config.worktree"):
            if os.path.lexists(directory / name):
                self._add(directory / name, self._configurations)

    def _add_alternate(self, objects: Path, line: bytes) -> None:
        if line.startswith(b'"'):  # quoted, as hardly any is
            raise _Refused
        if line and not line.startswith(b"#"):
            # git takes `..` away by name, before the system would by what is linked there.
            self._add_target(objects, line)
            self._add_target(objects, os.path.normpath(line))

    def _read_configuration(self, path: Path) -> None:
        """All that it includes, if only on some condition; more than git would, if in doubt."""
        words = self._words(path)
        if any(re.search(rb'[:\\"]', each) for each in _REF_STORAGE.findall(words)):
            raise _Refused
        for value in _PATH.findall(words) if _INCLUDES.search(words) else ():
            name = re.split(rb"[#;]", value)[0].strip(b" \t\r")
            if _UNCLEAR.search(name):
                raise _Refused
            if self._follow(path.parent, name).exists():
                included = path.parent / os.fsdecode(name)
                self._add(_real(included.parent) / included.name, self._configurations)

    def _words(self, path: Path) -> bytes:
        """A file's content. Empty: no such file."""
        if not os.path.lexists(path):
            return b""
        real = self._fence.require(path)
        return _content(real) if real.exists() else b""

    def _add_target(self, base: Path, name: bytes) -> None:
        """What a link or a line leads to; if it is a directory, that is looked through, too."""
        target = self._follow(base, name)
        if target.is_dir():
            self._add(target, self._directories)
        elif target.exists() and not target.is_file():
            raise _Refused

    def _follow(self, base: Path, name: bytes) -> Path:
        self._references_left -= 1
        if self._references_left < 0:
            raise _Refused
        return self._fence.require(base / os.fsdecode(name))

    def _add(self, place: Path, to: list[Path]) -> None:
        if place not in self._seen:
            self._seen.add(place)
            to.append(place)


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    """Nothing, if git has tidied the directory away since."""
    try:
        with os.scandir(directory) as entries:
            yield from entries
    except FileNotFoundError:
        return


def _content(path: Path) -> bytes:
    """The whole of a small file. A pipe put in its place just now would not hold us up."""
    if not path.is_file():
        raise _Refused
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), "rb") as file:
        words = file.read(MOST_BYTES + 1) or b""
    if len(words) > MOST_BYTES:
        raise _Refused
    return words


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))
