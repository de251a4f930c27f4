"""Whose the lines of files are, as `git blame --incremental` prints it.

Stretches of lines come in any order, each led by `commit, line then, line now, how many`; the first
of a commit is followed by who made it, every one by a file name. Each line of that begins with a
word of git's own, so only a stretch can begin with a hash. The content of the file is not printed.
"""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import TypedDict

from devhealth.connectors.git_chains import Author, chained
from devhealth.connectors.git_command import Git
from devhealth.connectors.shadow import Shadow
from devhealth.errors import Permanent

WORTH_A_GRAPH = 12  # files to blame that save what it costs to write one (docs/performance.md)
COMMITS_A_FILE = 10  # at most, that one look at all commits pays (docs/performance.md)
NAMED = 200  # paths in one command
FEW = 2000  # of more paths than these git counts the lines of all files at once

UNKNOWN = (b"(unknown)", b"(unknown)")  # what git says of an author line that it cannot read

_COUNT = ("--literal-pathspecs", "diff-tree", "-r", "-z", "--numstat", "--no-renames")
_STRETCH = re.compile(
    rb"^([0-9a-f]{40}|[0-9a-f]{64}) \d+ \d+ (\d+)\n"
    rb"(?:author (.*)\nauthor-mail (.*)\nauthor-time .*\nauthor-tz .*\n"
    rb"committer .*\ncommitter-mail .*\ncommitter-time (.*)\n)?",
    re.MULTILINE,
)


class RawLines(TypedDict):
    """Lines of a file that came with one commit, in git's own bytes.

    author_name   as the commit has it, like the address; both empty: git cannot read them
    committed_at  seconds since 1970; 0: git cannot read the date
    lines         how many
    """

    author_name: bytes
    author_email: bytes
    committed_at: bytes
    lines: int


class RawBlame(TypedDict):
    """A file's path, and its lines by commit: none of what is binary or empty."""

    path: bytes
    lines: list[RawLines]


async def blames(
    shadow: Shadow, commit: str, paths: Sequence[bytes], at_once: int
) -> AsyncGenerator[RawBlame, None]:
    """Of these files, in no order; so many of git run at once."""
    counts = await line_counts(shadow.git, commit, paths)
    for path in paths:
        if path not in counts:
            yield {"path": path, "lines": []}
    if await _is_worth_a_log(shadow.git, commit, counts):
        for path, lines in (await chained(shadow.git, commit, counts)).items():
            yield {"path": path, "lines": [_by(author, count) for author, count in lines]}
            del counts[path]
    if len(counts) >= WORTH_A_GRAPH:
        await shadow.write_graph(commit)
    async with aclosing(_each(shadow.git, commit, counts, at_once)) as files:
        async for file in files:
            yield file


async def _is_worth_a_log(git: Git, commit: str, counts: Mapping[bytes, int]) -> bool:
    """Whether all these files are worth a look at all commits."""
    if len(counts) < WORTH_A_GRAPH:
        return False
    commits = int(await git.output("rev-list", "--count", commit))
    return commits <= COMMITS_A_FILE * len(counts)


def _by(author: Author, count: int) -> RawLines:
    return {
        "author_name": author.name,
        "author_email": author.email,
        "committed_at": author.committed_at,
        "lines": count,
    }


async def _each(
    git: Git, commit: str, counts: Mapping[bytes, int], at_once: int
) -> AsyncGenerator[RawBlame, None]:
    running: set[asyncio.Task[RawBlame]] = set()
    try:
        for path, lines in counts.items():
            running.add(asyncio.create_task(_blame(git, commit, path, lines)))
            if len(running) >= at_once:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        for last in asyncio.as_completed(running):
            yield await last
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)  # git has ended when we return


async def line_counts(git: Git, commit: str, paths: Sequence[bytes]) -> dict[bytes, int]:
    """How many lines each of these files has, if it is text and not empty.

    Text is what has no NUL where git looks for one: in the shadow there are no attributes to say
    otherwise.
    """
    nothing = await git.output("hash-object", "-t", "tree", "--stdin")
    chunks: Iterable[Sequence[bytes]] = (
        [()] if len(paths) > FEW else (paths[n : n + NAMED] for n in range(0, len(paths), NAMED))
    )
    counts: dict[bytes, int] = {}
    for chunk in chunks:
        named = map(os.fsdecode, chunk)
        async with git.stream(*_COUNT, nothing, commit, "--", *named) as stdout:
            async for entry in stdout.tokens(b"\0"):
                added, _, path = entry.split(b"\t", 2)
                counts[path] = 0 if added == b"-" else int(added)
    return {path: counts[path] for path in paths if counts.get(path)}


async def _blame(git: Git, commit: str, path: bytes, lines: int) -> RawBlame:
    told = await git.brief(
        "blame", "--incremental", "--encoding=UTF-8", commit, "--", os.fsdecode(path)
    )
    return parse(path, told, lines)


def parse(path: bytes, output: bytes, expected: int) -> RawBlame:
    """Raises `Permanent` where these are not the lines that the file has."""
    by_commit: dict[bytes, RawLines] = {}
    found = 0
    for commit, count, name, email, committed_at in _STRETCH.findall(output):
        if commit not in by_commit:
            name, email = _person(name, email)
            by_commit[commit] = {
                "author_name": name,
                "author_email": email,
                "committed_at": committed_at,
                "lines": 0,
            }
        by_commit[commit]["lines"] += int(count)
        found += int(count)
    if found != expected or any(not each["committed_at"] for each in by_commit.values()):
        raise Permanent(
            f"git blame of {path.decode('utf-8', 'replace')} is not what devhealth can read: "
            "update git, and report it with the output of `git version` if that does not help."
        )
    return {"path": path, "lines": list(by_commit.values())}


def _person(name: bytes, email: bytes) -> tuple[bytes, bytes]:
    if (name, email) == UNKNOWN:
        return b"", b""
    return name, email.removeprefix(b"<").removesuffix(b">")
