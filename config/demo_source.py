"""The repository of the demo: what git says of it, and what is stored of it."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from devhealth.connectors.local import Local
from devhealth.models.records import BlameFile, Commit, CommitFile
from devhealth.models.rollups import RepoDay
from devhealth.processors import local
from devhealth.sinks import Sink

MOST_BLAMED = 2_000  # files: of more a first blame may take longer than somebody waits for a demo


@dataclass(frozen=True, slots=True)
class Source:
    """The repository, as the library sees it. `directories`: all that git needs of the disk."""

    path: str
    name: str
    repo_id: Any
    commits: int
    files: int
    directories: tuple[str, ...]

    @property
    def targets(self) -> list[str]:
        return ["git", "blame"] if self.files <= MOST_BLAMED else ["git"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored of the repository after a sync. `lines`: of today's files, as blamed."""

    repository: str
    repo_id: Any
    commits: int
    file_changes: int
    lines: int
    repo_days: int
    last_day: date


def source_of(repo: Path) -> Source:
    connector = Local(repo)

    async def looked_at() -> tuple[dict[str, Any], int, int]:
        raw = await connector.repository()
        head = raw["head_hash"]
        return raw, await connector.count(head), len(await connector.files(head))

    raw, commits, files = asyncio.run(looked_at())
    record = local.repository(raw)
    top = Path(raw["path"])
    return Source(
        path=raw["path"],
        name=raw["name"],
        repo_id=record.repo_id,
        commits=commits,
        files=files,
        directories=(str(top), *_elsewhere(top)),
    )


def _elsewhere(top: Path) -> tuple[str, ...]:
    """Where a worktree keeps its objects."""
    link = top / ".git"
    if not link.is_file():
        return ()
    home = (top / link.read_text().removeprefix("gitdir:").strip()).resolve()
    common = home / "commondir"
    shared = (str((home / common.read_text().strip()).resolve()),) if common.exists() else ()
    return (str(home), *shared)


def stored_commits(sink: Sink, source: Source) -> Any:
    return sink.read(Commit, where={"repo_id": source.repo_id}, columns=["committed_at"])


def facts_of(sink: Sink, source: Source) -> Facts:
    where = {"repo_id": source.repo_id}
    commits = stored_commits(sink, source)["committed_at"].dt.date()
    days = sink.latest(RepoDay, where=where, columns=["day"])["day"]
    last = commits.max()
    return Facts(
        repository=source.name,
        repo_id=source.repo_id,
        commits=commits.len(),
        file_changes=sink.read(CommitFile, where=where, columns=["is_binary"]).height,
        lines=int(sink.read(BlameFile, where=where, columns=["lines"])["lines"].sum()),
        repo_days=days.n_unique(),
        last_day=last if isinstance(last, date) else datetime.now(UTC).date(),
    )
