"""Reading metrics: what REST and GraphQL both ask."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.cursors import Places
from apps.errors import BadRequest
from apps.metrics.operations import METRICS_READ
from apps.metrics.store import sink
from apps.orgs.services import Member
from devhealth.models.records import Identity
from devhealth.models.rollups import Rollup
from devhealth.sinks import Sink
from devhealth.sinks.query import Order, page_order
from devhealth.sinks.tables import table_of

BY_DAY: tuple[Order, ...] = (("day", "asc"),)
DEFAULT_DAYS = 30
MOST_DAYS = 366

Cells = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Rows of a rollup: days [since, until), a filter on its key, a moment of the past.

    Without a window: the last 30 days, today included. A table with populations counts `people`
    unless the filter says otherwise.
    """

    rollup: type[Rollup]
    since: date | None = None
    until: date | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    as_of: datetime | None = None

    def filter(self) -> dict[str, Any]:
        default = {"population": "people"} if "population" in self.rollup.key else {}
        return default | dict(self.where)

    def window(self) -> tuple[date, date]:
        """Raises `BadRequest` for an empty window and for more than 366 days."""
        until = self.until or shift(timezone.now().astimezone(UTC).date(), 1)
        since = self.since or shift(until, -DEFAULT_DAYS)
        if since >= until:
            raise BadRequest("The window is empty: `since` lies before `until`.", code="no_days")
        if (until - since).days > MOST_DAYS:
            raise BadRequest(f"At most {MOST_DAYS} days in one question.", code="too_many_days")
        return since, until

    def moment(self) -> datetime | None:
        """`as_of` in UTC. Raises `BadRequest` beyond the calendar."""
        try:
            return self.as_of and self.as_of.astimezone(UTC)
        except OverflowError as error:
            raise BadRequest("`as_of` is no instant that we know.", code="no_such_day") from error

    def places(self, organization_id: UUID) -> Places:
        """The cursors of this question, asked by this organisation."""
        where = {name: _sorted(value) for name, value in self.filter().items()}
        bound = (self.rollup.table, self.since, self.until, where, self.moment(), BY_DAY)
        return Places(organization_id, *bound)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in order, and the way to name the place after each."""

    asked: Asked
    places: Places
    window: tuple[date, date]
    rows: Sequence[Cells]
    has_next: bool

    def cursor(self, row: Cells) -> str:
        """The window goes with it: pages asked for after midnight continue the same one."""
        order = page_order(self.asked.rollup, BY_DAY)
        return self.places.write([*self.window, *(row[name] for name, _ in order)])

    @property
    def next_cursor(self) -> str | None:
        return self.cursor(self.rows[-1]) if self.has_next else None

    @property
    def computed_at(self) -> datetime | None:
        """The newest of the page's rows. Null: no rows."""
        return max((row[self.asked.rollup.version] for row in self.rows), default=None)


def metrics_page(
    asked: Asked, *, by: Member, limit: int, after: str | None = None, here: Sink | None = None
) -> Page:
    """At most `limit` rows by day and key, by one query of the store. `here`: the organisation's
    own sink, for who is not inside any more."""
    by.require(METRICS_READ)
    places = asked.places(by.organization.id)
    window, place = _place(asked, places.read(after)) if after else (asked.window(), None)
    frame = (here or sink(by.organization)).page(
        asked.rollup,
        asked.filter(),
        BY_DAY,
        place,
        limit + 1,
        since=window[0],
        until=window[1],
        as_of=asked.moment(),
    )
    return Page(asked, places, window, frame.head(limit).to_dicts(), frame.height > limit)


def identities(ids: Iterable[str], *, by: Member) -> dict[str, Cells]:
    """Names and addresses by author, by one query of the store; a login where there is no name."""
    by.require(METRICS_READ)
    frame = sink(by.organization).get(Identity, [(each,) for each in sorted(set(ids))])
    rows = frame.to_dicts()
    return {row["author_id"]: row | {"name": row["name"] or row["handle"] or ""} for row in rows}


def shift(day: date, days: int) -> date:
    """Some days later. Raises `BadRequest` beyond the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError as error:
        raise BadRequest(f"{day} is no day to count from.", code="no_such_day") from error


def _place(asked: Asked, values: list[Any]) -> tuple[tuple[date, date], list[Any]]:
    """A cursor's values as the store wants them: its window, the row to go on after."""
    since, until, *place = values
    table = table_of(asked.rollup)
    kinds = [table.kind(name) for name, _ in page_order(asked.rollup, BY_DAY)]
    typed = [
        date.fromisoformat(value) if kind == "date" else value
        for kind, value in zip(kinds, place, strict=True)
    ]
    return (date.fromisoformat(since), date.fromisoformat(until)), typed


def _sorted(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list | tuple) else str(value)
