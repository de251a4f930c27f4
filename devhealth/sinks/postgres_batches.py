"""A batch on its way into its temporary table: value by value, or a frame as CSV.

polars writes CSV without a step for each value, at a fifth of what the other way costs. It is for
frames that are already as every store holds them (`values`), which is what a compute makes;
whatever else is given goes value by value, and is converted or refused there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl
import psycopg

from devhealth.sinks import postgres_schema as schema
from devhealth.sinks.postgres_sql import CASTS, arriving
from devhealth.sinks.tables import DTYPES, Column, Kind, Table
from devhealth.sinks.values import EARLIEST, LATEST, distinct

NULL = r"\N"
UNHELD = r"\x00|\\\.|^\\N$"  # NUL, what ends a COPY, and what is read as null
UUIDS = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Batch(Protocol):
    """Rows of one table, each key once."""

    table: Table

    def copy(self, connection: psycopg.Connection) -> int:
        """Into the temporary table; how many rows."""
        ...

    def ends(self) -> dict[str, Any]:
        """What `postgres_sql` names of it: its first and its last key, and what keys begin as."""
        ...


@dataclass(frozen=True, slots=True)
class Values(Batch):
    """Column by column, as `values.columns_of` gives them."""

    table: Table
    columns: Sequence[Sequence[Any]]

    def copy(self, connection: psycopg.Connection) -> int:
        cursor = _prepared(connection, self.table)
        with cursor.copy(_copying(self.table, "format binary")) as copy:
            copy.set_types([CASTS[column.kind] for column in self.table.columns])
            for row in distinct(self.table, self.columns):
                copy.write_row(row)
        return cursor.rowcount

    def ends(self) -> dict[str, Any]:
        keys = list(zip(*self.columns[: len(self.table.key)], strict=True))
        return _ends(min(keys), max(keys), set(self.columns[0]))


@dataclass(frozen=True, slots=True)
class Held(Batch):
    """A frame for which `is_held`."""

    table: Table
    rows: pl.DataFrame

    def copy(self, connection: psycopg.Connection) -> int:
        cursor = _prepared(connection, self.table)
        csv = self.rows.select(self.table.names).write_csv(include_header=False, null_value=NULL)
        with cursor.copy(_copying(self.table, f"format csv, null '{NULL}'")) as copy:
            copy.write(csv)
        return cursor.rowcount

    def ends(self) -> dict[str, Any]:
        keys = self.rows.select(self.table.key)
        return _ends(
            _end(keys, pl.Series.min), _end(keys, pl.Series.max), keys.to_series().unique()
        )


def _end(keys: pl.DataFrame, outermost: Callable[[pl.Series], Any]) -> Sequence[Any]:
    """The first or the last key: of those that begin so, column after column."""
    for name in keys.columns:
        keys = keys.filter(pl.col(name) == outermost(keys[name]))
    return keys.row(0)


def _ends(low: Sequence[Any], high: Sequence[Any], firsts: Any) -> dict[str, Any]:
    lows = {f"low{place}": value for place, value in enumerate(low)}
    highs = {f"high{place}": value for place, value in enumerate(high)}
    return {"firsts": list(firsts), **lows, **highs}


def _prepared(connection: psycopg.Connection, table: Table) -> psycopg.Cursor:
    # As the table's own: texts are compared by bytes, which sorts them in half the time or less.
    columns = ", ".join(f"{column.name} {schema.TYPES[column.kind]}" for column in table.columns)
    connection.execute(
        f"create temporary table if not exists {arriving(table)} ({columns}) on commit delete rows"
    )
    return connection.cursor()


def _copying(table: Table, how: str) -> str:
    return f"copy pg_temp.{arriving(table)} from stdin ({how})"


def is_held(table: Table, rows: pl.DataFrame) -> bool:
    """Whether all values are as every store holds them, and each key comes once."""
    if not all(_has_kind(column, rows) for column in table.columns):
        return False
    tests = [_fits(column) for column in table.columns]
    return all(rows.select(tests).row(0)) and rows.select(table.key).is_unique().all()


def _has_kind(column: Column, rows: pl.DataFrame) -> bool:
    return (
        column.kind != "texts"
        and column.name in rows.columns
        and rows.schema[column.name] == DTYPES[column.kind]
        and (column.nullable or not rows[column.name].null_count())
    )


def _fits(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    test = TESTS[column.kind](value) if column.kind in TESTS else pl.lit(True)
    return test.all().alias(column.name)


def _is_text(value: pl.Expr) -> pl.Expr:
    return ~value.str.contains(UNHELD)


def _is_uuid(value: pl.Expr) -> pl.Expr:
    return value.unique().str.contains(UUIDS)


def _is_of_years(value: pl.Expr) -> pl.Expr:
    return value.dt.date().is_between(EARLIEST, LATEST)


TESTS: dict[Kind, Any] = {
    "text": _is_text,
    "uuid": _is_uuid,
    "float": lambda value: value.is_finite(),
    "instant": _is_of_years,
    "date": lambda value: value.is_between(EARLIEST, LATEST),
}
