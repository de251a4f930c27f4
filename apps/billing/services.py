"""What an organisation may do, and what it is told beyond that."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.billing import tiers
from apps.billing.models import Entitlement
from apps.billing.tiers import COMMUNITY, Tier
from apps.errors import PaymentRequired
from apps.orgs.models import Organization
from apps.queue import services as queue


class TierLimit(PaymentRequired):
    """Beyond the tier. The problem document has the limit, what was asked and who allows it."""

    code = "tier_limit"

    def __init__(
        self, detail: str, *, tier: Tier, limit: Any, asked: Any, allowed_by: Tier | None
    ) -> None:
        """What no tier allows is allowed by null."""
        members = {
            "tier": tier.key,
            "limit": limit,
            "asked": asked,
            "allowed_by": allowed_by and allowed_by.key,
        }
        super().__init__(detail, members=members)


def tier_of(organization_id: UUID) -> Tier:
    found = Entitlement.objects.filter(organization_id=organization_id)
    key = found.values_list("tier", flat=True).first()
    return tiers.tier(key) if key else COMMUNITY


def set_tier(organization: Organization, tier: Tier, *, by: str) -> None:
    """From now on. Its queues follow at once; a unit of work looks at what is under way."""
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        if tier_of(organization.id) == tier:
            return
        Entitlement.objects.update_or_create(
            organization_id=organization.id, defaults={"tier": tier.key, "set_by": by}
        )
        queue.set_limits(organization.id, tier.key, tier.running)
        queue.add("pipeline.apply_tier", organization.id, dedupe_key="apply_tier")


def require_depth(tier: Tier, since: date, today: date) -> None:
    """Raises `TierLimit` for a first day (UTC) before the earliest that the tier may fetch."""
    earliest = tiers.floor(tier, today)
    if earliest is None or since >= earliest:
        return
    allowing = tiers.lowest_allowing(since, today)
    raise TierLimit(
        f"The tier {tier.name} fetches the last {tier.backfill_days} days: from {earliest} on. "
        f"Begin then, or change to {allowing.name}.",
        tier=tier,
        limit={"backfill_days": tier.backfill_days, "since": str(earliest)},
        asked={"backfill_days": (today - since).days, "since": str(since)},
        allowed_by=allowing,
    )


def require_interval(tier: Tier, interval: timedelta) -> None:
    """Raises `TierLimit` for a schedule that runs more often than the tier may."""
    if interval >= tier.sync_interval:
        return
    allowing = tiers.lowest_syncing_every(interval)
    advice = f", or change to {allowing.name}" if allowing else ""
    raise TierLimit(
        f"The tier {tier.name} syncs every {_words(tier.sync_interval)} at most, "
        f"this would be every {_words(interval)}. Run it less often{advice}.",
        tier=tier,
        limit={"sync_interval_seconds": _seconds(tier.sync_interval)},
        asked={"sync_interval_seconds": _seconds(interval)},
        allowed_by=allowing,
    )


def _seconds(interval: timedelta) -> int:
    return int(interval.total_seconds())


def _words(interval: timedelta) -> str:
    hours, rest = divmod(interval, timedelta(hours=1))
    return f"{hours} hours" if hours and not rest else f"{interval // timedelta(minutes=1)} minutes"
