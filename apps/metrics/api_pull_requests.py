"""REST: pull requests as records."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router

from apps.metrics import pull_requests
from apps.metrics.api_records import FULL_NAME, WindowQuery, record_schema
from apps.metrics.pull_requests import UNTOLD, Moment, PullRequests, Sorting, State
from apps.metrics.records import window_of
from apps.metrics.services import Cells
from apps.rest import PageOut, page_out
from devhealth.models.records import PullRequest

router = Router(tags=["metrics"])


class PullRequestsQuery(WindowQuery):
    repo_id: list[UUID] = Field([], max_length=200)
    team_id: list[str] = Field([], max_length=200, description="Which own it.")
    author_id: list[UUID] = Field([], max_length=200)
    state: list[State] = Field([], max_length=3)
    q: str = Field("", max_length=200, description="In the title; ASCII's letters in any case.")
    min_cycle_hours: float | None = Field(None, description="`cycle_hours` so long or longer.")
    at: Moment = Field("created_at", description="The instant that `since` and `until` are of.")
    order: Sorting = Field("created_desc", description="Nulls last, then by key.")


PullRequestOut = record_schema(
    PullRequest,
    UNTOLD,
    repository=(str | None, Field(description=FULL_NAME)),
    author_name=(str | None, Field(description="Null: not in the directory.")),
)


class PullRequestPage(PageOut[PullRequestOut]):  # type: ignore[valid-type]
    """In the order that was asked for."""


@router.get("/pull-requests", response=PullRequestPage, summary="List pull requests")
def list_pull_requests(
    request: HttpRequest, response: HttpResponse, asked: Query[PullRequestsQuery]
) -> Any:
    """Pull requests with their phases in hours: records, the newest first unless said."""
    page = pull_requests.pull_requests_page(
        pull_requests.asked_of(
            repositories=asked.repo_id or None,
            teams=asked.team_id or None,
            authors=asked.author_id or None,
            states=asked.state or None,
            search=asked.q,
            min_cycle_hours=asked.min_cycle_hours,
            window=window_of(asked.at, asked.since, asked.until),
            order=asked.order,
        ),
        by=request.auth,
        limit=asked.limit,
        after=asked.cursor,
    )
    among = PullRequests(list(page.rows), request.auth)
    return page_out(request, response, page) | {"items": [out(row, among) for row in page.rows]}


def out(row: Cells, among: PullRequests) -> Cells:
    return row | {
        "repository": among.beside.full_name(row["repo_id"]),
        "author_name": among.beside.name(row["author_id"]),
    }
