"""Work items as records, with what happened to each, and sprints: lists of work, not of people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from apps.cursors import Places
from apps.errors import Unprocessable
from apps.metrics.entities import Page, page_of
from apps.metrics.operations import SPRINTS_READ, WORK_ITEMS_READ
from apps.metrics.records import Asked, Beside, Window, found_by, given, read_of, records_page
from apps.metrics.services import Cells
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.models.records import Sprint, WorkItem, WorkItemChange, WorkScope
from devhealth.sinks.conditions import AtLeast
from devhealth.sinks.query import Order

Status = Literal["todo", "in_progress", "in_review", "blocked", "done", "canceled"]
Sorting = Literal["created_desc", "updated_desc", "completed_desc"]
Moment = Literal["created_at", "updated_at", "completed_at"]
SprintState = Literal["future", "active", "closed"]

ORDERS: Mapping[str, Order] = {
    "created_desc": ("created_at", "desc"),
    "updated_desc": ("updated_at", "desc"),
    "completed_desc": ("completed_at", "desc"),
}
PREFIXES = ("jira", "gh", "gitlab")  # of keys
MOST_HELD = 10_000

DELETED = ("deleted_at", "deleted_reason")
UNTOLD = ("reporter_login", "reporter_name", "assignee_logins", *DELETED)
UNTOLD_OF_CHANGES = (
    "work_item_id", "actor_login", "actor_name", "holder_login", "holder_name", "labels",
    "status_category", "provider", "item_type", "is_bug", "story_points", "cycle_hours",
    "lead_hours", "flow_efficiency", "work_theme", "work_subcategory", *DELETED,
)  # fmt: skip


def asked_of(
    *,
    scopes: Sequence[UUID] | None = None,
    repositories: Sequence[UUID] | None = None,
    teams: Sequence[str] | None = None,
    providers: Sequence[str] | None = None,
    statuses: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
    themes: Sequence[str] | None = None,
    sprints: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    search: str = "",
    min_cycle_hours: float | None = None,
    window: Window | None = None,
    order: str = "updated_desc",
) -> Asked:
    """None filters nothing, an empty list lets nothing pass. A key may lack its provider."""
    where = given(
        work_scope_id=scopes, repo_id=repositories, team_id=teams, provider=providers,
        status=statuses, item_type=types, work_theme=themes, sprint_id=sprints,
        item_key=None if keys is None else sorted(set(_called(keys))),
        title=found_by(search),
        cycle_hours=None if min_cycle_hours is None else AtLeast(min_cycle_hours),
    )  # fmt: skip
    return Asked(
        cls=WorkItem,
        operation=WORK_ITEMS_READ,
        where=where,
        window=window,
        order=(ORDERS[order],),
    )


def work_items_page(
    asked: Asked,
    assignees: Sequence[UUID] | None = None,
    *,
    by: Member,
    limit: int,
    after: str | None = None,
) -> Page[Cells]:
    """`assignees`: whose an item is now, of several of them who got it last."""
    by.require(asked.operation)
    if assignees is not None:
        held = _held(assignees, by)
        asked = replace(asked, also={"work_item_id": held}, because={"assignees": assignees})
    return records_page(asked, by=by, limit=limit, after=after)


def work_item(work_item_id: UUID, *, by: Member) -> Cells | None:
    """Null: there is none of ours."""
    by.require(WORK_ITEMS_READ)
    found = sink(by.organization).get(WorkItem, [(work_item_id,)]).to_dicts()
    return found[0] if found else None


def sprints_asked(
    *,
    states: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    window: Window | None = None,
) -> Asked:
    """None filters nothing, an empty list lets nothing pass. Those that began last come first."""
    return Asked(
        cls=Sprint,
        operation=SPRINTS_READ,
        where=given(state=states, source_id=sources),
        window=window,
        order=(("started_at", "desc"),),
    )


class WorkItems:
    """Some work items with what belongs to them, each kind by one query for all."""

    def __init__(self, rows: list[Cells], by: Member) -> None:
        self.by = by
        self.beside = Beside(by, list(_people_of(rows)), "person")
        self._keys = {(row["work_item_id"],) for row in rows}
        self._scope_ids = {row["work_scope_id"] for row in rows}

    def changes(self, row: Cells, limit: int, after: str | None = None) -> Page[Cells]:
        """The first of them, in their order."""
        key = row["work_item_id"]
        places = Places(self.by.organization.id, WorkItemChange.table, key)
        return page_of(self._changes.get((key,), []), _change_place, places, limit, after)

    def scope(self, work_scope_id: str) -> Cells | None:
        """Null: not stored any more."""
        return self._scopes.get(work_scope_id)

    @cached_property
    def acting(self) -> Beside:
        """Who made the changes, and who got the items by them."""
        changes = [row for rows in self._changes.values() for row in rows]
        people = {row[name] for row in changes for name in ("actor_id", "holder_id")}
        return Beside(self.by, [{"repo_id": "", "person": each} for each in people], "person")

    @cached_property
    def _changes(self) -> Mapping[tuple[Any, ...], list[Cells]]:
        return read_of(WorkItemChange, self._keys, ("work_item_id",), self.by)

    @cached_property
    def _scopes(self) -> Mapping[str, Cells]:
        keys = [(each,) for each in sorted(self._scope_ids)]
        found = sink(self.by.organization).get(WorkScope, keys).to_dicts()
        return {row["work_scope_id"]: row for row in found}


def _people_of(rows: Iterable[Cells]) -> Iterable[Cells]:
    for row in rows:
        for person in (row["reporter_id"], *row["assignee_ids"]):
            yield {"repo_id": row["repo_id"], "person": person}


def _held(assignees: Sequence[UUID], by: Member) -> list[str]:
    """Raises `Unprocessable` for more items than a filter can name."""
    found = sink(by.organization).read(
        WorkItemChange, where={"until": None, "holder_id": list(assignees)},
        columns=["work_item_id"], limit=MOST_HELD + 1,
    )  # fmt: skip
    if found.height > MOST_HELD:
        raise Unprocessable(
            f"They have more than {MOST_HELD:,} items: ask for fewer people.",
            code="too_many_records",
        )
    return sorted(found["work_item_id"])


def _called(keys: Iterable[str]) -> Iterable[str]:
    for key in keys:
        is_whole = key.partition(":")[0] in PREFIXES
        yield from [key] if is_whole else [f"{prefix}:{key}" for prefix in PREFIXES]


def _change_place(row: Cells) -> list[Any]:
    return [row["place"], row["change_id"]]
