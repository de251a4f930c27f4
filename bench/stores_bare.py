"""The other side of each pair: the leanest code that writes file changes into a store's own tables.

`ready` is not measured: rows are there as the driver wants them. `write` is one transaction.
A table beside the sink's own has its columns, indexes and constraints, but no row-level security.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol, cast
from uuid import UUID

import psycopg

from bench.stores_rows import NOW
from devhealth.models.records import CommitFile
from devhealth.sinks.sqlite_schema import cell
from devhealth.sinks.tables import Row, table_of, values_of

TABLE = table_of(cast("type[Row]", CommitFile))
VALUES = values_of(cast("type[Row]", CommitFile))
NAMES = ("org_id", "synced_at", *TABLE.names)
KEY = ("org_id", *TABLE.key)
UPSERT = (
    f"on conflict ({', '.join(KEY)}) do update set "
    f"{', '.join(f'{name} = excluded.{name}' for name in NAMES if name not in KEY)} "
)
ORG = UUID(int=9)
CASTS = {"text": "text", "int": "int8", "bool": "bool", "uuid": "uuid", "instant": "timestamptz"}


class Bare(Protocol):
    def ready(self, rows: Sequence[CommitFile]) -> Any: ...

    def write(self, ready: Any) -> None: ...


class CopyUpsert:
    """PostgreSQL: binary COPY into a temporary table, then one statement."""

    def __init__(self, uri: str) -> None:
        self.connection = psycopg.connect(uri)
        self.table = _beside(self.connection, "bare_copy")
        columns = ", ".join(f"{column.name} {CASTS[column.kind]}" for column in TABLE.columns)
        self.connection.execute(f"create temporary table given ({columns}) on commit delete rows")
        self.connection.commit()

    def ready(self, rows: Sequence[CommitFile]) -> list[tuple[Any, ...]]:
        return list(map(VALUES, rows))

    def write(self, ready: list[tuple[Any, ...]]) -> None:
        with self.connection.cursor() as cursor:
            with cursor.copy("copy given from stdin (format binary)") as copy:
                copy.set_types([CASTS[column.kind] for column in TABLE.columns])
                for row in ready:
                    copy.write_row(row)
            cursor.execute(
                f"insert into {self.table} ({', '.join(NAMES)}) "
                f"select %s, %s, * from given {UPSERT}",
                (ORG, NOW),
            )
        self.connection.commit()


class Executemany:
    """PostgreSQL: the same upsert, a row at a time."""

    def __init__(self, uri: str) -> None:
        self.connection = psycopg.connect(uri)
        self.table = _beside(self.connection, "bare_rows")
        self.connection.commit()

    def ready(self, rows: Sequence[CommitFile]) -> list[tuple[Any, ...]]:
        return [(ORG, NOW, *VALUES(row)) for row in rows]

    def write(self, ready: list[tuple[Any, ...]]) -> None:
        places = ", ".join(["%s"] * len(NAMES))
        with self.connection.cursor() as cursor:
            cursor.executemany(
                f"insert into {self.table} ({', '.join(NAMES)}) values ({places}) {UPSERT}", ready
            )
        self.connection.commit()


def _beside(connection: psycopg.Connection, name: str) -> str:
    """One more table of the same shape, its owner's."""
    connection.execute(f"create table devhealth.{name} (like devhealth.{TABLE.name} including all)")
    return f"devhealth.{name}"


class SortedExecutemany:
    """SQLite: the same upsert into a file of the same schema, in the order of the key."""

    def __init__(self, uri: str) -> None:
        path = uri.removeprefix("sqlite:///")
        self.connection = sqlite3.connect(f"{path}.bare", isolation_level=None)
        self.connection.execute("pragma journal_mode = wal")
        self.connection.execute("pragma synchronous = normal")
        self.connection.execute("attach ? as given", (path,))
        made = self.connection.execute(
            "select sql from given.sqlite_master where tbl_name = ? and sql is not null",
            (TABLE.name,),
        ).fetchall()
        for (statement,) in made:
            self.connection.execute(statement)
        self.connection.execute("detach given")

    def ready(self, rows: Sequence[CommitFile]) -> list[tuple[Any, ...]]:
        stamps = (str(ORG), cell(NOW, "instant"))
        kinds = [column.kind for column in TABLE.columns]
        return sorted((*stamps, *map(cell, VALUES(row), kinds)) for row in rows)

    def write(self, ready: list[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * len(NAMES))
        with self.connection:
            self.connection.execute("begin immediate")
            self.connection.executemany(
                f"insert into {TABLE.name} ({', '.join(NAMES)}) values ({places}) {UPSERT}", ready
            )


class ColumnInsert:
    """ClickHouse: ready columns into a table of the same DDL, by the ordinary client."""

    def __init__(self, uri: str) -> None:
        import clickhouse_connect
        from clickhouse_connect.datatypes.registry import get_from_name

        self.client = clickhouse_connect.get_client(dsn=uri)
        named = f"select database from system.tables where name = '{TABLE.name}'"
        self.database = self.client.query(named).first_row[0]
        own = f"{self.database}.{TABLE.name}"
        self.table = f"{self.database}.bare_columns"
        self.client.command(f"create table {self.table} as {own}")
        described = self.client.query(f"describe table {own}").result_rows
        types = {name: get_from_name(kind) for name, kind, *_ in described}
        self.types = [types[name] for name in NAMES]

    def ready(self, rows: Sequence[CommitFile]) -> list[Sequence[Any]]:
        stamps = [[ORG] * len(rows), [NOW] * len(rows)]
        return [*stamps, *zip(*map(VALUES, rows), strict=True)]

    def write(self, ready: list[Sequence[Any]]) -> None:
        self.client.insert(
            self.table, ready, column_names=NAMES, column_types=self.types, column_oriented=True
        )
