"""How PostgreSQL writes what `sql` leaves open, and how a batch gets from its temporary table into
the table: as an upsert, as newer versions, or as changes of a few columns.
"""

import zlib
from collections.abc import Sequence
from typing import Any

from devhealth.sinks import postgres_schema as schema
from devhealth.sinks.query import Bucket
from devhealth.sinks.sql import ORG, SUPERSEDED, Intervals, Statement
from devhealth.sinks.tables import Kind, Table

CASTS: dict[Kind, str] = {
    "uuid": "uuid",
    "text": "text",
    "int": "int8",
    "float": "float8",
    "bool": "bool",
    "instant": "timestamptz",
    "date": "date",
    "texts": "text[]",
}


class Postgres(Intervals):
    """How PostgreSQL writes what `sql` leaves open."""

    def placeholder(self, name: str, kind: Kind) -> str:
        return f"%({name})s::{CASTS[kind]}"

    def value(self, value: Any, kind: Kind) -> Any:
        return value

    def table(self, name: str) -> str:
        return f"{schema.SCHEMA}.{name}"

    def select(self, column: str, kind: Kind) -> str:
        return f"array_to_json({column})" if kind == "texts" else column

    def among(self, statement: Statement, column: str, kind: Kind, values: Sequence[Any]) -> str:
        return f"{column} = any(%({statement.hold(list(values))})s::{CASTS[kind]}[])"

    def keys_in(self, statement: Statement, table: Table, keys: Sequence[Sequence[Any]]) -> str:
        columns = []
        for name, values in zip(table.key, zip(*keys, strict=True), strict=True):
            bound = [statement.bind(value, table.kind(name)) for value in values]
            columns.append(f"array[{', '.join(bound)}]")
        return f"({', '.join(table.key)}) in (select * from unnest({', '.join(columns)}))"

    def bucket(self, bucket: Bucket, column: str) -> str:
        if bucket == "week":
            # A quarter of date_trunc's cost. The first day of all was a Monday.
            return f"({column} - mod({column} - date '0001-01-01', 7))"
        return f"date_trunc('{bucket}', {column}::timestamp)::date"

    def integer(self, expression: str) -> str:
        return f"({expression})::bigint"

    def number(self, expression: str) -> str:
        return f"({expression})::double precision"


def arriving(table: Table) -> str:
    """The temporary table of a connection; named by shape, since connections outlive migrations."""
    shape = " ".join(f"{column.name} {column.kind}" for column in table.columns)
    return f"arriving_{table.name[:40]}_{zlib.crc32(shape.encode()):08x}"


def _insert(table: Table, extra: str = "", value: str = "") -> str:
    names = ", ".join(table.names)
    return (
        f"insert into {schema.SCHEMA}.{table.name} ({ORG}, {table.version}, {names}{extra}) "
        f"select %(org)s, %(version)s, {names}{value} from pg_temp.{arriving(table)} as arriving "
        f"order by {', '.join(table.key)} "
    )


def upsert(table: Table) -> list[str]:
    """Records: the newer version wins, whatever the order of arrival."""
    key = ", ".join((ORG, *table.key))
    sets = ", ".join(
        f"{name} = excluded.{name}"
        for name in (*table.names, table.version)
        if name not in table.key
    )
    return [
        f"{_insert(table)} on conflict ({key}) do update set {sets} "
        f"where {table.name}.{table.version} <= excluded.{table.version}"
    ]


def amend(part: Table) -> str:
    """In the order of keys, as upserts are, so that two writers do not wait for each other."""
    stored, first = f"{schema.SCHEMA}.{part.name}", part.columns[0]
    values = [name for name in part.names if name not in part.key]
    sets = ", ".join(f"{name} = arriving.{name}" for name in values)
    differs = " or ".join(f"stored.{name} is distinct from arriving.{name}" for name in values)
    same = " and ".join(f"stored.{name} = arriving.{name}" for name in part.key)
    return (
        f"update {stored} as stored set {sets}, {part.version} = %(version)s "
        f"from (select * from pg_temp.{arriving(part)} order by {', '.join(part.key)}) as arriving "
        f"where stored.{ORG} = %(org)s and {same} "
        f"and stored.{first.name} = any(%(firsts)s::{CASTS[first.kind]}[]) "
        f"and stored.{part.version} <= %(version)s and ({differs})"
    )


def supersede(table: Table) -> list[str]:
    """Rollups: end the row before, begin this one, up to a newer one if that came first.

    Where its key begins like one that arrives: else the planner may walk through the whole table.
    """
    stored, first = f"{schema.SCHEMA}.{table.name}", table.columns[0]
    same = " and ".join(
        [f"stored.{ORG} = %(org)s", *(f"stored.{name} = arriving.{name}" for name in table.key)]
    )
    return [
        f"update {stored} as stored set {SUPERSEDED} = %(version)s "
        f"from pg_temp.{arriving(table)} as arriving "
        f"where {same} and stored.{first.name} = any(%(firsts)s::{CASTS[first.kind]}[]) "
        f"and stored.{table.version} < %(version)s "
        f"and (stored.{SUPERSEDED} is null or stored.{SUPERSEDED} > %(version)s)",
        _insert(
            table,
            f", {SUPERSEDED}",
            f", (select min(stored.{table.version}) from {stored} as stored "
            f"where {same} and stored.{table.version} > %(version)s)",
        )
        + f"on conflict ({', '.join((ORG, *table.key, table.version))}) do nothing",
    ]
