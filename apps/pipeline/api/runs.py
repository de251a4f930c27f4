"""REST: runs of a sync config."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from apps.pipeline.models import SyncRun, SyncUnit
from apps.pipeline.services import lists, progress, syncs
from apps.rest import (
    IDEMPOTENT,
    PageOut,
    PageQuery,
    described,
    page_out,
    point_to,
    poll_later,
)
from devhealth.models.states import State

router = Router(tags=["sync"])


class RunsQuery(PageQuery):
    config_id: UUID | None = Field(None, description="Of this sync config only.")
    state: list[State] = Field([], description="In one of these states only.")


@described(SyncUnit)
class UnitOut(Schema):
    """One source within a run."""

    source: str
    state: State
    attempts: int
    records_fetched: int
    rows_written: int
    drift: int | None = Field(
        description="Changed things that no webhook had told. Null: none tells of the source."
    )
    error: str
    retry_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


@described(SyncRun)
class RunOut(Schema):
    """One sync of a config."""

    id: UUID
    config_id: UUID
    trigger: str
    requested_by: UUID | None
    state: State
    error: str
    units: list[UnitOut]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @staticmethod
    def resolve_units(run: SyncRun) -> list[SyncUnit]:
        return lists.units_of(run)


class RunPage(PageOut[RunOut]):
    """The newest first."""


def given(response: HttpResponse, run: SyncRun) -> SyncRun:
    """With the time to ask again, while it moves."""
    if progress.is_moving(run):
        poll_later(response)
    return run


@router.post(
    "/sync-configs/{config_id}/runs",
    response={202: RunOut},
    summary="Sync now",
    openapi_extra=IDEMPOTENT,
)
def create_run(request: HttpRequest, response: HttpResponse, config_id: UUID) -> SyncRun:
    """Queue a sync of every source, each from its watermark on."""
    run = syncs.start_run(config_id, by=request.auth)
    point_to(response, "read_run", run_id=run.pk)
    return given(response, lists.run_shown(run.pk))


@router.get("/runs", response=RunPage, summary="List runs")
def list_runs(request: HttpRequest, response: HttpResponse, asked: Query[RunsQuery]) -> Any:
    """Runs with their units, the newest first."""
    page = lists.runs_page(
        asked.config_id, asked.state, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page)


@router.get("/runs/{run_id}", response=RunOut, summary="Read a run")
def read_run(request: HttpRequest, response: HttpResponse, run_id: UUID) -> SyncRun:
    """One run; `Retry-After` says when to ask again, while it moves."""
    return given(response, syncs.run_of(run_id, by=request.auth))
