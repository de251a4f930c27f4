"""A range of UTC days, cut into windows that are small enough to lose."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from devhealth.errors import Permanent

DAYS = 7

Order = Literal["newest", "oldest"]


def chunk_date_range(
    since: date, before: date, days: int = DAYS, *, order: Order = "oldest"
) -> Iterator[tuple[date, date]]:
    """Half-open windows covering [since, before), oldest first; the last may be shorter.

    `newest` gives the same windows from the other end. No days, no windows. Raises `Permanent` for
    a range that ends before it begins, and for windows of less than a day.
    """
    if days < 1:
        raise Permanent(f"A window of {days} days holds nothing: give 1 or more.")
    if before < since:
        raise Permanent(f"{before} is before {since}: a range ends after it begins.")
    end = before.toordinal()
    starts = range(since.toordinal(), end, days)
    return (
        (date.fromordinal(start), date.fromordinal(min(start + days, end)))
        for start in (starts if order == "oldest" else reversed(starts))
    )
