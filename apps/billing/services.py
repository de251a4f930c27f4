"""What an organisation may do, and what it is told beyond that."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, Value
from django.db.models.functions import Coalesce, JSONObject

from apps.billing import tiers
from apps.billing.models import Entitlement, OwnLimit
from apps.billing.tiers import COMMUNITY, Tier
from apps.errors import PaymentRequired
from apps.orgs import audit
from apps.orgs.models import Organization, Role, User
from apps.orgs.services import count_members
from apps.queue import services as queue

MOST_UNPAID = 5  # organisations that one person owns


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


# --- which tier ----------------------------------------------------------------------------------


def tier_of(organization_id: UUID) -> Tier:
    """Staff's word, else what Stripe is paid for, else community; with the own limits. One query.

    An organisation that is none has community.
    """
    found = Organization.objects.filter(id=organization_id).values_list(
        "entitlement__tier", "stripe_customer__tier", _own_limits()
    )
    by_staff, by_stripe, own = found.first() or (None, None, [])
    tier = tiers.tier(by_staff or by_stripe or COMMUNITY.key)
    return tiers.with_limits(tier, {each["limit"]: each["value"] for each in own})


def _own_limits() -> ArraySubquery:
    own = OwnLimit.objects.filter(organization=OuterRef("pk"))
    return ArraySubquery(own.values(each=JSONObject(limit="limit", value="value")))


def set_tier(
    organization: Organization,
    tier: Tier,
    *,
    by: str,
    reason: str = "",
    staff_id: UUID | None = None,
) -> None:
    """From now on, whatever Stripe says, until `remove_tier`. Its queues and jobs follow."""
    with changing(organization, by=by, reason=reason, staff_id=staff_id):
        Entitlement.objects.update_or_create(
            organization_id=organization.id, defaults={"tier": tier.key, "set_by": by}
        )


def remove_tier(
    organization: Organization, *, by: str, reason: str = "", staff_id: UUID | None = None
) -> None:
    """What staff said no longer counts: Stripe's word does, or community."""
    with changing(organization, by=by, reason=reason, staff_id=staff_id):
        Entitlement.objects.filter(organization_id=organization.id).delete()


@contextmanager
def changing(
    organization: Organization, *, by: str, reason: str = "", staff_id: UUID | None = None
) -> Iterator[None]:
    """One transaction for whatever may change the tier; what follows from a change is in it.

    The queues' limits follow at once; a unit of work looks at what is under way. What has a reason
    is somebody's decision, and in the audit log even where the tier stays the same.
    """
    with transaction.atomic():
        lock(organization.id)
        before = tier_of(organization.id)
        yield
        after = tier_of(organization.id)
        if after != before:
            queue.set_limits(organization.id, after.key, after.running)
            queue.add("pipeline.apply_tier", organization.id, dedupe_key="apply_tier")
        if after.key != before.key or reason:
            audit.note(
                organization,
                "billing.set_tier",
                target=f"organization:{organization.id}",
                before={"tier": before.key},
                after={"tier": after.key, "by": by} | ({"reason": reason} if reason else {}),
                staff_id=staff_id,
            )


def lock(organization_id: UUID) -> None:
    """What an organisation may and what it has are looked at by one transaction at a time."""
    Organization.objects.select_for_update(no_key=True).filter(id=organization_id).first()


# --- what is beyond it ---------------------------------------------------------------------------


def require_room(organization_id: UUID, limit: str, *, has: int, asked: int) -> None:
    """Raises `TierLimit` for more of something than the tier allows, if it is more than there is.

    limit     `repositories` or `members`
    has       how many there are, by now
    asked     how many there would be

    The caller has locked the organisation before it counted.
    """
    tier = tier_of(organization_id)
    if asked <= has or tiers.is_within(tier, limit, asked):
        return
    allowing = tiers.lowest_with_room(limit, asked)
    advice = f", or change to {allowing.name}" if allowing else ""
    raise TierLimit(
        f"The tier {tier.name} has {getattr(tier, limit)} {limit}, this would make {asked}. "
        f"Take some away{advice}.",
        tier=tier,
        limit={limit: getattr(tier, limit)},
        asked={limit: asked},
        allowed_by=allowing,
    )


def require_room_for_member(organization: Organization) -> None:
    """What `apps.orgs` asks before it makes a membership (`SEAT_RULES`). Raises `TierLimit`."""
    lock(organization.id)
    has = count_members(organization.id)
    require_room(organization.id, "members", has=has, asked=has + 1)


def require_room_for_organization(person: User) -> None:
    """What `apps.orgs` asks before a person founds one (`FOUNDING_RULES`). Raises 402.

    The caller has locked the person before it counted.
    """
    owned = Organization.objects.filter(memberships__user=person, memberships__role=Role.OWNER)
    tier = Coalesce("entitlement__tier", "stripe_customer__tier", Value(COMMUNITY.key))
    if owned.annotate(tier=tier).filter(tier=COMMUNITY.key).count() >= MOST_UNPAID:
        raise PaymentRequired(
            f"You own {MOST_UNPAID} organisations that pay nothing, as many as one person may. "
            "Have one of them pay, or make somebody else its owner.",
            code="organization_limit",
        )


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
