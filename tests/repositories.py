"""Small real git repositories with pinned dates and people, built by fast-import."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOON = 1_767_268_800  # 2026-01-01T12:00:00Z
ADA = b"Ada Lovelace <ada@example.com>"
GRACE = b"Grace Hopper <grace@example.com>"

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(frozen=True)
class Work:
    """One commit to be. `parents` are places in the list of commits; None: the one before."""

    files: dict[str | bytes, str | bytes | None] = field(default_factory=dict)
    renames: dict[str, str] = field(default_factory=dict)
    message: str | bytes = "Work"
    author: bytes = ADA
    authored: int | None = None
    at: int = NOON
    zone: str = "+0000"
    parents: Sequence[int] | None = None


def make(path: Path, *works: Work, bare: bool = True) -> Path:
    """A repository at `path` whose branch main ends at the last of these commits."""
    path.mkdir(parents=True)
    run(path, "init", "-q", "-b", "main", *(["--bare"] if bare else []))
    if works:
        add(path, *works)
    return path


def add(path: Path, *works: Work) -> None:
    """Main starts anew with these commits."""
    stream = b"".join(_work(place, work) for place, work in enumerate(works))
    run(
        path, "fast-import", "--quiet", "--force", "--date-format=raw-permissive", text=stream
    )  # fmt: skip


def run(path: Path, *arguments: str, text: bytes = b"", check: bool = True) -> str:
    done = subprocess.run(
        ["git", "-C", str(path), *arguments],
        input=text,
        capture_output=True,
        check=check,
        env=_ENVIRONMENT,
    )
    return done.stdout.decode("utf-8", "replace").strip()


def commit_by_hand(path: Path, text: bytes) -> str:
    """A commit object with this very text, well formed or not; main moves to it."""
    commit = run(path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", text=text)
    (path / "refs/heads/main").write_text(commit + "\n")
    return commit


def instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def collect(items: AsyncIterator[Any]) -> list[Any]:
    async def gather() -> list[Any]:
        return [item async for item in items]

    return asyncio.run(gather())


def _work(place: int, work: Work) -> bytes:
    authored = work.at if work.authored is None else work.authored
    zone = work.zone.encode()
    parents = work.parents if work.parents is not None else [place - 1][: place > 0]
    lines = [
        b"commit refs/heads/main\nmark :%d" % (place + 1),
        b"author %s %d %s" % (work.author, authored, zone),
        b"committer Grace Hopper <grace@example.com> %d %s" % (work.at, zone),
        _data(work.message),
        *(b"%s :%d" % (b"merge" if n else b"from", p + 1) for n, p in enumerate(parents)),
        *(b"R %s %s" % (_path(old), _path(new)) for old, new in work.renames.items()),
    ]
    for path, content in work.files.items():
        if content is None:
            lines.append(b"D " + _path(path))
        else:
            lines.append(b"M 100644 inline " + _path(path) + b"\n" + _data(content))
    start = b"" if parents else b"reset refs/heads/main\n\n"
    return start + b"\n".join(lines) + b"\n\n"


def _data(text: str | bytes) -> bytes:
    content = _bytes(text)
    return b"data %d\n%s" % (len(content), content)


def _path(path: str | bytes) -> bytes:
    return b'"' + b"".join(b"\\%03o" % byte for byte in _bytes(path)) + b'"'


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
