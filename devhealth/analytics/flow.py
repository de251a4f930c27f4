"""Ageing work in progress: how long each item has been at it, beside how long such items take.

An item that is older than most of its scope ever were is late already, whenever it will be done
(Kanban Guide, 2025: work item age). It is measured against its scope's own completions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import polars as pl

from devhealth.analytics.forecast import require_few
from devhealth.analytics.parts import is_low
from devhealth.analytics.records import MOST_RECORDS
from devhealth.metrics.statistics import quantile
from devhealth.metrics.work_items import IS_BLOCKED, ITEM
from devhealth.models.directory import WIP
from devhealth.models.records import WorkItemChange
from devhealth.sinks import Sink

HISTORY: Final = 90  # days
HOUR: Final = 3_600_000  # milliseconds
NOW_COLUMNS: Final = (
    ITEM, "work_scope_id", "scope_key", "provider", "team_id", "status", "status_raw", "is_flagged",
    "is_assigned", "wip_since",
)  # fmt: skip
CYCLE: Final = pl.col("cycle_hours")

Where = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usual:
    """Cycle hours of what was done in the last closed days. p50 and p85 null: nothing was."""

    p50: float | None = None
    p85: float | None = None
    n: int = 0

    @property
    def is_low_sample(self) -> bool:
        return is_low(self.n)


NOTHING: Final = Usual()


@dataclass(frozen=True)
class Flow:
    """Items in progress, in review or blocked, the oldest first, and what is usual.

    items   `NOW_COLUMNS`, `age_hours` since the item was begun, `is_blocked` (or flagged)
    scopes  what is usual, by scope, whatever teams were asked for
    """

    now: datetime
    since: date
    items: pl.DataFrame
    scopes: Mapping[str, Usual]
    whole: Usual

    def usual(self, work_scope_id: str) -> Usual:
        return self.scopes.get(work_scope_id, NOTHING)

    def is_over_p85(self, row: Mapping[str, Any]) -> bool | None:
        """Null: nothing of its scope was done that it could be measured against."""
        p85 = self.usual(row["work_scope_id"]).p85
        return None if p85 is None else bool(row["age_hours"] > p85)

    @cached_property
    def over_p85(self) -> int:
        return sum(bool(self.is_over_p85(row)) for row in self.items.to_dicts())


def flow(sink: Sink, where: Where, *, now: datetime, history_days: int = HISTORY) -> Flow:
    """By two or three reads. `where` tests `work_scope_id`, `team_id` or other columns of changes.

    What is usual of a scope is so of all its teams; `whole` is of what was asked for.
    """
    today = now.astimezone(UTC).date()
    since = today - timedelta(days=history_days)
    items = ageing(_current(sink, where), now)
    done = _done(sink, since, today, where)
    scopes = sorted(set(items["work_scope_id"]))
    of_scopes = _done(sink, since, today, {"work_scope_id": scopes}) if scopes else done.clear()
    return Flow(now, since, items, usual_by_scope(of_scopes), usual(done))


def ageing(current: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Of each item's newest change (`NOW_COLUMNS`), the oldest first, then by id."""
    age = (pl.lit(now) - pl.col("wip_since")).dt.total_milliseconds() / HOUR
    told = current.with_columns(
        age_hours=pl.max_horizontal(age, pl.lit(0.0)).round(6), is_blocked=IS_BLOCKED
    )
    return told.sort("age_hours", ITEM, descending=[True, False])


def usual(done: pl.DataFrame) -> Usual:
    """Of rows with `cycle_hours`, null where an item was done and never begun."""
    told = done.select(p50=quantile(CYCLE, 0.5), p85=quantile(CYCLE, 0.85), n=CYCLE.count())
    (row,) = told.to_dicts()
    return _rounded(row)


def usual_by_scope(done: pl.DataFrame) -> dict[str, Usual]:
    told = done.group_by("work_scope_id").agg(
        p50=quantile(CYCLE, 0.5), p85=quantile(CYCLE, 0.85), n=CYCLE.count()
    )
    return {row.pop("work_scope_id"): _rounded(row) for row in told.to_dicts()}


def in_status_hours(sink: Sink, ids: Sequence[str], now: datetime) -> dict[str, float]:
    """For how long each item has had the status that it has now, by one read of their histories."""
    history = sink.read(
        WorkItemChange, where={ITEM: list(ids)}, columns=[ITEM, "place", "at", "status"],
        limit=MOST_RECORDS + 1,
    )  # fmt: skip
    return status_hours(require_few(history), now)


def status_hours(history: pl.DataFrame, now: datetime) -> dict[str, float]:
    """Of whole histories: since the first change of the last stretch of one status."""
    ordered = history.sort(ITEM, "place")
    is_new = pl.col("status").ne_missing(pl.col("status").shift(1).over(ITEM))
    begun = ordered.filter(is_new).group_by(ITEM).agg(at=pl.col("at").max())
    spent = (pl.lit(now) - pl.col("at")).dt.total_milliseconds() / HOUR
    return dict(begun.select(ITEM, pl.max_horizontal(spent, pl.lit(0.0)).round(6)).iter_rows())


def _current(sink: Sink, where: Where) -> pl.DataFrame:
    still = {**where, "until": None, "status": list(WIP)}
    columns, limit = list(NOW_COLUMNS), MOST_RECORDS + 1
    return require_few(sink.read(WorkItemChange, where=still, columns=columns, limit=limit))


def _done(sink: Sink, since: date, today: date, where: Where) -> pl.DataFrame:
    found = sink.read(
        WorkItemChange, since, today, {**where, "is_completion": True}, at="at",
        columns=["work_scope_id", "cycle_hours"], limit=MOST_RECORDS + 1,
    )  # fmt: skip
    return require_few(found)


def _rounded(row: Mapping[str, Any]) -> Usual:
    p50, p85 = (None if row[name] is None else round(row[name], 6) for name in ("p50", "p85"))
    return Usual(p50, p85, row["n"])
