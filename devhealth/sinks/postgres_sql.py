"""How PostgreSQL writes what `sql` leaves open, and how a batch gets from its temporary table into
the table: as an upsert, as newer versions, or as changes of a few columns.
"""

import zlib
from collections.abc import Sequence
from typing import Any

from devhealth.sinks import postgres_schema as schema
from devhealth.sinks.query import Bucket
from devhealth.sinks.sql import ORG, SUPERSEDED, Intervals, Statement
from devhealth.sinks.tables import Column, Kind, Table

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
        if kind == "instant":  # milliseconds: a text costs whoever reads it four times as much
            return f"(date_part('epoch', {column}) * 1000)::int8"
        return f"array_to_json({column})" if kind == "texts" else column

    def among(self, statement: Statement, column: str, kind: Kind, values: Sequence[Any]) -> str:
        # Ids, of which there are many, as one text: psycopg would quote each by itself.
        given = f"{{{','.join(map(str, values))}}}" if kind == "uuid" else list(values)
        return f"{column} = any(%({statement.hold(given)})s::{CASTS[kind]}[])"

    def has(self, column: str, bound: str) -> str:
        # Under another collation `lower` knows more letters than the other stores do.
        return f'position(lower({bound} collate "C") in lower({column} collate "C")) > 0'

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
        f"select %(org)s, %(version)s, {names}{value} from pg_temp.{arriving(table)} as arriving"
    )


def upsert(table: Table) -> str:
    """Records: the newer version wins, whatever the order of arrival."""
    key = ", ".join((ORG, *table.key))
    sets = ", ".join(
        f"{name} = excluded.{name}"
        for name in (*table.names, table.version)
        if name not in table.key
    )
    return (
        f"{_insert(table)} order by {', '.join(table.key)} "
        f"on conflict ({key}) do update set {sets} "
        f"where {table.name}.{table.version} <= excluded.{table.version}"
    )


def amend(part: Table) -> str:
    """In the order of keys, as upserts are, so that two writers do not wait for each other."""
    values = [name for name in part.names if name not in part.key]
    sets = ", ".join(f"{name} = arriving.{name}" for name in values)
    differs = " or ".join(f"stored.{name} is distinct from arriving.{name}" for name in values)
    return (
        f"update {schema.SCHEMA}.{part.name} as stored set {sets}, {part.version} = %(version)s "
        f"from (select * from pg_temp.{arriving(part)} order by {', '.join(part.key)}) as arriving "
        f"where {_same(part)} and stored.{part.version} <= %(version)s and ({differs})"
    )


def end_newest(table: Table) -> str:
    """Rollups: end the newest row of each key that arrives, unless it is as new."""
    return f"{_end(table)} and stored.{SUPERSEDED} is null"


def begin(table: Table) -> str:
    """Begin the rows that arrive. A unique violation: one of their keys has a row as new."""
    return _insert(table)


def are_known(table: Table) -> str:
    """Whether anything is stored from the first key that arrives to the last.

    Asked in order, without an `exists` that forgets it: else the planner may look for it through
    all that the table has.
    """
    key = table.columns[: len(table.key)]
    return (
        f"select true from {schema.SCHEMA}.{table.name} as stored "
        f"where stored.{ORG} = %(org)s and {_between(key)} and stored.{SUPERSEDED} is null "
        f"order by {', '.join(f'stored.{column.name}' for column in key)} limit 1"
    )


def put_between(table: Table) -> list[str]:
    """The same whatever is stored: end the row before, begin this one, up to a newer one."""
    newer = (
        f"select min(stored.{table.version}) from {schema.SCHEMA}.{table.name} as stored "
        f"where {_same(table)} and stored.{table.version} > %(version)s"
    )
    key = ", ".join((ORG, *table.key, table.version))
    return [
        f"{_end(table)} and (stored.{SUPERSEDED} is null or stored.{SUPERSEDED} > %(version)s)",
        f"{_insert(table, f', {SUPERSEDED}', f', ({newer})')} on conflict ({key}) do nothing",
    ]


def _end(table: Table) -> str:
    return (
        f"update {schema.SCHEMA}.{table.name} as stored set {SUPERSEDED} = %(version)s "
        f"from pg_temp.{arriving(table)} as arriving "
        f"where {_same(table)} and stored.{table.version} < %(version)s"
    )


def _same(table: Table) -> str:
    """The same key, which lies between the first and the last that arrive, and begins as one of
    these: else the planner may walk through all that the table has."""
    begin = table.columns[: min(len(table.key), 2)]
    return " and ".join(
        [
            f"stored.{ORG} = %(org)s",
            *(f"stored.{name} = arriving.{name}" for name in table.key),
            f"stored.{begin[0].name} = any(%(firsts)s::{CASTS[begin[0].kind]}[])",
            _between(begin),
        ]
    )


def _between(begin: Sequence[Column]) -> str:
    """Whether the first columns of a stored key lie between those of the ends that arrive."""
    names = ", ".join(f"stored.{column.name}" for column in begin)
    low, high = (
        ", ".join(f"%({end}{place})s::{CASTS[column.kind]}" for place, column in enumerate(begin))
        for end in ("low", "high")
    )
    return f"({names}) >= ({low}) and ({names}) <= ({high})"
