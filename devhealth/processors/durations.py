"""How long something took: floats, rounded to 6 decimals. Null: one of both ends is not told."""

from datetime import datetime


def minutes(since: datetime | None, until: datetime | None) -> float | None:
    return _units(since, until, 60)


def hours(since: datetime | None, until: datetime | None) -> float | None:
    return _units(since, until, 3600)


def _units(since: datetime | None, until: datetime | None, unit: int) -> float | None:
    if since is None or until is None:
        return None
    return round((until - since).total_seconds() / unit, 6)
