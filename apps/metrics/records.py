"""Records as lists: a filter on whole values, one window, an order, a keyset page of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import polars as pl

from apps.cursors import Places
from apps.errors import BadRequest, Unprocessable
from apps.metrics import entities, operations
from apps.metrics.entities import Page
from apps.metrics.identities import Known, known
from apps.metrics.services import Cells
from apps.metrics.store import sink
from apps.orgs.members import Member
from apps.orgs.operations import Operation
from devhealth.analytics.records import MOST_RECORDS
from devhealth.models.records import Identity, Record, Repository
from devhealth.sinks.conditions import Has
from devhealth.sinks.query import Order, page_order
from devhealth.sinks.tables import Kind, table_of

LONGEST = 200  # characters of a search


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """UTC days [since, until) of an instant of the records; null: open on that side."""

    at: str
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since >= self.until:
            raise BadRequest("The window is empty: `since` lies before `until`.", code="no_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which records. `where`: column → one value, the values of which it has one, or a condition.

    also  more of the same, which follow from records as they are now; cursors know what they follow
          from (`because`) and outlive them
    """

    cls: type[Record]
    operation: Operation
    order: tuple[Order, ...]
    where: Mapping[str, Any] = field(default_factory=dict)
    window: Window | None = None
    also: Mapping[str, Any] = field(default_factory=dict)
    because: Mapping[str, Any] = field(default_factory=dict)

    @property
    def full_order(self) -> tuple[Order, ...]:
        return page_order(self.cls, self.order)

    def place(self, row: Cells) -> list[Any]:
        return [row[name] for name, _ in self.full_order]

    def places(self, organization_id: UUID) -> Places:
        """The cursors of this question, asked by this organisation."""
        given = {**self.where, **self.because}
        where = {name: _sorted(value) for name, value in given.items()}
        bound = ("records", self.cls.table, where, str(self.window), self.full_order)
        return Places(organization_id, *bound)

    def typed(self, place: list[Any]) -> list[Any]:
        """A cursor's values as the store wants them."""
        table = table_of(self.cls)
        named = zip(self.full_order, place, strict=True)
        return [_typed(value, table.kind(name)) for (name, _), value in named]


def records_page(asked: Asked, *, by: Member, limit: int, after: str | None = None) -> Page[Cells]:
    """At most `limit` records in their order, nulls last, by one query of the store."""
    by.require(asked.operation)
    places, window = asked.places(by.organization.id), asked.window
    frame = sink(by.organization).page(
        asked.cls,
        {**asked.where, **asked.also},
        asked.order,
        asked.typed(places.read(after)) if after else None,
        limit + 1,
        since=window.since if window else None,
        until=window.until if window else None,
        at=window.at if window else None,
    )
    return Page(frame.head(limit).to_dicts(), frame.height > limit, places, asked.place)


def given(**values: Any) -> dict[str, Any]:
    """A filter of what was asked for; None: was not."""
    return {name: value for name, value in values.items() if value is not None}


def found_by(text: str) -> Has | None:
    """A search. None: for nothing. Raises `BadRequest` for one that is too long."""
    if len(text) > LONGEST:
        raise BadRequest(f"A search has at most {LONGEST} characters.", code="invalid_search")
    return Has(text.strip()) if text.strip() else None


def window_of(at: str, since: date | None, until: date | None) -> Window | None:
    """None: any day will do."""
    return Window(at=at, since=since, until=until) if since or until else None


def read_of(
    cls: type[Record], keys: Collection[tuple[Any, ...]], names: tuple[str, ...], by: Member
) -> Mapping[tuple[Any, ...], list[Cells]]:
    """All records whose columns `names` hold one of these keys, by key; one query of the store.

    A store tests columns one by one: what else it finds is left aside.
    """
    columns = zip(*keys, strict=True) if keys else [()] * len(names)
    where = {name: sorted(set(each)) for name, each in zip(names, columns, strict=True)}
    found = sink(by.organization).read(cls, where=where, limit=MOST_RECORDS + 1)
    rows: dict[tuple[Any, ...], list[Cells]] = defaultdict(list)
    for row in require_few(found, cls, "ask for a shorter page.").to_dicts():
        if (key := tuple(row[name] for name in names)) in keys:
            rows[key].append(row)
    return rows


def require_few(found: pl.DataFrame, cls: type[Record], instead: str) -> pl.DataFrame:
    """Of a read with the limit `MOST_RECORDS + 1`. Raises `Unprocessable`: nothing is cut."""
    if found.height > MOST_RECORDS:
        raise Unprocessable(
            f"More than {MOST_RECORDS:,} rows of {cls.table} are behind this: {instead}",
            code="too_many_records",
        )
    return found


class Beside:
    """What records of a page are of: repositories and people, each kind by one query for all of
    them, once somebody asks."""

    def __init__(self, by: Member, rows: list[Cells], person: str | None = None) -> None:
        """`person` is the column that says who."""
        self.by = by
        self.now = entities.Now()
        self._repositories = {row["repo_id"] for row in rows}
        self._people = {row[person] for row in rows} if person else set()

    def repository(self, repo_id: str) -> Cells | None:
        """Null: it is of none, or not stored any more."""
        return self._found_repositories.get(repo_id)

    def full_name(self, repo_id: str) -> str | None:
        found = self.repository(repo_id)
        return str(found["full_name"]) if found else None

    def name(self, author_id: str) -> str | None:
        """As evidence has it. Null: not in the directory."""
        found = self._found_people.get(author_id)
        return str(found["name"] or found["handle"] or "") if found else None

    def person(self, author_id: str) -> Known | None:
        """All that is known of them, for who may read the directory."""
        self.by.require(operations.IDENTITIES_READ)
        return self._known.get(author_id)

    @cached_property
    def _found_repositories(self) -> dict[str, Cells]:
        keys = [(each,) for each in sorted(self._repositories)]
        return {row["repo_id"]: row for row in self._get(Repository, keys)}

    @cached_property
    def _found_people(self) -> dict[str, Cells]:
        keys = [(each,) for each in sorted(self._people)]
        return {row["author_id"]: row for row in self._get(Identity, keys)}

    @cached_property
    def _known(self) -> dict[str, Known]:
        return {each.author_id: each for each in known(self._found_people.values())}

    def _get(self, cls: type[Record], keys: list[tuple[str]]) -> list[Cells]:
        return sink(self.by.organization).get(cls, keys).to_dicts()


def _typed(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == "instant":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind == "date" else value


def _sorted(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list | tuple) else str(value)
