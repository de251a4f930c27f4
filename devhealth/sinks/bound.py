"""What every sink that speaks SQL has in common: one organisation, `sql`'s statements."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import polars as pl

from devhealth.errors import Permanent, Unusable
from devhealth.models.records import Record
from devhealth.sinks import LEAST_SECONDS, MOST_SECONDS, aggregates, sql
from devhealth.sinks.query import Order, Query, page_order
from devhealth.sinks.spells import Spell
from devhealth.sinks.tables import DTYPES, Row, Table, table_of
from devhealth.sinks.values import YEARS, columns_of, plain

Schema = Mapping[str, pl.DataType]
Release = tuple[int, ...]

LOG = logging.getLogger("devhealth.sinks")


class SqlSink(ABC):
    """One organisation's rows; a store adds how it fetches, writes and erases."""

    dialect: sql.Dialect

    def __init__(self, org_id: UUID, version: datetime | None, read_timeout: float | None) -> None:
        self.org_id = org_id
        self.read_timeout = read_timeout
        self.version: datetime = plain(version or datetime.now(UTC), "instant")
        if self.version.year not in YEARS:
            raise Permanent(f"The clock says {self.version.year}, a year that no store keeps.")
        if read_timeout is not None and not LEAST_SECONDS <= read_timeout <= MOST_SECONDS:
            raise Permanent(f"A read is given from 0.001 s to a day, not {read_timeout} s.")

    @abstractmethod
    def fetch(self, asked: sql.Asked, schema: Schema) -> pl.DataFrame:
        """Run one statement; its columns are those of `schema`, in that order.

        The one door of all reads. The engine ends it after `read_timeout`, and then this raises
        `TooSlow` and leaves the connection as good as before.
        """

    @abstractmethod
    def put(self, table: Table, columns: Sequence[Sequence[Any]]) -> None:
        """Write a batch, given column by column, in one transaction."""

    @abstractmethod
    def change(self, cls: type[Record], part: Table, rows: pl.DataFrame) -> int:
        """`amend`, of a frame that has exactly the columns of a part of the class's table."""

    @abstractmethod
    def take_out(self, table: Table, chosen: sql.Asked) -> None:
        """Delete the rows for which a predicate holds, from all places that hold the table's."""

    @abstractmethod
    def erase(self) -> None: ...

    def remove(self, cls: type[Row], partition: UUID | str) -> None:
        chosen = sql.of_partition(self.dialect, cls, self.org_id, partition)
        self.take_out(table_of(cls), chosen)

    def write(self, rows: Sequence[Row] | pl.DataFrame, cls: type[Row] | None = None) -> int:
        if len(rows):
            table = table_of(class_of(rows, cls))
            self.put(table, columns_of(table, rows))
        return len(rows)

    def amend(self, rows: pl.DataFrame, cls: type[Record]) -> int:
        part = _amended(table_of(cls), rows.columns)
        return self.change(cls, part, rows) if rows.height else 0

    async def write_batch(self, rows: Sequence[Row] | pl.DataFrame) -> int:
        return await asyncio.to_thread(self.write, rows)

    def read(
        self,
        cls: type[Row],
        since: date | datetime | None = None,
        until: date | datetime | None = None,
        where: Mapping[str, Any] | None = None,
        *,
        at: str | None = None,
        columns: Sequence[str] | None = None,
        deleted: bool = False,
        limit: int | None = None,
        spells: Sequence[Spell] = (),
    ) -> pl.DataFrame:
        chosen = sql.Selection(
            org_id=self.org_id, since=since, until=until, where=where or {}, at=at, deleted=deleted,
            spells=spells,
        )  # fmt: skip
        asked = sql.select(self.dialect, cls, chosen, columns, limit)
        return self.fetch(asked, _schema(cls, columns))

    def latest(
        self,
        cls: type[Row],
        since: date | None = None,
        until: date | None = None,
        where: Mapping[str, Any] | None = None,
        *,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        chosen = sql.Selection(
            org_id=self.org_id, since=since, until=until, where=where or {}, as_of=as_of
        )
        return self.fetch(sql.select(self.dialect, cls, chosen, columns), _schema(cls, columns))

    def aggregate(self, query: Query) -> pl.DataFrame:
        table = table_of(query.rollup)
        schema: dict[str, pl.DataType] = {"bucket": DTYPES["date"]}
        schema |= {name: DTYPES[table.kind(name)] for name in (*query.by, *query.measures)}
        return self.fetch(aggregates.aggregate(self.dialect, query, self.org_id), schema)

    def page(
        self,
        cls: type[Row],
        where: Mapping[str, Any] | None = None,
        order: Sequence[Order] = (),
        after: Sequence[Any] | None = None,
        limit: int = 50,
        *,
        since: date | datetime | None = None,
        until: date | datetime | None = None,
        at: str | None = None,
        as_of: datetime | None = None,
    ) -> pl.DataFrame:
        chosen = sql.Selection(
            org_id=self.org_id, since=since, until=until, where=where or {}, at=at, as_of=as_of
        )
        total = page_order(cls, order)
        if after is not None and len(after) != len(total):
            raise Permanent(f"A page of {cls.table} goes on after {len(total)} values.")
        asked = sql.page(self.dialect, cls, chosen, total, after, limit)
        return self.fetch(asked, _schema(cls, None))

    def get(self, cls: type[Row], keys: Sequence[Sequence[Any]]) -> pl.DataFrame:
        if not keys:
            return pl.DataFrame(schema=_schema(cls, None))
        if {len(key) for key in keys} != {len(cls.key)}:
            raise Permanent(f"A key of {cls.table} is {', '.join(cls.key)}.")
        return self.fetch(sql.get(self.dialect, cls, self.org_id, keys), _schema(cls, None))

    def newest_version(self, cls: type[Row]) -> datetime | None:
        table = table_of(cls)
        asked = sql.newest_version(self.dialect, cls, self.org_id)
        found = self.fetch(asked, {table.version: DTYPES["instant"]})
        newest: datetime | None = found.item() if found.height else None
        return newest


def echoed(statement: str) -> str:
    """The statement itself, noted for who asked for `DB_ECHO`; its values never are."""
    LOG.debug("%s", statement)
    return statement


def require_release(named: str, found: Release, oldest: Release) -> None:
    """Raises `Unusable` for an engine that is older than what our statements need."""
    if found < oldest:
        told, least = (".".join(map(str, each)) for each in (found, oldest))
        raise Unusable(f"{named} {told}: {least} is the oldest that will do.")


def class_of(rows: Sequence[Row] | pl.DataFrame, cls: type[Row] | None) -> type[Row]:
    """The class that is being written. Raises `Permanent` for a frame of unknown class."""
    if cls is not None:
        return cls
    if isinstance(rows, pl.DataFrame):
        raise Permanent("A frame is written with its class: write(frame, RepoDay).")
    return type(rows[0])


def _amended(table: Table, names: Sequence[str]) -> Table:
    """The part of a table that is amended. Raises `Permanent` where it is none."""
    if table.is_rollup:
        raise Permanent(f"A row of {table.name} is never changed: write a newer version of it.")
    part = table.part(names)
    if unknown := set(names) - set(part.names):
        raise Permanent(f"{table.name} has no column {', '.join(sorted(unknown))}.")
    if not part.key or part.key != table.key[: len(part.key)] or part.key == part.names:
        first = ", ".join(table.key)
        raise Permanent(f"{table.name} is amended by the first of {first}, in other columns.")
    return part


def _schema(cls: type[Row], columns: Sequence[str] | None) -> Schema:
    schema = table_of(cls).schema
    return schema if columns is None else {name: schema[name] for name in columns if name in schema}
