"""ClickHouse's tables; the same classes as everywhere, additive changes only.

A record is one table, a rollup two and a view between them (`clickhouse_sql`). A `Layout` says
where they stand: on one server; on all servers of a cluster (`ON CLUSTER`); replicated; or spread
over shards, an organisation whole on one of them, behind `Distributed` tables of the same names.

There are no transactions: every statement may be repeated, and so must be every step.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from devhealth.errors import Unusable
from devhealth.sinks import migration
from devhealth.sinks.clickhouse_sql import PRECEDENCE, TYPES, VERSIONS, quoted, type_of
from devhealth.sinks.migration import Stored, missing
from devhealth.sinks.sql import ORG
from devhealth.sinks.tables import Column, Kind, Row, Table, table_of

LOCAL = "_local"
FEED = "_feed"
STATE = "schema_state"
# What no additive change can express, oldest first; a step is never edited once released.
STEPS: tuple[str, ...] = ()

# The newest version first; of equal ones the first written (by the server's clock), as values are
# never updated.
NEWEST_FIRST = (
    f"{PRECEDENCE} UInt128 default bitShiftLeft(toUInt128(toUnixTimestamp64Milli({{version}}) "
    "+ 2208988800001), 64) - toUnixTimestamp64Nano(now64(9))"
)
# A block that is sent again (a lost answer) is known by its token and dropped.
REMEMBER_BLOCKS = "non_replicated_deduplication_window = 1000"


class Server(Protocol):
    """The two things that a migration does."""

    def command(self, statement: str) -> Any: ...

    def rows(self, statement: str) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tables stand. `sharded` and `replicated` are about a cluster."""

    database: str
    cluster: str = ""
    replicated: bool = False
    sharded: bool = False

    @property
    def on_cluster(self) -> str:
        return f" on cluster {quoted(self.cluster)}" if self.cluster else ""

    def table(self, name: str) -> str:
        return f"{quoted(self.database)}.{quoted(name)}"

    def stored(self, name: str) -> str:
        """The table that holds rows; where there are shards, each shard's own."""
        return self.table(name + LOCAL if self.sharded else name)

    def engine(self, kind: str, *parameters: str) -> str:
        return f"{'Replicated' if self.replicated else ''}{kind}({', '.join(parameters)})"


def migrate(server: Server, layout: Layout, classes: Sequence[type[Row]]) -> None:
    """Bring every table to today's shape; safe for several processes at once."""
    server.command(f"create database if not exists {quoted(layout.database)}{layout.on_cluster}")
    server.command(_state_table(layout))
    done = _state(server, layout)
    for step in migration.steps_to_take(STEPS, done[0] if done else None):
        server.command(step)
    stored = _stored_columns(server, layout)
    _require_layout(server, layout, classes)
    for cls in classes:
        for statement in _changes(layout, table_of(cls), stored):
            server.command(statement)
    shape = fingerprint(layout, classes)
    if done != (len(STEPS), shape):
        server.command(
            f"insert into {layout.table(STATE)} (step, fingerprint) "
            f"values ({len(STEPS)}, '{shape}')"
        )


def is_current(server: Server, layout: Layout, classes: Sequence[type[Row]]) -> bool:
    stored = _stored_columns(server, layout)
    tables = map(table_of, classes)
    if STATE not in stored or any(
        missing(table, stored, name) for table in tables for name in _places(table)
    ):
        return False
    return _state(server, layout) == (len(STEPS), fingerprint(layout, classes))


def fingerprint(layout: Layout, classes: Sequence[type[Row]]) -> str:
    """Changes whenever the classes, the layout or the steps do."""
    return migration.fingerprint([statements(layout, table_of(cls)) for cls in classes], STEPS)


def statements(layout: Layout, table: Table) -> list[str]:
    """All that a class needs, in the order in which it is made."""
    return [*_tables(layout, table), *_view(layout, table)]


def _tables(layout: Layout, table: Table) -> Iterator[str]:
    if table.is_rollup:
        every = (*table.key, table.version)
        yield from _made(layout, table, table.name + VERSIONS, ("MergeTree",), every)
    newest = PRECEDENCE if table.is_rollup else table.version
    yield from _made(layout, table, table.name, ("ReplacingMergeTree", newest), table.key)


def _view(layout: Layout, table: Table) -> Iterator[str]:
    if table.is_rollup:
        yield (
            f"create materialized view if not exists {layout.table(table.name + FEED)}"
            f"{layout.on_cluster} to {layout.stored(table.name)} as {_fed(layout, table)}"
        )


def physical(layout: Layout, table: Table) -> dict[str, str]:
    """The tables that hold a class's rows: under which name they are read → where they stand."""
    return {name: layout.stored(name) for name in _names(table)}


def rewriting(layout: Layout) -> str:
    """Asks for one of an organisation's rewrites that are not done yet, on any server: for why it
    failed when it was last tried, those that did first; '' where none has."""
    mutations = "system.mutations"
    if layout.cluster:
        mutations = f"clusterAllReplicas({quoted(layout.cluster)}, {mutations})"
    return (
        f"select latest_fail_reason from {mutations} where database = {_text(layout.database)} "
        "and not is_done and position(command, {org:String}) > 0 order by 1 desc limit 1"
    )


def _names(table: Table) -> list[str]:
    return [table.name + VERSIONS, table.name] if table.is_rollup else [table.name]


def _places(table: Table) -> list[str]:
    """Whatever has the class's columns."""
    return [*_names(table), *([table.name + FEED] if table.is_rollup else [])]


def _require_layout(server: Server, layout: Layout, classes: Sequence[type[Row]]) -> None:
    """Raises `Unusable` where tables stand that are spread over shards and should not be, or not
    and should."""
    found = server.rows(
        f"select name, engine from system.tables where database = {_text(layout.database)}"
    )
    known = {table_of(cls).name for cls in classes}
    for name, engine in found:
        if name in known and (engine == "Distributed") != layout.sharded:
            raise Unusable(
                f"{name} stands in {layout.database} with `sharded={int(not layout.sharded)}`: "
                "say so in the store's URI, or copy its rows into another database."
            )


def _made(
    layout: Layout, table: Table, name: str, engine: tuple[str, ...], key: Sequence[str]
) -> Iterator[str]:
    precedence = [NEWEST_FIRST.format(version=table.version)] if table.is_rollup else []
    own = [f"{column.name} {type_of(column)}" for column in table.columns]
    stamps = [f"{ORG} {TYPES['uuid']}", f"{table.version} {TYPES['instant']}"]
    partition = " partition by toYYYYMM(day)" if table.is_rollup else ""
    remember = "" if layout.replicated else f" settings {REMEMBER_BLOCKS}"
    yield (
        f"create table if not exists {layout.stored(name)}{layout.on_cluster} "
        f"({', '.join([*stamps, *own, *precedence])}) engine = {layout.engine(*engine)}"
        f"{partition} order by ({', '.join((ORG, *key))}){remember}"
    )
    if layout.sharded:
        yield (
            f"create table if not exists {layout.table(name)}{layout.on_cluster} "
            f"as {layout.stored(name)} engine = Distributed({quoted(layout.cluster)}, "
            f"{quoted(layout.database)}, {quoted(name + LOCAL)}, cityHash64({ORG}))"
        )


def _fed(layout: Layout, table: Table, more: Iterable[str] = ()) -> str:
    names = dict.fromkeys((ORG, table.version, *table.names, *more, PRECEDENCE))
    return f"select {', '.join(names)} from {layout.stored(table.name + VERSIONS)}"


def _changes(layout: Layout, table: Table, stored: Stored) -> Iterator[str]:
    """What is missing is made; older tables get their new columns, then their view feeds them.

    Each is asked for what it lacks itself, since a migration may have been cut short anywhere.
    """
    yield from _tables(layout, table)
    for name in _names(table):
        for column in missing(table, stored, name) if name in stored else []:
            for place in dict.fromkeys((layout.stored(name), layout.table(name))):
                yield _added(layout, place, column)
    yield from _view(layout, table)
    feed = table.name + FEED
    if feed in stored and missing(table, stored, feed):
        # What newer code has it feed, it feeds on.
        fed = _fed(layout, table, sorted(stored[feed] - {PRECEDENCE}))
        yield f"alter table {layout.table(feed)}{layout.on_cluster} modify query {fed}"


def _added(layout: Layout, place: str, column: Column) -> str:
    """Rows that stand already get the column's filler; later ones always bring a value."""
    return (
        f"alter table {place}{layout.on_cluster} add column if not exists "
        f"{column.name} {type_of(column)} default {_literal(column)}"
    )


def _literal(column: Column) -> str:
    if column.filler is None:
        return "[null]" if column.kind == "texts" else "null"
    return FILLERS.get(column.kind, _text)(column.filler)


def _text(value: Any) -> str:
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


FILLERS: dict[Kind, Callable[[Any], str]] = {
    "int": str,
    "float": repr,
    "bool": lambda value: str(value).lower(),
    "instant": lambda value: f"toDateTime64('{value:%Y-%m-%d %H:%M:%S}', 3, 'UTC')",
    "date": lambda value: f"toDate32('{value}')",
    "texts": lambda value: f"[{', '.join(map(_text, value))}]",
}


def _state_table(layout: Layout) -> str:
    return (
        f"create table if not exists {layout.table(STATE)}{layout.on_cluster} "
        "(step Int64, fingerprint String, at DateTime64(9, 'UTC') default now64(9)) "
        f"engine = {layout.engine('ReplacingMergeTree', 'at')} order by tuple()"
    )


def _state(server: Server, layout: Layout) -> tuple[int, str] | None:
    found = server.rows(
        f"select step, fingerprint from {layout.table(STATE)} order by at desc limit 1"
    )
    return (found[0][0], found[0][1]) if found else None


def _stored_columns(server: Server, layout: Layout) -> Stored:
    database = _text(layout.database)
    found = server.rows(
        "select table, groupArray(name) from system.columns "
        f"where database = {database} group by table"
    )
    return {table: set(names) for table, names in found}
