"""work_item_state_durations_daily: how long items were in each state that is not over."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from devhealth.synthetic.expected.arithmetic import Row, end_of, rounded
from devhealth.synthetic.expected.courses import OVER, Course, Place, Stretch
from devhealth.synthetic.expected.item_days import PROVIDER, lasting, spent


@dataclass(slots=True)
class _Day:
    hours: float = 0.0
    there: set[str] = field(default_factory=set)
    left: int = 0


class StateDays:
    """Of all items of a world, one after the other."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._found: dict[tuple[Place, str, date], _Day] = defaultdict(_Day)

    def count(self, course: Course) -> None:
        for stretch in course.stretches:
            if stretch.status in OVER:
                continue
            for day in lasting(stretch, self._today):
                mine = self._found[stretch.place, stretch.status, day]
                mine.hours += spent(stretch, day)
                mine.there.add(course.item.native_id)
                mine.left += stretch.until is None or stretch.until >= end_of(day)
            self._count_end(stretch)

    def _count_end(self, stretch: Stretch) -> None:
        """What ceased at midnight has a row of the day that begins then: it is left no more."""
        if stretch.until is None or stretch.since == stretch.until:
            return
        day = stretch.until.date()
        if stretch.until == end_of(day - timedelta(days=1)) and day <= self._today:
            self._found[stretch.place, stretch.status, day].left += 0

    def rows(self) -> Iterator[Row]:
        for ((scope, team), status, day), mine in self._found.items():
            yield {
                "provider": PROVIDER,
                "work_scope_id": scope,
                "team_id": team,
                "status": status,
                "day": day,
                "is_empty": False,
                "state_hours": rounded(mine.hours),
                "state_items": len(mine.there),
                "state_items_left": mine.left,
            }
