"""REST: metrics computed anew."""

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from apps.pipeline.models import Recompute
from apps.pipeline.services import compute, progress
from apps.rest import IDEMPOTENT, In, described, point_to, poll_later
from devhealth.models.states import State

router = Router(tags=["metrics"])


@described(Recompute)
class RecomputeIn(In):
    since: date | None = None
    before: date | None = None


@described(Recompute)
class RecomputeOut(Schema):
    """Metrics of days that somebody asked to be computed anew."""

    id: UUID
    state: State
    since: date | None
    before: date | None
    rows_written: int
    requested_by: UUID
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def given(response: HttpResponse, recompute: Recompute) -> Recompute:
    """With the time to ask again, while it moves."""
    if progress.is_moving(recompute):
        poll_later(response)
    return recompute


@router.post(
    "/metrics/recompute",
    response={202: RecomputeOut},
    summary="Compute metrics anew",
    openapi_extra=IDEMPOTENT,
)
def create_recompute(request: HttpRequest, response: HttpResponse, body: RecomputeIn) -> Recompute:
    """Compute days anew; rows that come out as they were are not written."""
    recompute = compute.request_recompute(Recompute(**body.dict()), by=request.auth)
    point_to(response, "read_recompute", recompute_id=recompute.pk)
    return given(response, recompute)


@router.get("/metrics/recompute/{recompute_id}", response=RecomputeOut, summary="Read a recompute")
def read_recompute(request: HttpRequest, response: HttpResponse, recompute_id: UUID) -> Recompute:
    """How it stands; `Retry-After` says when to ask again, while it moves."""
    return given(response, compute.recompute_of(recompute_id, by=request.auth))
