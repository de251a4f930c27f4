"""Suspending an organisation: nobody gets in, its work waits, nothing is lost.

Whoever asks for it is told whom to ask. The reason stays with staff, in the audit log too, which
admins read once it is open again.
"""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.errors import BadRequest, Conflict, Forbidden
from apps.orgs import audit
from apps.orgs.models import Organization, User
from apps.queue import holding

SUSPEND, RESUME = "organization.suspend", "organization.resume"  # nobody's operations but staff's


def require_open(organization: Organization) -> None:
    """Raises `Forbidden` for one that is suspended, or being deleted."""
    if organization.deletion_asked_at is not None:
        raise Forbidden(
            "This organisation is being deleted, as one of its owners asked.",
            code="organization_deleted",
        )
    if organization.suspended_at is not None:
        raise Forbidden(
            "This organisation is suspended; nothing of it is lost. "
            f"Ask {settings.SUPPORT_CONTACT} to have it opened again.",
            code="organization_suspended",
        )


def suspend(organization: Organization, reason: str, *, by: User | None = None) -> Organization:
    """From the next request and claim on. Nobody named: the operator. Raises `Conflict`."""
    if not reason.strip():
        raise BadRequest("Say why it is suspended.", code="reason_missing")
    with transaction.atomic():
        found = _locked(organization)
        if found.suspended_at is not None:
            raise Conflict("It is suspended already.", code="already_suspended")
        return _change(found, SUSPEND, reason.strip(), by)


def resume(organization: Organization, reason: str = "", *, by: User | None = None) -> Organization:
    """It is open again, and its work goes on. Raises `Conflict`."""
    with transaction.atomic():
        found = _locked(organization)
        if found.deletion_asked_at is not None:
            raise Conflict("It is being deleted: there is no way back.", code="being_deleted")
        if found.suspended_at is None:
            raise Conflict("It is not suspended.", code="not_suspended")
        return _change(found, RESUME, reason.strip(), by)


def _locked(organization: Organization) -> Organization:
    found: Organization = Organization.objects.select_for_update(no_key=True).get(
        pk=organization.pk
    )
    return found


def _change(found: Organization, action: str, reason: str, by: User | None) -> Organization:
    before = _told(found)
    is_held = action == SUSPEND
    found.suspended_at = timezone.now() if is_held else None
    found.suspended_reason = reason if is_held else ""
    found.save(update_fields=["suspended_at", "suspended_reason"])
    (holding.hold if is_held else holding.release)(found.pk)
    after = _told(found) | {"reason": reason}
    target = f"organization:{found.pk}"
    audit.note(found, action, target=target, before=before, after=after, user=by)
    return found


def _told(organization: Organization) -> dict[str, Any]:
    return {
        "suspended_at": organization.suspended_at,
        "reason": str(organization.suspended_reason),
    }
