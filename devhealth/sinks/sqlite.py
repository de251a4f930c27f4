"""SQLite: one file per organisation, one transaction per batch, sorted by key.

`sqlite:///devhealth.db` is the file of the organisation without a name (the CLI's); any other
organisation has a file of its own beside it. Instants are milliseconds since 1970, days ISO text.
"""

import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import polars as pl

from devhealth.errors import Permanent, TooSlow
from devhealth.models.records import Record
from devhealth.sinks import sqlite_schema as schema
from devhealth.sinks.bound import Release, Schema, SqlSink, echoed, require_release
from devhealth.sinks.sql import Asked
from devhealth.sinks.sqlite_errors import translated
from devhealth.sinks.sqlite_schema import CELLS
from devhealth.sinks.sqlite_sql import Sqlite, amend, begin, end, upsert
from devhealth.sinks.tables import CLASSES, DTYPES, Column, Row, Table
from devhealth.sinks.values import columns_of, distinct, each_once, milliseconds

NO_ORG = UUID(int=0)
PATIENCE = 10.0
OLDEST = (3, 38)  # the first that always knows JSON
MOST_IDLE = 4  # each keeps its cache
STEPS = 10_000  # of SQLite's machine, a fraction of a millisecond, between two looks at the clock
PAUSE = 0.01  # seconds between two tries to turn on the log
PRIMARY = 0xFF  # the bits of SQLite's extended error codes that name the error
CACHE_KIB = 16_000  # at most, of a connection: a batch's pages are written once, at its end

File = tuple[Path, int | None]


class SqliteStore:
    """Many organisations, a file each."""

    def __init__(
        self,
        path: Path,
        classes: Sequence[type[Row]] = CLASSES,
        *,
        patience: float = PATIENCE,
        oldest: Release = OLDEST,
    ) -> None:
        """`patience` is how many seconds a writer waits for another one, `oldest` the first
        release of the library that will do."""
        require_release("This Python's SQLite is", sqlite3.sqlite_version_info, oldest)
        self.path = path
        self.classes = tuple(classes)
        self._patience = patience
        self._idle: list[tuple[File, sqlite3.Connection]] = []
        self._prepared: set[File] = set()
        self._lock = threading.Lock()

    def for_org(
        self, org_id: UUID, *, version: datetime | None = None, read_timeout: float | None = None
    ) -> "SqliteSink":
        return SqliteSink(self, org_id, version, read_timeout)

    def orgs(self) -> list[UUID]:
        found: list[UUID] = []
        for path in (self.path, *self._others()):
            with self.transaction(path) as connection:
                found += [UUID(org) for (org,) in connection.execute("select * from organisations")]
        return sorted(found)

    def file_of(self, org_id: UUID) -> Path:
        if org_id == NO_ORG:
            return self.path
        return self.path.with_name(f"{self.path.stem}.{org_id.hex}{self.path.suffix}")

    def migrate(self) -> None:
        for path in (self.path, *self._others()):
            self._migrate(path)

    def is_current(self) -> bool:
        for path in (self.path, *self._others()):
            if not path.exists():
                return False
            with self.transaction(path) as connection:
                if not schema.is_current(connection, self.classes):
                    return False
        return True

    def prepare(self, path: Path) -> None:
        """The first writer prepares a file; the store's own one says that there is a store."""
        for each in (self.path, path):
            if (each, _inode(each)) not in self._prepared:
                self._migrate(each, again=False)

    def erase(self, org_id: UUID) -> None:
        """Delete an organisation's file and what SQLite keeps beside it."""
        path = self.file_of(org_id)
        self._close(path)
        for beside in ("", "-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        if path == self.path:
            self._migrate(path)

    def close(self) -> None:
        self._close()

    @contextmanager
    def transaction(self, path: Path, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction on an organisation's file. Raises `Transient` or `Permanent`."""
        with translated(path), self._borrowed(path) as connection, connection:
            connection.execute("begin immediate" if write else "begin")
            yield connection

    def _migrate(self, path: Path, *, again: bool = True) -> None:
        with translated(path):
            connect(path, self._patience, new=True).close()
        with self.transaction(path, write=True) as connection:
            if again or not schema.is_current(connection, self.classes):
                schema.migrate(connection, self.classes)
        self._prepared.add((path, _inode(path)))

    def _others(self) -> list[Path]:
        """The files of organisations with a name."""
        before, after = re.escape(self.path.stem), re.escape(self.path.suffix)
        name = re.compile(rf"{before}\.[0-9a-f]{{32}}{after}")
        return [path for path in self.path.parent.glob("*") if name.fullmatch(path.name)]

    @contextmanager
    def _borrowed(self, path: Path) -> Iterator[sqlite3.Connection]:
        """A connection nobody else uses; never one to a file that has been erased meanwhile."""
        file = (path, _inode(path))
        connection = self._taken(file) or connect(path, self._patience)
        try:
            yield connection
        finally:
            with self._lock:
                self._idle.append((file, connection))
            if _inode(path) != file[1]:
                self._close(path)
            while len(self._idle) > MOST_IDLE and (oldest := self._taken()):
                oldest.close()

    def _taken(self, file: File | None = None) -> sqlite3.Connection | None:
        """An idle connection to the file, or the one that was idle for longest."""
        with self._lock:
            for place, (idle, connection) in enumerate(self._idle):
                if file in (None, idle):
                    del self._idle[place]
                    return connection
        return None

    def _close(self, path: Path | None = None) -> None:
        """Close what is idle, of one path or of all."""
        with self._lock:
            closing = [each for each in self._idle if path in (None, each[0][0])]
            self._idle = [each for each in self._idle if each not in closing]
        for _, connection in closing:
            connection.close()


def connect(path: Path, patience: float, *, new: bool = False) -> sqlite3.Connection:
    """Open a file; only `new` makes one that is missing."""
    address = f"{path.absolute().as_uri()}?mode={'rwc' if new else 'rw'}"
    connection = sqlite3.connect(
        address, uri=True, timeout=patience, isolation_level=None, check_same_thread=False
    )
    try:
        if new:
            _log_ahead(connection, patience)
        connection.execute("pragma synchronous = normal")
        connection.execute(f"pragma cache_size = -{CACHE_KIB}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _log_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Turn on the write-ahead log. SQLite waits for nobody here: it says busy at once where two
    do this to a new file, so the waiting is ours."""
    end = monotonic() + patience
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
        sleep(PAUSE)


@contextmanager
def timed(connection: sqlite3.Connection, seconds: float | None) -> Iterator[None]:
    """SQLite ends what runs here for longer. Raises `TooSlow`."""
    if seconds is None:
        yield
        return
    end = monotonic() + seconds
    connection.set_progress_handler(lambda: monotonic() > end, STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise TooSlow(seconds) from error
        raise
    finally:
        connection.set_progress_handler(None, 0)  # the next one to borrow it has its own time


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


class SqliteSink(SqlSink):
    dialect = Sqlite()

    def __init__(
        self, store: SqliteStore, org_id: UUID, version: datetime | None, read_timeout: float | None
    ) -> None:
        super().__init__(org_id, version, read_timeout)
        self._store = store

    def fetch(self, asked: Asked, schema: Schema) -> pl.DataFrame:
        if not self._path.exists() and self._store.path.exists():
            return pl.DataFrame(schema=schema)
        text, params = asked
        with (
            self._store.transaction(self._path) as connection,
            timed(connection, self.read_timeout),
        ):
            return _frame(connection.execute(echoed(text), params).fetchall(), schema)

    def put(self, table: Table, columns: Sequence[Sequence[Any]]) -> None:
        rows = sorted(distinct(table, list(map(_cells, columns, table.columns))))
        stamps: tuple[Any, ...] = (str(self.org_id), milliseconds(self.version))
        self._store.prepare(self._path)
        with self._store.transaction(self._path, write=True) as connection:
            connection.execute("insert or ignore into organisations values (?)", stamps[:1])
            if table.is_rollup:
                key = len(table.key)
                keys = (stamps + row[:key] for row in rows)
                connection.executemany(echoed(end(table)), keys)
            statement = begin(table) if table.is_rollup else upsert(table)
            connection.executemany(echoed(statement), map(stamps.__add__, rows))

    def change(self, cls: type[Record], part: Table, rows: pl.DataFrame) -> int:
        columns = list(map(_cells, columns_of(part, rows), part.columns))
        stamps: tuple[Any, ...] = (str(self.org_id), milliseconds(self.version))
        if not self._path.exists():
            return 0
        with self._store.transaction(self._path, write=True) as connection:
            amended = map(stamps.__add__, sorted(distinct(part, columns)))
            return connection.executemany(echoed(amend(part)), amended).rowcount

    def take_out(self, table: Table, chosen: Asked) -> None:
        predicate, values = chosen
        if not self._path.exists():
            return
        with self._store.transaction(self._path, write=True) as connection:
            connection.execute(echoed(f"delete from {table.name} where {predicate}"), values)

    def erase(self) -> None:
        self._store.erase(self.org_id)

    @property
    def _path(self) -> Path:
        return self._store.file_of(self.org_id)


def _cells(values: Sequence[Any], column: Column) -> Sequence[Any]:
    """A column as SQLite stores it."""
    convert = CELLS.get(column.kind)
    return values if convert is None else each_once(values, convert)


def _frame(rows: Sequence[tuple[Any, ...]], schema: Schema) -> pl.DataFrame:
    plain = {name: _plain(dtype) for name, dtype in schema.items()}
    frame = pl.DataFrame(rows, schema=plain, orient="row")
    return frame.with_columns(_parsed(name, dtype) for name, dtype in schema.items())


def _plain(dtype: pl.DataType) -> pl.DataType:
    if dtype in (DTYPES["instant"], DTYPES["bool"]):
        return pl.Int64()
    return dtype if dtype in (DTYPES["int"], DTYPES["float"]) else pl.String()


def _parsed(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == DTYPES["date"]:
        return pl.col(name).str.to_date("%Y-%m-%d")
    if dtype == DTYPES["texts"]:
        return pl.col(name).str.json_decode(dtype)
    return pl.col(name).cast(dtype)


def open_store(uri: str, classes: Sequence[type[Row]] = CLASSES, **limits: Any) -> SqliteStore:
    """`limits`: those of SqliteStore."""
    path = urlsplit(uri).path.removeprefix("/")
    if not path or path == ":memory:":
        raise Permanent("A SQLite store is a file: `sqlite:///devhealth.db`.")
    return SqliteStore(Path(path), classes, **limits)
