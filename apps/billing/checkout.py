"""Buying a tier and changing what was bought: both happen on Stripe's own pages.

Nothing here changes a tier. That follows from what Stripe says afterwards (`subscriptions`).
"""

import hashlib
from datetime import datetime
from uuid import UUID

import stripe
from django.conf import settings
from django.db import connection, transaction

from apps.billing import subscriptions
from apps.billing.models import Entitlement, StripeCustomer, Subscription
from apps.billing.operations import BILLING_CHECKOUT, BILLING_PORTAL
from apps.billing.stripe_door import asking
from apps.errors import Conflict
from apps.orgs import audit
from apps.orgs.members import Member
from apps.orgs.models import Organization
from apps.queue import services as queue

LIVE = ("trialing", "active", "past_due", "unpaid", "paused")


def checkout(tier: str, interval: str, *, by: Member) -> str:
    """Where to pay for a tier. Raises `Conflict` where paying would be for nothing, or twice."""
    by.require(BILLING_CHECKOUT)
    organization = by.organization
    with asking() as client, transaction.atomic():
        _require_buyable(organization.id)
        price = _price(client, f"{tier}_{interval}")
        customer = _customer(organization, client)
        back, whose = _back(organization), {"organization_id": str(organization.id)}
        session = client.v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer.customer_id,
                "client_reference_id": str(organization.id),
                "line_items": [{"price": price, "quantity": 1}],
                "subscription_data": {"metadata": whose},
                "success_url": back,
                "cancel_url": back,
            }
        )
        asked = {"tier": tier, "interval": interval}
        _record(by, BILLING_CHECKOUT.name, asked)
    return session.url or ""


def portal(*, by: Member) -> str:
    """Where to change, pay or end what was bought. Raises `Conflict` where nothing was."""
    by.require(BILLING_PORTAL)
    with asking() as client, transaction.atomic():
        customer = StripeCustomer.objects.filter(organization_id=by.organization.id).first()
        if customer is None:
            raise Conflict("Nothing was bought yet: begin with a checkout.", code="no_customer")
        session = client.v1.billing_portal.sessions.create(
            {"customer": customer.customer_id, "return_url": _back(by.organization)}
        )
        _record(by, BILLING_PORTAL.name, None)
    return session.url


def _record(by: Member, operation: str, after: audit.State | None) -> None:
    target = f"organization:{by.organization.id}"
    audit.record(by, operation, target=target, before=None, after=after)


def _back(organization: Organization) -> str:
    return str(settings.STRIPE_RETURN_URL).replace("{organization}", str(organization.slug))


def _require_buyable(organization_id: UUID) -> None:
    if Entitlement.objects.filter(organization_id=organization_id).exists():
        raise Conflict(
            "Staff set this organisation's tier, which a subscription would not change: "
            "ask them to take that back first.",
            code="tier_set_by_staff",
        )
    customers = StripeCustomer.objects.filter(organization_id=organization_id)
    if customers.filter(subscriptions__status__in=LIVE).exists():
        raise Conflict(
            "There is a subscription already: change it in the portal (`billing/portal`).",
            code="already_subscribed",
        )


def require_nothing_paid(organization: Organization) -> None:
    """Whether it may be deleted: nobody is to pay for what is gone. Raises `Conflict`.

    What a cancellation means for money is decided by a person, where the money is.
    """
    paying = Subscription.objects.filter(
        customer__organization=organization, status__in=LIVE, is_ending=False
    )
    if paying.exists():
        raise Conflict(
            "There is a subscription that goes on: cancel it in the portal (`billing/portal`), "
            "then delete the organisation.",
            code="subscription_goes_on",
        )


def _price(client: stripe.StripeClient, lookup_key: str) -> str:
    found = client.v1.prices.list({"lookup_keys": [lookup_key], "active": True})
    if not found.data:
        raise Conflict(
            f"Stripe has no active price of the lookup key `{lookup_key}`: its operator makes one.",
            code="price_missing",
        )
    return found.data[0].id


# --- the customer: made once ---------------------------------------------------------------------


def _customer(organization: Organization, client: stripe.StripeClient) -> StripeCustomer:
    """The organisation's, made with its first checkout, by one transaction at a time."""
    _require_turn(organization.id)
    found = StripeCustomer.objects.filter(organization_id=organization.id).first()
    if found is not None:
        return found
    # If this transaction is taken back, the next one within a day is given the same customer.
    named = hashlib.sha256(organization.name.encode()).hexdigest()[:16]
    made = client.v1.customers.create(
        {"name": organization.name, "metadata": {"organization_id": str(organization.id)}},
        {"idempotency_key": f"devhealth-customer-{organization.id}-{named}"},
    )
    customer = StripeCustomer.objects.create(organization=organization, customer_id=made.id)
    subscriptions.plan(organization.id, _soon())
    return customer


def _soon() -> datetime:
    return queue.now() + subscriptions.EVERY


def _require_turn(organization_id: UUID) -> None:
    """Not the organisation's row: others need not wait while Stripe is asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"stripe customer {organization_id}"],
        )
