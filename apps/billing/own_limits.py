"""Limits that staff set for one organisation in place of its tier's, each with a reason."""

from uuid import UUID

from apps.billing.models import OwnLimit
from apps.billing.services import changing
from apps.billing.tiers import LIMITS
from apps.errors import BadRequest
from apps.orgs import audit
from apps.orgs.models import Organization

NEEDS_NUMBER = "sync_interval_seconds"


def set_limit(
    organization: Organization,
    limit: str,
    value: int | None,
    *,
    reason: str,
    by: str,
    staff_id: UUID | None = None,
) -> None:
    """From now on; null: unlimited. What runs follows. Raises `BadRequest`."""
    _require_valid(limit, value, reason)
    with changing(organization, by=by):
        before = _shown(organization, limit)
        OwnLimit.objects.update_or_create(
            organization=organization,
            limit=limit,
            defaults={"value": value, "reason": reason, "set_by": by},
        )
        _note(organization, limit, before, staff_id=staff_id)


def remove_limit(
    organization: Organization, limit: str, *, reason: str, by: str, staff_id: UUID | None = None
) -> None:
    """The tier's own again. Raises `BadRequest`."""
    _require_valid(limit, 1, reason)
    with changing(organization, by=by):
        before = _shown(organization, limit)
        OwnLimit.objects.filter(organization=organization, limit=limit).delete()
        after = {"limit": limit, "reason": reason, "set_by": by}
        _note(organization, limit, before, after, staff_id=staff_id)


def _require_valid(limit: str, value: int | None, reason: str) -> None:
    if limit not in LIMITS:
        raise BadRequest(f"There is no limit `{limit}`: {', '.join(LIMITS)}.", code="unknown_limit")
    if not reason.strip():
        raise BadRequest("Say why, for whoever wonders later.", code="no_reason")
    least = 60 if limit == NEEDS_NUMBER else 0
    if value is None and limit == NEEDS_NUMBER:
        raise BadRequest("A schedule's shortest interval is a number.", code="invalid_limit")
    if value is not None and not least <= value < 2**31:
        raise BadRequest(f"`{limit}` is {least} at least.", code="invalid_limit")


def _shown(organization: Organization, limit: str) -> audit.State | None:
    own = OwnLimit.objects.filter(organization=organization, limit=limit)
    return own.values("limit", "value", "reason", "set_by").first()


def _note(
    organization: Organization,
    limit: str,
    before: audit.State | None,
    after: audit.State | None = None,
    *,
    staff_id: UUID | None,
) -> None:
    audit.note(
        organization,
        "billing.set_limit",
        target=f"organization:{organization.id}",
        before=before,
        after=after or _shown(organization, limit),
        staff_id=staff_id,
    )
