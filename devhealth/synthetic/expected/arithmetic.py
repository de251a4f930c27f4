"""Days, hours and statistics as METRICS §1 has them: UTC, half open, null without a sample.

A duration is rounded to 6 decimals before anything is made of it, for so records keep it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

Row = dict[str, Any]

DECIMALS: Final = 6
ONE_DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)


def day_of(at: datetime) -> date:
    return at.astimezone(UTC).date()


def begin_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def end_of(day: date) -> datetime:
    """The midnight after it."""
    return begin_of(day) + ONE_DAY


def days(first: date, last: date) -> Iterator[date]:
    """Both included."""
    while first <= last:
        yield first
        first += ONE_DAY


def rounded(value: float) -> float:
    return round(float(value), DECIMALS)


def hours(since: datetime, until: datetime) -> float:
    return rounded((until - since) / HOUR)


def minutes(since: datetime, until: datetime) -> float:
    return rounded((until - since) / MINUTE)


def told(values: Iterable[float | None]) -> list[float]:
    return [each for each in values if each is not None]


def quantile(sample: Sequence[float], percent: int) -> float | None:
    """Between the two that rank (n − 1) · p lies between, in proportion."""
    if not sample:
        return None
    ordered = sorted(sample)
    below, rest = divmod((len(ordered) - 1) * percent, 100)
    above = min(below + 1, len(ordered) - 1)
    return rounded(ordered[below] + (ordered[above] - ordered[below]) * rest / 100)


def quantiles(name: str, sample: Sequence[float], *percents: int) -> Row:
    """By the names of columns: `name_p50`."""
    return {f"{name}_p{percent}": quantile(sample, percent) for percent in percents}


def ratio(part: float, whole: float) -> float | None:
    return rounded(part / whole) if whole else None
