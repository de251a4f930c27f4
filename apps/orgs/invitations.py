"""Invitations: a membership offered to an address, taken up by the secret link sent to it.

The secret is made by whoever sends the e-mail and kept nowhere; only its digest is. What an
organisation learns of an address is whether it has a member or an open invitation by it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.cursors import Page, page
from apps.errors import Conflict, Forbidden, NotFound, Unauthorized
from apps.orgs import audit, mails, memberships, operations, passwords, services, tokens, verified
from apps.orgs.members import Member
from apps.orgs.models import Invitation, Membership, User
from apps.orgs.suspension import require_open
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.models.states import State

LIFE = timedelta(days=7)
ACTOR = "orgs.send_invitation"

# --- reading -------------------------------------------------------------------------------------


def invitations_page(*, by: Member, limit: int, after: str | None = None) -> Page[Invitation]:
    """Those neither accepted nor revoked, the newest first; expired ones can be sent again."""
    by.require(operations.INVITATIONS_READ)
    return page(_pending(by), after=after, limit=limit, bound=[by.organization.id])


def invitation_of(invitation_id: UUID, *, by: Member) -> Invitation:
    """Raises `NotFound`."""
    by.require(operations.INVITATIONS_READ)
    return _one(_pending(by), invitation_id)


def _pending(by: Member) -> QuerySet[Invitation]:
    found: QuerySet[Invitation] = Invitation.objects.filter(
        organization=by.organization, accepted_at=None, revoked_at=None
    )
    return found


def _one(invitations: QuerySet[Invitation], invitation_id: UUID) -> Invitation:
    if (found := invitations.filter(id=invitation_id).first()) is None:
        raise NotFound("There is no such invitation.")
    return found


# --- offering: each raises `NotFound`, `Forbidden` or `Conflict` ---------------------------------


def create(email: str, role: str, *, by: Member) -> Invitation:
    """Offer a membership; the e-mail follows."""
    by.require(operations.INVITATIONS_CREATE)
    memberships.require_may_give(role, by=by)
    with transaction.atomic():
        organization = memberships.lock(by.organization.id)
        services.require_seat(organization)
        _require_new(email.lower(), by)
        invitation = Invitation.objects.create(
            organization=organization,
            email=email.lower(),
            role=role,
            invited_by=by.user,
            expires_at=timezone.now() + LIFE,
        )
        _queue(invitation)
        audit.record(
            by,
            operations.INVITATIONS_CREATE,
            target=_name(invitation),
            before=None,
            after=_told(invitation),
        )
    return invitation


def resend(invitation_id: UUID, *, by: Member) -> Invitation:
    """A new link for seven days; the old one works until the new one is on its way."""
    by.require(operations.INVITATIONS_RESEND)
    with transaction.atomic():
        invitation = _one(_pending(by).select_for_update(), invitation_id)
        memberships.require_may_give(invitation.role, by=by)
        before = _told(invitation)
        invitation.expires_at = timezone.now() + LIFE
        invitation.sent_at, invitation.send_error = None, ""
        invitation.save(update_fields=["expires_at", "sent_at", "send_error"])
        _queue(invitation)
        audit.record(
            by,
            operations.INVITATIONS_RESEND,
            target=_name(invitation),
            before=before,
            after=_told(invitation),
        )
    return invitation


def revoke(invitation_id: UUID, *, by: Member) -> None:
    """Its link opens nothing any more."""
    by.require(operations.INVITATIONS_REVOKE)
    with transaction.atomic():
        invitation = _one(_pending(by).select_for_update(), invitation_id)
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        audit.record(
            by,
            operations.INVITATIONS_REVOKE,
            target=_name(invitation),
            before=_told(invitation),
            after=None,
        )


def _require_new(email: str, by: Member) -> None:
    members = Membership.objects.filter(organization=by.organization, user__email=email)
    if members.exists():
        raise Conflict("They are a member already.", code="already_member")
    if _pending(by).filter(email=email).exists():
        raise Conflict("They are invited already: send it again instead.", code="already_invited")


def _queue(invitation: Invitation) -> None:
    ids = {"invitation": str(invitation.id)}
    key = f"invitation:{invitation.id}"
    queue.add(ACTOR, invitation.organization_id, ids=ids, dedupe_key=key)


def _name(invitation: Invitation) -> str:
    return f"invitation:{invitation.pk}"


def _told(invitation: Invitation) -> dict[str, Any]:
    return {name: getattr(invitation, name) for name in ("email", "role", "expires_at")}


# --- sending -------------------------------------------------------------------------------------


def send(work: Work) -> None:
    """The e-mail, with a secret of its own each time. Of two that went out the later one works."""
    found = _sendable(work).select_related("organization", "invited_by").first()
    if found is None:
        return
    secret = tokens.new_text(tokens.INVITATION)
    with work.going_on():
        _sendable(work).update(digest=tokens.digest(secret))
    mails.send_invitation(found, secret)
    with work.finishing():
        _sendable(work).update(sent_at=timezone.now(), send_error="")


def send_ended(work: Work, state: State, error: str) -> None:
    """Whoever lists the invitation sees why nothing came."""
    _sendable(work).update(send_error=error)


def _sendable(work: Work) -> QuerySet[Invitation]:
    found: QuerySet[Invitation] = Invitation.objects.filter(
        id=work.ids["invitation"],
        organization=work.organization_id,
        **_acceptable(),
    )
    return found


# --- accepting -----------------------------------------------------------------------------------


def accept(
    secret: str, *, by: Member | None, name: str, password: str | None, address: str
) -> Membership:
    """Become a member: by one's session, by one's password, or as a new person with a new one.

    Raises `NotFound` for a link that opens nothing, `Unauthorized`, `Forbidden`, `Unprocessable`.
    """
    invitation = _open(secret)
    person = _proven(invitation, by, password, address)
    return _take_up(invitation, lambda: person or _new_person(invitation.email, name, password))


def accept_by_link(secret: str, person: User) -> Membership:
    """The same for who is logged in on the account host. Raises `NotFound`, `Forbidden`."""
    invitation = _open(secret)
    _require_theirs(invitation, person)
    return _take_up(invitation, lambda: person)


def accept_as(person: User, invitation_id: UUID) -> Membership:
    """One of `offered_to`; that its address is theirs is proof enough. Raises `NotFound`."""
    invitation = _one(offered_to(person), invitation_id)
    return _take_up(invitation, lambda: person)


def offered_to(person: User) -> QuerySet[Invitation]:
    """What can be taken up by a person's confirmed addresses, the newest first."""
    return (
        Invitation.objects.select_related("organization", "invited_by")
        .filter(email__in=verified.addresses_of(person), **_acceptable())
        .order_by("-created_at", "id")
    )


def _take_up(invitation: Invitation, who: Callable[[], User]) -> Membership:
    """`who` is asked once nobody else changes members or this invitation."""
    with transaction.atomic():
        organization = memberships.lock(invitation.organization_id)
        require_open(organization)
        invitation = _still_open(invitation)
        services.require_seat(organization)
        person = who()
        membership = memberships.admit(organization, person, invitation.role)
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        audit.note(
            organization,
            "invitations.accept",
            target=_name(invitation),
            before=_told(invitation),
            after={"member": membership.id, "user_id": person.id, "role": str(membership.role)},
            user=person,
        )
    return membership


def _open(secret: str) -> Invitation:
    """The invitation that a link opens. Raises `NotFound`."""
    found = None
    if tokens.is_well_formed(secret, tokens.INVITATION):
        digest = tokens.digest(secret)
        found = Invitation.objects.filter(digest=digest, **_acceptable()).first()
    return _opened(found)


def _still_open(invitation: Invitation) -> Invitation:
    """The same, held until the caller's transaction ends. Raises `NotFound`."""
    same = {"id": invitation.id, "digest": invitation.digest}
    found = Invitation.objects.select_for_update().filter(**same, **_acceptable()).first()
    return _opened(found)


def _opened(found: Invitation | None) -> Invitation:
    if found is None:
        raise NotFound(
            "This link was used, revoked or replaced, or it has expired.",
            code="unknown_invitation",
        )
    return found


def _acceptable() -> dict[str, Any]:
    return {"accepted_at": None, "revoked_at": None, "expires_at__gt": timezone.now()}


def _require_theirs(invitation: Invitation, person: User) -> None:
    if invitation.email not in (person.email, *verified.addresses_of(person)):
        raise Forbidden(
            "This invitation is for another address: log in by that one.", code="other_address"
        )


def _proven(
    invitation: Invitation, by: Member | None, password: str | None, address: str
) -> User | None:
    """Who takes it up; None: somebody new."""
    if by is not None:
        by.require_in_person()
        _require_theirs(invitation, by.user)
        return by.user
    if password is None:
        raise Unauthorized("Log in, or send a password.", code="password_required")
    if services.find_person(invitation.email) is None:
        return None
    return passwords.verify(invitation.email, password, address=address)


def _new_person(email: str, name: str, password: str | None) -> User:
    password = password or ""
    passwords.require_good(password, User(email=email, name=name))
    try:
        with transaction.atomic():
            person: User = User.objects.create_user(email, password, name=name)
    except IntegrityError as error:
        raise Conflict("This address has just got an account: log in.", code="try_again") from error
    return person
