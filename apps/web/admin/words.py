"""Limits, instants and states as people say them."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.billing.entitlements import Limit
from devhealth.models.states import State

STATES = {
    State.PENDING.value: "info",
    State.RUNNING.value: "info",
    State.COMPLETED.value: "success",
    State.FAILED.value: "danger",
    State.QUARANTINED.value: "danger",
    State.PAUSED.value: "warning",
    State.CANCELED.value: "warning",
}
"""As unfold colours them."""

NAMES = {
    "repositories": "Repositories",
    "members": "Members",
    "backfill_days": "Days of history",
    "sync_interval_seconds": "Shortest time between syncs",
    "requests_per_minute": "API requests a minute",
    "graphql_points_per_hour": "GraphQL points an hour",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A limit in words; `share`: of it that is used, in percent, null where nothing is counted."""

    name: str
    most: str
    used: int | None
    share: int | None
    is_own: bool


def limits_in_words(limits: Iterable[Limit]) -> list[Told]:
    return [
        Told(NAMES[each.name], _most(each), each.used, _share(each), each.is_own) for each in limits
    ]


def _most(limit: Limit) -> str:
    if limit.limit is None:
        return "unlimited"
    if limit.name == "sync_interval_seconds":
        return duration(limit.limit)
    return f"{limit.limit:,}"


def _share(limit: Limit) -> int | None:
    if limit.used is None or not limit.limit:
        return None
    return min(100, round(100 * limit.used / limit.limit))


def duration(seconds: float) -> str:
    """In the largest unit that there are two of at least: 90 minutes, 45 seconds."""
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
