"""The inbox: each event once, whatever the provider repeats.

An event waits until its work is done; one that comes again while it waits makes its work due again,
and later none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.inbound.models import InboundEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event whose signature was right. `asks`: what to look at, by an integration."""

    provider: str
    event_id: str
    kind: str
    subject: str
    integration_id: UUID | None = None
    asks: Mapping[str, list[str]] = field(default_factory=dict)


KEPT = timedelta(days=90)  # longer than any provider repeats what it told
KEPT_OF_INTEGRATIONS = timedelta(days=14)  # they are many, and looking twice does no harm
MOST_FORGOTTEN = 1_000


def keep(told: Told, organization_id: UUID | None, *, outcome: str = "") -> bool:
    """Whether it is new. In the caller's transaction; with an outcome it is handled already."""
    _, is_new = InboundEvent.objects.get_or_create(
        provider=told.provider,
        event_id=told.event_id,
        defaults={
            "kind": told.kind,
            "subject": told.subject,
            "integration_id": told.integration_id,
            "asks": dict(told.asks),
            "organization_id": organization_id,
            "handled_at": Now() if outcome else None,
            "outcome": outcome,
        },
    )
    return is_new


def waiting(provider: str, organization_id: UUID) -> list[int]:
    """Events whose work is not done yet, by the ids of their rows."""
    found = InboundEvent.objects.filter(
        provider=provider, organization_id=organization_id, handled_at=None
    )
    return list(found.values_list("id", flat=True))


def of_source(organization_id: UUID, integration_id: UUID, subject: str) -> QuerySet[InboundEvent]:
    """Events of a source whose work is not done yet, the oldest first."""
    found = InboundEvent.objects.filter(
        organization_id=organization_id,
        integration_id=integration_id,
        subject=subject,
        handled_at=None,
    )
    return found.order_by("id")


def handled(ids: Iterable[int], outcome: str) -> None:
    """Their work is done, in the caller's transaction."""
    found = InboundEvent.objects.filter(id__in=list(ids))
    found.update(handled_at=Now(), outcome=outcome[:200])


def forget_old() -> None:
    """Whosever they are: what was handled long ago, some of it each time."""
    is_old = Q(handled_at__lt=Now() - KEPT_OF_INTEGRATIONS, integration_id__isnull=False)
    is_old |= Q(handled_at__lt=Now() - KEPT)
    old = InboundEvent.objects.filter(is_old).order_by("handled_at")
    ids = list(
        old.select_for_update(skip_locked=True).values_list("id", flat=True)[:MOST_FORGOTTEN]
    )
    InboundEvent.objects.filter(id__in=ids).delete()
