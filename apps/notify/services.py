"""Telling: a message for whoever wants to know, in the transaction of what it tells of."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from apps.notify.models import Delivery, Endpoint, Message
from apps.orgs.models import Organization
from apps.orgs.services import url_of
from apps.queue import services as queue

ACTOR = "notify.deliver"

Facts = Mapping[str, Any]


def tell(
    organization_id: UUID, event: str, facts: Facts, links: Mapping[str, str] | None = None
) -> None:
    """Whoever takes such events is told once the caller's transaction is committed, else nobody.

    event  one of `Event`
    facts  what JSON can hold, ids and instants too; never a secret
    links  name → path below the organisation's address
    """
    takers = list(
        Endpoint.objects.filter(
            organization_id=organization_id, is_active=True, events__contains=[event]
        )
    )
    if takers:
        send(organization_id, str(event), facts, links or {}, takers)


def send(
    organization_id: UUID,
    kind: str,
    facts: Facts,
    links: Mapping[str, str],
    endpoints: Iterable[Endpoint],
) -> list[Delivery]:
    """A message and its way to each of these endpoints, in the caller's transaction."""
    now = timezone.now()
    organization = Organization.objects.get(id=organization_id)
    body = {
        "type": kind,
        "timestamp": now,
        "data": {
            "organization": {"id": organization.pk, "slug": organization.slug},
            **facts,
            "links": {name: f"{url_of(organization)}{path}" for name, path in links.items()},
        },
    }
    message = Message.objects.create(
        organization_id=organization_id,
        kind=kind,
        body=json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")),
    )
    deliveries = Delivery.objects.bulk_create(
        Delivery(organization_id=organization_id, message=message, endpoint=endpoint, next_at=now)
        for endpoint in endpoints
    )
    for delivery in deliveries:
        ask(delivery)
    return deliveries


def ask(delivery: Delivery, not_before: datetime | None = None) -> None:
    """Have it tried, now or later: never two at one endpoint, of one message at once."""
    queue.add(
        ACTOR,
        delivery.organization_id,
        ids={"delivery": str(delivery.pk)},
        dedupe_key=f"delivery:{delivery.pk}",
        slots={f"webhook:{delivery.endpoint_id}": 1},
        not_before=not_before,
    )
