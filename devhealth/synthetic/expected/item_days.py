"""work_item_metrics_daily: what was filed, begun and done on a day, what lay there at its end."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from devhealth.synthetic.expected.arithmetic import (
    HOUR,
    ONE_DAY,
    Row,
    begin_of,
    day_of,
    days,
    end_of,
    hours,
    quantiles,
    ratio,
    rounded,
)
from devhealth.synthetic.expected.courses import OVER, WIP, Course, Place, Stretch

PROVIDER: Final = "synthetic"
WEEK: Final = 7  # days
COUNTED: Final = (
    "items_created", "items_started", "items_completed", "items_canceled", "items_reopened",
    "bugs_created", "bugs_completed", "unplanned_count", "items_open", "wip", "wip_unassigned",
    "throughput_7d",
)  # fmt: skip


@dataclass(slots=True)
class _Day:
    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    points: int = 0
    blocked: float = 0.0

    def row(self) -> Row:
        counts, samples = self.counts, self.samples
        wip, throughput = counts["wip"], counts["throughput_7d"]
        return {
            **{name: counts[name] for name in COUNTED},
            "story_points_completed": float(self.points),
            **quantiles("cycle_hours", samples["cycle"], 50, 85, 95),
            "cycle_hours_n": len(samples["cycle"]),
            **quantiles("lead_hours", samples["lead"], 50, 85),
            **quantiles("flow_efficiency", samples["flow"], 50),
            "flow_efficiency_n": len(samples["flow"]),
            **quantiles("wip_age_hours", samples["age"], 50, 85),
            "blocked_hours": rounded(self.blocked),
            "wip_congestion": rounded(wip / max(1, throughput)),
            "completed_or_wip": throughput + wip,
            "completed_share": ratio(throughput, throughput + wip),
        }


class ItemDays:
    """Of all items of a world, one after the other."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._found: dict[tuple[Place, date], _Day] = defaultdict(_Day)

    def count(self, course: Course) -> None:
        self._moved(course)
        if course.completion:
            self._completed(course, course.completion)
        for each in course.stretches:
            self._lasted(course, each)

    def rows(self) -> Iterator[Row]:
        for ((scope, team), day), mine in self._found.items():
            yield {
                "provider": PROVIDER,
                "work_scope_id": scope,
                "team_id": team,
                "day": day,
                "is_empty": False,
                **mine.row(),
            }

    def _on(self, stretch: Stretch) -> _Day:
        """The day on which it began."""
        return self._found[stretch.place, day_of(stretch.since)]

    def _moved(self, course: Course) -> None:
        """Something happened on the days of all changes, whether anything is counted or not."""
        filing = course.stretches[0]
        self._on(filing).counts["items_created"] += 1
        self._on(filing).counts["bugs_created"] += course.is_bug
        for each in course.stretches:
            self._on(each)
        happened = (
            ("items_started", [course.start]),
            ("items_canceled", [course.cancellation]),
            ("unplanned_count", [course.unplanned]),
            ("items_reopened", course.reopenings),
        )
        for name, stretches in happened:
            for stretch in filter(None, stretches):
                self._on(stretch).counts[name] += 1

    def _completed(self, course: Course, completion: Stretch) -> None:
        mine = self._on(completion)
        mine.counts["items_completed"] += 1
        mine.counts["bugs_completed"] += course.is_bug
        mine.points += course.item.now.points or 0
        mine.samples["lead"].append(hours(course.item.created_at, completion.since))
        for name, value in (("cycle", course.cycle_hours), ("flow", course.flow())):
            if value is not None:
                mine.samples[name].append(value)
        day = day_of(completion.since)
        for each in days(day, min(self._today, day + (WEEK - 1) * ONE_DAY)):
            self._found[completion.place, each].counts["throughput_7d"] += 1

    def _lasted(self, course: Course, stretch: Stretch) -> None:
        if stretch.status in OVER:
            return
        for day in lasting(stretch, self._today):
            if stretch.is_blocked:
                self._found[stretch.place, day].blocked += spent(stretch, day)
            if stretch.until is None or stretch.until >= end_of(day):
                self._lies(course, stretch, day)

    def _lies(self, course: Course, stretch: Stretch, day: date) -> None:
        mine = self._found[stretch.place, day]
        mine.counts["items_open"] += 1
        if stretch.status in WIP and course.wip_since:
            mine.counts["wip"] += 1
            mine.counts["wip_unassigned"] += not stretch.is_held
            mine.samples["age"].append((end_of(day) - course.wip_since) / HOUR)


def lasting(stretch: Stretch, today: date) -> Iterable[date]:
    """Days on which it takes any time, up to today."""
    if stretch.until == stretch.since:
        return ()
    last = today if stretch.until is None else min(today, day_of(stretch.until - ONE_TICK))
    return days(day_of(stretch.since), last)


ONE_TICK: Final = HOUR / 3_600_000  # a millisecond: nothing is told closer


def spent(stretch: Stretch, day: date) -> float:
    """Hours of the day; today until its end."""
    end = min(stretch.until or end_of(day), end_of(day))
    return (end - max(stretch.since, begin_of(day))) / HOUR
