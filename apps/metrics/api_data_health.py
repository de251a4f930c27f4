"""REST: how far the data can be trusted."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from apps.metrics.api_records import FULL_NAME, record_schema
from apps.metrics.data_health import DEFAULT_DAYS, DataHealth
from apps.metrics.services import MOST_DAYS
from apps.rest import PageOut, PageQuery, page_out
from devhealth.analytics.health import Unlinked
from devhealth.models.records import QuarantinedRecord

router = Router(tags=["metrics"])

REPOSITORY: Any = (str | None, Field(description=FULL_NAME))


class QuarantinedQuery(PageQuery):
    repo_id: list[UUID] = Field([], max_length=200)


class DataHealthQuery(QuarantinedQuery):
    days: int = Field(DEFAULT_DAYS, ge=1, le=MOST_DAYS, description="Whose runs are looked at.")


class SourceOut(Schema):
    """One target of one repository, as its runs of these days tell."""

    source_id: str = Field(description="The provider's host.")
    repo_id: UUID = Field(description="The nil UUID where it is of none.")
    repository: str | None = Field(description=FULL_NAME)
    target: str = Field(description="git, blame, prs, cicd, deployments or incidents.")
    last_run_at: datetime
    last_success_at: datetime | None = Field(
        description="Of the newest run that could see it. Null: none of these days."
    )
    lag_hours: float | None = Field(description="Since the last success. Null: none of these days.")
    unreachable_reason: str | None = Field(
        description="Why the newest run could not see it. Null: it could."
    )
    quarantined_count: int = Field(description="Things of it that cannot be read.")


class UnlinkedOut(Schema):
    """Things, and how many of them are linked to nothing."""

    total: int
    unlinked: int
    share: float | None = Field(description="unlinked / total. Null: there are none.")


class DataHealthPage(PageOut[SourceOut]):
    """Each target of each repository that had a run, by full name."""

    as_of: datetime
    since: datetime = Field(description="Runs since then are looked at.")
    quarantined_count: int = Field(
        description="All that cannot be read, whenever it was found: `data-health/quarantined`."
    )
    unlinked_incidents: UnlinkedOut = Field(
        description="Of those that began since then: without a deployment."
    )
    unlinked_pull_requests: UnlinkedOut = Field(
        description="Of those that were merged since then into a default branch: without a "
        "deployment that is known to have brought them. That may be still to come."
    )
    pull_requests_without_item: UnlinkedOut = Field(
        description="Of those that were merged since then: without a work item that is known."
    )


QuarantinedOut = record_schema(
    QuarantinedRecord, ("deleted_at", "deleted_reason"), repository=REPOSITORY
)


class QuarantinedPage(PageOut[QuarantinedOut]):  # type: ignore[valid-type]
    """The newest first."""


@router.get("/data-health", response=DataHealthPage, summary="How far data can be trusted")
def read_data_health(
    request: HttpRequest, response: HttpResponse, asked: Query[DataHealthQuery]
) -> dict[str, Any]:
    """When each source was last seen, what cannot be read, and what is linked to nothing."""
    told = DataHealth(by=request.auth, days=asked.days, repositories=asked.repo_id or None)
    page = told.sources(asked.limit, asked.cursor)
    return page_out(request, response, page) | {
        "items": [
            asdict(each) | {"repository": full_name(told, each.repo_id)} for each in page.rows
        ],
        "as_of": told.as_of,
        "since": told.since,
        "quarantined_count": told.quarantined_count,
        "unlinked_incidents": unlinked_out(told.unlinked_incidents),
        "unlinked_pull_requests": unlinked_out(told.unlinked_pull_requests),
        "pull_requests_without_item": unlinked_out(told.pull_requests_without_item),
    }


@router.get(
    "/data-health/quarantined", response=QuarantinedPage, summary="List what cannot be read"
)
def list_quarantined(
    request: HttpRequest, response: HttpResponse, asked: Query[QuarantinedQuery]
) -> dict[str, Any]:
    """What providers gave and nobody could read, the newest first."""
    told = DataHealth(by=request.auth, repositories=asked.repo_id or None)
    page = told.quarantined(asked.limit, asked.cursor)
    items = [row | {"repository": full_name(told, row["repo_id"])} for row in page.rows]
    return page_out(request, response, page) | {"items": items}


def full_name(told: DataHealth, repo_id: str) -> str | None:
    row = told.repository(repo_id)
    return row["full_name"] if row else None


def unlinked_out(found: Unlinked) -> dict[str, Any]:
    return asdict(found) | {"share": found.share}
