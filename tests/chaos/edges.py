"""The points at which a worker can be stopped. Only a process that calls `wrap` has them.

claim     a unit is claimed, nothing is done yet
fetch     git gave a commit                            process   before it becomes a record
noted     dirty days are kept, their rows not written
write     before a batch goes into the store           writing   it is under way
written   it is in the store
stored    a whole window is in it                      computed  all metrics are
mark      before the repository's mark moves           marked    after
finish    the unit's end is written, not committed
ring      it is committed, nobody is told

`writing` in PostgreSQL is within the transaction: the batch is visible to nobody. ClickHouse has
none; there the whole batch is sent and its answer not read: the server may have it, or takes it in
while we stand there, and nobody knows yet.
"""

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.pipeline.services import compute, dirty_days, targets
from apps.queue import actors, bells
from apps.queue.claims import Claim
from apps.queue.work import Work
from devhealth.connectors.git_command import Git
from devhealth.connectors.local import Local
from devhealth.errors import Transient
from devhealth.models.states import State
from devhealth.processors import local as processor
from devhealth.sync import Synced
from tests.chaos.traps import Board

BOARD = Board(Path(os.environ["CHAOS_BOARD"]))

_unit: ContextVar[Claim | None] = ContextVar("unit", default=None)
_inserts: ContextVar[bool] = ContextVar("inserts", default=False)


def wrap() -> None:
    _around(dirty_days, "note", after="noted")
    _around(processor, "commit", before="process")
    (_wrap_clickhouse if settings.DATABASE_URI.startswith("clickhouse") else _wrap_postgres)()
    _around(Synced, "finish", before="mark", after="marked")
    _around(bells, "notice", before="ring")
    _around(compute, "recompute", after="computed")
    targets.run_window = _storing(targets.run_window)
    Work.end = _ending(Work.end)  # type: ignore[method-assign]
    Local.git = _fetching(Local.git)  # type: ignore[method-assign]
    Git._start = _logged(Git._start)  # type: ignore[method-assign]
    actors.claim = _claiming(actors.claim)
    actors.run = _running(actors.run)


def _wrap_postgres() -> None:
    from devhealth.sinks import postgres

    _around(postgres.PostgresSink, "put", before="write", after="written")
    _around(postgres.PostgresSink, "_take_turn", after="writing")
    _around(postgres, "_upsert", before="writing")


def _wrap_clickhouse() -> None:
    from clickhouse_connect.driver.httpclient import HttpClient
    from urllib3.connection import HTTPConnection

    from devhealth.sinks.clickhouse import ClickHouseSink

    _around(ClickHouseSink, "put", before="write", after="written")
    HttpClient.insert = _inserting(HttpClient.insert)  # type: ignore[method-assign]
    HTTPConnection.getresponse = _answered(HTTPConnection.getresponse)  # type: ignore[method-assign]


def pass_by(point: str) -> None:
    if (unit := _unit.get()) is not None:
        BOARD.pass_by(unit.organization_id, unit.actor, point, unit.id)


def _around(place: Any, name: str, *, before: str = "", after: str = "") -> None:
    inner = getattr(place, name)

    @wraps(inner)
    def outer(*args: Any, **kwargs: Any) -> Any:
        if before:
            pass_by(before)
        answer = inner(*args, **kwargs)
        if after:
            pass_by(after)
        return answer

    setattr(place, name, outer)


def _inserting(inner: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(inner)
    def insert(*args: Any, **kwargs: Any) -> Any:
        token = _inserts.set(True)
        try:
            return inner(*args, **kwargs)
        finally:
            _inserts.reset(token)

    return insert


def _answered(inner: Callable[..., Any]) -> Callable[..., Any]:
    """An insert's request is out to its last byte."""

    @wraps(inner)
    def getresponse(*args: Any, **kwargs: Any) -> Any:
        if _inserts.get():
            pass_by("writing")
        return inner(*args, **kwargs)

    return getresponse


def _storing(inner: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(inner)
    async def run_window(*args: Any, **kwargs: Any) -> Any:
        synced = await inner(*args, **kwargs)
        pass_by("stored")
        return synced

    return run_window


def _ending(inner: Callable[..., None]) -> Callable[..., None]:
    @wraps(inner)
    def end(work: Work, state: State, *args: Any, **kwargs: Any) -> None:
        inner(work, state, *args, **kwargs)
        if state == State.COMPLETED:
            pass_by("finish")

    return end


def _fetching(inner: Callable[..., Any]) -> Any:
    @wraps(inner)
    async def git(local: Local, head: str, **window: Any) -> AsyncIterator[Any]:
        _suffer(window)
        async with aclosing(inner(local, head, **window)) as commits:
            async for commit in commits:
                pass_by("fetch")
                yield commit

    return git


def _suffer(window: dict[str, Any]) -> None:
    """What the provider does to this organisation at the moment."""
    unit = _unit.get()
    fault = BOARD.fault_of(unit.organization_id) if unit else None
    if fault is None:
        return
    if "poison" not in fault:
        raise Transient("The provider is out of order.", retry_after=fault["retry_after"])
    if window["since"] and window["since"].date().isoformat() == fault["poison"]:
        os.kill(os.getpid(), signal.SIGKILL)


def _logged(inner: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(inner)
    def start(git: Git, arguments: tuple[str, ...]) -> Any:
        if (unit := _unit.get()) is not None and arguments[0] == "log":
            bounds = [each for each in arguments if each.startswith(("--since", "--before"))]
            BOARD.note("git", unit.organization_id, actor=unit.actor, bounds=bounds)
        return inner(git, arguments)

    return start


def _claiming(inner: Callable[[str], Claim | None]) -> Callable[[str], Claim | None]:
    @wraps(inner)
    def claim(queue: str) -> Claim | None:
        unit = inner(queue)
        if unit is not None:
            names = ("id", "actor", "fence", "starts")
            told = {name: getattr(unit, name) for name in names}
            version = unit.claimed_at.isoformat()
            BOARD.note("claim", unit.organization_id, version=version, pid=os.getpid(), **told)
        return unit

    return claim


def _running(inner: Callable[..., None]) -> Callable[..., None]:
    @wraps(inner)
    def run(unit: Claim, claimed_at: float) -> None:
        token = _unit.set(unit)
        try:
            pass_by("claim")
            inner(unit, claimed_at)
        finally:
            _unit.reset(token)
            BOARD.note("end", unit.organization_id, id=unit.id, pid=os.getpid())

    return run
