"""Delivering: one attempt a unit of work, and what follows from how it went.

An attempt that was cut short is made again, so that a receiver may be told twice, under the same
`webhook-id`; what it has answered is written in the transaction that ends the unit, together with
the unit that tries again.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from apps.notify import signing
from apps.notify.models import Delivery, DeliveryState, Endpoint
from apps.notify.operations import WEBHOOKS_UPDATE
from apps.notify.sealing import signing_secrets
from apps.notify.services import ask
from apps.orgs import audit
from apps.orgs.models import Organization
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.errors import DevHealthError
from devhealth.http import Guard
from devhealth.http.telling import told
from devhealth.models.states import State

PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 57_600)
)  # before each attempt but the first: two days, less half an hour
LONGEST_WAIT = timedelta(hours=1)  # that an answer may ask for
FAILING = timedelta(days=3)  # without taking anything; then it is switched off
LOGGED = 20  # attempts
LONGEST_ERROR = 300
GONE = 410

OFF = "The endpoint is switched off."
OFF_GONE = "It answered 410: it is gone, and wants to be told nothing more."
OFF_FAILING = "It has taken nothing for three days, and another message was given up."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`status` null: nobody answered, or nothing was sent. `error` '': it was taken."""

    at: datetime
    seconds: float = 0.0
    status: int | None = None
    error: str = ""
    wait: float | None = None
    is_off: bool = False

    def line(self) -> dict[str, Any]:
        """As the delivery's log has it."""
        return {
            "at": self.at.isoformat(),
            "status": self.status,
            "error": self.error[:LONGEST_ERROR],
            "seconds": round(self.seconds, 3),
        }


def guard() -> Guard:
    """Internal hosts are those that the operator allows for this (`DEVHEALTH_WEBHOOK_HOSTS`)."""
    return Guard(allowed=tuple(settings.WEBHOOK_HOSTS))


# --- one attempt ---------------------------------------------------------------------------------


def deliver(work: Work) -> None:
    """One attempt, if it is still wanted."""
    found = Delivery.objects.select_related("message", "endpoint").filter(
        id=work.ids["delivery"],
        organization_id=work.organization_id,
        state=DeliveryState.PENDING,
    )
    if (delivery := found.first()) is None:
        return
    outcome = _attempted(delivery)
    with work.finishing():
        _keep(delivery, outcome)


def _attempted(delivery: Delivery) -> Outcome:
    at, began = queue.now(), time.monotonic()
    if not delivery.endpoint.is_active:
        return Outcome(at=at, error=OFF, is_off=True)
    try:
        heard = asyncio.run(
            told(
                delivery.endpoint.url,
                delivery.message.body.encode(),
                _headers(delivery, at),
                guard=guard(),
            )
        )
    except DevHealthError as error:
        return Outcome(at=at, seconds=time.monotonic() - began, error=str(error))
    return Outcome(
        at=at,
        seconds=time.monotonic() - began,
        status=heard.status,
        error=_refusal(heard.status),
        wait=heard.wait,
    )


def _headers(delivery: Delivery, at: datetime) -> Mapping[str, str]:
    return signing.headers(
        delivery.message_id,
        int(at.timestamp()),
        delivery.message.body.encode(),
        signing_secrets(delivery.endpoint, at),
    )


def _refusal(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"It answered {status}: redirects are not followed; correct the endpoint's URL."
    return f"It answered {status}; what has 2xx is taken."


# --- what follows --------------------------------------------------------------------------------


def _keep(delivery: Delivery, outcome: Outcome) -> None:
    """In the caller's transaction. Endpoints are locked before their deliveries, and so that
    nobody waits who tells them something."""
    found = Endpoint.objects.select_for_update(no_key=True).filter(id=delivery.endpoint_id)
    endpoint = found.first()
    locked = Delivery.objects.select_for_update().filter(id=delivery.pk).first()
    if endpoint is None or locked is None:  # deleted meanwhile
        return
    locked.attempts += not outcome.is_off
    locked.log = [*locked.log, outcome.line()][-LOGGED:]
    locked.last_status, locked.error = outcome.status, outcome.error[:LONGEST_ERROR]
    if not outcome.error:
        _taken(endpoint, locked, outcome)
    elif outcome.is_off:
        _give_up(locked)
    else:
        _refused(endpoint, locked, outcome)
    locked.save()


def _taken(endpoint: Endpoint, delivery: Delivery, outcome: Outcome) -> None:
    delivery.state, delivery.next_at = DeliveryState.DELIVERED, None
    delivery.delivered_at = outcome.at
    if endpoint.failing_since is not None:
        Endpoint.objects.filter(id=endpoint.pk).update(failing_since=None)


def _refused(endpoint: Endpoint, delivery: Delivery, outcome: Outcome) -> None:
    """Again after a pause, unless it is gone or was asked often enough."""
    since = endpoint.failing_since or outcome.at
    Endpoint.objects.filter(id=endpoint.pk).update(failing_since=since)
    if outcome.status == GONE:
        _give_up(delivery)
        _switch_off(endpoint, OFF_GONE)
    elif delivery.attempts > len(PAUSES):
        _give_up(delivery)
        if outcome.at - since >= FAILING:
            _switch_off(endpoint, OFF_FAILING)
    else:
        delivery.next_at = outcome.at + _pause(delivery.attempts, outcome.wait)
        ask(delivery, delivery.next_at)


def _pause(attempts: int, wait: float | None) -> timedelta:
    """Longer each time, and no shorter than what was asked for, within reason."""
    usual = PAUSES[attempts - 1] * random.uniform(1.0, 1.1)  # noqa: S311 - not all at once
    return max(usual, min(timedelta(seconds=wait or 0), LONGEST_WAIT))


def _give_up(delivery: Delivery) -> None:
    delivery.state, delivery.next_at = DeliveryState.FAILED, None


def _switch_off(endpoint: Endpoint, reason: str) -> None:
    """By itself, and said in the audit log as nobody's doing."""
    if not endpoint.is_active:
        return
    Endpoint.objects.filter(id=endpoint.pk).update(
        is_active=False, off_reason=reason, updated_at=Now()
    )
    audit.note(
        Organization.objects.get(id=endpoint.organization_id),
        WEBHOOKS_UPDATE,
        target=f"webhook_endpoint:{endpoint.pk}",
        before={"is_active": True},
        after={"is_active": False, "off_reason": reason},
    )


def deliver_ended(work: Work, state: State, error: str) -> None:
    """A unit that does not come back leaves nothing behind that seems to be on its way."""
    if state != State.PENDING:
        waiting = Delivery.objects.filter(
            id=work.ids["delivery"],
            organization_id=work.organization_id,
            state=DeliveryState.PENDING,
        )
        waiting.update(
            state=DeliveryState.FAILED, next_at=None, error=error[:LONGEST_ERROR] or "Canceled."
        )
