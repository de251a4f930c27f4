"""GraphQL: one connection for each rollup table."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import Enum
from typing import Any, Generic
from uuid import UUID

import strawberry
from strawberry.relay import PageInfo
from strawberry.types import Info

from apps.cost import Cost
from apps.errors import BadRequest
from apps.metrics.authors import Authors
from apps.metrics.definitions import describe, rollups_by_table
from apps.metrics.nodes import Edge, Node, edges_of, has_authors, node_type, page_info
from apps.metrics.services import Asked, Page, shift
from apps.metrics.telling import APART, is_of_people, rows_page
from apps.orgs.services import Member
from devhealth.models.rollups import Rollup
from devhealth.sinks.tables import Kind, table_of

MOST_ROWS = 1000


@strawberry.enum(description="Whose work counts.")
class Population(Enum):
    PEOPLE = strawberry.enum_value("people", description="Bots left out.")
    ALL = strawberry.enum_value("all", description="Bots included.")


@strawberry.input(description="UTC calendar days, both ends included.")
class DateRangeInput:
    start_date: date
    end_date: date


@strawberry.input(description="Which rows. An id that is not of your organisation matches none.")
class MetricsDailyFilter:
    range: DateRangeInput
    repository_ids: list[strawberry.ID] | None = None
    person_ids: list[strawberry.ID] | None = None
    team_ids: list[strawberry.ID] | None = None
    paths: list[str] | None = strawberry.field(
        default=None, description="Whole paths of files, as they are stored."
    )
    work_scope_ids: list[strawberry.ID] | None = None
    providers: list[str] | None = None
    themes: list[str] | None = None
    subcategories: list[str] | None = None
    statuses: list[str] | None = None
    population: Population | None = strawberry.field(
        default=None, description="Default: PEOPLE, in tables that tell them apart."
    )
    as_of: datetime | None = strawberry.field(
        default=None, description="As the rows were at this instant. Default: now."
    )


COLUMNS = {
    "repository_ids": "repo_id",
    "person_ids": "author_id",
    "team_ids": "team_id",
    "paths": "path",
    "work_scope_ids": "work_scope_id",
    "providers": "provider",
    "themes": "work_theme",
    "subcategories": "work_subcategory",
    "statuses": "status",
    "population": "population",
}


def asked_of(rollup: type[Rollup], given: MetricsDailyFilter) -> Asked:
    return Asked(
        rollup=rollup,
        since=given.range.start_date,
        until=shift(given.range.end_date, 1),
        where=dict(conditions(rollup, given)),
        as_of=given.as_of,
    )


def conditions(rollup: type[Rollup], given: MetricsDailyFilter) -> Iterable[tuple[str, Any]]:
    for name, column in COLUMNS.items():
        value = getattr(given, name)
        if value is None:
            continue
        if column not in rollup.key:
            raise BadRequest(f"{rollup.table} knows no {column} to filter on.", code="no_filter")
        yield column, wanted(value, table_of(rollup).kind(column))


def wanted(value: Any, kind: Kind) -> Any:
    """What a filter names, as a store is asked for it."""
    if isinstance(value, Population):
        return value.value
    return uuids(value) if kind == "uuid" else list(value)


def uuids(ids: Iterable[str]) -> list[UUID]:
    """Raises `BadRequest` for what is no id at all."""
    try:
        return [UUID(each) for each in ids]
    except ValueError as error:
        raise BadRequest("An id here is a UUID.", code="malformed_id") from error


def require_size(first: int, most: int = MOST_ROWS) -> int:
    if not 1 <= first <= most:
        raise BadRequest(f"`first` is from 1 to {most}.", code="invalid_first")
    return first


@strawberry.type(description="Rows in order of day and key.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]]
    nodes: list[Node]
    page_info: PageInfo
    computed_at: datetime | None = strawberry.field(
        description="Newest of these rows. Null: no rows."
    )


def connection_of(node: type[Any], page: Page, after: str | None, by: Member) -> Connection[Any]:
    extra: dict[str, Any] = {}
    if has_authors(page.asked.rollup):
        extra["authors"] = Authors((row["author_id"] for row in page.rows), by)
    nodes = [node(**row, **extra) for row in page.rows]
    return Connection(
        edges=edges_of(page, nodes),
        nodes=nodes,
        page_info=page_info(page, after),
        computed_at=page.computed_at,
    )


def resolver(rollup: type[Rollup], node: type[Any]) -> Callable[..., Connection[Any]]:
    def read_rows(
        info: Info,
        filter: MetricsDailyFilter,
        org_id: str | None = None,
        first: int = 200,
        after: str | None = None,
    ) -> Any:
        member: Member = info.context.member
        member.require_claim(org_id)
        page = rows_page(
            asked_of(rollup, filter), by=member, limit=require_size(first), after=after
        )
        return connection_of(node, page, after, member)

    return read_rows


def query_type() -> type[Any]:
    """`repo_metrics_daily` → the field `repoMetricsDaily`; one for each rollup class."""
    members: dict[str, Any] = {}
    for table, rollup in rollups_by_table().items():
        node = node_type(rollup)
        members[table] = strawberry.field(
            resolver=resolver(rollup, node),
            graphql_type=Connection[node],  # type: ignore[valid-type]
            description=f"{describe(rollup)} Rows in order of day and key.{told_apart(rollup)}",
            metadata={"cost": Cost(questions=3 if is_of_people(rollup) else 1)},
        )
    return strawberry.type(type("MetricsQuery", (), members))


def told_apart(rollup: type[Rollup]) -> str:
    return f" {APART}" if is_of_people(rollup) else ""


MetricsQuery = query_type()
