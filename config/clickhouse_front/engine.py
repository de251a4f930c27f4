"""The engine behind the front: its handles, and what a request sets on the one it runs on."""

import json
import os
import re
import shutil
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import Any

import chdb

from config.clickhouse_front.errors import (
    INVALID_SESSION_TIMEOUT,
    SESSION_IS_LOCKED,
    SESSION_NOT_FOUND,
    UNKNOWN_SETTING,
    Refusal,
    refusal,
)
from config.clickhouse_front.request import Request, Statement

Handle = Any  # chdb's Connection, whose annotations do not say that it takes bytes
SESSION_SECONDS, MOST_SESSION_SECONDS = 60, 3600  # ClickHouse's
INCOMING = "incoming"  # the rows of inserts, each as long as it runs
SETTING = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class Engine:
    """The working directory's engine; a process can open but one.

    A request outside of a session has a handle of its own: opening one costs 0.1 ms, and nothing
    that a request sets can reach another.
    """

    def __init__(self, path: str) -> None:
        self._path = path.partition("?")[0]
        self._kept = chdb.connect(path)  # the engine ends with its last handle
        self._sessions: dict[str, Session] = {}
        self._lock = Lock()
        shutil.rmtree(INCOMING, ignore_errors=True)  # what a killed front left
        os.mkdir(INCOMING, mode=0o700)
        self.timezone = query(self._kept, b"SELECT timezone()", "TSV").bytes().decode().strip()

    def make_database(self, name: str) -> None:
        query(self._kept, f"CREATE DATABASE IF NOT EXISTS {quoted(name, '`')}".encode())

    @contextmanager
    def handle(self, request: Request) -> Iterator[Handle]:
        """One that nobody else uses meanwhile, with the database and settings of `request`."""
        if "session_id" in request.options:
            session = self._claim(request.options)
            try:
                with session.prepared(request):
                    yield session.handle
            finally:
                session.used_at = time.monotonic()
                session.lock.release()
        else:
            with closing(chdb.connect(self._path)) as handle:
                prepare(handle, request.options.get("database"), literals(request.settings))
                yield handle

    def _claim(self, options: Mapping[str, str]) -> "Session":
        name, seconds = options["session_id"], options.get("session_timeout", str(SESSION_SECONDS))
        if not seconds.isdecimal() or int(seconds) > MOST_SESSION_SECONDS:
            raise Refusal(
                INVALID_SESSION_TIMEOUT, f"A session lasts at most {MOST_SESSION_SECONDS} s."
            )
        with self._lock:
            session = self._sessions.get(name)
            if session is None and options.get("session_check") == "1":
                raise Refusal(SESSION_NOT_FOUND, "Session not found.")
            session = session or Session(chdb.connect(self._path))
            if not session.lock.acquire(blocking=False):
                raise Refusal(SESSION_IS_LOCKED, "Session is locked by a concurrent client.")
            self._sessions[name] = session
        session.seconds = int(seconds)
        return session

    def end_idle_sessions(self) -> None:
        now = time.monotonic()
        with self._lock:
            for name, session in list(self._sessions.items()):
                if session.used_at + session.seconds < now and session.lock.acquire(blocking=False):
                    self._sessions.pop(name).handle.close()

    def close(self) -> None:
        for session in self._sessions.values():
            session.handle.close()
        self._kept.close()


@dataclass(slots=True)
class Session:
    handle: Handle
    lock: Lock = field(default_factory=Lock)
    seconds: float = SESSION_SECONDS
    used_at: float = field(default_factory=time.monotonic)
    own: dict[str, str] = field(default_factory=dict)
    """What requests override: the session's own value of it, as SQL."""

    @contextmanager
    def prepared(self, request: Request) -> Iterator[None]:
        """What a request brings holds for it alone; what SET and USE say stays in the session."""
        if request.statement.verb in ("SET", "USE"):
            self.own.clear()
            yield
            return
        database, settings = request.options.get("database"), literals(request.settings)
        self._learn(settings, database)
        try:
            prepare(self.handle, database, settings)
            yield
        finally:
            back = {name: self.own[name] for name in settings}
            prepare(self.handle, database and self.own["database"], back)

    def _learn(self, settings: Iterable[str], database: str | None) -> None:
        """Takes 6 ms, once for each setting."""
        if database and "database" not in self.own:
            said = query(self.handle, b"SELECT currentDatabase()", "TSVRaw").bytes()
            self.own["database"] = said.decode().removesuffix("\n")
        missing = [name for name in settings if name not in self.own]
        if missing:
            names = ", ".join(quoted(name) for name in missing)
            sql = f"SELECT name, value, changed FROM system.settings WHERE name IN ({names})"  # noqa: S608 - quoted
            rows = query(self.handle, sql.encode(), "JSONEachRow").bytes().splitlines()
            for row in map(json.loads, rows):
                self.own[row["name"]] = _again(row["value"]) if row["changed"] else "DEFAULT"
            for name in set(missing) - self.own.keys():
                raise _unknown(name)


def prepare(handle: Handle, database: str | None, settings: Mapping[str, str]) -> None:
    if database:
        # Not SET database, which takes one that is not there, and then refuses everything.
        query(handle, f"USE {quoted(database, '`')}".encode())
    if settings:
        said = ", ".join(f"{name} = {literal}" for name, literal in settings.items())
        query(handle, f"SET {said}".encode())


def literals(settings: Mapping[str, str]) -> dict[str, str]:
    for name in settings:
        if not SETTING.fullmatch(name):
            raise _unknown(name)
    return {name: quoted(value) for name, value in settings.items()}


def _unknown(setting: str) -> Refusal:
    return Refusal(UNKNOWN_SETTING, f"Unknown setting {setting!r}.")


def quoted(text: str, quote: str = "'") -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote


def _again(value: str) -> str:
    """A value that system.settings shows with quotes, 'auto(2)', is SQL already."""
    return value if len(value) > 1 and value[0] == value[-1] == "'" else quoted(value)


# ── running


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # ChdbError is one
        raise refusal(error) from error


def query(
    handle: Handle, sql: bytes, format: str = "TSV", params: Mapping[str, str] | None = None
) -> Any:
    """The whole result, in the engine's memory; `format` where the statement names none."""
    with _translated():
        return handle.query(sql, format, params=params)


def stream(handle: Handle, request: Request) -> Generator[bytes]:
    """The result's blocks as they are made; closing it cancels the query."""
    with _translated():
        result = handle.send_query(request.statement.text, request.format, params=request.params)
        try:
            for block in result:
                yield block.bytes()
        finally:
            result.close()


def insert(handle: Handle, statement: Statement, params: Mapping[str, str]) -> Any:
    """All rows, or (up to a million of them) none.

    From a file, as what the engine's binding has for it, send_insert, takes no notice of
    max_partitions_per_insert_block.
    """
    with NamedTemporaryFile(dir=INCOMING) as file:
        file.writelines(statement.rows or ())
        file.flush()
        source = f" FROM INFILE '{INCOMING}/{Path(file.name).name}' ".encode()
        into = (statement.text, source, statement.settings, f" FORMAT {statement.format}".encode())
        return query(handle, b"".join(into), params=params)
