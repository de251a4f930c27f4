"""Endpoints: where an organisation is told, of what, and by which secret."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.cursors import Page, page
from apps.errors import Conflict, NotFound, PreconditionFailed, Unprocessable
from apps.notify import operations, sealing, services
from apps.notify.delivering import guard
from apps.notify.models import TEST, Delivery, Endpoint
from apps.orgs import audit, memberships
from apps.orgs.operations import Operation
from apps.orgs.services import Member
from apps.standard_webhooks import new_secret
from devhealth.http.errors import Unsafe
from devhealth.http.telling import require_address

MOST = 10
OVERLAP_HOURS = 24
MOST_OVERLAP_HOURS = 168
EDITABLE = ("url", "description", "events", "is_active")

# --- reading -------------------------------------------------------------------------------------


def endpoints_page(*, by: Member, limit: int, after: str | None = None) -> Page[Endpoint]:
    """The newest first."""
    by.require(operations.WEBHOOKS_READ)
    id = by.organization.id
    return page(
        Endpoint.objects.filter(organization_id=id), after=after, limit=limit, bound=[str(id)]
    )


def endpoint_of(endpoint_id: UUID, *, by: Member) -> Endpoint:
    """Raises `NotFound`."""
    by.require(operations.WEBHOOKS_READ)
    found = Endpoint.objects.filter(id=endpoint_id, organization_id=by.organization.id).first()
    if found is None:
        raise NotFound("There is no such webhook endpoint.")
    return found


def address_for(endpoint: Endpoint, *, by: Member) -> str:
    """Its URL; for those who may not change it without path and query, which may be a secret."""
    if by.may(operations.WEBHOOKS_UPDATE):
        return str(endpoint.url)
    parts = urlsplit(endpoint.url)
    return f"{parts.scheme}://{parts.hostname}/…"


def version(endpoint: Endpoint) -> str:
    return endpoint.updated_at.isoformat()


# --- changing ------------------------------------------------------------------------------------


def create(endpoint: Endpoint, *, by: Member) -> str:
    """Save it; its secret, which nobody is shown again. Raises `Unprocessable`, `Conflict`."""
    by.require(operations.WEBHOOKS_CREATE)
    endpoint.organization_id, endpoint.created_by = by.organization.id, by.user.id
    _require_valid(endpoint)
    secret = new_secret()
    sealing.put(endpoint, secret)
    with transaction.atomic():
        memberships.lock(by.organization.id)  # so that they are counted by one at a time
        if Endpoint.objects.filter(organization_id=by.organization.id).count() >= MOST:
            raise Conflict(
                f"An organisation may have {MOST} webhook endpoints: delete one first.",
                code="endpoint_limit",
            )
        endpoint.save(force_insert=True)
        _record(by, operations.WEBHOOKS_CREATE, endpoint, after=_shown(endpoint))
    return secret


def update(
    endpoint_id: UUID, changes: Mapping[str, Any], *, by: Member, unless_changed_since: str = ""
) -> Endpoint:
    """Change what is named. Raises `NotFound`, `PreconditionFailed`, `Unprocessable`.

    Switched on, or at another address, it begins anew: what went wrong before is forgotten.
    """
    by.require(operations.WEBHOOKS_UPDATE)
    with transaction.atomic():
        endpoint = _locked(endpoint_id, by)
        if unless_changed_since and unless_changed_since != version(endpoint):
            raise PreconditionFailed
        before = _shown(endpoint)
        for name in EDITABLE:
            setattr(endpoint, name, changes.get(name, getattr(endpoint, name)))
        _require_valid(endpoint)
        if changes.get("is_active") or endpoint.url != before["url"]:
            endpoint.failing_since = None
        if changes.get("is_active"):
            endpoint.off_reason = ""
        endpoint.save()
        _record(by, operations.WEBHOOKS_UPDATE, endpoint, before, _shown(endpoint))
    return endpoint


def delete(endpoint_id: UUID, *, by: Member) -> None:
    """It is told nothing more; its deliveries go with it. Raises `NotFound`."""
    by.require(operations.WEBHOOKS_DELETE)
    with transaction.atomic():
        endpoint = _locked(endpoint_id, by)
        _record(by, operations.WEBHOOKS_DELETE, endpoint, before=_shown(endpoint))
        endpoint.delete()


def rotate(endpoint_id: UUID, overlap_hours: int, *, by: Member) -> tuple[Endpoint, str]:
    """A new secret; the one before signs, too, for so many hours. Raises `NotFound`."""
    by.require(operations.WEBHOOKS_ROTATE)
    secret = new_secret()
    with transaction.atomic():
        endpoint = _locked(endpoint_id, by)
        sealing.replace(endpoint, secret, timezone.now(), timedelta(hours=overlap_hours))
        endpoint.save()
        after = {"old_until": endpoint.old_until}
        _record(by, operations.WEBHOOKS_ROTATE, endpoint, after=after)
    return endpoint, secret


def test(endpoint_id: UUID, *, by: Member) -> Delivery:
    """A message to this endpoint alone, whatever it takes. Raises `NotFound`, `Conflict`."""
    by.require(operations.WEBHOOKS_TEST)
    with transaction.atomic():
        endpoint = _locked(endpoint_id, by)
        require_active(endpoint)
        facts = {"endpoint_id": endpoint.pk, "asked_by": by.user.id}
        (delivery,) = services.send(by.organization.id, TEST, facts, {}, [endpoint])
        _record(by, operations.WEBHOOKS_TEST, endpoint, after={"delivery_id": delivery.pk})
    return delivery


def require_active(endpoint: Endpoint) -> None:
    """Raises `Conflict`."""
    if not endpoint.is_active:
        raise Conflict("This endpoint is switched off; switch it on first.", code="inactive")


def _locked(endpoint_id: UUID, by: Member) -> Endpoint:
    found = Endpoint.objects.select_for_update(no_key=True).filter(
        organization_id=by.organization.id
    )
    if (endpoint := found.filter(id=endpoint_id).first()) is None:
        raise NotFound("There is no such webhook endpoint.")
    return endpoint


def _require_valid(endpoint: Endpoint) -> None:
    try:
        require_address(endpoint.url, guard())
    except Unsafe as error:
        raise Unprocessable(
            str(error),
            code="invalid_endpoint",
            errors=[{"pointer": "/body/url", "detail": str(error)}],
        ) from error


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in EDITABLE}


def _record(
    by: Member,
    operation: Operation,
    endpoint: Endpoint,
    before: audit.State | None = None,
    after: audit.State | None = None,
) -> None:
    audit.record(
        by, operation, target=f"webhook_endpoint:{endpoint.pk}", before=before, after=after
    )
