"""Whose the lines of files are, of all those at once whose history is a chain: one `git log` tells.

`git blame` is a process for each file. Most files have a past that needs no search: each content
came with one commit, which changed it from the content before, down to the commit that added it.
Whatever branches and merges lie between, blame finds that commit, because it follows a parent that
has the same content and only stops where none has. So the hunks of these commits, each applied to
the lines before it, say what blame says; git makes both by the same means.

Left to blame is a file whose content came twice, or by a merge; that was added where a file like it
was lost, for it may be that one under a new name; or whose lines are not as many in the end as the
file has.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

from devhealth.connectors.git_command import Git
from devhealth.connectors.quoting import plain

_LOG: Final = (
    "log", "--no-merges", "--format=%x00%H%x00%an%x00%ae%x00%ct", "--encoding=UTF-8", "--root",
    "--raw", "--patch", "--unified=0", "--no-renames", "--no-abbrev", "--full-index", "--no-color",
    "--no-textconv", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
# As if each lost or changed file could be the origin of any number of others: more than blame asks.
_COPIES: Final = (
    "log", "--no-walk=unsorted", "--format=%x00%H", "--root", "--raw", "--find-copies",
    "--no-abbrev",
)  # fmt: skip
_COMPARED: Final = 1000**2  # pairs of files; git compares no more of a commit, and does not say so
_NAMED: Final = 200  # commits in one command
_BY_MERGES: Final = ("log", "--merges", "-c", "--name-only", "-z", "--format=")
# Lines of content begin with a sign, so none of them is taken for one of git's own.
_TOLD: Final = re.compile(
    rb"^(?:\0(?P<commit>.*)"
    rb"|:\d+ \d+ (?P<before>[0-9a-f]+) (?P<after>[0-9a-f]+) (?P<status>\w)\t(?P<path>.*)"
    rb"|index (?P<old>[0-9a-f]+)\.\.(?P<new>[0-9a-f]+).*"
    rb"|@@ -(?P<at>\d+)(?:,(?P<lost>\d+))? \+\d+(?:,(?P<got>\d+))? @@.*)$",
    re.MULTILINE,
)

Change = tuple[bytes, bytes]  # from a content to another: names of blobs, the first zeros if new
Hunk = tuple[int, int, int]  # from which line on, how many are lost, how many come instead


@dataclass(frozen=True, slots=True)
class Author:
    """Of one commit, in git's own bytes."""

    commit: bytes
    name: bytes
    email: bytes
    committed_at: bytes

    @property
    def is_odd(self) -> bool:
        """Blame has words of its own for what cannot be read."""
        return not (self.name and self.email and self.committed_at.strip(b"0"))


@dataclass(slots=True)
class _Past:
    """What `git log` told of some files.

    came    by path and content: the content before, and the commit's number; None: it came twice
    told    by commit's number, how many changes of each status it has
    moved   files that may have had another name, by path and commit
    """

    wanted: Mapping[bytes, int]
    authors: list[Author] = field(default_factory=list)
    came: dict[bytes, dict[bytes, tuple[bytes, int] | None]] = field(default_factory=dict)
    told: list[Counter[bytes]] = field(default_factory=list)
    moved: set[tuple[bytes, bytes]] = field(default_factory=set)
    hunks: dict[Change, list[Hunk]] = field(default_factory=dict)
    _asked: set[Change] = field(default_factory=set)
    _into: list[Hunk] | None = None

    def take(self, told: bytes) -> None:
        """Whole lines of it."""
        for found in _TOLD.finditer(told):
            match found.lastgroup:
                case "commit":
                    self.authors.append(Author(*found["commit"].split(b"\0")))
                    self.told.append(Counter())
                    self._asked.clear()
                case "path":
                    self._take_change(found)
                case "new":
                    self._begin((found["old"], found["new"]))
                case _ if self._into is not None:
                    self._into.append(_hunk(found))

    def _take_change(self, found: re.Match[bytes]) -> None:
        before, after = found["before"], found["after"]
        commit = len(self.authors) - 1
        self.told[commit][found["status"]] += 1
        path = plain(found["path"])
        if path not in self.wanted or (before == after and found["status"] == b"M"):
            return  # a mode is no line
        came = self.came.setdefault(path, {})
        is_plain = after not in came and found["status"] in (b"A", b"M")
        came[after] = (before, commit) if is_plain else None
        self._asked.add((before, after))

    def _begin(self, change: Change) -> None:
        """The same two contents differ in the same way, wherever they come."""
        self._into = None
        if change in self._asked and change not in self.hunks:
            self._into = self.hunks[change] = []

    def chain(self, path: bytes, content: bytes) -> list[tuple[Change, int]] | None:
        """From when it was added: the changes, and whose. None: it is for blame to find out."""
        came, changes = self.came.get(path, {}), list[tuple[Change, int]]()
        while content.strip(b"0"):
            step = came.pop(content, None)  # so none comes twice
            if step is None or self.authors[step[1]].is_odd:
                return None
            changes.append(((step[0], content), step[1]))
            content = step[0]
        return changes[::-1]

    def added(self) -> Iterator[tuple[bytes, int]]:
        """Files and the commits that added them, where one was lost."""
        for path, came in self.came.items():
            for step in came.values():
                if step and not step[0].strip(b"0") and self.told[step[1]][b"D"]:
                    yield path, step[1]

    def is_comparable(self, commit: int) -> bool:
        told = self.told[commit]
        return told[b"A"] * (told.total() - told[b"A"]) <= _COMPARED

    def lines(self, path: bytes, content: bytes) -> Counter[int] | None:
        """How many by commit; None: it is for blame to find out."""
        chain = self.chain(path, content)
        if not chain or (path, self.authors[chain[0][1]].commit) in self.moved:
            return None
        owners: list[int] = []
        for change, commit in chain:
            owners = list(_applied(owners, self.hunks.get(change, ()), commit))
        return Counter(owners) if len(owners) == self.wanted[path] else None


async def chained(
    git: Git, commit: str, counts: Mapping[bytes, int]
) -> dict[bytes, list[tuple[Author, int]]]:
    """By path, of those of these files whose history is a chain: who made how many of the lines,
    by commit. `counts` are the lines of each."""
    past = _Past(counts)
    rest = b""
    async with git.stream(*_LOG, commit) as stdout:
        async for piece in stdout.pieces():
            told, newline, rest = (rest + piece).rpartition(b"\n")
            past.take(told + newline)
    past.take(rest)
    async with git.stream(*_BY_MERGES, commit) as stdout:
        async for path in stdout.tokens(b"\0"):
            past.came.pop(path, None)
    past.moved = await _moved(git, past)
    return {
        path: [(past.authors[by], count) for by, count in lines.items()]
        for path, content in (await _contents(git, commit)).items()
        if path in counts and (lines := past.lines(path, content)) is not None
    }


async def _moved(git: Git, past: _Past) -> set[tuple[bytes, bytes]]:
    """Files that a commit added which lost one like it, as far as git can tell: path and commit."""
    added = {(path, past.authors[commit].commit): commit for path, commit in past.added()}
    commits = sorted({name for (_, name), at in added.items() if past.is_comparable(at)})
    new, commit = set[tuple[bytes, bytes]](), b""
    for start in range(0, len(commits), _NAMED):
        told = await git.content(*_COPIES, *map(bytes.decode, commits[start : start + _NAMED]))
        for found in _TOLD.finditer(told):
            if found["commit"]:
                commit = found["commit"]
            elif found["status"] == b"A":
                new.add((plain(found["path"]), commit))
    return added.keys() - new


async def _contents(git: Git, commit: str) -> dict[bytes, bytes]:
    """By path, the names of the blobs."""
    listed = await git.content("ls-tree", "-rz", "--full-tree", commit)
    entries = (entry.partition(b"\t") for entry in listed.split(b"\0"))
    return {path: meta.split(b" ")[2] for meta, _, path in entries if path}


def _hunk(found: re.Match[bytes]) -> Hunk:
    """Where nothing is lost git names the line before."""
    at, lost, got = int(found["at"]), int(found["lost"] or 1), int(found["got"] or 1)
    return (at if lost == 0 else at - 1, lost, got)


def _applied(owners: list[int], hunks: Iterable[Hunk], commit: int) -> Iterator[int]:
    """Whose the lines are after a commit."""
    at = 0
    for since, lost, got in hunks:
        yield from owners[at:since]
        yield from repeat(commit, got)
        at = since + lost
    yield from owners[at:]
