"""The one door to Stripe: who asks it, how its failures are told, whom its events are from.

No sentence of ours is made of Stripe's own words: they may quote a key.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import stripe
from django.conf import settings

from apps.errors import BadRequest, Conflict
from devhealth.errors import Permanent, Transient

log = logging.getLogger("devhealth.billing")

# Seconds to connect and to answer. Together less than PostgreSQL leaves a silent transaction
# (`config.services.FROZEN`): locks are held meanwhile. Who asked tries again.
TIMEOUT = (3.0, 9.0)
OLDEST = 300  # seconds that a signature may be old

_PASSING = (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError)


class NotConfigured(Conflict):
    code = "billing_not_configured"
    detail = (
        "This installation takes no payments: no key of Stripe's is configured. "
        "Its operator sets the tier."
    )


def client() -> stripe.StripeClient:
    """Raises `NotConfigured` without a key."""
    if not settings.STRIPE_SECRET_KEY:
        raise NotConfigured
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
        max_network_retries=0,
    )


@contextmanager
def asking() -> Iterator[stripe.StripeClient]:
    """Stripe, within the block; what it fails with is `Transient` or `Permanent`."""
    try:
        yield client()
    except stripe.StripeError as error:
        raise _meant(error) from None  # its text, and so a traceback's, may quote a key


def _meant(error: stripe.StripeError) -> Transient | Permanent:
    kind, status = type(error).__name__, error.http_status
    log.warning("Stripe: %s, status %s, request %s", kind, status, error.request_id)
    if isinstance(error, _PASSING) or (status or 0) >= 500:
        return Transient(f"Stripe did not answer ({kind}).")
    return Permanent(f"Stripe refused ({kind}): the operator's log says more.")


# --- what Stripe tells by itself -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    """That something happened, and to which customer. What it says is not read: it may be old."""

    id: str
    kind: str
    customer: str


def verified(body: bytes, signature: str) -> Event:
    """An event that was signed, lately, with any of our secrets. Raises `BadRequest`."""
    if not any(_is_signed(body, signature, each) for each in settings.STRIPE_WEBHOOK_SECRETS):
        raise BadRequest("The signature is not right, or too old.", code="invalid_signature")
    try:
        told = json.loads(body)
        return Event(str(told["id"]), str(told["type"]), _customer(told["data"]["object"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest("This is no event of Stripe's.", code="invalid_event") from error


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, OLDEST)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True


def _customer(told: dict[str, Any]) -> str:
    """'' for what is no customer's."""
    if told.get("object") == "customer":
        return str(told["id"])
    found = told.get("customer") or ""
    return str(found["id"]) if isinstance(found, dict) else str(found)
