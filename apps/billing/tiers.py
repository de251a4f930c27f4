"""The one table of limits: what an organisation of each tier may do.

Depth is counted in absolute days: no way to cut a range, and no end in the future, gets further.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from devhealth.errors import Permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """What an organisation may do.

    backfill_days  how many days back history may be fetched (None: all of it)
    sync_interval  the shortest that a schedule may be
    running        queue → how many of the organisation's units may run at once
    """

    key: str
    name: str
    backfill_days: int | None
    sync_interval: timedelta
    running: Mapping[str, int] = field(hash=False)


def _queues(*, sync: int, backfill: int, webhooks: int) -> Mapping[str, int]:
    # More than one at a time would make no metrics faster: computing takes turns anyway.
    limits = {"sync": sync, "backfill": backfill, "metrics": 1, "webhooks": webhooks, "billing": 1}
    return MappingProxyType(limits)


COMMUNITY = Tier(
    key="community",
    name="Community",
    backfill_days=30,
    sync_interval=timedelta(hours=24),
    running=_queues(sync=2, backfill=1, webhooks=2),
)
TEAM = Tier(
    key="team",
    name="Team",
    backfill_days=90,
    sync_interval=timedelta(hours=6),
    running=_queues(sync=4, backfill=2, webhooks=4),
)
ENTERPRISE = Tier(
    key="enterprise",
    name="Enterprise",
    backfill_days=None,
    sync_interval=timedelta(minutes=15),
    running=_queues(sync=8, backfill=4, webhooks=8),
)

TIERS = (COMMUNITY, TEAM, ENTERPRISE)  # each allows what those before it allow


def tier(key: str) -> Tier:
    """Raises `Permanent` for a key that is none of ours."""
    for each in TIERS:
        if each.key == key:
            return each
    raise Permanent(f"There is no tier `{key}`: {', '.join(each.key for each in TIERS)}.")


def floor(tier: Tier, today: date) -> date | None:
    """The earliest day that may be fetched, itself included. None: no day is too early."""
    return None if tier.backfill_days is None else today - timedelta(days=tier.backfill_days)


def lowest_allowing(since: date, today: date) -> Tier:
    """The first tier that may fetch this day; the last one may fetch any."""
    return next(each for each in TIERS if (floor(each, today) or since) <= since)


def lowest_syncing_every(interval: timedelta) -> Tier | None:
    """The first tier whose schedules may be as short. None: no tier's may."""
    return next((each for each in TIERS if each.sync_interval <= interval), None)
