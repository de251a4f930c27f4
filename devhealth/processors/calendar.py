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

import polars as pl

from devhealth.models.directory import BusinessHours

SATURDAY: Final = 5


class Calendar:
    """The business hours of one organisation."""

    def __init__(self, hours: BusinessHours) -> None:
        self._hours = hours
        self._zone = ZoneInfo(hours.timezone)

    def time_of_week(self, at: datetime, offset_minutes: int | None) -> str:
        """`at` in UTC; the offset in minutes east of it, null where nobody told it."""
        clock = self.clock(at, offset_minutes)
        if clock.weekday() >= SATURDAY:
            return "weekend"
        is_within = self._hours.opens <= clock.time() < self._hours.closes
        return "working_hours" if is_within else "after_hours"

    def clock(self, at: datetime, offset_minutes: int | None) -> datetime:
        """What the clock showed, with no time zone of its own any more."""
        if offset_minutes is None:
            return at.astimezone(self._zone).replace(tzinfo=None)
        return (at + timedelta(minutes=offset_minutes)).replace(tzinfo=None)

    def time_of_week_of(self, clock: pl.Expr) -> pl.Expr:
        """The same of a column of clocks."""
        opens, closes = self._hours.opens, self._hours.closes
        return (
            pl.when(clock.dt.weekday() > SATURDAY)
            .then(pl.lit("weekend"))
            .when(clock.dt.time().is_between(pl.lit(opens), pl.lit(closes), closed="left"))
            .then(pl.lit("working_hours"))
            .otherwise(pl.lit("after_hours"))
        )
