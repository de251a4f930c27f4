"""Addresses that providers tell of what happened: made, found, given another secret, taken away.

An address holds a random key, which finds the integration and opens nothing; the secret shows who
speaks. After another one was made the older is good for a day, so that nothing is lost meanwhile.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.inbound.models import InboundEvent, WebhookEndpoint
from apps.inbound.signatures import new_secret
from apps.secret_keys import is_by_newest_key as _is_newest
from apps.secret_keys import seal, unseal

OVERLAP = timedelta(days=1)
SEALED = ("sealed", "sealed_older")
GONE = "Ignored: the webhook was taken away."


def of_integration(organization_id: UUID, integration_id: UUID) -> WebhookEndpoint | None:
    found: WebhookEndpoint | None = _of(organization_id, integration_id).first()
    return found


def _of(organization_id: UUID, integration_id: UUID) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(
        organization_id=organization_id, integration_id=integration_id
    )


def by_key(provider: str, key: str) -> WebhookEndpoint | None:
    found: WebhookEndpoint | None = WebhookEndpoint.objects.filter(
        key=key, provider=provider
    ).first()
    return found


def of_installation(installation_id: str) -> Sequence[WebhookEndpoint]:
    """Several organisations may have connected the same."""
    if not installation_id:
        return []
    return list(WebhookEndpoint.objects.filter(installation_id=installation_id).order_by("pk"))


def address_of(endpoint: WebhookEndpoint) -> str:
    """What is entered at the provider; the App's own has been entered by the operator."""
    place = f"/{endpoint.key}" if endpoint.key else ""
    return f"{settings.ACCOUNT_URL}/webhooks/{endpoint.provider}{place}"


def give_secret(organization_id: UUID, integration_id: UUID, provider: str) -> str:
    """A new secret, of a new endpoint or of one that is there; it is told this once.

    In the caller's transaction.
    """
    secret = new_secret(provider)
    known = _of(organization_id, integration_id).select_for_update().first()
    endpoint = known or WebhookEndpoint(
        organization_id=organization_id,
        integration_id=integration_id,
        provider=provider,
        key=secrets.token_urlsafe(24),
    )
    if known:
        endpoint.sealed_older, endpoint.older_until = known.sealed, timezone.now() + OVERLAP
    endpoint.sealed = seal(secret, about=_about(endpoint))
    endpoint.save()
    return secret


def install(organization_id: UUID, integration_id: UUID, installation_id: int) -> None:
    """Events of this installation of the operator's App are of this integration from now on."""
    WebhookEndpoint.objects.update_or_create(
        organization_id=organization_id,
        integration_id=integration_id,
        defaults={
            "provider": "github",
            "installation_id": str(installation_id),
            "key": None,
            "sealed": "",
            "sealed_older": "",
            "older_until": None,
        },
    )


def remove(organization_id: UUID, integration_id: UUID) -> bool:
    """Whether there was one. What waits is looked at by nobody any more."""
    with transaction.atomic():
        waiting = InboundEvent.objects.filter(
            organization_id=organization_id, integration_id=integration_id, handled_at=None
        )
        waiting.update(handled_at=timezone.now(), outcome=GONE)
        count, _ = _of(organization_id, integration_id).delete()
    return bool(count)


def secrets_of(endpoint: WebhookEndpoint) -> list[str]:
    """Those that are good now, opened. Raises `CannotOpen`."""
    about = _about(endpoint)
    is_older_good = endpoint.older_until is not None and timezone.now() < endpoint.older_until
    sealed = [endpoint.sealed, endpoint.sealed_older if is_older_good else ""]
    return [unseal(each, about=about) for each in sealed if each]


def rotate(organization_id: UUID) -> int:
    """How many were sealed anew by the newest key. Raises `CannotOpen`."""
    found = WebhookEndpoint.objects.filter(organization_id=organization_id)
    return sum(_rotate(each) for each in list(found.values_list("pk", flat=True)))


def _rotate(endpoint_id: int) -> bool:
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
        if row is None:
            return False
        old = [name for name in SEALED if (text := getattr(row, name)) and not _is_newest(text)]
        for name in old:
            text = unseal(getattr(row, name), about=_about(row))
            setattr(row, name, seal(text, about=_about(row)))
        row.save(update_fields=old)
    return bool(old)


def _about(endpoint: WebhookEndpoint) -> str:
    return f"webhook:{endpoint.organization_id}:{endpoint.integration_id}"
