"""REST: backfills."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status

from apps.pipeline.api.runs import RunsQuery
from apps.pipeline.models import BackfillChunk, BackfillJob
from apps.pipeline.services import backfills, lists, progress
from apps.rest import (
    IDEMPOTENT,
    In,
    PageOut,
    PageQuery,
    described,
    page_out,
    point_to,
    poll_later,
)
from devhealth.models.states import State

router = Router(tags=["backfills"])


@described(BackfillJob)
class BackfillIn(In):
    config_id: UUID
    since: date
    before: date | None = Field(None, description="Day after the last (UTC). Default: tomorrow.")
    order: backfills.Order = "newest"

    def asked(self) -> backfills.Asked:
        before = self.before or progress.tomorrow()
        return backfills.Asked(self.config_id, self.since, before, self.order)


class MoreOut(Schema):
    """What the next tier up would add."""

    tier: str
    first_day: date
    chunks: int = Field(description="Beside those that this tier allows.")


class PreviewOut(Schema):
    """What a backfill would take; days beyond the tier are left out of the figures."""

    targets: list[str] = Field(description=progress.TEXTS["targets"])
    chunks: int
    first_day: date = Field(description="The first that the tier lets be fetched (UTC).")
    seconds: float = Field(description="Estimate, from the chunks of late.")
    requests: int = Field(description="To the provider. 0: it counts none.")
    is_allowed: bool = Field(description="False: it begins before the tier's first day.")
    allowed_by: str = Field(description="The lowest tier that allows all of it.")
    more: MoreOut | None = Field(description="Null: nothing is left out.")


@described(BackfillJob, **progress.TEXTS)
class BackfillOut(Schema):
    """Days of the past, fetched chunk by chunk, one at a time."""

    id: UUID
    config_id: UUID
    state: State
    since: date
    before: date
    order: str
    chunk_days: int = Field(description="Days in a chunk, at most.")
    tier: str
    requested_by: UUID
    targets: list[str]
    total_chunks: int
    completed_chunks: int
    failed_chunks: int
    progress: float
    eta_seconds: float | None
    records_fetched: int
    rows_written: int
    attempts: int
    error: str
    retry_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @staticmethod
    def resolve_targets(job: BackfillJob) -> list[str]:
        return progress.fetched(job)

    @staticmethod
    def resolve_progress(job: BackfillJob) -> float:
        return progress.progress(job)

    @staticmethod
    def resolve_eta_seconds(job: BackfillJob) -> float | None:
        return progress.eta_seconds(job)


class BackfillPage(PageOut[BackfillOut]):
    """The newest first."""


class ChunksQuery(PageQuery):
    state: list[State] = Field([], description="In one of these states only.")


@described(BackfillChunk)
class ChunkOut(Schema):
    """A few days of one source."""

    index: int
    source: str
    since: date
    before: date
    state: State
    attempts: int
    records_fetched: int
    rows_written: int
    is_beyond_tier: bool
    error: str
    retry_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class ChunkPage(PageOut[ChunkOut]):
    """In the order in which they are fetched."""


def given(response: HttpResponse, job: BackfillJob) -> BackfillJob:
    """With the time to ask again, while it moves."""
    if progress.is_moving(job):
        poll_later(response)
    return job


def accepted(response: HttpResponse, job_id: UUID) -> Status[BackfillJob]:
    point_to(response, "read_backfill", job_id=job_id)
    return Status(202, given(response, lists.job_shown(job_id)))


@router.post(
    "/backfills",
    response={200: PreviewOut, 202: BackfillOut},
    summary="Start a backfill, or preview one",
    openapi_extra=IDEMPOTENT,
)
def create_backfill(
    request: HttpRequest,
    response: HttpResponse,
    body: BackfillIn,
    dry_run: bool = Query(False, description="Only say what it would take."),
) -> Status[Any]:
    """Queue days of the past, chunk by chunk. How far back they may lie is the tier's to say."""
    if dry_run:
        return Status(200, backfills.preview(body.asked(), by=request.auth))
    return accepted(response, backfills.start(body.asked(), by=request.auth).pk)


@router.get("/backfills", response=BackfillPage, summary="List backfills")
def list_backfills(request: HttpRequest, response: HttpResponse, asked: Query[RunsQuery]) -> Any:
    """Backfills with how far they are, the newest first."""
    page = lists.jobs_page(
        asked.config_id, asked.state, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page)


@router.get("/backfills/{job_id}", response=BackfillOut, summary="Read a backfill")
def read_backfill(request: HttpRequest, response: HttpResponse, job_id: UUID) -> BackfillJob:
    """How far it is; `Retry-After` says when to ask again, while it moves."""
    return given(response, backfills.job_of(job_id, by=request.auth))


@router.get("/backfills/{job_id}/chunks", response=ChunkPage, summary="List a backfill's chunks")
def list_chunks(
    request: HttpRequest, response: HttpResponse, job_id: UUID, asked: Query[ChunksQuery]
) -> Any:
    """Its chunks in the order in which they are fetched."""
    page = lists.chunks_page(
        job_id, asked.state, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page)


# --- steering ------------------------------------------------------------------------------------


@router.post(
    "/backfills/{job_id}/pause",
    response={202: BackfillOut},
    summary="Pause a backfill",
    openapi_extra=IDEMPOTENT,
)
def pause_backfill(request: HttpRequest, response: HttpResponse, job_id: UUID) -> Status[Any]:
    """Stop at the next boundary, until `resume`."""
    backfills.pause(job_id, by=request.auth)
    return accepted(response, job_id)


@router.post(
    "/backfills/{job_id}/resume",
    response={202: BackfillOut},
    summary="Resume a backfill",
    openapi_extra=IDEMPOTENT,
)
def resume_backfill(request: HttpRequest, response: HttpResponse, job_id: UUID) -> Status[Any]:
    """Go on where `pause` stopped it."""
    backfills.resume(job_id, by=request.auth)
    return accepted(response, job_id)


@router.post(
    "/backfills/{job_id}/cancel",
    response={202: BackfillOut},
    summary="Cancel a backfill",
    openapi_extra=IDEMPOTENT,
)
def cancel_backfill(request: HttpRequest, response: HttpResponse, job_id: UUID) -> Status[Any]:
    """Fetch no more of it; what is stored stays."""
    backfills.cancel(job_id, by=request.auth)
    return accepted(response, job_id)


@router.post(
    "/backfills/{job_id}/retry",
    response={202: BackfillOut},
    summary="Retry a backfill",
    openapi_extra=IDEMPOTENT,
)
def retry_backfill(request: HttpRequest, response: HttpResponse, job_id: UUID) -> Status[Any]:
    """Take up what failed, was quarantined or canceled, as far as the tier reaches today."""
    backfills.retry(job_id, by=request.auth)
    return accepted(response, job_id)
