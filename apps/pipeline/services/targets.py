"""What is fetched of a source: each target by itself, in the order in which one needs another.

Each has its own watermark, and what is done of one stands whatever becomes of the next.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

from apps.metrics import directory
from apps.metrics.store import sink_of_work
from apps.pipeline.models import BackfillChunk, SyncUnit
from apps.pipeline.services import sources, stages
from apps.queue.work import Work
from devhealth.backfill.runner import run_window
from devhealth.connectors import Remote
from devhealth.connectors.local import Local
from devhealth.marks import OVERLAP
from devhealth.models.directory import Directory
from devhealth.models.states import State
from devhealth.processors.stamps import Stamps
from devhealth.resolving import resolve
from devhealth.sinks import Sink
from devhealth.sync import Synced, Watch, sync_git
from devhealth.sync_blame import sync_blame
from devhealth.sync_target import Fetched, sync_target


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source in the hands of a run, and what its targets are fetched with.

    clone           what git and blame read
    opened          what all other targets ask
    cache           a directory for this source alone. None: there is no place for one
    run_id          of the rows of coverage
    renamed         called where what is stamped by the source's name must be stamped anew
    since           how far back a target with a past reaches (UTC). None: to the beginning
    synced_through  the target's mark. None: no run of this config has fetched it yet
    is_sweep        it is time to look for what is gone
    """

    sink: Sink
    clone: Callable[[], Local]
    opened: Callable[[], AbstractAsyncContextManager[Remote]]
    directory: Directory
    watch: Watch
    cache: Path | None
    run_id: UUID
    renamed: Callable[[], object]
    since: date | None = None
    synced_through: datetime | None = None
    is_sweep: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Of a target: records that are new, rows written, tombstones included.

    `unreachable`: why it could not be seen, as a sentence; '': it could.
    """

    records_fetched: int
    rows_written: int
    unreachable: str = ""

    @classmethod
    def of(cls, synced: Synced) -> "Done":
        return cls(synced.commits, synced.commits + synced.files + synced.vanished)


@dataclass(frozen=True, slots=True)
class Target:
    """`fill` fetches days [since, before) of the past, for a backfill. None: it has no past."""

    name: str
    fetch: Callable[[Source], Done]
    fill: Callable[[Source, date, date], Done] | None = None

    @property
    def has_past(self) -> bool:
        return self.fill is not None


def reached(work: Work, provider: str, source: str, *, run_id: UUID, watch: Watch) -> Source:
    """A source, as this work fetches its targets."""
    organization_id = work.organization_id
    return Source(
        sink=sink_of_work(organization_id, work.claimed_at),
        clone=cache(partial(sources.clone, provider, source, organization_id)),
        opened=partial(sources.opened, provider, source, organization_id),
        directory=directory.load().directory,
        watch=watch,
        cache=sources.cache_of(provider, source, organization_id),
        run_id=run_id,
        renamed=partial(directory.ask_for_restamp, organization_id),
    )


def git(source: Source) -> Done:
    """Commits since the mark, which moves: the days that they touch are noted."""
    synced = asyncio.run(
        sync_git(
            source.sink,
            source.clone(),
            floor=_midnight(source.since),
            is_anew=source.synced_through is None,
            directory=source.directory,
            watch=source.watch,
        )
    )
    asyncio.run(_resolve(source, synced))
    source.watch.checkpoint()
    synced.finish(source.sink)  # a rerun is right
    return Done.of(synced)


def git_of_days(source: Source, since: date, before: date) -> Done:
    """Commits of these days. No mark moves."""
    synced = asyncio.run(
        run_window(
            source.sink,
            source.clone(),
            since,
            before,
            directory=source.directory,
            watch=source.watch,
        )
    )
    asyncio.run(_resolve(source, synced))
    return Done.of(synced)


async def _resolve(source: Source, synced: Synced) -> None:
    """Which deployment brought a commit, where that is known by now."""
    repository = synced.repository
    stamps = Stamps(source.directory, repository.full_name)
    await resolve(source.sink, repository, stamps, target="git", watch=source.watch)


def blame(source: Source) -> Done:
    """Whose today's lines are, of files that may have changed. It touches no day."""
    blamed = asyncio.run(
        sync_blame(
            source.sink,
            source.clone(),
            directory=source.directory,
            watch=source.watch,
            cache=source.cache,
        )
    )
    return Done(records_fetched=0, rows_written=blamed.rows)


def of_api(name: str) -> Target:
    """A target of a provider's API: what changed since shortly before the mark, or in some days."""

    def fetch(source: Source) -> Done:
        mark = source.synced_through
        since = mark - OVERLAP[name] if mark else _midnight(source.since)
        return _fetched(source, name, since, None)

    def fill(source: Source, since: date, before: date) -> Done:
        return _fetched(source, name, _midnight(since), _midnight(before))

    return Target(name, fetch, fill)


def _fetched(source: Source, name: str, since: datetime | None, before: datetime | None) -> Done:
    fetched = asyncio.run(_fetch(source, name, since, before))
    if fetched.is_renamed:
        source.renamed()
        source.watch.checkpoint()
        fetched.finish(source.sink)
    return Done(fetched.fetched, fetched.written, fetched.unreachable or "")


async def _fetch(
    source: Source, name: str, since: datetime | None, before: datetime | None
) -> Fetched:
    async with source.opened() as connector:
        return await sync_target(
            source.sink,
            connector,
            name,
            run_id=source.run_id,
            since=since,
            before=before,
            is_sweep=source.is_sweep,
            directory=source.directory,
            watch=source.watch,
        )


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("git", git, git_of_days),
        Target("blame", blame),
        *map(of_api, OVERLAP),
    )
}
"""In the order in which they run."""


def in_order(names: Sequence[str]) -> list[Target]:
    return [target for name, target in TARGETS.items() if name in names]


def with_a_past(names: Sequence[str]) -> list[str]:
    """What a backfill fetches of a config's targets."""
    return [target.name for target in in_order(names) if target.has_past]


def end(row: SyncUnit | BackfillChunk, done: Sequence[tuple[Target, Done]], **more: Any) -> None:
    """A unit or chunk whose targets are fetched is over, and says which could not be seen and why.

    It has failed where that is all of them; a person may retry it, and nobody waits for it.
    """
    unseen = [f"{target.name}: {each.unreachable}" for target, each in done if each.unreachable]
    state = State.FAILED if len(unseen) == len(done) else State.COMPLETED
    stages.end(row, state, " ".join(unseen), **more)


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
