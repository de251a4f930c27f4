"""Lists of records behind the client's figures: pull requests and work items, never people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router

from apps.metrics import pull_requests, work_items
from apps.metrics.records import Asked, Window, given
from apps.metrics.services import Cells
from apps.web.web_client.bodies import TAG, Address, Answer, ClientFilterBody, asker
from apps.web.web_client.filters import Chosen, chosen
from devhealth.analytics.questions import Dimension

router = Router(tags=[TAG])

TOLD_OF_PULL_REQUESTS = (
    "repo_id", "number", "title", "url", "state", "created_at", "merged_at", "closed_at",
    "cycle_hours", "pickup_hours", "review_hours", "loc_changed", "work_theme",
)  # fmt: skip
TOLD_OF_ITEMS = (
    "work_item_id", "item_key", "title", "url", "status", "item_type", "created_at", "started_at",
    "completed_at", "cycle_hours", "blocked_hours", "work_theme",
)  # fmt: skip


class ClientDrilldownBody(ClientFilterBody):
    limit: int = Field(50, ge=1, le=200)


@router.post("/drilldown/prs", response=Answer, summary="Pull requests behind a figure")
def read_client_pull_requests(
    request: HttpRequest, body: ClientDrilldownBody, asked: Query[Address]
) -> Answer:
    """Of which anything changed within the days, the newest first."""
    by = asker(request, asked)
    question = chosen(body.filters, asked.f, by=by)
    page = pull_requests.pull_requests_page(
        pull_requests_of(question, question.uuids(Dimension.AUTHOR)), by=by, limit=body.limit
    )
    return {"items": [pull_request_out(row) for row in page.rows]}


@router.post("/drilldown/issues", response=Answer, summary="Work items behind a figure")
def read_client_work_items(
    request: HttpRequest, body: ClientDrilldownBody, asked: Query[Address]
) -> Answer:
    """Of which anything changed within the days, those that changed last first."""
    by = asker(request, asked)
    question = chosen(body.filters, asked.f, by=by)
    page = work_items.work_items_page(
        work_items_of(question), question.uuids(Dimension.AUTHOR), by=by, limit=body.limit
    )
    return {"items": [work_item_out(row) for row in page.rows]}


def pull_requests_of(question: Chosen, authors: Sequence[UUID] | None) -> Asked:
    asked = pull_requests.asked_of(
        repositories=question.uuids(Dimension.REPO),
        teams=question.ids(Dimension.TEAM),
        authors=authors,
        window=changed_within(question.since, question.until),
    )
    kinds = given(
        work_theme=question.ids(Dimension.THEME),
        work_subcategory=question.ids(Dimension.SUBCATEGORY),
    )
    return replace(asked, where={**asked.where, **kinds})


def work_items_of(question: Chosen) -> Asked:
    return work_items.asked_of(
        repositories=question.uuids(Dimension.REPO),
        teams=question.ids(Dimension.TEAM),
        themes=question.ids(Dimension.THEME),
        types=question.ids(Dimension.WORK_TYPE),
        statuses=question.ids(Dimension.STATUS),
        window=changed_within(question.since, question.until),
    )


def changed_within(since: date, until: date) -> Window:
    return Window(at="updated_at", since=since, until=until)


def pull_request_out(row: Cells) -> Answer:
    return told(row, TOLD_OF_PULL_REQUESTS) | {"id": f"{row['repo_id']}:{row['number']}"}


def work_item_out(row: Cells) -> Answer:
    return told(row, TOLD_OF_ITEMS) | {"id": row["work_item_id"], "name": row["item_key"]}


def told(row: Mapping[str, Any], names: tuple[str, ...]) -> Answer:
    return {name: row[name] for name in names}
