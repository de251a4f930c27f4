"""GraphQL: runs and backfills as they stand. What is done about them is REST's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

import strawberry
import strawberry_django
from strawberry import auto
from strawberry.types import Info

from apps.cost import HELD
from apps.global_ids import GlobalNode, Read
from apps.metrics.nodes import BigInt, Connection, connection_of
from apps.metrics.schema import require_size, uuids
from apps.orgs.services import Member
from apps.pipeline import schema_sources
from apps.pipeline.models import BackfillChunk, BackfillJob, SyncRun, SyncUnit
from apps.pipeline.schema_sources import ConfigNode, member_of
from apps.pipeline.services import backfills, lists, progress, syncs
from devhealth.models.states import State

MOST_ROWS = 100  # of each list, so that a nested one stays below 10,000

# A new one: `strawberry.enum(State)` would change the class itself.
STATES = Enum("WorkState", {state.name: state.value for state in State})  # type: ignore[misc]
WORK_STATE: Any = strawberry.enum(STATES, description="How far a piece of work is.")

Run = TypeVar("Run", SyncRun, BackfillJob)


def work_state() -> Any:
    return strawberry_django.field(graphql_type=WORK_STATE)


def told(name: str, resolver: Any = None) -> Any:
    """A field of a backfill that is no column of its row."""
    return strawberry.field(
        resolver=resolver, description=progress.TEXTS[name], metadata={"cost": HELD}
    )


# --- runs ----------------------------------------------------------------------------------------


def units(root: strawberry.Parent[SyncRun]) -> Any:
    return lists.units_of(root)


@strawberry_django.type(SyncUnit, name="SyncUnit")
class UnitNode:
    source: auto
    state: Any = work_state()
    attempts: auto
    records_fetched: BigInt
    rows_written: BigInt
    drift: BigInt | None
    error: auto
    retry_at: auto
    started_at: auto
    finished_at: auto


@strawberry_django.type(SyncRun, name="SyncRun")
class RunNode(GlobalNode):
    id: strawberry.ID
    config: ConfigNode
    trigger: auto
    requested_by: strawberry.ID | None
    state: Any = work_state()
    error: auto
    units: list[UnitNode] = strawberry.field(resolver=units)
    created_at: auto
    started_at: auto
    finished_at: auto


# --- backfills -----------------------------------------------------------------------------------


@strawberry_django.type(BackfillChunk, name="BackfillChunk")
class ChunkNode:
    index: auto
    source: auto
    since: auto
    before: auto
    state: Any = work_state()
    attempts: auto
    records_fetched: BigInt
    rows_written: BigInt
    is_beyond_tier: auto
    error: auto
    retry_at: auto
    started_at: auto
    finished_at: auto


def chunks(
    root: strawberry.Parent[BackfillJob],
    states: list[WORK_STATE] | None = None,
    first: int = MOST_ROWS,
) -> Any:
    reader: lists.ChunksOf = root.chunk_reader
    return reader.of(root, states_of(states), require_size(first, MOST_ROWS))


def job_targets(root: strawberry.Parent[BackfillJob]) -> list[str]:
    return progress.fetched(root)


def job_progress(root: strawberry.Parent[BackfillJob]) -> float:
    return progress.progress(root)


def job_eta_seconds(root: strawberry.Parent[BackfillJob]) -> float | None:
    return progress.eta_seconds(root)


@strawberry_django.type(BackfillJob, name="BackfillJob")
class JobNode(GlobalNode):
    id: strawberry.ID
    config: ConfigNode
    state: Any = work_state()
    since: auto
    before: auto
    order: auto
    chunk_days: auto
    tier: auto
    requested_by: strawberry.ID
    targets: list[str] = told("targets", job_targets)
    total_chunks: int = told("total_chunks")
    completed_chunks: int = told("completed_chunks")
    failed_chunks: int = told("failed_chunks")
    progress: float = told("progress", job_progress)
    eta_seconds: float | None = told("eta_seconds", job_eta_seconds)
    records_fetched: BigInt = told("records_fetched")
    rows_written: BigInt = told("rows_written")
    attempts: int = told("attempts")
    error: auto
    retry_at: datetime | None = told("retry_at")
    created_at: auto
    started_at: auto
    finished_at: auto
    chunks: list[ChunkNode] = strawberry.field(
        resolver=chunks, description="The first of them, in the order in which they are fetched."
    )


# --- the query -----------------------------------------------------------------------------------


def id_of(given: strawberry.ID | None) -> UUID | None:
    """Raises `BadRequest` for what is no id at all."""
    return uuids([given])[0] if given else None


def states_of(states: Sequence[Any] | None) -> list[State]:
    return [State(each.value) for each in states or ()]


def read_runs(
    info: Info,
    config_id: strawberry.ID | None = None,
    integration_id: strawberry.ID | None = None,
    states: list[WORK_STATE] | None = None,
    org_id: str | None = None,
    first: int = 20,
    after: str | None = None,
) -> Any:
    by, limit = member_of(info, org_id), require_size(first, MOST_ROWS)
    config, integration = id_of(config_id), id_of(integration_id)
    page = lists.runs_page(
        config, states_of(states), integration_id=integration, by=by, limit=limit, after=after
    )
    return connection_of(page, with_marks(page.rows, by), after)


def read_jobs(
    info: Info,
    config_id: strawberry.ID | None = None,
    integration_id: strawberry.ID | None = None,
    states: list[WORK_STATE] | None = None,
    org_id: str | None = None,
    first: int = 20,
    after: str | None = None,
) -> Any:
    by, limit = member_of(info, org_id), require_size(first, MOST_ROWS)
    config, integration = id_of(config_id), id_of(integration_id)
    page = lists.jobs_page(
        config, states_of(states), integration_id=integration, by=by, limit=limit, after=after
    )
    return connection_of(page, with_chunks(page.rows, by), after)


def with_marks(rows: Sequence[Run], by: Member) -> Sequence[Run]:
    """Their configs know where to read what belongs to all of them, if somebody asks."""
    lists.with_marks([row.config for row in rows], by)
    return rows


def with_chunks(rows: Sequence[BackfillJob], by: Member) -> Sequence[BackfillJob]:
    """So do they, of their chunks."""
    reader = lists.ChunksOf(rows)
    for job in rows:
        job.chunk_reader = reader
    return with_marks(rows, by)


@strawberry.type
class PipelineQuery:
    sync_runs: Connection[RunNode] = strawberry.field(
        resolver=read_runs, description="Syncs, the newest first."
    )
    backfill_jobs: Connection[JobNode] = strawberry.field(
        resolver=read_jobs, description="Backfills, the newest first."
    )


# --- one of them ---------------------------------------------------------------------------------


def read_run(key: tuple[Any, ...], by: Member) -> SyncRun:
    return with_marks([syncs.run_of(UUID(key[0]), by=by)], by)[0]


def read_job(key: tuple[Any, ...], by: Member) -> BackfillJob:
    return with_chunks([backfills.job_of(UUID(key[0]), by=by)], by)[0]


NODES: Mapping[str, Read] = {"SyncRun": read_run, "BackfillJob": read_job, **schema_sources.NODES}
