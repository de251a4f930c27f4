"""What Stripe is paid for: asked anew each time, never taken from what an event says.

Events come repeated, late and in any order; each only makes an organisation's one unit of work due
now. That unit asks, writes down what it was told, and lets the tier follow. Without any event it
comes by itself every hour, and when the grace of an unpaid subscription ends.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import stripe
from django.db import transaction

from apps.billing import tiers
from apps.billing.models import StripeCustomer, Subscription
from apps.billing.services import changing
from apps.billing.stripe_door import Event, asking
from apps.billing.tiers import COMMUNITY, PAID
from apps.inbound import services as inbound
from apps.orgs.models import Organization
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.models.states import State

Raw = dict[str, Any]
"""A thing of Stripe's, in its own words."""

PROVIDER = "stripe"
GRACE = timedelta(days=14)
EVERY = timedelta(hours=1)
PAID_FOR = ("trialing", "active")
TELLING = ("customer.subscription.", "customer.deleted", "checkout.session.", "invoice.")
INTERVALS = {"month": "monthly", "year": "yearly"}

# --- what arrives --------------------------------------------------------------------------------


def receive(event: Event) -> bool:
    """Keep the event and have its organisation's subscriptions looked at; whether it is new."""
    with transaction.atomic():
        organization_id = _organization_of(event.customer)
        told = inbound.Told(
            provider=PROVIDER, event_id=event.id, kind=event.kind, subject=event.customer
        )
        outcome = _ignored(event, organization_id)
        is_new = inbound.keep(told, organization_id, outcome=outcome)
        if is_new and organization_id and not outcome:
            plan(organization_id)
    return is_new


def _organization_of(customer: str) -> UUID | None:
    found = StripeCustomer.objects.filter(customer_id=customer)
    return found.values_list("organization_id", flat=True).first()


def _ignored(event: Event, organization_id: UUID | None) -> str:
    """Why nothing is to be done. '': something is."""
    if not event.kind.startswith(TELLING):
        return "Ignored: it says nothing of a subscription."
    return "" if organization_id else "Ignored: no customer of ours."


def plan(organization_id: UUID, at: datetime | None = None) -> None:
    """Look then (null: now), or sooner where that is planned already."""
    queue.add("billing.refresh", organization_id, dedupe_key="billing.refresh", not_before=at)


# --- what is asked -------------------------------------------------------------------------------


def refresh(work: Work) -> None:
    """Ask Stripe, under the customer's lock, so that no older answer is written over a newer."""
    with work.finishing():
        organization_id = work.organization_id
        found = StripeCustomer.objects.select_for_update().filter(organization_id=organization_id)
        if (customer := found.first()) is None:
            return
        events = inbound.waiting(PROVIDER, organization_id)
        told, now = fetch(customer.customer_id), queue.now()
        organization = Organization.objects.get(id=organization_id)
        with changing(organization, by=PROVIDER):
            _write(customer, told or [], now)
        if told is None:
            found.delete()
        else:
            plan(organization_id, _next_look(customer, now))
        inbound.handled(events, f"Stripe was asked: {customer.tier}.")
        inbound.forget_old()


def refresh_ended(work: Work, state: State, error: str) -> None:
    """Whatever happened, it is looked at again."""
    if state != State.PENDING:
        plan(work.organization_id, queue.now() + EVERY)


def fetch(customer_id: str) -> list[Raw] | None:
    """All subscriptions, ended ones too. Null: the customer was deleted."""
    with asking() as client:
        try:
            asked = {"customer": customer_id, "status": "all", "limit": 100}
            found = client.v1.subscriptions.list(asked)  # type: ignore[arg-type]
            return [each.to_dict() for each in found.auto_paging_iter()]
        except stripe.InvalidRequestError:
            if getattr(client.v1.customers.retrieve(customer_id), "deleted", False):
                return None
            raise


def _write(customer: StripeCustomer, told: Iterable[Raw], now: datetime) -> None:
    """The customer's subscriptions are these and no others; the tier is what they come to."""
    since = dict(customer.subscriptions.values_list("id", "past_due_since"))
    rows = [_row(customer, each, since.get(each["id"]) or now) for each in told]
    customer.subscriptions.exclude(id__in=[row.id for row in rows]).delete()
    for row in rows:
        row.save()
    decides = decisive(rows, now)
    customer.tier = decides.tier if decides and grants(decides, now) else COMMUNITY.key
    customer.checked_at = now
    customer.save(update_fields=["tier", "checked_at"])


def _row(customer: StripeCustomer, told: Raw, past_due_since: datetime) -> Subscription:
    items = told["items"]["data"]
    tier, interval = max(
        (_bought(item["price"]) for item in items),
        key=lambda each: tiers.rank(each[0]),
        default=(COMMUNITY.key, ""),
    )
    return Subscription(
        id=told["id"],
        customer=customer,
        status=told["status"],
        tier=tier,
        interval=interval,
        created_at=_utc(told["created"]),
        period_end=max((_utc(item["current_period_end"]) for item in items), default=None),
        is_ending=told["cancel_at_period_end"] or told["cancel_at"] is not None,
        past_due_since=past_due_since if told["status"] == "past_due" else None,
    )


def _bought(price: Raw) -> tuple[str, str]:
    """Tier and interval of a price, by its lookup key.

    A lookup key can be moved to a new price; those who bought the old one keep what its metadata
    say under `tier`.
    """
    key, _, interval = (price["lookup_key"] or "").partition("_")
    if key not in {each.key for each in PAID}:
        key = (price["metadata"] or {}).get("tier", "")
        interval = INTERVALS.get((price["recurring"] or {}).get("interval", ""), "")
    known = key in {each.key for each in PAID}
    return (key, interval) if known else (COMMUNITY.key, "")


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# --- what it comes to ----------------------------------------------------------------------------


def grants(subscription: Subscription, now: datetime) -> bool:
    """Whether its tier is the organisation's: paid for, on trial, or unpaid for a while only."""
    ends = grace_until(subscription)
    return subscription.status in PAID_FOR or (ends is not None and now < ends)


def grace_until(subscription: Subscription) -> datetime | None:
    """Null: it is not past due."""
    since = subscription.past_due_since
    return since + GRACE if since and subscription.status == "past_due" else None


def decisive(rows: Iterable[Subscription], now: datetime) -> Subscription | None:
    """Of those that grant something the highest, else the newest."""
    return max(
        rows,
        key=lambda each: (
            grants(each, now),
            tiers.rank(each.tier) if grants(each, now) else 0,
            each.created_at,
            each.id,
        ),
        default=None,
    )


def _next_look(customer: StripeCustomer, now: datetime) -> datetime:
    ends = [grace_until(each) for each in customer.subscriptions.all()]
    return min([now + EVERY, *(each for each in ends if each and each > now)])
