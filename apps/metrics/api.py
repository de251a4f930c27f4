"""REST: rows of every rollup table, one route each, generated from the rollup classes."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Literal, get_type_hints
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime, create_model

from apps.metrics.definitions import definitions, describe, rollups_by_table
from apps.metrics.services import Asked
from apps.metrics.telling import APART, every_row, is_of_people, rows_page
from apps.rest import PageOut, PageQuery, page_out
from apps.streams import CSV, JSON, NDJSON, asked_for, csv_lines, json_lines, streamed
from devhealth.models.rollups import Rollup
from devhealth.sinks.tables import Kind, table_of

router = Router(tags=["metrics"])

FILTERS: dict[Kind, Any] = {"uuid": list[UUID], "text": list[str]}
SUFFIXES = {CSV: "csv", NDJSON: "ndjson"}
STREAMS = "`Accept: text/csv` or `application/x-ndjson` has all rows at once, without pages."
NEWEST: Any = (datetime | None, Field(description="Newest of these rows. Null: none."))


class RowsQuery(PageQuery):
    """What every table can be asked for; a table adds the columns of its key."""

    since: date | None = Field(None, description="First day. Default: 30 days before `until`.")
    until: date | None = Field(None, description="Day after the last. Default: tomorrow (UTC).")
    as_of: AwareDatetime | None = Field(None, description="As the rows were at this instant.")


def row_schema(rollup: type[Rollup]) -> type[Schema]:
    """One row, every column with its definition."""
    texts, hints = definitions(rollup), get_type_hints(rollup)
    columns: dict[str, Any] = {
        name: (hints.get(name, datetime), Field(description=texts[name]))
        for name in columns_of(rollup)
    }
    return create_model(rollup.__name__, __base__=Schema, __doc__=describe(rollup), **columns)


def rows_query(rollup: type[Rollup]) -> type[RowsQuery]:
    """The table's parameters: those of all, and a filter for each column of its key."""
    texts, table = definitions(rollup), table_of(rollup)
    filters: dict[str, Any] = {
        name: (FILTERS[table.kind(name)], Field([], description=texts[name], max_length=200))
        for name in filter_names(rollup)
    }
    if "population" in filters:
        filters["population"] = (
            Literal["people", "all"],
            Field("people", description=texts["population"]),
        )
    return create_model(f"{rollup.__name__}Query", __base__=RowsQuery, **filters)


def filter_names(rollup: type[Rollup]) -> list[str]:
    return [name for name in rollup.key if name != "day"]


def asked_of(rollup: type[Rollup], query: Any) -> Asked:
    where = {name: getattr(query, name) for name in filter_names(rollup)}
    return Asked(
        rollup=rollup,
        since=query.since,
        until=query.until,
        where={name: value for name, value in where.items() if value},
        as_of=query.as_of,
    )


def reader(rollup: type[Rollup]) -> Callable[..., dict[str, Any]]:
    """The endpoint of one table."""

    def read_rows(request: HttpRequest, response: HttpResponse, asked: Any) -> Any:
        wanted, kind = asked_of(rollup, asked), asked_for(request)
        if kind != JSON:
            rows = every_row(wanted, by=request.auth)
            return streamed(lines_of(rollup, kind, rows), kind, f"{rollup.table}.{SUFFIXES[kind]}")
        patch_vary_headers(response, ["Accept"])
        page = rows_page(wanted, by=request.auth, limit=asked.limit, after=asked.cursor)
        return page_out(request, response, page) | {"computed_at": page.computed_at}

    read_rows.__annotations__["asked"] = Query[rows_query(rollup)]  # type: ignore[misc]
    apart = f" {APART}" if is_of_people(rollup) else ""
    read_rows.__doc__ = f"{describe(rollup)} In order of day and key.{apart}\n\n{STREAMS}"
    return read_rows


def lines_of(rollup: type[Rollup], kind: str, rows: Iterator[Any]) -> Iterator[str]:
    """Rows in the columns of their schema."""
    columns = columns_of(rollup)
    if kind == CSV:
        return csv_lines(columns, ([row[name] for name in columns] for row in rows))
    return json_lines({name: row[name] for name in columns} for row in rows)


def columns_of(rollup: type[Rollup]) -> list[str]:
    return [*table_of(rollup).names, rollup.version]


def streams_of(rollup: type[Rollup]) -> dict[str, Any]:
    """What OpenAPI is told beside the page."""
    text = {"schema": {"type": "string"}}
    row = {"schema": {"$ref": f"#/components/schemas/{rollup.__name__}"}}
    return {"responses": {200: {"content": {CSV: text, NDJSON: row}}}}


def add_table(rollup: type[Rollup]) -> None:
    row = row_schema(rollup)
    page = PageOut[row]  # type: ignore[valid-type]
    rows = create_model(f"{rollup.__name__}Page", __base__=page, computed_at=NEWEST)
    short = rollup.table.removesuffix("_daily")
    for path, shown in ((rollup.table, True), (short, False)):
        router.get(
            f"/metrics/{path}",
            response=rows,
            operation_id=f"read_{path}",
            summary=f"Rows of {rollup.table}",
            include_in_schema=shown,
            openapi_extra=streams_of(rollup),
        )(reader(rollup))


for _rollup in rollups_by_table().values():
    add_table(_rollup)
