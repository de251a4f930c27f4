"""PostgreSQL: binary COPY into a temporary table, then one upsert; COPY out into polars.

A rollup row is valid in [computed_at, superseded_at); the newest of a key has no end, and a unique
index lets only one be so. Values are never updated: a newer row ends the one before it.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
import psycopg
from psycopg_pool import ConnectionPool

from devhealth.errors import Permanent
from devhealth.models.records import Record
from devhealth.sinks import postgres_schema as schema
from devhealth.sinks import postgres_sql
from devhealth.sinks.bound import Release, Schema, SqlSink, echoed, require_release
from devhealth.sinks.postgres_batches import Batch, Held, Values, is_held
from devhealth.sinks.postgres_copy import copied
from devhealth.sinks.postgres_errors import translated
from devhealth.sinks.postgres_sql import Postgres
from devhealth.sinks.sql import ORG, Asked
from devhealth.sinks.tables import CLASSES, DTYPES, Row, Table, table_of
from devhealth.sinks.values import columns_of

SETTINGS = (
    "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres "
    # Of no spinning disk. At the default of 4 a small database is read whole for every repository.
    "-c random_page_cost=1.1"
)
FROZEN = "15s"  # a writer that says nothing for so long loses its transaction and its locks
PATIENCE = 10.0
# What CSV is read as; all else as text.
READ = {DTYPES["int"]: pl.Int64(), DTYPES["float"]: pl.Float64(), DTYPES["instant"]: pl.Int64()}
OLDEST = (16,)  # the first that lets a role be granted to be set
UNREADABLE = (
    "The store's URI is not `postgresql://user:password@host:port/database`; write special "
    "characters of the password as %XX."
)


class PostgresStore:
    """Many organisations in one database; one pool for the whole process."""

    def __init__(
        self,
        uri: str,
        classes: Sequence[type[Row]] = CLASSES,
        *,
        patience: float = PATIENCE,
        oldest: Release = OLDEST,
    ) -> None:
        """`patience` is how many seconds a writer waits for another one, `oldest` the first
        release of a server that will do."""
        known = _options(uri)
        self.classes = classes
        self.place = "{host}:{port}/{dbname}".format(
            **{"host": "localhost", "port": 5432, "dbname": ""} | known
        )
        self._uri = uri
        self._oldest = oldest
        self._lock_timeout = f"{int(patience * 1000)}ms"
        self._settings = f"{known.get('options') or ''} {SETTINGS}".strip()
        self._pool: ConnectionPool | None = None
        self._opening = threading.Lock()

    def for_org(
        self, org_id: UUID, *, version: datetime | None = None, read_timeout: float | None = None
    ) -> "PostgresSink":
        return PostgresSink(self, org_id, version, read_timeout)

    def orgs(self) -> list[UUID]:
        with self.connection() as connection:
            found = connection.execute(
                f"select {ORG} from {schema.SCHEMA}.organisations order by {ORG}"
            )
            return [org_id for (org_id,) in found]

    def migrate(self) -> None:
        with self.connection() as connection:
            schema.migrate(connection, self.classes)

    def is_current(self) -> bool:
        with self.connection() as connection:
            return schema.is_current(connection, self.classes)

    def close(self) -> None:
        with self._opening:
            if self._pool is not None:
                self._pool.close()
            self._pool = None

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[psycopg.Connection]:
        """One transaction as whoever the URI names. Raises `Transient` or `Permanent`."""
        with translated(self.place, timeout), self._opened().connection() as connection:
            yield connection

    @contextmanager
    def transaction(
        self, org_id: UUID, timeout: float | None = None
    ) -> Iterator[psycopg.Connection]:
        """One transaction that sees and writes one organisation's rows only.

        `timeout` is how many seconds a statement may take; default: what the server allows.
        """
        statement_timeout = None if timeout is None else f"{timeout * 1000:.0f}ms"
        with self.connection(timeout) as connection:
            connection.execute(
                "select set_config('role', %s, true), set_config(%s, %s, true), "
                "set_config('statement_timeout', "
                "coalesce(%s, current_setting('statement_timeout')), true), "
                "set_config('lock_timeout', %s, true), "
                "set_config('idle_in_transaction_session_timeout', %s, true)",
                (
                    schema.ROLE,
                    schema.SETTING,
                    str(org_id),
                    statement_timeout,
                    self._lock_timeout,
                    FROZEN,
                ),
            )
            yield connection

    def _try_once(self) -> None:
        first = psycopg.connect(self._uri, connect_timeout=10, options=self._settings)
        with closing(first):
            found = divmod(first.info.server_version, 10_000)
        require_release(f"The store at {self.place} is PostgreSQL", found, self._oldest)

    def _opened(self) -> ConnectionPool:
        with self._opening:
            if self._pool is None:
                # A first connection of our own: the pool would hide why there is none.
                self._try_once()
                self._pool = ConnectionPool(
                    self._uri,
                    kwargs={"options": self._settings},
                    min_size=0,
                    max_size=16,
                    timeout=10,
                    open=True,
                    check=ConnectionPool.check_connection,
                )
            return self._pool


class PostgresSink(SqlSink):
    dialect = Postgres()

    def __init__(
        self,
        store: PostgresStore,
        org_id: UUID,
        version: datetime | None,
        read_timeout: float | None,
    ) -> None:
        super().__init__(org_id, version, read_timeout)
        self._store = store

    def fetch(self, asked: Asked, schema: Schema) -> pl.DataFrame:
        text, params = asked
        with self._store.transaction(self.org_id, self.read_timeout) as connection:
            cursor = psycopg.ClientCursor(connection)
            query = cursor.mogrify(echoed(text), params)
            return _frame(copied(connection, query), schema)

    def write(self, rows: Sequence[Row] | pl.DataFrame, cls: type[Row] | None = None) -> int:
        if cls and isinstance(rows, pl.DataFrame) and rows.height:
            table = table_of(cls)
            if is_held(table, rows):
                self._put(Held(table, rows))
                return rows.height
        return super().write(rows, cls)

    def put(self, table: Table, columns: Sequence[Sequence[Any]]) -> None:
        self._put(Values(table, columns))

    def _put(self, batch: Batch) -> None:
        table = batch.table
        with self._store.transaction(self.org_id) as connection:
            self._announce(connection)
            given = batch.copy(connection)
            if not table.is_rollup:
                _run(connection, postgres_sql.upsert(table), self._values())
                return
            self._take_turn(connection, table)
            _place(connection, table, given, self._values(batch))

    def change(self, cls: type[Record], part: Table, rows: pl.DataFrame) -> int:
        batch = Values(part, columns_of(part, rows))
        with self._store.transaction(self.org_id) as connection:
            batch.copy(connection)
            return _run(connection, postgres_sql.amend(part), self._values(batch)).rowcount

    def take_out(self, table: Table, chosen: Asked) -> None:
        predicate, values = chosen
        statement = f"delete from {self.dialect.table(table.name)} where {predicate}"
        with self._store.transaction(self.org_id) as connection:
            if table.is_rollup:
                self._take_turn(connection, table)
            _run(connection, statement, values)

    def erase(self) -> None:
        with self._store.transaction(self.org_id) as connection:
            for name in (*(cls.table for cls in self._store.classes), "organisations"):
                connection.execute(
                    f"delete from {self.dialect.table(name)} where {ORG} = %s", (self.org_id,)
                )

    def _values(self, batch: Batch | None = None) -> dict[str, Any]:
        """What the statements of `postgres_sql` name; of a batch, where they compare its keys."""
        ends = batch.ends() if batch else {}
        return {"org": self.org_id, "version": self.version, **ends}

    def _take_turn(self, connection: psycopg.Connection, table: Table) -> None:
        """One writer of a rollup at a time: the unique index guards newest rows, not the history
        that late computes are put into."""
        turn = f"{self.org_id} {table.name}"
        connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (turn,))

    def _announce(self, connection: psycopg.Connection) -> None:
        connection.execute(
            f"insert into {schema.SCHEMA}.organisations ({ORG}) values (%s) on conflict do nothing",
            (self.org_id,),
        )


def _place(
    connection: psycopg.Connection, table: Table, given: int, values: dict[str, Any]
) -> None:
    """Put the rows which have arrived into their table: as the newest of their keys, where nobody
    wrote newer ones. That is found out by the indexes, which look at each key anyway."""
    is_known = _is_true(_run(connection, postgres_sql.are_known(table), values))
    ended = _run(connection, postgres_sql.end_newest(table), values).rowcount if is_known else 0
    if not is_known or ended == given:
        _run(connection, postgres_sql.begin(table), values)
        return
    try:
        with connection.transaction():
            _run(connection, postgres_sql.begin(table), values)
    except psycopg.errors.UniqueViolation:
        for statement in postgres_sql.put_between(table):
            _run(connection, statement, values)


def _run(connection: psycopg.Connection, statement: str, values: dict[str, Any]) -> psycopg.Cursor:
    # Prepared, a plan made for a small batch would serve large ones.
    return connection.execute(echoed(statement), values, prepare=False)


def _is_true(answer: psycopg.Cursor) -> bool:
    row = answer.fetchone()
    return bool(row and row[0])


def _frame(csv: bytes, schema: Schema) -> pl.DataFrame:
    if not csv:
        return pl.DataFrame(schema=schema)
    plain = {name: READ.get(dtype, pl.String()) for name, dtype in schema.items()}
    frame = pl.read_csv(csv, has_header=False, schema=plain)
    return frame.with_columns(_parsed(name, dtype) for name, dtype in schema.items())


def _parsed(name: str, dtype: pl.DataType) -> pl.Expr:
    text = pl.col(name)
    if dtype == DTYPES["instant"]:
        return text.cast(dtype)
    if dtype == DTYPES["date"]:
        return text.str.to_date("%Y-%m-%d")
    if dtype == DTYPES["bool"]:
        return text == "t"
    return text.str.json_decode(dtype) if dtype == DTYPES["texts"] else text


def _options(uri: str) -> dict[str, Any]:
    """What a URI says. Its own error may quote a part of the password, so it ends here."""
    try:
        options = dict(psycopg.conninfo.conninfo_to_dict(uri))
    except psycopg.Error:
        raise Permanent(UNREADABLE) from None
    # A `/` in a password makes its beginning the port.
    if not all(port.isdecimal() for port in str(options.get("port", 5432)).split(",")):
        raise Permanent(UNREADABLE)
    return options


def open_store(uri: str, classes: Sequence[type[Row]] = CLASSES, **limits: Any) -> PostgresStore:
    """`limits`: those of PostgresStore."""
    return PostgresStore(uri, classes, **limits)
