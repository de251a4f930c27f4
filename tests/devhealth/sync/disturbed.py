"""A repository whose syncs and windows are cut, frozen and run again, and what must hold after."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from devhealth.backfill.runner import run_window
from devhealth.connectors.local import Local
from devhealth.models.directory import Directory
from devhealth.models.records import Commit, CommitFile, Repository
from devhealth.models.touches import Touches
from devhealth.recompute import recompute
from devhealth.restamp import restamp
from devhealth.sync import Watch, sync_git
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import TODAY, sync
from tests.repositories import Work, add, instant, make, run

Window = tuple[date, date]


class EndedError(Exception):
    """Whoever worked was stopped here."""


@dataclass
class Countdown:
    """Ends a run at its n-th checkpoint, noted or write; or freezes it before its n-th write."""

    kind: str = "none"
    left: int = 0

    def strikes(self, kind: str) -> bool:
        self.left -= kind == self.kind
        return kind == self.kind and self.left == 0

    def pass_by(self, kind: str) -> None:
        if self.strikes(kind):
            raise EndedError(kind)


class Disturbed:
    """A sink that may end a run at a write, or take this write only when it is told to."""

    def __init__(self, sink: Any, countdown: Countdown, held: list[Callable[[], Any]]) -> None:
        self._sink = sink
        self._countdown = countdown
        self._held = held

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sink, name)

    def write(self, rows: Any, cls: Any = None) -> int:
        if not len(rows):
            return 0
        self._countdown.pass_by("write")
        if self._countdown.strikes("frozen"):
            self._held.append(lambda: self._sink.write(rows, cls))
            raise EndedError("frozen")
        return self._sink.write(rows, cls)

    async def write_batch(self, rows: Any) -> int:
        return self.write(rows)

    def amend(self, rows: Any, cls: Any) -> int:
        self._countdown.pass_by("write")
        if self._countdown.strikes("frozen"):
            self._held.append(lambda: self._sink.amend(rows, cls))
            raise EndedError("frozen")
        return self._sink.amend(rows, cls)


@dataclass
class World:
    """What a service would keep of one repository: days to compute, days covered, windows cut."""

    acme: Organisation
    path: Path
    works: list[Work]
    floor: date
    ends: dict[int, str] = field(default_factory=dict)
    noted: Touches = field(default_factory=Touches)
    completed: set[Window] = field(default_factory=set)
    cut: set[Window] = field(default_factory=set)
    held: list[Callable[[], Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Each work's message is its place."""
        make(self.path, *self.works)
        run(self.path, "config", "remote.origin.url", "https://example.com/acme/api.git")
        objects = run(self.path, "cat-file", "--batch-all-objects", "--batch-check").splitlines()
        commits = [line.split()[0] for line in objects if " commit " in line]
        for line in run(self.path, "log", "--no-walk", "--format=%s %H", *commits).splitlines():
            place, commit = line.split()
            self.ends[int(place)] = commit

    def move(self, end: int, *, gone: bool) -> None:
        """The branch stands at another commit; perhaps git has thrown away what it left."""
        add(self.path, *self.works)
        run(self.path, "update-ref", "refs/heads/main", self.ends[end])
        if gone:
            run(self.path, "prune", "--expire=now")

    def whole(self, countdown: Countdown, *, finish: bool = True) -> Touches:
        """Incremental runs reach back to the earliest day that is covered."""
        sink, watch = self._disturbed(countdown)
        synced = asyncio.run(
            sync_git(
                sink, Local(self.path), floor=midnight(self.earliest()), watch=watch, batch_size=3
            )
        )
        if finish:
            synced.finish(sink)
        return synced.touches

    def window(self, window: Window, countdown: Countdown) -> None:
        """A window that was cut is still to be done. It sets no mark, but may withdraw one."""
        mark = self.mark()
        marks = (mark, None) if mark and self.is_gone(mark[0]) else (mark,)
        sink, watch = self._disturbed(countdown)
        self.cut.add(window)
        try:
            asyncio.run(run_window(sink, Local(self.path), *window, watch=watch, batch_size=3))
        finally:
            assert self.mark() in marks
        self.completed.add(window)
        self.cut.discard(window)

    def restamp(self, directory: Directory, countdown: Countdown) -> None:
        sink, watch = self._disturbed(countdown)
        asyncio.run(restamp(sink, directory, watch=watch, batch_size=1))

    def compute(self, countdown: Countdown) -> None:
        recompute(
            self.acme.sink(),
            self.noted,
            today=TODAY,
            checkpoint=lambda: countdown.pass_by("checkpoint"),
        )
        self.noted = Touches()

    def thaw(self) -> None:
        """What frozen workers were about to write is written now."""
        while self.held:
            self.held.pop(0)()

    def earliest(self) -> date:
        return min([self.floor, *(since for since, _ in self.completed)])

    def mark(self) -> tuple[Any, Any] | None:
        rows = self._read(Repository).filter(pl.col("head_hash").is_not_null())
        return rows.select("head_hash", "synced_at").row(0) if rows.height else None

    def is_gone(self, commit: str) -> bool:
        return not run(self.path, "cat-file", "-t", commit, check=False)

    def stored(self, cls: type) -> list[dict[str, Any]]:
        return self._read(cls).drop("synced_at").sort(cls.key).to_dicts()

    def dated(self) -> dict[str, date]:
        """The branch's commits and their committers' days, as git has them."""
        lines = run(self.path, "log", "--format=%H %ct", "main").splitlines()
        pairs = [line.split() for line in lines]
        return {commit: instant(int(seconds)).date() for commit, seconds in pairs}

    def covered(self) -> set[str]:
        return {
            commit
            for commit, day in self.dated().items()
            if day >= self.floor or any(since <= day < end for since, end in self.completed)
        }

    def recounted(self) -> list[list[dict[str, Any]]]:
        """The rollups of an organisation that was given the same records, and never disturbed."""
        globex = Organisation(self.acme.store)
        for cls in (Commit, CommitFile):
            globex.sink().write(self._read(cls), cls)
        globex.compute_everything(TODAY)
        return globex.rollups()

    def undisturbed(self, cls: type, name: str, commits: set[str]) -> list[dict[str, Any]]:
        """What one whole sync stores of these commits."""
        globex = Organisation(self.acme.store)
        sync(globex, self.path)
        return [row for row in globex.records(cls) if row[name] in commits]

    def _read(self, cls: type) -> pl.DataFrame:
        """By no run of its own, so that no time passes."""
        return self.acme.store.for_org(self.acme.org_id).read(cls)

    def _disturbed(self, countdown: Countdown) -> tuple[Any, Watch]:
        async def noted(touches: Touches) -> None:
            countdown.pass_by("noted")
            self.noted |= touches

        watch = Watch(noted=noted, checkpoint=lambda: countdown.pass_by("checkpoint"))
        return Disturbed(self.acme.sink(), countdown, self.held), watch


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
