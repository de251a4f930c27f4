"""How long work will take, by what was done a day: a Monte Carlo simulation.

A run draws each coming day anew from the days that were, weekends and all (bootstrap; Vacanti,
"Actionable Agile Metrics for Predictability", 2015). It begins tomorrow: of today nobody knows yet
what it brings. The numbers that are drawn follow from the days alone, so that the same question has
the same answer, and more items never come earlier.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import islice
from math import ceil
from typing import Any, Final

import polars as pl

from devhealth.analytics.questions import Unanswerable
from devhealth.analytics.records import MOST_RECORDS
from devhealth.models.directory import OVER, STATUSES
from devhealth.models.records import WorkItemChange
from devhealth.sinks import Sink

RUNS: Final = 10_000
LEVELS: Final = (0.5, 0.85, 0.95)
LONGEST: Final = 3 * 365  # days that a run is followed
LEAST_DAYS: Final = 14
LEAST_DONE: Final = 5
HISTORY: Final = 90  # days
OPEN: Final = tuple(each for each in STATUSES if each not in OVER)

TOO_YOUNG: Final = "Fewer than 14 closed days of these items are known."
TOO_FEW: Final = "Fewer than 5 items were done in these days."

Where = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reach:
    """With this certainty it is done within `days`, on `day`. Both null: not within three years."""

    level: float
    days: int | None
    day: date | None


@dataclass(frozen=True, slots=True)
class Yield:
    """With this certainty at least so many items are done."""

    level: float
    items: int


@dataclass(frozen=True)
class Throughput:
    """Items done on each closed day up to `today`, which is left out, in any order.

    Everything drawn follows from the counts: shuffled days tell the same.
    """

    counts: Sequence[int]
    today: date

    @property
    def completed(self) -> int:
        return sum(self.counts)

    @property
    def reason(self) -> str | None:
        """Why nothing can be told from it. Null: it can."""
        if len(self.counts) < LEAST_DAYS:
            return TOO_YOUNG
        return TOO_FEW if self.completed < LEAST_DONE else None

    def when(self, items: int) -> list[Reach]:
        """When so many items will be done, for each of `LEVELS`. Raises `Unanswerable`."""
        self._require_enough()
        reached = dict.fromkeys(LEVELS, 0 if items <= 0 else None)
        for day, done in enumerate(self._days_done(), start=1):
            if None not in reached.values():
                break
            over = int((done >= items).sum())
            for level in LEVELS:
                if reached[level] is None and over >= _runs(level):
                    reached[level] = day
        return [self._reach(level, days) for level, days in reached.items()]

    def how_many(self, until: date) -> list[Yield]:
        """How many items will be done by the end of that day. Raises `Unanswerable`."""
        self._require_enough()
        days = (until - self.today).days
        if not 1 <= days <= LONGEST:
            raise Unanswerable(
                f"The day lies between tomorrow and {LONGEST} days from now.", code="no_such_day"
            )
        *_, done = islice(self._days_done(), days)
        most = done.sort(descending=True)
        return [Yield(level, int(most[_runs(level) - 1])) for level in LEVELS]

    def _reach(self, level: float, days: int | None) -> Reach:
        return Reach(level, days, None if days is None else self.today + timedelta(days=days))

    def _require_enough(self) -> None:
        if self.reason:
            raise Unanswerable(self.reason, code="too_little_history")

    def _days_done(self) -> Iterator[pl.Series]:
        """For each coming day the items that each run has done by its end."""
        done = pl.repeat(0, RUNS, dtype=pl.Int64, eager=True)
        for day in range(1, LONGEST + 1):
            done = done + self._known.sample(RUNS, with_replacement=True, seed=self._seed + day)
            yield done

    @cached_property
    def _known(self) -> pl.Series:
        return pl.Series(sorted(self.counts), dtype=pl.Int64)

    @cached_property
    def _seed(self) -> int:
        text = ",".join(map(str, sorted(self.counts)))
        return int.from_bytes(sha256(text.encode()).digest()[:6])


def _runs(level: float) -> int:
    """How many runs are so large a share of them."""
    return ceil(level * RUNS)


def throughput(sink: Sink, where: Where, *, today: date, history_days: int = HISTORY) -> Throughput:
    """Of the last closed days, from the first on that any of these items is known of.

    `where` tests columns of `WorkItemChange`: scopes and teams are those of the time.
    """
    first = sink.page(WorkItemChange, where, (("at", "asc"),), limit=1)
    if first.is_empty():
        return Throughput((), today)
    since = max(first["at"].dt.date().item(), today - timedelta(days=history_days))
    found = sink.read(
        WorkItemChange, since, today, {**where, "is_completion": True}, at="at", columns=["at"],
        limit=MOST_RECORDS + 1,
    )  # fmt: skip
    require_few(found)
    days = dict(found.group_by(pl.col("at").dt.date()).len().iter_rows())
    length = max(0, (today - since).days)
    return Throughput(
        tuple(int(days.get(since + timedelta(days=each), 0)) for each in range(length)), today
    )


def items_open(sink: Sink, where: Where) -> int:
    """Neither done nor canceled by now."""
    still = {**where, "until": None, "status": list(OPEN)}
    columns, limit = ["work_item_id"], MOST_RECORDS + 1
    return require_few(sink.read(WorkItemChange, where=still, columns=columns, limit=limit)).height


def require_few(found: pl.DataFrame) -> pl.DataFrame:
    """Of a read with the limit `MOST_RECORDS + 1`: nothing is cut. Raises `Unanswerable`."""
    if found.height > MOST_RECORDS:
        raise Unanswerable(
            f"More than {MOST_RECORDS:,} changes of work items are behind this: ask for some "
            "scopes or teams.",
            code="too_many_records",
        )
    return found
