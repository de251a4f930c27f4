"""What an organisation has, what of it is used, and who says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from apps.billing import tiers
from apps.billing.models import Entitlement, OwnLimit, StripeCustomer, Subscription
from apps.billing.operations import BILLING_READ
from apps.billing.services import tier_of
from apps.billing.subscriptions import decisive, grace_until
from apps.billing.tiers import COMMUNITY
from apps.orgs.members import Member
from apps.queue import services as queue

TEXTS: Mapping[str, str] = {
    "tier": "community, team or enterprise.",
    "source": "Who says so: default (nobody), staff or stripe.",
    "state": "Of the subscription that decides, in Stripe's words. `none`: there is none.",
    "period_end": "Until when that subscription is paid for. Null: there is none.",
}

LIMIT_TEXTS: Mapping[str, str] = {
    "limit": "Null: unlimited.",
    "used": "Null: nothing that is counted up, or nobody can count it now.",
    "left": "Null: unlimited, or nothing that is counted up.",
    "is_own": "Set by staff for this organisation, in place of the tier's.",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The tier, and the subscription that it comes from, if it does."""

    tier: str
    source: str
    state: str
    period_end: datetime | None
    interval: str | None
    is_ending: bool
    grace_until: datetime | None
    checked_at: datetime | None
    can_be_bought: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """One number of the tier's. What nobody counts has no `used` and nothing `left`; nor has, while
    Redis is away, what is counted there."""

    name: str
    limit: int | None
    used: int | None
    is_own: bool

    @property
    def left(self) -> int | None:
        if self.limit is None or self.used is None:
            return None
        return max(self.limit - self.used, 0)


@dataclass(frozen=True, slots=True)
class Entitlements:
    plan: Plan
    limits: list[Limit]


def plan(*, by: Member) -> Plan:
    by.require(BILLING_READ)
    return _plan(by.organization.id)


def entitlements(*, by: Member) -> Entitlements:
    """Within the organisation, whose rows are counted."""
    by.require(BILLING_READ)
    organization_id = by.organization.id
    tier = tier_of(organization_id)
    own = set(
        OwnLimit.objects.filter(organization_id=organization_id).values_list("limit", flat=True)
    )
    limits = [
        Limit(name, getattr(tier, name), _used(name, organization_id), name in own)
        for name in tiers.LIMITS
    ]
    return Entitlements(_plan(organization_id), limits)


def _used(name: str, organization_id: UUID) -> int | None:
    if name not in settings.COUNTS:
        return None
    counted: int | None = import_string(settings.COUNTS[name])(organization_id)
    return counted


def _plan(organization_id: UUID) -> Plan:
    customer = StripeCustomer.objects.filter(organization_id=organization_id).first()
    rows = list(customer.subscriptions.all()) if customer else []
    decides: Subscription | None = decisive(rows, queue.now())
    return Plan(
        tier=tier_of(organization_id).key,
        source=_source(organization_id, customer),
        state=decides.status if decides else "none",
        period_end=decides and decides.period_end,
        interval=(decides and decides.interval) or None,
        is_ending=bool(decides and decides.is_ending),
        grace_until=decides and grace_until(decides),
        checked_at=customer and customer.checked_at,
        can_be_bought=bool(settings.STRIPE_SECRET_KEY),
    )


def _source(organization_id: UUID, customer: StripeCustomer | None) -> str:
    if Entitlement.objects.filter(organization_id=organization_id).exists():
        return "staff"
    return "stripe" if customer and customer.tier != COMMUNITY.key else "default"
