"""Work items, what happened to each, and sprints."""

from collections.abc import Sequence
from typing import Any, ClassVar, get_args

import strawberry
from strawberry.types import Info

from apps.global_ids import GlobalNode
from apps.metrics import work_items
from apps.metrics.definitions import describe
from apps.metrics.graphql.catalog import enum_of, member_of
from apps.metrics.graphql.cells import cells_of, days, ids, one_window, told, values
from apps.metrics.graphql.entities import Person, Repository
from apps.metrics.graphql.pull_requests import person, repository
from apps.metrics.nodes import Connection, connection_of
from apps.metrics.records import Beside, records_page
from apps.metrics.schema import DateRangeInput, require_size, uuids
from apps.metrics.services import Cells
from apps.metrics.work_items import (
    DELETED,
    UNTOLD,
    UNTOLD_OF_CHANGES,
    Sorting,
    SprintState,
    Status,
    WorkItems,
)
from apps.orgs.services import Member
from devhealth.models import records

MOST_ROWS = 200
STATUS: Any = enum_of("WorkItemStatus", get_args(Status), "What a tracker's status means.")
SORTING: Any = enum_of(
    "WorkItemOrder", get_args(Sorting), "The newest first; nulls last, then by id."
)
SPRINT_STATE: Any = enum_of("SprintState", get_args(SprintState), "Whether a sprint has begun.")
ItemCells = cells_of(records.WorkItem, UNTOLD, {"status": STATUS})
ChangeCells = cells_of(records.WorkItemChange, UNTOLD_OF_CHANGES, {"status": STATUS})
SprintCells = cells_of(records.Sprint, DELETED, {"state": SPRINT_STATE})
ScopeCells = cells_of(records.WorkScope, DELETED)


@strawberry.type(description=describe(records.WorkScope))
class WorkScope(ScopeCells):  # type: ignore[valid-type, misc]
    pass


@strawberry.type(description=describe(records.WorkItemChange))
class WorkItemChange(ChangeCells):  # type: ignore[valid-type, misc]
    beside: strawberry.Private[Beside]

    @strawberry.field(description="Who did it. Null: not told, or not in the directory.")
    def actor_name(self) -> str | None:
        return self.beside.name(self.actor_id)

    @strawberry.field(description="Who had it then. Null: nobody, or not in the directory.")
    def holder_name(self) -> str | None:
        return self.beside.name(self.holder_id)


@strawberry.type(description=describe(records.WorkItem))
class WorkItem(ItemCells, GlobalNode):  # type: ignore[valid-type, misc]
    id: strawberry.ID
    row: strawberry.Private[Cells]
    among: strawberry.Private[WorkItems]

    @strawberry.field(description="Where it is now. Null: not stored any more.")
    def scope(self) -> WorkScope | None:
        row = self.among.scope(self.work_scope_id)
        return WorkScope(**told(ScopeCells, row)) if row else None

    @strawberry.field(description="Null: of a project, or not stored any more.")
    def repository(self) -> Repository | None:
        return repository(self.among.beside, self.repo_id)

    @strawberry.field(description="Null: not told, or not in the directory.")
    def reporter_name(self) -> str | None:
        return self.among.beside.name(self.reporter_id)

    @strawberry.field(description="Who has it now, of those who are in the directory.")
    def assignee_names(self) -> list[str]:
        names = (self.among.beside.name(each) for each in self.assignee_ids)
        return [name for name in names if name]

    @strawberry.field(description="The same, for who may read the directory.")
    def assignees(self) -> list[Person]:
        people = (person(self.among.beside, each) for each in self.assignee_ids)
        return [each for each in people if each]

    @strawberry.field(description="In their order, the filing first.")
    def changes(self, first: int = 10, after: str | None = None) -> Connection[WorkItemChange]:
        page = self.among.changes(self.row, require_size(first, MOST_ROWS), after)
        nodes = [change_node(row, self.among) for row in page.rows]
        found: Connection[WorkItemChange] = connection_of(page, nodes, after)
        return found


@strawberry.type(description=describe(records.Sprint))
class Sprint(SprintCells, GlobalNode):  # type: ignore[valid-type, misc]
    node_key: ClassVar[tuple[str, ...]] = records.Sprint.key
    id: strawberry.ID


@strawberry.input(
    description="All that is named must hold. An id that is not of your organisation matches none. "
    "Of the ranges of days, one."
)
class WorkItemFilter:
    scope_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Projects, or repositories: `workScopeId`."
    )
    repository_ids: list[strawberry.ID] | None = None
    team_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Which own it, as `teamId` says."
    )
    assignee_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Whose it is now; of several of them, who got it last."
    )
    providers: list[str] | None = None
    statuses: list[STATUS] | None = None
    types: list[str] | None = strawberry.field(
        default=None, description="In the provider's words, lower case."
    )
    themes: list[str] | None = None
    sprint_ids: list[strawberry.ID] | None = None
    keys: list[str] | None = strawberry.field(
        default=None, description="`jira:ABC-1`, or as people write it: `ABC-1`, `owner/name#7`."
    )
    search: str | None = strawberry.field(
        default=None, description="Stands in the title; ASCII's letters in whatever case."
    )
    min_cycle_time_hours: float | None = strawberry.field(
        default=None, description="`cycleHours` so long or longer: of what is done."
    )
    created_in: DateRangeInput | None = None
    updated_in: DateRangeInput | None = None
    completed_in: DateRangeInput | None = None


@strawberry.input(description="All that is named must hold.")
class SprintFilter:
    states: list[SPRINT_STATE] | None = None
    source_ids: list[strawberry.ID] | None = None
    started_in: DateRangeInput | None = None


def read_work_items(
    info: Info,
    filter: WorkItemFilter | None = None,
    order_by: SORTING = SORTING.UPDATED_DESC,
    org_id: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> Any:
    by, asked = member_of(info, org_id), filter or WorkItemFilter()
    page = work_items.work_items_page(
        work_items.asked_of(
            scopes=ids(asked.scope_ids),
            repositories=ids(asked.repository_ids),
            teams=asked.team_ids,
            providers=asked.providers,
            statuses=values(asked.statuses),
            types=asked.types,
            themes=asked.themes,
            sprints=asked.sprint_ids,
            keys=asked.keys,
            search=asked.search or "",
            min_cycle_hours=asked.min_cycle_time_hours,
            window=one_window(
                created_at=asked.created_in,
                updated_at=asked.updated_in,
                completed_at=asked.completed_in,
            ),
            order=order_by.value,
        ),
        ids(asked.assignee_ids),
        by=by,
        limit=require_size(first, MOST_ROWS),
        after=after,
    )
    return connection_of(page, nodes_of(page.rows, by), after)


def read_work_item(info: Info, id: strawberry.ID, org_id: str | None = None) -> WorkItem | None:
    by, (key,) = member_of(info, org_id), uuids([id])
    row = work_items.work_item(key, by=by)
    return nodes_of([row], by)[0] if row else None


def read_sprints(
    info: Info,
    filter: SprintFilter | None = None,
    org_id: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> Any:
    by, asked = member_of(info, org_id), filter or SprintFilter()
    question = work_items.sprints_asked(
        states=values(asked.states),
        sources=asked.source_ids,
        window=days(asked.started_in, "started_at"),
    )
    page = records_page(question, by=by, limit=require_size(first, MOST_ROWS), after=after)
    return connection_of(page, [sprint_node(row) for row in page.rows], after)


def nodes_of(rows: Sequence[Cells], by: Member) -> list[WorkItem]:
    """Of all of them at once, so that what belongs to each is read for all."""
    among = WorkItems(list(rows), by)
    return [node(row, among) for row in rows]


def node(row: Cells, among: WorkItems) -> WorkItem:
    """One `among` those that are read together."""
    return WorkItem(
        **told(ItemCells, row | {"status": STATUS(row["status"])}),
        id=strawberry.ID(row["work_item_id"]),
        row=row,
        among=among,
    )


def change_node(row: Cells, among: WorkItems) -> WorkItemChange:
    return WorkItemChange(
        **told(ChangeCells, row | {"status": STATUS(row["status"])}), beside=among.acting
    )


def sprint_node(row: Cells) -> Sprint:
    return Sprint(
        **told(SprintCells, row | {"state": SPRINT_STATE(row["state"])}),
        id=strawberry.ID(f"{row['source_id']}:{row['sprint_id']}"),
    )
