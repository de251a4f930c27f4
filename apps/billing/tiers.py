"""The one table of limits: what an organisation of each tier may do.

Depth is counted in absolute days: no way to cut a range, and no end in the future, gets further.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from devhealth.errors import Permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """What an organisation may do. None is no limit.

    backfill_days            how many days back history may be fetched
    sync_interval            the shortest that a schedule may be
    repositories             distinct sources of all sync configs
    members                  people, whatever their role
    requests_per_minute      of the API, all tokens together
    graphql_points_per_hour  what its documents may cost together
    running                  queue → how many of the organisation's units may run at once
    """

    key: str
    name: str
    backfill_days: int | None
    sync_interval: timedelta
    repositories: int | None
    members: int | None
    requests_per_minute: int | None
    graphql_points_per_hour: int | None
    running: Mapping[str, int] = field(hash=False)

    @property
    def sync_interval_seconds(self) -> int:
        return int(self.sync_interval.total_seconds())


def _queues(*, sync: int, backfill: int, webhooks: int) -> Mapping[str, int]:
    # More than one at a time would make no metrics faster: computing takes turns anyway.
    limits = {"sync": sync, "backfill": backfill, "metrics": 1, "webhooks": webhooks, "billing": 1}
    return MappingProxyType(limits)


COMMUNITY = Tier(
    key="community",
    name="Community",
    backfill_days=30,
    sync_interval=timedelta(hours=24),
    repositories=3,
    members=5,
    requests_per_minute=60,
    graphql_points_per_hour=20_000,
    running=_queues(sync=2, backfill=1, webhooks=2),
)
TEAM = Tier(
    key="team",
    name="Team",
    backfill_days=90,
    sync_interval=timedelta(hours=6),
    repositories=10,
    members=20,
    requests_per_minute=300,
    graphql_points_per_hour=100_000,
    running=_queues(sync=4, backfill=2, webhooks=4),
)
ENTERPRISE = Tier(
    key="enterprise",
    name="Enterprise",
    backfill_days=None,
    sync_interval=timedelta(minutes=15),
    repositories=None,
    members=None,
    requests_per_minute=3_000,
    graphql_points_per_hour=1_000_000,
    running=_queues(sync=8, backfill=4, webhooks=8),
)

TIERS = (COMMUNITY, TEAM, ENTERPRISE)  # each allows what those before it allow
PAID = (TEAM, ENTERPRISE)

LIMITS = (
    "repositories",
    "members",
    "backfill_days",
    "sync_interval_seconds",
    "requests_per_minute",
    "graphql_points_per_hour",
)
"""What staff may set for one organisation; attributes of a tier."""


def tier(key: str) -> Tier:
    """Raises `Permanent` for a key that is none of ours."""
    for each in TIERS:
        if each.key == key:
            return each
    raise Permanent(f"There is no tier `{key}`: {', '.join(each.key for each in TIERS)}.")


def rank(key: str) -> int:
    """The higher, the more it allows."""
    return TIERS.index(tier(key))


def next_above(found: Tier) -> Tier | None:
    """None: there is no higher one."""
    return next(iter(TIERS[rank(found.key) + 1 :]), None)


def with_limits(found: Tier, own: Mapping[str, int | None]) -> Tier:
    """The tier as one organisation has it, whose own limits are these."""
    values: dict[str, Any] = dict(own)
    if (seconds := values.pop("sync_interval_seconds", None)) is not None:
        values["sync_interval"] = timedelta(seconds=seconds)
    return replace(found, **values) if values else found


def floor(tier: Tier, today: date) -> date | None:
    """The earliest day that may be fetched, itself included. None: no day is too early."""
    return None if tier.backfill_days is None else today - timedelta(days=tier.backfill_days)


def lowest_allowing(since: date, today: date) -> Tier:
    """The first tier that may fetch this day; the last one may fetch any."""
    return next(each for each in TIERS if (floor(each, today) or since) <= since)


def lowest_syncing_every(interval: timedelta) -> Tier | None:
    """The first tier whose schedules may be as short. None: no tier's may."""
    return next((each for each in TIERS if each.sync_interval <= interval), None)


def lowest_with_room(limit: str, asked: int) -> Tier | None:
    """The first tier that allows so many of something. None: no tier does."""
    return next((each for each in TIERS if is_within(each, limit, asked)), None)


def allowing_more(found: Tier, limit: str) -> Tier | None:
    """The next tier above that has more of a limit. None: none has, or staff set it for this one
    organisation, and it stays whatever the tier."""
    most = getattr(found, limit)
    if most is None or most != getattr(tier(found.key), limit):
        return None
    above = TIERS[rank(found.key) + 1 :]
    return next((each for each in above if is_within(each, limit, most + 1)), None)


def is_within(tier: Tier, limit: str, asked: int) -> bool:
    most: int | None = getattr(tier, limit)
    return most is None or asked <= most
