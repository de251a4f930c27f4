"""PostgreSQL's tables: their own schema, forced row-level security, additive changes only.

Whoever connects, every transaction of a sink runs as `devhealth_rows`, a role that owns nothing
and is no superuser, so that the policies bind it.
"""

import zlib
from collections.abc import Sequence

import psycopg
from psycopg import sql

from devhealth.errors import Permanent
from devhealth.models.rollups import Rollup
from devhealth.sinks import migration
from devhealth.sinks.migration import Stored, missing
from devhealth.sinks.query import summed_columns
from devhealth.sinks.sql import ORG, SUPERSEDED
from devhealth.sinks.tables import Column, Kind, Row, Table, table_of

SCHEMA = "devhealth"
ROLE = "devhealth_rows"
SETTING = "devhealth.org"
POLICY = f"{ORG} = (select nullif(current_setting('{SETTING}', true), '')::uuid)"

TYPES: dict[Kind, str] = {
    "uuid": "uuid",
    "text": 'text collate "C"',
    "int": "bigint",
    "float": "double precision",
    "bool": "boolean",
    "instant": "timestamptz",
    "date": "date",
    "texts": "text[]",
}
MOST_COLUMNS = 32  # of an index
# What no additive change can express, oldest first; a step is never edited once released.
STEPS: tuple[str, ...] = ()


def fingerprint(classes: Sequence[type[Row]]) -> str:
    """Changes whenever the classes or the steps do."""
    shapes = [[statements(cls), columns(table_of(cls))] for cls in classes]
    return migration.fingerprint(shapes, STEPS)


def migrate(connection: psycopg.Connection, classes: Sequence[type[Row]]) -> None:
    """Bring every table to today's shape, in one transaction, one process at a time."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('devhealth migrate'))")
        _ensure_role(connection)
        connection.execute(f"create schema if not exists {SCHEMA}")
        connection.execute(f"grant usage on schema {SCHEMA} to {ROLE}")
        connection.execute(
            f"create table if not exists {SCHEMA}.schema_state "
            "(only_one boolean primary key default true check (only_one), "
            "step integer not null, fingerprint text not null)"
        )
        connection.execute(
            f"create table if not exists {SCHEMA}.organisations ({ORG} uuid primary key)"
        )
        connection.execute(f"grant select on {SCHEMA}.schema_state to {ROLE}")
        connection.execute(f"grant select, insert, delete on {SCHEMA}.organisations to {ROLE}")
        _take_steps(connection)
        stored = _stored_columns(connection)
        for cls in classes:
            _create(connection, cls, stored)
        connection.execute(
            f"insert into {SCHEMA}.schema_state (step, fingerprint) values (%s, %s) "
            "on conflict (only_one) do update set step = excluded.step, "
            "fingerprint = excluded.fingerprint",
            (len(STEPS), fingerprint(classes)),
        )


def is_current(connection: psycopg.Connection, classes: Sequence[type[Row]]) -> bool:
    stored = _stored_columns(connection)
    if not {"schema_state", "organisations"} <= stored.keys():
        return False
    if any(missing(table_of(cls), stored) for cls in classes):
        return False
    found = connection.execute(f"select fingerprint from {SCHEMA}.schema_state").fetchone()
    return found is not None and found[0] == fingerprint(classes)


def columns(table: Table) -> dict[str, str]:
    """Every column of a table with its type, as `create` and `add column` want it."""
    own = {
        column.name: TYPES[column.kind] + ("" if column.nullable else " not null")
        for column in table.columns
    }
    stamps = {ORG: "uuid not null", table.version: "timestamptz not null"}
    superseded = {SUPERSEDED: "timestamptz"} if table.is_rollup else {}
    return stamps | own | superseded


def statements(cls: type[Row]) -> list[str]:
    """A table, the indexes that make its reads cheap, and its locks."""
    table = table_of(cls)
    name = f"{SCHEMA}.{table.name}"
    key = ", ".join((ORG, *table.key, *([table.version] if table.is_rollup else [])))
    body = ", ".join(f"{column} {kind}" for column, kind in columns(table).items())
    return [
        f"create table if not exists {name} ({body}, primary key ({key}))",
        *(_newest(cls, table) if issubclass(cls, Rollup) else _by_instants(cls, table)),
        f"alter table {name} enable row level security",
        f"alter table {name} force row level security",
        f"grant select, insert, update, delete on {name} to {ROLE}",
    ]


def _newest(cls: type[Rollup], table: Table) -> list[str]:
    """One newest row of a key; it holds what sums need, so that these read no other version."""
    key = (ORG, *table.key)
    held = ("is_empty", *summed_columns(cls))[: MOST_COLUMNS - len(key)]
    shape = f"({', '.join(key)}) include ({', '.join(held)})"
    return [
        f"create unique index if not exists {table.name}_newest_{zlib.crc32(shape.encode()):08x} "
        f"on {SCHEMA}.{table.name} {shape} where {SUPERSEDED} is null"
    ]


def _drop_outdated(connection: psycopg.Connection, cls: type[Row]) -> None:
    """Indexes of newest rows of an earlier shape: another stands in their place."""
    name, wanted = table_of(cls).name, " ".join(statements(cls))
    found = connection.execute(
        "select indexname from pg_indexes where schemaname = %s and tablename = %s", (SCHEMA, name)
    )
    for (index,) in found.fetchall():
        if index.startswith((f"{name}_newest_", f"{name}_current")) and index not in wanted:
            connection.execute(sql.SQL("drop index {}").format(sql.Identifier(SCHEMA, index)))


def _by_instants(cls: type[Row], table: Table) -> list[str]:
    return [
        f"create index if not exists {table.name}_{instant} on {SCHEMA}.{table.name} "
        f"({ORG}, {cls.partition}, {instant})"
        for instant in table.instants
    ]


def _create(connection: psycopg.Connection, cls: type[Row], stored: Stored) -> None:
    table = table_of(cls)
    create, *rest = statements(cls)
    connection.execute(create)
    for column in missing(table, stored) if table.name in stored else []:
        connection.execute(_added(table, column))
    for statement in rest:
        connection.execute(statement)
    _drop_outdated(connection, cls)
    known = connection.execute(
        "select 1 from pg_policies where schemaname = %s and tablename = %s",
        (SCHEMA, table.name),
    ).fetchone()
    if not known:
        connection.execute(
            f"create policy one_organisation on {SCHEMA}.{table.name} "
            f"using ({POLICY}) with check ({POLICY})"
        )


def _stored_columns(connection: psycopg.Connection) -> Stored:
    """Every table of the schema with its columns, whoever may read them."""
    found = connection.execute(
        "select relname, array_agg(attname::text) from pg_attribute "
        "join pg_class on pg_class.oid = attrelid and relkind in ('r', 'p') "
        "join pg_namespace on pg_namespace.oid = relnamespace and nspname = %s "
        "where attnum > 0 and not attisdropped group by relname",
        (SCHEMA,),
    )
    return {name: set(names) for name, names in found}


def _added(table: Table, column: Column) -> sql.Composed:
    """Rows that stand already get the column's filler; later ones always bring a value."""
    return sql.SQL("alter table {} add column {} {} default {}").format(
        sql.Identifier(SCHEMA, table.name),
        sql.Identifier(column.name),
        sql.SQL(columns(table)[column.name]),
        sql.Literal(column.filler),
    )


def _take_steps(connection: psycopg.Connection) -> None:
    done = connection.execute(f"select step from {SCHEMA}.schema_state").fetchone()
    for step in migration.steps_to_take(STEPS, done[0] if done else None):
        connection.execute(step)


def _ensure_role(connection: psycopg.Connection) -> None:
    """Create the role that every sink runs as, where it does not stand and we may use it."""
    known = connection.execute("select 1 from pg_roles where rolname = %s", (ROLE,)).fetchone()
    try:
        with connection.transaction():
            if not known:
                connection.execute(f"create role {ROLE} nologin")
            usable = connection.execute("select pg_has_role(%s, 'SET')", (ROLE,)).fetchone()
            if not usable or not usable[0]:
                connection.execute(f"grant {ROLE} to current_user")
    except psycopg.errors.InsufficientPrivilege as error:
        raise Permanent(
            f"Preparing the store needs the role {ROLE}: let an administrator of the database run "
            f"`create role {ROLE} nologin; grant {ROLE} to {connection.info.user};` once."
        ) from error
