"""When the Directory changes: stored records are stamped anew, and only what differs is written.

A run may be cut short anywhere: the next one finds what is left, and one that finds nothing writes
nothing. It writes what was stored when it looked. A sync that began before it with the Directory of
then and writes later loses where their rows meet, for its version is older; rows that are new by
then keep the stamps that it gave them. So whoever changes a Directory asks for another restamp when
the syncs that ran meanwhile are over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from devhealth import people
from devhealth.due import dirty_days
from devhealth.linking import link
from devhealth.metrics import Metric, metrics
from devhealth.models.directory import Directory
from devhealth.models.records import (
    Deployment,
    Identity,
    Incident,
    PipelineRun,
    PullRequest,
    Record,
    Repository,
    WorkScope,
)
from devhealth.models.touches import EVERYWHERE, Touches
from devhealth.processors.stamped import STAMPED
from devhealth.processors.stamps import Stamps
from devhealth.repositories import MARKED, is_settled
from devhealth.resolving import resolve
from devhealth.rewriting import Rewriting, Wrong
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sinks.tables import objects
from devhealth.sync import NOBODY, Watch

TABLES = (
    *(cls.table for each in STAMPED for cls in each.classes),
    Identity.table,
)
RELEASE = 2  # raised where the same Directory would give stored records other stamps than before


@dataclass(slots=True)
class Restamped:
    """What a run did: rows written, by table, and the days that they count on.

    resolved  rows of what follows from stamped records, such as which deployments count
    """

    rows: dict[str, int]
    touches: Touches
    resolved: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What a restamp would do.

    rows          that it would write, by table
    days          UTC days whose numbers may change, windows that reach a changed record included
    repositories  and scopes of work with a row that it would write
    tables        rollup tables that are made of what would change
    """

    rows: Mapping[str, int]
    days: int
    first_day: date | None
    last_day: date | None
    repositories: int
    tables: tuple[str, ...]


async def restamp(
    sink: Sink, directory: Directory, *, watch: Watch[Any] = NOBODY, batch_size: int = BATCH_SIZE
) -> Restamped:
    """Have every stored record say what this Directory says.

    Of `watch`, `noted` is awaited with the days of each write before it, `checkpoint` called before
    every read and write; `progress` speaks of syncs only.
    """
    done = Restamped(dict.fromkeys(TABLES, 0), Touches())
    stamps = Stamps(directory, "")

    async def noted(touches: Touches) -> None:
        await watch.noted(touches)
        done.touches |= touches

    for each in _rewritings(sink, stamps, watch.checkpoint):
        wrong = each.look_through()
        if wrong.columns.keys() & set(MARKED):
            _carry_mark(sink, each.partition, watch.checkpoint)
        for table, rows in (await each.write(wrong, noted, batch_size)).items():
            done.rows[table] += rows
    done.rows[Identity.table] = people.settle(sink, stamps.people, watch.checkpoint)
    for repository in _delivering(sink, watch.checkpoint):
        own = stamps.of_repository(repository.full_name)
        beside: Watch[Any] = Watch(noted=noted, checkpoint=watch.checkpoint)
        resolved = await resolve(sink, repository, own, watch=beside, batch_size=batch_size)
        done.resolved += resolved.rows.total()
        linked = await link(sink, repository.repo_id, own, watch=beside)
        done.resolved += linked.rows.total()
    return done


def _delivering(sink: Sink, checkpoint: Callable[[], None]) -> list[Repository]:
    """Those of which there is anything to resolve."""
    found = set[str]()
    for cls in (PullRequest, PipelineRun, Deployment, Incident):
        checkpoint()
        found.update(sink.read(cls, columns=["repo_id"])["repo_id"].unique())
    checkpoint()
    return objects(Repository, sink.read(Repository, where={"repo_id": sorted(found)}))


def preview(sink: Sink, directory: Directory) -> Preview:
    """What `restamp` would do if it ran now; nothing is written."""
    stamps = Stamps(directory, "")
    found, repositories = Wrong(), set()
    for each in _rewritings(sink, stamps, lambda: None):
        wrong = each.look_through()
        found.add(wrong)
        repositories |= {each.partition} if wrong.columns else set()
    if identities := people.unsettled(sink, stamps.people):
        found.columns[Identity] |= {spec.name for spec in fields(Identity)}
    changing = [metric for metric in metrics() if _reads(metric, found.columns)]
    days = _days(changing, found.touches, sink.version.date())
    return Preview(
        rows=dict.fromkeys(TABLES, 0) | found.rows | {Identity.table: len(identities)},
        days=len(days),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        repositories=len(repositories),
        tables=tuple(metric.rollup.table for metric in changing),
    )


def _rewritings(sink: Sink, stamps: Stamps, checkpoint: Callable[[], None]) -> Iterator[Rewriting]:
    """Of every scope of work, then every repository, one kind of records after the other."""
    for cls, name in ((WorkScope, "scope_key"), (Repository, "full_name")):
        checkpoint()
        (of,) = cls.key
        places = sink.read(cls, columns=[of, name], deleted=True).sort(of)
        for partition, called in places.iter_rows():
            own = stamps.of_repository(called)
            for each in (each for each in STAMPED if each.of is cls):
                yield Rewriting(
                    sink=sink,
                    partition=UUID(partition),
                    stamped=each,
                    stamps=own,
                    checkpoint=checkpoint,
                )


def _carry_mark(sink: Sink, repo_id: UUID, checkpoint: Callable[[], None]) -> None:
    """Move a mark that all is settled up to, so that the next sync need not settle it anew.

    Rows that get other stamps are newer than the mark; where no others are, nothing is hidden if it
    moves along. It moves before them: a sync that ends in between goes on from it once more.
    """
    checkpoint()
    rows = sink.get(Repository, [(repo_id,)])
    for repository, marked_at in zip(objects(Repository, rows), rows["synced_at"], strict=True):
        if repository.head_hash and is_settled(sink, repo_id, marked_at, checkpoint):
            checkpoint()
            sink.write([repository])


def _reads(metric: Metric, changed: Mapping[type[Record], set[str]]) -> bool:
    return any(set(source.columns) & changed.get(source.cls, set()) for source in metric.sources)


def _days(changing: Iterable[Metric], touches: Touches, today: date) -> set[date]:
    """Those that a recompute would look at, for these tables."""
    both = touches | touches.everywhere()
    days: set[date] = set()
    for metric in changing:
        for partition in touches.partitions() if metric.rollup.partition else [EVERYWHERE]:
            days |= dirty_days(metric, both, partition, today)
    return days
