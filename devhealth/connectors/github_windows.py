"""Windows of time in the words of GitHub's search: whole seconds, both ends included, UTC.

GitHub shows at most 1,000 things of a window; one that has more is halved.
"""

from datetime import UTC, datetime, timedelta

from devhealth.errors import Permanent

MOST = 1_000
SECOND = timedelta(seconds=1)

Window = tuple[datetime | None, datetime | None]
"""[since, before), UTC; null: open."""


def text(at: datetime) -> str:
    """`2026-03-01T08:00:00Z`, as GitHub writes instants; what is less than a second is cut."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(window: Window) -> str | None:
    """Null: all of time. What changed within the second of `before` is of the next window."""
    since, before = window
    if since and before:
        return f"{text(since)}..{text(before - SECOND)}"
    if since:
        return f">={text(since)}"
    return f"<{text(before)}" if before else None


def halves(window: Window, began: datetime, things: str) -> tuple[Window, Window]:
    """An open end stays open; `began` is before everything. Raises Permanent for a second."""
    since, before = window
    first, last = since or began, before or datetime.now(UTC)
    if last - first <= SECOND:
        raise Permanent(
            f"GitHub shows {MOST:,} {things} of a second, and {text(first)} has more: leave this "
            "target out for this repository, or begin after it."
        )
    middle = (first + (last - first) / 2).replace(microsecond=0)
    middle = max(middle, first + SECOND)
    return (since, middle), (middle, before)


def day_before(at: datetime) -> datetime:
    """Where the UTC day before the day of `at` begins."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=1)
