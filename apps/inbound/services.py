"""The inbox: each event once, whatever the provider repeats."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now

from apps.inbound.models import InboundEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event whose signature was right."""

    provider: str
    event_id: str
    kind: str
    subject: str


KEPT = timedelta(days=90)  # longer than any provider repeats what it told
MOST_FORGOTTEN = 1_000


def keep(told: Told, organization_id: UUID | None, *, outcome: str = "") -> bool:
    """Whether it is new. In the caller's transaction; with an outcome it is handled already."""
    _, is_new = InboundEvent.objects.get_or_create(
        provider=told.provider,
        event_id=told.event_id,
        defaults={
            "kind": told.kind,
            "subject": told.subject,
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


def handled(ids: Iterable[int], outcome: str) -> None:
    """Their work is done, in the caller's transaction."""
    found = InboundEvent.objects.filter(id__in=list(ids))
    found.update(handled_at=Now(), outcome=outcome[:200])


def forget_old() -> None:
    """Whosever they are: what was handled long ago, some of it each time."""
    old = InboundEvent.objects.filter(handled_at__lt=Now() - KEPT).order_by("handled_at")
    ids = list(
        old.select_for_update(skip_locked=True).values_list("id", flat=True)[:MOST_FORGOTTEN]
    )
    InboundEvent.objects.filter(id__in=ids).delete()
