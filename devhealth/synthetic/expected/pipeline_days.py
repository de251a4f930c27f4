"""cicd_metrics_daily: attempts by the day they ended; skipped ones count nowhere.

Of an attempt without jobs nobody knows how long it waited, and it took from when it was asked for
until it was over: so GitHub's attempts are read whose jobs are not told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from devhealth.synthetic.expected.arithmetic import (
    Row,
    day_of,
    hours,
    minutes,
    quantile,
    quantiles,
    ratio,
    told,
)
from devhealth.synthetic.expected.seen import Seen
from devhealth.synthetic.world import Attempt, Run

DEFAULT: Final = "main"
ENDED: Final = ("success", "failed", "cancelled")


@dataclass(slots=True)
class _Ended:
    """An attempt that ended."""

    run: Run
    attempt: Attempt
    at: datetime
    is_flaky: bool = False
    green_hours: float | None = None

    @property
    def status(self) -> str:
        return self.attempt.status

    @property
    def is_final(self) -> bool:
        return self.attempt is self.run.attempts[-1]

    @property
    def takes(self) -> float:
        return minutes(min(self._begins, default=self.attempt.queued_at), self.at)

    @property
    def waits(self) -> float | None:
        began = min(self._begins, default=None)
        return minutes(self.attempt.queued_at, began) if began else None

    @property
    def _begins(self) -> Iterator[datetime]:
        return (job.started_at for job in self.attempt.jobs)


def pipeline_days(seen: Seen) -> Iterator[Row]:
    ended = sorted(
        _ended(seen.history.runs),
        key=lambda each: (each.at, each.attempt.number, str(each.run.run_id)),
    )
    _mark_flaky(ended)
    _mark_green(each for each in ended if each.is_final and each.run.branch == DEFAULT)
    found: dict[date, list[_Ended]] = defaultdict(list)
    for each in ended:
        found[day_of(each.at)].append(each)
    for day, mine in found.items():
        yield {"repo_id": seen.repo_id, "day": day, "is_empty": False} | _row(mine)


def _ended(runs: Iterable[Run]) -> Iterator[_Ended]:
    for run in runs:
        for attempt in run.attempts:
            if attempt.finished_at and attempt.status in ENDED:
                yield _Ended(run, attempt, attempt.finished_at)


def _mark_flaky(ended: Iterable[_Ended]) -> None:
    """The first to pass where the same workflow had failed on the same commit."""
    failed, passed = set(), set()
    for each in ended:
        what = (each.run.name, each.run.commit)
        if each.status == "failed":
            failed.add(what)
        elif each.status == "success" and what in failed and what not in passed:
            passed.add(what)
            each.is_flaky = True


def _mark_green(final: Iterable[_Ended]) -> None:
    """What passed first after a red stretch ends it."""
    red: dict[str, datetime] = {}
    for each in final:
        if each.status == "failed":
            red.setdefault(each.run.name, each.at)
        elif each.status == "success" and each.run.name in red:
            each.green_hours = hours(red.pop(each.run.name), each.at)


def _row(mine: list[_Ended]) -> Row:
    final = [each for each in mine if each.is_final]
    first = [each for each in mine if each.attempt.number == 1]
    takes = [each.takes for each in final]
    waits = told(each.waits for each in final)
    greens = told(each.green_hours for each in mine)
    return {
        "runs_count": len(final),
        "success_count": _count(final, "success"),
        "failed_count": _count(final, "failed"),
        "cancelled_count": _count(final, "cancelled"),
        "success_ratio": ratio(_count(final, "success"), len(final)),
        "rerun_count": len(mine) - len(first),
        "first_attempts_count": len(first),
        "first_attempt_success_count": _count(first, "success"),
        "first_attempt_success_ratio": ratio(_count(first, "success"), len(first)),
        "flaky_count": sum(each.is_flaky for each in mine),
        **quantiles("duration_minutes", takes, 50, 90),
        "duration_minutes_n": len(takes),
        "queue_minutes_p50": quantile(waits, 50),
        "queue_minutes_n": len(waits),
        "time_to_green_hours_p50": quantile(greens, 50),
        "time_to_green_n": len(greens),
    }


def _count(attempts: list[_Ended], status: str) -> int:
    return sum(each.status == status for each in attempts)
