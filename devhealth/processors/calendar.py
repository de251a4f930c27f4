"""When in a person's week it was, by their own clock (METRICS §4, team_metrics_daily).

weekend        Saturday or Sunday
after_hours    a weekday before the business hours open, or from when they close
working_hours  the rest

The clock is the author's: the instant and its offset from UTC. Where a provider tells only UTC, it
is the organisation's time zone.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from devhealth.models.directory import BusinessHours

SATURDAY: Final = 5


class Calendar:
    """The business hours of one organisation."""

    def __init__(self, hours: BusinessHours) -> None:
        self._hours = hours
        self._zone = ZoneInfo(hours.timezone)

    def time_of_week(self, at: datetime, offset_minutes: int | None) -> str:
        """`at` in UTC; the offset in minutes east of it, null where nobody told it."""
        if offset_minutes is None:
            clock = at.astimezone(self._zone)
        else:
            clock = at + timedelta(minutes=offset_minutes)
        if clock.weekday() >= SATURDAY:
            return "weekend"
        is_within = self._hours.opens <= clock.time() < self._hours.closes
        return "working_hours" if is_within else "after_hours"
