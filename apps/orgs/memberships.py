"""Members of an organisation: who they are, what they may, and how they leave.

Whatever changes who is a member or an owner holds the organisation's row until it commits, so that
of several owners who leave at once one stays.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.cursors import Page, page
from apps.errors import Conflict, Forbidden, NotFound, Unauthorized
from apps.orgs import audit, operations
from apps.orgs.members import Member
from apps.orgs.models import ApiToken, Membership, Organization, Role, Session, User

# --- reading -------------------------------------------------------------------------------------


def members_page(*, by: Member, limit: int, after: str | None = None) -> Page[Membership]:
    """The newest first."""
    by.require(operations.MEMBERS_READ)
    return page(_members(by), after=after, limit=limit, bound=[by.organization.id])


def member_of(member_id: UUID, *, by: Member) -> Membership:
    """Raises `NotFound`."""
    by.require(operations.MEMBERS_READ)
    return _member(member_id, by)


def _members(by: Member) -> QuerySet[Membership]:
    members: QuerySet[Membership] = Membership.objects.filter(organization=by.organization)
    return members.select_related("user")


def _member(member_id: UUID, by: Member) -> Membership:
    return _found(_members(by), member_id)


def _held(member_id: UUID, by: Member) -> Membership:
    """Whoever logs in or makes a token just now is waited for."""
    return _found(_members(by).select_for_update(of=("self",)), member_id)


def _found(members: QuerySet[Membership], member_id: UUID) -> Membership:
    if (found := members.filter(id=member_id).first()) is None:
        raise NotFound("There is no such member of this organisation.")
    return found


# --- changing: each raises `NotFound`, `Forbidden` or `Conflict` ---------------------------------


def change_role(member_id: UUID, role: str, *, by: Member) -> Membership:
    """From their next request on."""
    by.require(operations.MEMBERS_UPDATE)
    with transaction.atomic():
        by = _still(by)
        by.require(operations.MEMBERS_UPDATE)
        membership = _held(member_id, by)
        before = _told(membership)
        require_may_give(membership.role, by=by)
        require_may_give(role, by=by)
        if role != Role.OWNER:
            _require_another_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])
        audit.record(
            by,
            operations.MEMBERS_UPDATE,
            target=_name(membership),
            before=before,
            after=_told(membership),
        )
    return membership


def remove(member_id: UUID, *, by: Member) -> None:
    """Their tokens and sessions end with it. Whoever removes themselves leaves."""
    by.require(operations.MEMBERS_LEAVE)
    with transaction.atomic():
        by = _still(by)
        membership = _held(member_id, by)
        is_leaving = membership.user_id == by.user.id
        operation = operations.MEMBERS_LEAVE if is_leaving else operations.MEMBERS_REMOVE
        by.require(operation)
        if is_leaving:
            by.require_in_person()
        require_may_give(membership.role, by=by)
        _require_another_owner(membership)
        audit.record(by, operation, target=_name(membership), before=_told(membership), after=None)
        _end_access(membership)
        membership.delete()


def admit(organization: Organization, user: User, role: str) -> Membership:
    """Whoever is a member already stays what they are. Under the organisation's `lock`."""
    membership: Membership
    membership, _ = Membership.objects.get_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    return membership


def lock(organization_id: UUID) -> Organization:
    """Until the caller's transaction ends, nobody else changes who is a member here."""
    locked: Organization = Organization.objects.select_for_update(no_key=True).get(
        id=organization_id
    )
    return locked


def require_may_give(role: str, *, by: Member) -> None:
    """Only an owner makes an owner, or unmakes one, and in person. Raises `Forbidden`."""
    if role != Role.OWNER:
        return
    if by.role != Role.OWNER:
        raise Forbidden("Only an owner decides who is one.", code="owners_only")
    by.require_in_person()


def _still(by: Member) -> Member:
    """Who asks, in the role that they have once nobody else can change it."""
    lock(by.organization.id)
    role = Membership.objects.filter(organization=by.organization, user=by.user)
    now: str | None = role.values_list("role", flat=True).first()
    if now is None:
        raise Unauthorized("You are no member of this organisation any more.")
    return replace(by, role=now)


def _require_another_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    others = Membership.objects.filter(
        organization_id=membership.organization_id, role=Role.OWNER, user__is_active=True
    ).exclude(id=membership.id)
    if not others.exists():
        raise Conflict(
            "They are the last owner: make another member an owner first.", code="last_owner"
        )


def _end_access(membership: Membership) -> None:
    """For good: whoever comes back begins with new tokens."""
    now, where = timezone.now(), {"organization_id": membership.organization_id}
    sessions = Session.objects.filter(**where, user=membership.user_id, revoked_at=None)
    sessions.update(revoked_at=now)  # first: a session that is just refreshed is waited for
    tokens = ApiToken.objects.filter(**where, created_by=membership.user_id, revoked_at=None)
    tokens.update(revoked_at=now)


def _name(membership: Membership) -> str:
    return f"member:{membership.pk}"


def _told(membership: Membership) -> dict[str, Any]:
    return {
        "user_id": membership.user_id,
        "email": membership.user.email,
        "role": str(membership.role),
    }
