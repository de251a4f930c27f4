"""All newest rows of a class, out of one sink and into another, a batch at a time.

A line is a JSON object of a row's own columns, instants as ISO 8601 in UTC. What the store adds
stays behind: the sink that writes stamps its own organisation and version. Tombstones and versions
that are superseded do not go along.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import polars as pl

from devhealth.errors import Permanent
from devhealth.models.fields import DTYPES
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sinks.tables import Column, Row, table_of

INSTANT = "%Y-%m-%dT%H:%M:%S%.3fZ"


def frames(sink: Sink, cls: type[Row], size: int = BATCH_SIZE) -> Iterator[pl.DataFrame]:
    """In order of the key, so that no more than a batch is held."""
    after: Sequence[Any] | None = None
    names = list(table_of(cls).names)
    while (rows := sink.page(cls, after=after, limit=size)).height:
        yield rows.select(names)
        after = rows.select(cls.key).row(-1)
        if rows.height < size:
            return


def put(sink: Sink, cls: type[Row], rows: Iterable[pl.DataFrame]) -> int:
    """Write them; how many."""
    return sum(sink.write(each, cls) for each in rows)


def lines(cls: type[Row], rows: pl.DataFrame) -> str:
    """A line for each row."""
    plain = [_plain(each) for each in table_of(cls).columns]
    return rows.select(plain).write_ndjson()


def parsed(cls: type[Row], text: Iterable[str], size: int = BATCH_SIZE) -> Iterator[pl.DataFrame]:
    """What `lines` wrote, in batches. A column that it lacks is filled as in older rows.

    Raises `Permanent` for a column that the class does not have.
    """
    left = iter(text)
    while batch := list(islice(left, size)):
        yield _parsed(cls, batch)


def _parsed(cls: type[Row], batch: list[str]) -> pl.DataFrame:
    columns = table_of(cls).columns
    told = json.loads(batch[0]).keys()  # all lines of a table have the same
    if unknown := told - {each.name for each in columns}:
        raise Permanent(
            f"{cls.table} has no column {', '.join(sorted(unknown))}: a newer release wrote this."
        )
    schema = {each.name: _held(each) for each in columns if each.name in told}
    rows = pl.read_ndjson("".join(batch).encode(), schema=schema)
    return rows.select(_column(each, each.name in told) for each in columns)


def _held(column: Column) -> pl.DataType:
    dtype = DTYPES[column.kind]
    return pl.String() if column.kind in ("instant", "date") else dtype


def _plain(column: Column) -> pl.Expr:
    cell = pl.col(column.name)
    if column.kind == "instant":
        return cell.dt.strftime(INSTANT)
    return cell.cast(pl.String) if column.kind == "date" else cell


def _column(column: Column, is_told: bool) -> pl.Expr:
    dtype = DTYPES[column.kind]
    if not is_told:
        filler = str(column.filler) if column.kind == "uuid" and column.filler else column.filler
        return pl.lit(filler, dtype).alias(column.name)
    cell = pl.col(column.name)
    if column.kind == "instant":
        return cell.str.to_datetime(INSTANT, time_unit="ms", time_zone="UTC")
    return cell.str.to_date("%Y-%m-%d") if column.kind == "date" else cell.cast(dtype)
