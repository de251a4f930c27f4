"""What is fetched of a source: each target by itself, in the order in which one needs another.

Each has its own watermark, and what is done of one stands whatever becomes of the next.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from devhealth.connectors.local import Local
from devhealth.models.directory import Directory
from devhealth.sinks import Sink
from devhealth.sync import Synced, Watch, sync_git
from devhealth.sync_blame import sync_blame


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source in the hands of a run, and what its targets are fetched with.

    since     how far back a target with a past reaches (UTC). Null: to the beginning
    is_first  no run of this config has fetched the target yet
    cache     a directory for this source alone. Null: there is no place for one
    """

    sink: Sink
    connector: Local
    directory: Directory
    watch: Watch
    since: date | None
    is_first: bool
    cache: Path | None


@dataclass(frozen=True, slots=True)
class Done:
    """Of a target: records that are new, rows written, tombstones included."""

    records_fetched: int
    rows_written: int

    @classmethod
    def of(cls, synced: Synced) -> "Done":
        return cls(synced.commits, synced.commits + synced.files + synced.vanished)


@dataclass(frozen=True, slots=True)
class Target:
    """`has_past`: days of it can be fetched later, by a backfill."""

    name: str
    fetch: Callable[[Source], Done]
    has_past: bool


def git(source: Source) -> Done:
    """Commits since the mark, which moves: the days that they touch are noted."""
    synced = asyncio.run(
        sync_git(
            source.sink,
            source.connector,
            floor=_midnight(source.since),
            is_anew=source.is_first,
            directory=source.directory,
            watch=source.watch,
        )
    )
    source.watch.checkpoint()
    synced.finish(source.sink)  # a rerun is right
    return Done.of(synced)


def blame(source: Source) -> Done:
    """Whose today's lines are, of files that may have changed. It touches no day."""
    blamed = asyncio.run(
        sync_blame(
            source.sink,
            source.connector,
            directory=source.directory,
            watch=source.watch,
            cache=source.cache,
        )
    )
    return Done(records_fetched=0, rows_written=blamed.rows)


TARGETS: Mapping[str, Target] = {
    "git": Target("git", git, has_past=True),
    "blame": Target("blame", blame, has_past=False),
}
"""In the order in which they run."""


def in_order(names: Sequence[str]) -> list[Target]:
    return [target for name, target in TARGETS.items() if name in names]


def with_a_past(names: Sequence[str]) -> list[str]:
    """What a backfill fetches of a config's targets."""
    return [target.name for target in in_order(names) if target.has_past]


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
