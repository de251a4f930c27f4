"""What is fetched of a source: each target by itself, in the order in which one needs another.

Each has its own watermark, and what is done of one stands whatever becomes of the next.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from apps.integrations import services as integrations
from apps.metrics import directory
from apps.metrics.store import sink_of_work
from apps.pipeline.models import BackfillChunk, SyncConfig, SyncUnit
from apps.pipeline.services import sources, stages
from apps.pipeline.services.entity_tags import Tags
from apps.queue.work import Work
from devhealth.backfill.runner import run_window
from devhealth.cloning import Cloned
from devhealth.connectors import Remote
from devhealth.http import Etags, Unauthorized
from devhealth.marks import OVERLAP
from devhealth.models.directory import Directory
from devhealth.models.states import State
from devhealth.processors.stamps import Stamps
from devhealth.resolving import resolve
from devhealth.sinks import Sink
from devhealth.sync import Synced, Watch, sync_git
from devhealth.sync_blame import sync_blame
from devhealth.sync_target import Fetched, sync_target

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source in the hands of a run, and what its targets are fetched with.

    clone           what git and blame read
    opened          what all other targets ask
    refused         called where the provider refuses the credential
    run_id          of the rows of coverage. None: nothing is told of coverage
    renamed         called where what is stamped by the source's name must be stamped anew
    since           how far back a target with a past reaches (UTC). None: to the beginning
    synced_through  the target's mark. None: no run of this config has fetched it yet
    is_sweep        it is time to look for what is gone
    tags            of this target, as its mark has them
    """

    sink: Sink
    clone: Callable[[], AbstractAsyncContextManager[Cloned]]
    opened: Callable[[Etags], AbstractAsyncContextManager[Remote]]
    refused: Callable[[], object]
    directory: Directory
    watch: Watch
    run_id: UUID | None
    renamed: Callable[[], object]
    since: date | None = None
    synced_through: datetime | None = None
    is_sweep: bool = False
    tags: Tags = field(default_factory=Tags)


@dataclass(frozen=True, slots=True)
class Done:
    """Of a target: records that are new, rows written, tombstones included.

    changed      things that were stored otherwise, or not at all
    unreachable  why it could not be seen, as a sentence; '': it could
    is_whole     all that was told is stored: nothing of it was put aside
    """

    records_fetched: int
    rows_written: int
    changed: int = 0
    unreachable: str = ""
    is_whole: bool = True

    @classmethod
    def of(cls, synced: Synced) -> "Done":
        written = synced.commits + synced.files + synced.vanished
        return cls(synced.commits, written, changed=synced.commits)


@dataclass(frozen=True, slots=True)
class Target:
    """`fill` fetches days [since, before) of the past, for a backfill. None: it has no past.
    `look` fetches what a webhook names."""

    name: str
    fetch: Callable[[Source], Done]
    look: Callable[[Source, Sequence[str]], Done]
    fill: Callable[[Source, date, date], Done] | None = None

    @property
    def has_past(self) -> bool:
        return self.fill is not None


def reached(
    work: Work, config: SyncConfig, source: str, *, run_id: UUID | None, watch: Watch
) -> Source:
    """A source, as this work fetches its targets. Raises what `place_of` raises."""
    organization_id = work.organization_id
    place = sources.place_of(config, source, organization_id)
    sink = sink_of_work(organization_id, work.claimed_at)
    return Source(
        sink=sink,
        clone=partial(sources.clone, place, sink, watch.noted, watch.checkpoint),
        opened=partial(sources.opened, place, watch.checkpoint),
        refused=partial(integrations.note_refused, config.integration_id),
        directory=directory.load().directory,
        watch=watch,
        run_id=run_id,
        renamed=partial(directory.ask_for_restamp, organization_id),
    )


def git(source: Source) -> Done:
    """Commits since the mark, which moves: the days that they touch are noted."""
    synced, found = _asked(source, _git(source))
    source.watch.checkpoint()
    synced.finish(source.sink)  # a rerun is right
    _leave(source, found)
    return Done.of(synced)


async def _git(source: Source) -> tuple[Synced, Cloned]:
    async with source.clone() as found:
        synced = await sync_git(
            source.sink,
            found.local,
            floor=_midnight(source.since),
            is_anew=source.synced_through is None,
            directory=source.directory,
            watch=source.watch,
        )
    await _resolve(source, synced)
    return synced, found


def git_of_days(source: Source, since: date, before: date) -> Done:
    """Commits of these days. No mark moves."""
    synced, found = _asked(source, _git_of_days(source, since, before))
    _leave(source, found)
    return Done.of(synced)


async def _git_of_days(source: Source, since: date, before: date) -> tuple[Synced, Cloned]:
    async with source.clone() as found:
        synced = await run_window(
            source.sink,
            found.local,
            since,
            before,
            directory=source.directory,
            watch=source.watch,
        )
    await _resolve(source, synced)
    return synced, found


def _leave(source: Source, found: Cloned) -> None:
    """What had another name before is stamped anew, and its old addresses are left."""
    if found.kept and found.kept.is_renamed:
        source.renamed()
        source.watch.checkpoint()
        found.leave(source.sink)


def _asked(source: Source, asking: Coroutine[Any, Any, Found]) -> Found:
    """What comes of it. A credential that was refused is known as such from then on."""
    try:
        return asyncio.run(asking)
    except Unauthorized:
        source.refused()
        raise


async def _resolve(source: Source, synced: Synced) -> None:
    """Which deployment brought a commit, where that is known by now."""
    repository = synced.repository
    stamps = Stamps(source.directory, repository.full_name)
    await resolve(source.sink, repository, stamps, target="git", watch=source.watch)


def blame(source: Source) -> Done:
    """Whose today's lines are, of files that may have changed. It touches no day."""
    done, found = _asked(source, _blame(source))
    _leave(source, found)
    return done


async def _blame(source: Source) -> tuple[Done, Cloned]:
    async with source.clone() as found:
        blamed = await sync_blame(
            source.sink,
            found.local,
            directory=source.directory,
            watch=source.watch,
            cache=found.graph,
        )
    return Done(records_fetched=0, rows_written=blamed.rows), found


def of_api(name: str) -> Target:
    """A target of a provider's API: what changed since shortly before the mark, or in some days."""

    def fetch(source: Source) -> Done:
        mark = source.synced_through
        since = mark - OVERLAP[name] if mark else _midnight(source.since)
        return _fetched(source, name, since, None)

    def look(source: Source, names: Sequence[str]) -> Done:
        return _fetched(source, name, None, None, names)

    def fill(source: Source, since: date, before: date) -> Done:
        return _fetched(source, name, _midnight(since), _midnight(before))

    return Target(name, fetch, look, fill)


def _fetched(
    source: Source,
    name: str,
    since: datetime | None,
    before: datetime | None,
    names: Sequence[str] = (),
) -> Done:
    fetched = _asked(source, _fetch(source, name, since, before, names))
    if fetched.is_renamed:
        source.renamed()
        source.watch.checkpoint()
        fetched.finish(source.sink)
    return Done(
        fetched.fetched,
        fetched.written,
        changed=fetched.changed,
        unreachable=fetched.unreachable or "",
        is_whole=not fetched.quarantined,
    )


async def _fetch(
    source: Source,
    name: str,
    since: datetime | None,
    before: datetime | None,
    names: Sequence[str],
) -> Fetched:
    async with source.opened(source.tags) as connector:
        return await sync_target(
            source.sink,
            connector,
            name,
            run_id=source.run_id,
            since=since,
            before=before,
            names=names,
            is_sweep=source.is_sweep and not names,
            directory=source.directory,
            watch=source.watch,
        )


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("git", git, lambda source, _: git(source), git_of_days),
        Target("blame", blame, lambda source, _: blame(source)),
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
