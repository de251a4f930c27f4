"""ClickHouse: columns in, Arrow out; a server (`clickhouse://`) or the engine embedded (`chdb://`).

`clickhouse://user:password@host:8123/database`, with the options of `clickhouse_address`, is a
server or a cluster over HTTP. `chdb:///devhealth.chdb` is a directory that one process at a time
opens, relative as in `sqlite:///`.

Every write is one insert, of a block for each month, under a token: the driver sends it again when
the answer is lost, and the server drops the blocks that it knows. There are no transactions: what
is cut short in a write of several months is there or not month by month, and so may versions be
that the newest rows lack, until the write is repeated, as after every error. Nothing is ever
updated; what a write brings is visible when it returns.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import clickhouse_connect
import polars as pl
from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from devhealth.errors import Transient, Unusable
from devhealth.models.records import Record
from devhealth.sinks import clickhouse_schema as schema
from devhealth.sinks.bound import Release, Schema, SqlSink, echoed, require_release
from devhealth.sinks.clickhouse_address import Address, address
from devhealth.sinks.clickhouse_errors import translated
from devhealth.sinks.clickhouse_sql import TYPES, VERSIONS, ClickHouse, type_of
from devhealth.sinks.sql import ORG, Asked
from devhealth.sinks.tables import CLASSES, Column, Row, Table, table_of
from devhealth.sinks.values import distinct_columns, each_once, milliseconds

OLDEST = (26, 3)
OWN = f"where {ORG} = {{org:UUID}}"
MOST_KEYS = 10_000
GIVEN = " given"  # ends the name of a column as it should be, beside the stored one
POLL_SECONDS = 0.05
# What the driver warns of reaches us as its exceptions.
logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)
SETTINGS: Mapping[str, Any] = {
    "async_insert": 0,
    "max_partitions_per_insert_block": 0,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "do_not_merge_across_partitions_select_final": 1,  # a key's day is its partition
    "prefer_column_name_to_alias": 1,  # names mean what they do in SQL elsewhere,
    "aggregate_functions_null_for_empty": 1,  # and a sum of nothing is null
    "output_format_arrow_compression_method": "none",
}
# As a clause of the statement: the embedded engine's driver spends 6 ms on settings of a call.
TIMED = "max_execution_time = {:.3f}, timeout_overflow_mode = 'throw'"
# An organisation is whole on one shard, and what is written there is there when the write returns.
SHARDED: Mapping[str, Any] = {"distributed_foreground_insert": 1, "optimize_skip_unused_shards": 1}


class ClickHouseStore:
    """Many organisations in one database; one client for the whole process."""

    def __init__(
        self,
        uri: str,
        classes: Sequence[type[Row]] = CLASSES,
        *,
        oldest: Release = OLDEST,
    ) -> None:
        """`oldest` is the first release of a server that will do."""
        self.classes = classes
        self._oldest = oldest
        self.address: Address = address(uri)
        self.settings = {**SETTINGS, **(SHARDED if self.address.layout.sharded else {})}
        self.dialect = ClickHouse(self.address.layout.database)
        self._client: Client | None = None
        self._opening = threading.Lock()
        # The embedded engine does one thing at a time anyway.
        self._turn = threading.Lock() if self.address.is_embedded else nullcontext()

    def for_org(
        self, org_id: UUID, *, version: datetime | None = None, read_timeout: float | None = None
    ) -> "ClickHouseSink":
        return ClickHouseSink(self, org_id, version, read_timeout)

    def orgs(self) -> list[UUID]:
        """Whose rows there are: a table begins with the organisation, so this reads little."""
        tables = [self.dialect.table(cls.table) for cls in self.classes]
        each = " union distinct ".join(f"select distinct {ORG} from {table}" for table in tables)
        return sorted(UUID(str(org)) for (org,) in self.rows(each))

    def migrate(self) -> None:
        schema.migrate(self, self.address.layout, self.classes)

    def is_current(self) -> bool:
        return schema.is_current(self, self.address.layout, self.classes)

    def close(self) -> None:
        with self._opening:
            if self._client is not None:
                self._client.close()
            self._client = None

    def command(self, statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run what has no answer, for as long as it takes."""
        unbounded = {"max_execution_time": 0}
        with self.client() as client:
            client.command(echoed(statement), dict(parameters or {}), settings=unbounded)

    def rows(
        self, statement: str, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        with self.client() as client:
            found = client.query(echoed(statement), dict(parameters or {}))
            return [tuple(row) for row in found.result_rows]

    @contextmanager
    def client(self, timeout: float | None = None) -> Iterator[Client]:
        """The process's one client. Raises `Transient` or `Permanent`."""
        with self._turn, translated(self.address.place, timeout):
            client = self._opened()
            try:
                yield client
            except ClickHouseError:
                if self.address.is_embedded:
                    # What a failed statement had answered already, the engine puts before its next
                    # answer, whoever that is for: here it is nobody's.
                    client.raw_query("select 1")
                raise

    def _opened(self) -> Client:
        with self._opening:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Client:
        client = clickhouse_connect.get_client(
            settings=self.settings, show_clickhouse_errors="scrub", **self.address.options
        )
        found = tuple(map(int, str(client.server_version).split(".")[:2]))
        try:
            require_release(f"The store at {self.address.place} is ClickHouse", found, self._oldest)
        except Unusable:
            client.close()
            raise
        return client


class ClickHouseSink(SqlSink):
    def __init__(
        self,
        store: ClickHouseStore,
        org_id: UUID,
        version: datetime | None,
        read_timeout: float | None,
    ) -> None:
        super().__init__(org_id, version, read_timeout)
        self.dialect = store.dialect
        self._store = store

    def fetch(self, asked: Asked, schema: Schema) -> pl.DataFrame:
        text, params = asked
        if self.read_timeout is not None:
            text += f" settings {TIMED.format(self.read_timeout)}"
        with self._store.client(self.read_timeout) as client:
            arrow = client.raw_query(echoed(text), params, fmt="ArrowStream")
        try:
            return _frame(arrow, schema)
        except (pl.exceptions.ComputeError, OSError) as error:
            raise Transient(
                f"What the store at {self._store.address.place} answered is no table: try again."
            ) from error

    def get(self, cls: type[Row], keys: Sequence[Sequence[Any]]) -> pl.DataFrame:
        """In pieces: from some 40,000 keys of several columns on the engine takes for ever."""
        pieces = [keys[start : start + MOST_KEYS] for start in range(0, len(keys), MOST_KEYS)]
        if len(pieces) < 2:
            return super().get(cls, keys)
        found = [super(ClickHouseSink, self).get(cls, piece) for piece in pieces]
        return pl.concat(found).unique(cls.key)

    def put(self, table: Table, columns: Sequence[Sequence[Any]]) -> None:
        if table.is_rollup:
            columns = distinct_columns(table, columns)
        names, types = _columns(table)
        count = len(columns[0])
        version = milliseconds(self.version)
        stamps: list[Sequence[Any]] = [[self.org_id] * count, [version] * count]
        target = self.dialect.table(table.name + (VERSIONS if table.is_rollup else ""))
        echoed(f"insert into {target} ({', '.join(names)})")
        with self._store.client() as client:
            client.insert(
                target,
                [*stamps, *map(_held, columns, table.columns)],
                names,
                column_types=types,
                column_oriented=True,
                # Of this write alone: the same rows may be written again, and should be.
                settings={"insert_deduplication_token": str(uuid4())},
            )

    def change(self, cls: type[Record], part: Table, rows: pl.DataFrame) -> int:
        """Rows are written whole here: what an older writer brings meanwhile is lost."""
        where = {name: rows[name].unique().to_list() for name in part.key}
        stored = self.read(cls, where=where, deleted=True)
        given = rows.unique(part.key, keep="last")
        both = stored.join(given, on=part.key, suffix=GIVEN, maintain_order="left")
        values = {name: pl.col(name + GIVEN) for name in part.names if name not in part.key}
        differs = pl.any_horizontal(pl.col(name).ne_missing(new) for name, new in values.items())
        changed = both.filter(differs, pl.col(part.version) <= self.version)
        return self.write(changed.with_columns(**values).select(stored.columns), cls)

    def take_out(self, table: Table, chosen: Asked) -> None:
        predicate, values = chosen
        for place in schema.physical(self._store.address.layout, table).values():
            self._rewrite(place, predicate, values)
        self._await_rewrites()

    def erase(self) -> None:
        """Rewrite what holds the organisation's rows without them; returns when it is done.

        Raises `Transient` where the server cannot rewrite something; it goes on trying by itself.
        """
        for place in list(self._places()):
            self._rewrite(place, f"{ORG} = {{org:UUID}}", {"org": str(self.org_id)})
        self._await_rewrites()

    def _rewrite(self, place: str, without: str, values: Mapping[str, Any]) -> None:
        statement = f"alter table {place}{self._store.address.layout.on_cluster} delete "
        self._store.command(f"{statement}where {without} settings mutations_sync = 0", values)

    def _await_rewrites(self) -> None:
        layout, org = self._store.address.layout, {"org": str(self.org_id)}
        while rewriting := self._store.rows(schema.rewriting(layout), org):
            ((reason,),) = rewriting
            if reason:
                place = self._store.address.place
                raise Transient(f"The store at {place} has not erased all yet: {reason[:300]}")
            time.sleep(POLL_SECONDS)  # a request that waited itself would time out

    def _places(self) -> Iterator[str]:
        """The tables that hold rows of the organisation: a rewrite would look into every part,
        a question only into their indexes."""
        layout, org = self._store.address.layout, {"org": str(self.org_id)}
        for cls in self._store.classes:
            for name, place in schema.physical(layout, table_of(cls)).items():
                if self._store.rows(f"select 1 from {layout.table(name)} {OWN} limit 1", org):
                    yield place


@cache
def _columns(table: Table) -> tuple[list[str], list[ClickHouseType]]:
    names = [ORG, table.version, *table.names]
    types = [TYPES["uuid"], TYPES["instant"], *map(type_of, table.columns)]
    return names, [get_from_name(each) for each in types]


def _held(values: Sequence[Any], column: Column) -> Sequence[Any]:
    """A column as the driver writes it fastest."""
    if column.kind == "instant":
        return each_once(values, milliseconds)
    if column.kind == "texts" and column.nullable:
        return [[None] if value is None else value for value in values]
    return values


def _frame(arrow: bytes, schema: Schema) -> pl.DataFrame:
    if not arrow:
        return pl.DataFrame(schema=schema)
    frame = pl.read_ipc_stream(arrow)
    frame.columns = list(schema)
    return frame.with_columns(_parsed(name, dtype) for name, dtype in schema.items())


def _parsed(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List):
        null = (pl.col(name).list.len() == 1) & pl.col(name).list.first().is_null()
        return pl.when(~null).then(pl.col(name))
    return pl.col(name).cast(dtype)


def open_store(
    uri: str, classes: Sequence[type[Row]] = CLASSES, *, oldest: Release = OLDEST
) -> ClickHouseStore:
    return ClickHouseStore(uri, classes, oldest=oldest)
