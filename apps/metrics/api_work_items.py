"""REST: work items and sprints as records."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router

from apps.errors import NotFound
from apps.metrics import work_items
from apps.metrics.api_records import FULL_NAME, WindowQuery, record_schema
from apps.metrics.records import records_page, window_of
from apps.metrics.services import Cells
from apps.metrics.work_items import (
    DELETED,
    UNTOLD,
    UNTOLD_OF_CHANGES,
    Moment,
    Sorting,
    SprintState,
    Status,
    WorkItems,
)
from apps.rest import PageOut, PageQuery, page_out
from devhealth.models.records import Sprint, WorkItem, WorkItemChange

router = Router(tags=["metrics"])

NAME = "Null: not told, or not in the directory."


class WorkItemsQuery(WindowQuery):
    work_scope_id: list[UUID] = Field([], max_length=200)
    repo_id: list[UUID] = Field([], max_length=200)
    team_id: list[str] = Field([], max_length=200, description="Which own it.")
    assignee_id: list[UUID] = Field(
        [], max_length=200, description="Whose it is now; of several of them, who got it last."
    )
    provider: list[str] = Field([], max_length=10)
    status: list[Status] = Field([], max_length=6)
    item_type: list[str] = Field(
        [], max_length=200, description="In the provider's words, lower case."
    )
    work_theme: list[str] = Field([], max_length=200)
    sprint_id: list[str] = Field([], max_length=200)
    key: list[str] = Field(
        [],
        max_length=200,
        description="`jira:ABC-1`, or as people write it: `ABC-1`, `owner/name#7`.",
    )
    q: str = Field("", max_length=200, description="In the title; ASCII's letters in any case.")
    min_cycle_hours: float | None = Field(None, description="`cycle_hours` so long or longer.")
    at: Moment = Field("created_at", description="The instant that `since` and `until` are of.")
    order: Sorting = Field("updated_desc", description="Nulls last, then by id.")


class SprintsQuery(WindowQuery):
    """`since` and `until` are of the day that a sprint began."""

    state: list[SprintState] = Field([], max_length=3)
    source_id: list[str] = Field([], max_length=200)


WorkItemOut = record_schema(
    WorkItem,
    UNTOLD,
    scope_key=(str | None, Field(description="As people call it. Null: not stored any more.")),
    repository=(str | None, Field(description=FULL_NAME)),
    reporter_name=(str | None, Field(description=NAME)),
    assignee_names=(list[str], Field(description="Of those who are in the directory.")),
)
ChangeOut = record_schema(
    WorkItemChange,
    UNTOLD_OF_CHANGES,
    actor_name=(str | None, Field(description=NAME)),
    holder_name=(str | None, Field(description="Null: nobody, or not in the directory.")),
)
SprintOut = record_schema(Sprint, DELETED)


class WorkItemPage(PageOut[WorkItemOut]):  # type: ignore[valid-type]
    """In the order that was asked for."""


class ChangePage(PageOut[ChangeOut]):  # type: ignore[valid-type]
    """In their order, the filing first."""


class SprintPage(PageOut[SprintOut]):  # type: ignore[valid-type]
    """Those that began last come first."""


@router.get("/work-items", response=WorkItemPage, summary="List work items")
def list_work_items(
    request: HttpRequest, response: HttpResponse, asked: Query[WorkItemsQuery]
) -> Any:
    """Work items with their times in hours: records, the last changed first unless said."""
    page = work_items.work_items_page(
        work_items.asked_of(
            scopes=asked.work_scope_id or None,
            repositories=asked.repo_id or None,
            teams=asked.team_id or None,
            providers=asked.provider or None,
            statuses=asked.status or None,
            types=asked.item_type or None,
            themes=asked.work_theme or None,
            sprints=asked.sprint_id or None,
            keys=asked.key or None,
            search=asked.q,
            min_cycle_hours=asked.min_cycle_hours,
            window=window_of(asked.at, asked.since, asked.until),
            order=asked.order,
        ),
        asked.assignee_id or None,
        by=request.auth,
        limit=asked.limit,
        after=asked.cursor,
    )
    among = WorkItems(list(page.rows), request.auth)
    return page_out(request, response, page) | {"items": [out(row, among) for row in page.rows]}


@router.get(
    "/work-items/{work_item_id}/changes", response=ChangePage, summary="List an item's changes"
)
def list_work_item_changes(
    request: HttpRequest, response: HttpResponse, work_item_id: UUID, asked: Query[PageQuery]
) -> Any:
    """What happened to a work item, the filing first."""
    row = work_items.work_item(work_item_id, by=request.auth)
    if row is None:
        raise NotFound()
    among = WorkItems([row], request.auth)
    page = among.changes(row, asked.limit, asked.cursor)
    items = [
        each
        | {
            "actor_name": among.acting.name(each["actor_id"]),
            "holder_name": among.acting.name(each["holder_id"]),
        }
        for each in page.rows
    ]
    return page_out(request, response, page) | {"items": items}


@router.get("/sprints", response=SprintPage, summary="List sprints")
def list_sprints(request: HttpRequest, response: HttpResponse, asked: Query[SprintsQuery]) -> Any:
    """Sprints, those that began last first."""
    question = work_items.sprints_asked(
        states=asked.state or None,
        sources=asked.source_id or None,
        window=window_of("started_at", asked.since, asked.until),
    )
    page = records_page(question, by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


def out(row: Cells, among: WorkItems) -> Cells:
    scope, names = among.scope(row["work_scope_id"]), among.beside
    people = (names.name(each) for each in row["assignee_ids"])
    return row | {
        "scope_key": scope["scope_key"] if scope else None,
        "repository": names.full_name(row["repo_id"]),
        "reporter_name": names.name(row["reporter_id"]),
        "assignee_names": [each for each in people if each],
    }
