"""Ageing work in progress, and how long open work will take."""

from datetime import date, datetime
from typing import Any

import strawberry
from strawberry.relay import PageInfo
from strawberry.types import Info

from apps.cost import Cost
from apps.metrics import work_flow
from apps.metrics.graphql.catalog import member_of
from apps.metrics.graphql.cells import ids
from apps.metrics.graphql.work_items import STATUS, WorkItem, node
from apps.metrics.nodes import BigInt, Edge, edges_of, page_info
from apps.metrics.schema import require_size
from apps.metrics.services import Cells
from apps.metrics.work_flow import FlowPage
from devhealth.analytics.flow import HISTORY
from devhealth.analytics.flow import Usual as Found

MOST_ROWS = 200
FLOW = Cost(questions=3)  # what is in progress, what was done, what was done of these scopes
# What was done, the first that is known, what is open; two simulations take as long as 50 more.
FORECAST = Cost(questions=3, values=50_000)


@strawberry.input(
    description="All that is named must hold. An id that is not of your organisation matches none."
)
class WorkFilter:
    scope_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Projects, or repositories: `workScopeId`."
    )
    team_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Which they count for, at the time."
    )
    types: list[str] | None = strawberry.field(
        default=None, description="In the provider's words, lower case."
    )
    themes: list[str] | None = None


@strawberry.type(description="Cycle hours of what was done in the last 90 closed days.")
class UsualCycle:
    cycle_hours_p50: float | None = strawberry.field(description="Null: nothing was done.")
    cycle_hours_p85: float | None = strawberry.field(description="Null: nothing was done.")
    n: BigInt = strawberry.field(description="Items that it is of.")
    low_sample: bool = strawberry.field(description="Of fewer than five.")


@strawberry.type(description="An item in progress, in review or blocked.")
class AgeingItem:
    work_item_id: strawberry.ID
    work_scope_id: strawberry.ID
    team_id: str
    status: STATUS
    wip_since: datetime = strawberry.field(description="Since when it has been in progress.")
    age_hours: float = strawberry.field(description="Since then.")
    is_blocked: bool = strawberry.field(description="Or flagged.")
    is_assigned: bool
    usual: UsualCycle = strawberry.field(description="Of its scope, whatever team.")
    is_over_p85: bool | None = strawberry.field(
        description="Older than 85 % of what its scope has done. Null: nothing was done there."
    )
    row: strawberry.Private[Cells]
    page: strawberry.Private[FlowPage]

    @strawberry.field(description="For how long it has had the status that it has.")
    def in_status_hours(self) -> float | None:
        return self.page.in_status_hours(self.row)

    @strawberry.field(description="Null: not stored any more.")
    def item(self) -> WorkItem | None:
        row = self.page.item(self.row)
        return node(row, self.page.among) if row else None


@strawberry.type(description="Work in progress as it ages, what was begun first before others.")
class FlowConnection:
    edges: list[Edge[AgeingItem]]
    nodes: list[AgeingItem]
    page_info: PageInfo
    as_of: datetime
    wip: BigInt = strawberry.field(description="Items in progress, in review or blocked.")
    over_p85: BigInt = strawberry.field(description="Of these, older than their scope's p85.")
    usual: UsualCycle = strawberry.field(description="Of all that was asked for.")


@strawberry.type(description="With this certainty it is done within so many days from today.")
class Reach:
    certainty: float
    days: BigInt | None = strawberry.field(description="Null: not within three years.")
    day: date | None
    is_within: bool = strawberry.field(description="Within three years.")


@strawberry.type(description="With this certainty at least so many items are done.")
class Yield:
    certainty: float
    items: BigInt


@strawberry.type(
    description="How long work will take, drawn 10,000 times from what was done a day. The same "
    "question on the same day has the same answer."
)
class Forecast:
    items: BigInt = strawberry.field(description="How many are to be done.")
    history_days: BigInt = strawberry.field(description="Closed days that are drawn from.")
    items_completed: BigInt = strawberry.field(description="Done in these days.")
    reason: str | None = strawberry.field(
        description="Why nothing can be foretold. Null: something can."
    )
    when: list[Reach] = strawberry.field(description="50, 85 and 95 % sure; empty by `reason`.")
    until: date | None
    how_many: list[Yield] = strawberry.field(
        description="By the end of `until`, 50, 85 and 95 % sure; empty where nobody asks."
    )


def where_of(given: WorkFilter | None) -> dict[str, Any]:
    asked = given or WorkFilter()
    return work_flow.where_of(
        scopes=ids(asked.scope_ids), teams=asked.team_ids, types=asked.types, themes=asked.themes
    )


def read_flow(
    info: Info,
    filter: WorkFilter | None = None,
    org_id: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> FlowConnection:
    by, limit = member_of(info, org_id), require_size(first, MOST_ROWS)
    page = work_flow.flow_page(where_of(filter), by=by, limit=limit, after=after)
    nodes = [ageing_item(row, page) for row in page.rows]
    return FlowConnection(
        edges=edges_of(page, nodes),
        nodes=nodes,
        page_info=page_info(page, after),
        as_of=page.flow.now,
        wip=BigInt(page.flow.items.height),
        over_p85=BigInt(page.flow.over_p85),
        usual=usual_cycle(page.flow.whole),
    )


def ageing_item(row: Cells, page: FlowPage) -> AgeingItem:
    return AgeingItem(
        work_item_id=strawberry.ID(row["work_item_id"]),
        work_scope_id=strawberry.ID(row["work_scope_id"]),
        team_id=row["team_id"],
        status=STATUS(row["status"]),
        wip_since=row["wip_since"],
        age_hours=row["age_hours"],
        is_blocked=row["is_blocked"],
        is_assigned=row["is_assigned"],
        usual=usual_cycle(page.usual(row)),
        is_over_p85=page.flow.is_over_p85(row),
        row=row,
        page=page,
    )


def usual_cycle(found: Found) -> UsualCycle:
    return UsualCycle(
        cycle_hours_p50=found.p50,
        cycle_hours_p85=found.p85,
        n=BigInt(found.n),
        low_sample=found.is_low_sample,
    )


def read_forecast(
    info: Info,
    filter: WorkFilter | None = None,
    items: int | None = None,
    until: date | None = None,
    history_days: int = HISTORY,
    org_id: str | None = None,
) -> Forecast:
    by = member_of(info, org_id)
    asked = work_flow.Asked(
        where=where_of(filter), items=items, until=until, history_days=history_days
    )
    found = work_flow.forecast(asked, by=by)
    return Forecast(
        items=BigInt(found.items),
        history_days=BigInt(len(found.history.counts)),
        items_completed=BigInt(found.history.completed),
        reason=found.reason,
        when=[reach(each) for each in found.when],
        until=until,
        how_many=[Yield(certainty=each.level, items=BigInt(each.items)) for each in found.how_many],
    )


def reach(found: Any) -> Reach:
    days = None if found.days is None else BigInt(found.days)
    return Reach(certainty=found.level, days=days, day=found.day, is_within=days is not None)
