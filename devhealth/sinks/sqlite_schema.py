"""SQLite's tables; the same classes as everywhere, additive changes only."""

import json
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any

from devhealth.models.rollups import Rollup
from devhealth.sinks import migration
from devhealth.sinks.migration import Stored, missing
from devhealth.sinks.query import summed_columns
from devhealth.sinks.sql import ORG, SUPERSEDED
from devhealth.sinks.tables import Column, Kind, Row, Table, table_of
from devhealth.sinks.values import milliseconds

TYPES: dict[Kind, str] = {
    "uuid": "text",
    "text": "text",
    "int": "integer",
    "float": "real",
    "bool": "integer",
    "instant": "integer",
    "date": "text",
    "texts": "text",
}


def _texts(value: list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)


CELLS: Mapping[Kind, Callable[[Any], Any]] = {
    "uuid": str,
    "instant": milliseconds,
    "date": date.isoformat,
    "texts": _texts,
}


def cell(value: Any, kind: Kind) -> Any:
    """A value of `values` as SQLite stores it."""
    stored = CELLS.get(kind)
    return value if value is None or stored is None else stored(value)


# What no additive change can express, oldest first; a step is never edited once released.
STEPS: tuple[str, ...] = ()


@cache
def fingerprint(classes: tuple[type[Row], ...]) -> str:
    """Changes whenever the classes or the steps do."""
    return migration.fingerprint([statements(cls) for cls in classes], STEPS)


def migrate(connection: sqlite3.Connection, classes: tuple[type[Row], ...]) -> None:
    """Bring every table to today's shape, in the caller's transaction."""
    connection.execute(
        "create table if not exists schema_state "
        "(only_one integer primary key check (only_one = 1), step integer not null, "
        "fingerprint text not null)"
    )
    connection.execute(f"create table if not exists organisations ({ORG} text primary key)")
    done = connection.execute("select step from schema_state").fetchone()
    for step in migration.steps_to_take(STEPS, done[0] if done else None):
        connection.execute(step)
    stored = _stored_columns(connection)
    for cls in classes:
        create, *rest = statements(cls)
        connection.execute(create)
        table = table_of(cls)
        for column in missing(table, stored) if table.name in stored else []:
            connection.execute(_added(connection, table, column))
        for statement in rest:
            connection.execute(statement)
        for index in _outdated(connection, cls):
            connection.execute(f"drop index {index}")
    connection.execute(
        "insert into schema_state values (1, ?, ?) on conflict (only_one) do update "
        "set step = excluded.step, fingerprint = excluded.fingerprint",
        (len(STEPS), fingerprint(classes)),
    )


def is_current(connection: sqlite3.Connection, classes: tuple[type[Row], ...]) -> bool:
    stored = _stored_columns(connection)
    if not {"schema_state", "organisations"} <= stored.keys():
        return False
    if any(missing(table_of(cls), stored) for cls in classes):
        return False
    found = connection.execute("select fingerprint from schema_state").fetchone()
    return found is not None and found[0] == fingerprint(classes)


def statements(cls: type[Row]) -> list[str]:
    """A table and the indexes that make its reads cheap."""
    table = table_of(cls)
    key = ", ".join((ORG, *table.key, *([table.version] if table.is_rollup else [])))
    stamps = [f"{ORG} text not null", f"{table.version} integer not null"]
    own = [_declared(column) for column in table.columns]
    superseded = [f"{SUPERSEDED} integer"] if table.is_rollup else []
    body = ", ".join([*stamps, *own, *superseded])
    return [
        f"create table if not exists {table.name} ({body}, primary key ({key})) without rowid",
        *(_currents(cls, table) if issubclass(cls, Rollup) else _by_instants(cls, table)),
    ]


def _currents(cls: type[Rollup], table: Table) -> list[str]:
    """One newest row of a key, and all that sums need of it: else they would read each version."""
    key = (ORG, *table.key)
    # SQLite tests the condition of a partial index again, so `superseded_at` stands in it, too.
    summed = ", ".join((*key, "is_empty", *summed_columns(cls), SUPERSEDED))
    sums = f"{table.name}_sums_{zlib.crc32(summed.encode()):08x}"
    return [
        f"create unique index if not exists {table.name}_current on {table.name} "
        f"({', '.join(key)}) where {SUPERSEDED} is null",
        f"create index if not exists {sums} on {table.name} ({summed}) where {SUPERSEDED} is null",
    ]


def _outdated(connection: sqlite3.Connection, cls: type[Row]) -> list[str]:
    """Indexes of sums of an earlier shape: others stand in their place."""
    table, wanted = table_of(cls), " ".join(statements(cls))
    found = connection.execute(
        "select name from sqlite_master where type = 'index' and tbl_name = ?", (table.name,)
    )
    names = [name for (name,) in found if name.startswith(f"{table.name}_sums_")]
    return [name for name in names if name not in wanted]


def _by_instants(cls: type[Row], table: Table) -> list[str]:
    return [
        f"create index if not exists {table.name}_{instant} on {table.name} "
        f"({ORG}, {cls.partition}, {instant})"
        for instant in table.instants
    ]


def _declared(column: Column) -> str:
    return f"{column.name} {TYPES[column.kind]}" + ("" if column.nullable else " not null")


def _stored_columns(connection: sqlite3.Connection) -> Stored:
    found = connection.execute(
        "select tables.name, columns.name from sqlite_master as tables "
        "join pragma_table_info(tables.name) as columns where tables.type = 'table'"
    )
    stored: dict[str, set[str]] = defaultdict(set)
    for table, column in found:
        stored[table].add(column)
    return stored


def _added(connection: sqlite3.Connection, table: Table, column: Column) -> str:
    """Rows that stand already get the column's filler; later ones always bring a value."""
    filler = cell(column.filler, column.kind)
    (default,) = connection.execute("select quote(?)", (filler,)).fetchone()
    return f"alter table {table.name} add column {_declared(column)} default {default}"
