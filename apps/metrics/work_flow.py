"""Work in progress as it ages, and how long open work will take: what both APIs ask of items."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.cursors import Places
from apps.errors import BadRequest, Unprocessable
from apps.metrics.entities import Page, page_of
from apps.metrics.operations import FLOW_READ, FORECAST_READ
from apps.metrics.records import given
from apps.metrics.services import MOST_DAYS, Cells
from apps.metrics.store import sink
from apps.metrics.work_items import WorkItems
from apps.orgs.members import Member
from devhealth.analytics import flow as flows
from devhealth.analytics import forecast as forecasts
from devhealth.analytics.flow import Flow, Usual
from devhealth.analytics.forecast import LEAST_DAYS, Reach, Throughput, Yield
from devhealth.analytics.questions import Unanswerable
from devhealth.models.records import WorkItem

MOST_ITEMS = 100_000


def where_of(
    *,
    scopes: Sequence[UUID] | None = None,
    teams: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
    themes: Sequence[str] | None = None,
) -> dict[str, Any]:
    """None filters nothing, an empty list lets nothing pass. A team's items are those that count
    for it at the time."""
    return given(work_scope_id=scopes, team_id=teams, item_type=types, work_theme=themes)


class FlowPage:
    """Some ageing items, and what is usual."""

    def __init__(self, found: Flow, page: Page[Cells], by: Member) -> None:
        self.flow, self.page, self.by = found, page, by

    @property
    def rows(self) -> Sequence[Cells]:
        return self.page.rows

    @property
    def has_next(self) -> bool:
        return self.page.has_next

    @property
    def next_cursor(self) -> str | None:
        return self.page.next_cursor

    def cursor(self, row: Cells) -> str:
        return self.page.cursor(row)

    def usual(self, row: Cells) -> Usual:
        return self.flow.usual(row["work_scope_id"])

    def in_status_hours(self, row: Cells) -> float | None:
        return self._spent.get(row["work_item_id"])

    def item(self, row: Cells) -> Cells | None:
        """Null: not stored any more."""
        return self._items.get(row["work_item_id"])

    @cached_property
    def among(self) -> WorkItems:
        return WorkItems(list(self._items.values()), self.by)

    @cached_property
    def _items(self) -> Mapping[str, Cells]:
        keys = [(row["work_item_id"],) for row in self.rows]
        found = sink(self.by.organization).get(WorkItem, keys).to_dicts()
        return {row["work_item_id"]: row for row in found}

    @cached_property
    def _spent(self) -> Mapping[str, float]:
        if not self.rows:
            return {}
        ids = [row["work_item_id"] for row in self.rows]
        with answered():
            here = sink(self.by.organization)
            return flows.in_status_hours(here, ids, self.flow.now)


def flow_page(
    where: Mapping[str, Any], *, by: Member, limit: int, after: str | None = None
) -> FlowPage:
    """Items in progress, in review or blocked now, those that were begun first before others."""
    by.require(FLOW_READ)
    with answered():
        found = flows.flow(sink(by.organization), dict(where), now=timezone.now().astimezone(UTC))
    bound = {name: sorted(map(str, ids)) for name, ids in where.items()}
    places = Places(by.organization.id, "flow", bound)
    return FlowPage(found, page_of(found.items.to_dicts(), _place, places, limit, after), by)


def _place(row: Cells) -> list[Any]:
    """The oldest first, whenever it is asked: ages grow alike."""
    return [row["wip_since"].isoformat(), row["work_item_id"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be foretold.

    items  how many; None: all that are open now
    until  how many will be done by the end of that day; None: nobody asks
    """

    where: Mapping[str, Any] = field(default_factory=dict)
    items: int | None = None
    until: date | None = None
    history_days: int = forecasts.HISTORY

    def __post_init__(self) -> None:
        if self.items is not None and not 0 <= self.items <= MOST_ITEMS:
            raise BadRequest(f"`items` is from 0 to {MOST_ITEMS:,}.", code="invalid_items")
        if not LEAST_DAYS <= self.history_days <= MOST_DAYS:
            raise BadRequest(
                f"The history is from {LEAST_DAYS} to {MOST_DAYS} days.", code="invalid_days"
            )


@dataclass(frozen=True, slots=True)
class Forecast:
    """When `items` will be done, and how many by `until`. Both empty: `reason` says why."""

    asked: Asked
    items: int
    history: Throughput
    when: Sequence[Reach] = ()
    how_many: Sequence[Yield] = ()

    @property
    def reason(self) -> str | None:
        return self.history.reason


def forecast(asked: Asked, *, by: Member) -> Forecast:
    """By three queries of the store at most. Raises `BadRequest` for a day that no run reaches."""
    by.require(FORECAST_READ)
    here, where = sink(by.organization), dict(asked.where)
    today = timezone.now().astimezone(UTC).date()
    with answered():
        history = forecasts.throughput(here, where, today=today, history_days=asked.history_days)
        items = forecasts.items_open(here, where) if asked.items is None else asked.items
        if history.reason:
            return Forecast(asked, items, history)
        how_many = history.how_many(asked.until) if asked.until else ()
        return Forecast(asked, items, history, history.when(items), how_many)


@contextmanager
def answered() -> Iterator[None]:
    """What has no answer is told as both APIs tell it."""
    try:
        yield
    except Unanswerable as error:
        kind = BadRequest if error.code == "no_such_day" else Unprocessable
        raise kind(str(error), code=error.code) from error
