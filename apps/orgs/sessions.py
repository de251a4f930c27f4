"""Sessions: a password becomes a short access token and a refresh token that works once.

An access token is an `ApiToken` of one organisation with all scopes of the person's role. A refresh
token that comes a second time is in two hands: its whole session ends.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.utils import timezone

from apps.cursors import Page, page
from apps.errors import Forbidden, NotFound, Unauthorized
from apps.orgs import operations, passwords, second_factor, services, tokens, verified
from apps.orgs.members import Member
from apps.orgs.models import ApiToken, Membership, RefreshToken, Session, User
from apps.orgs.suspension import require_open

log = logging.getLogger("devhealth.sessions")

ACCESS_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(days=30)  # however often it is refreshed
NAME = "session"
NOT_READY = ExpressionWrapper(Q(organization__ready_at=None), BooleanField())


@dataclass(frozen=True, slots=True)
class Opened:
    """What a client is given, once. Its repr tells no secret."""

    member: Member
    access: str = field(repr=False)
    refresh: str = field(repr=False)


def log_in(
    email: str, password: str, organization_id: UUID | None, *, address: str, code: str = ""
) -> Opened:
    """A session in the organisation; without one, in the first joined of those ready and open.

    Raises `Unauthorized`, `TooManyRequests`, and `Forbidden` for who is a member nowhere.
    """
    person = passwords.verify(email, password, address=address)
    second_factor.require(person, code, address=address)
    verified.require_verified(person)
    with transaction.atomic():
        passwords.hold(person)
        return _open(person, organization_id)


def refresh(text: str) -> Opened:
    """The next pair of tokens. Raises `Unauthorized`, whatever is wrong with this one."""
    opened = None
    if tokens.is_well_formed(text, tokens.REFRESH):
        with transaction.atomic():  # a session that ends here stays ended
            opened = _rotate(tokens.digest(text))
    if opened is None:
        raise Unauthorized(
            "This refresh token is unknown, used or expired: log in again.",
            code="invalid_refresh_token",
        )
    return opened


def switch(organization_id: UUID, *, by: Member) -> Opened:
    """Into another organisation of the same person; the old session ends. Raises `NotFound`."""
    session = _session_of(by)
    with transaction.atomic():
        opened = _open(by.user, organization_id)
        _end(session)
    return opened


def log_out(*, by: Member) -> None:
    """Its access and refresh tokens open nothing any more."""
    with transaction.atomic():
        _end(_session_of(by))


def whose(text: str) -> Member | None:
    """Whom an access token acts for; None: nobody."""
    try:
        return services.authenticate(text)
    except Unauthorized:
        return None


def organizations_page(*, by: Member, limit: int, after: str | None = None) -> Page[Membership]:
    """The person's memberships, the newest first. An API token knows of its organisation only."""
    memberships = Membership.objects.filter(user=by.user).select_related("organization")
    if by.session is None:
        memberships = memberships.filter(organization=by.organization)
    bound = [by.user.id, by.session and "all"]
    return page(memberships, after=after, limit=limit, bound=bound)


def end_all_of(person: User) -> None:
    """Of every organisation, browsers' too: the password is another one. API tokens stay."""
    with transaction.atomic():
        for session in Session.objects.filter(user=person, revoked_at=None):
            _end(session)


# --- inside --------------------------------------------------------------------------------------


def _open(person: User, organization_id: UUID | None) -> Opened:
    membership = _membership(person, organization_id)
    now = timezone.now()
    Session.objects.filter(user=person, expires_at__lt=now).delete()
    session = Session.objects.create(
        organization=membership.organization, user=person, expires_at=now + SESSION_LIFE
    )
    return _issue(session, membership)


def _membership(person: User, organization_id: UUID | None) -> Membership:
    """Locked: nobody is removed between this and the tokens that are made by it."""
    found = (
        Membership.objects.filter(user=person)
        .select_related("organization", "user")
        .select_for_update(of=("self",))
        .order_by(
            NOT_READY,
            F("organization__suspended_at").asc(nulls_first=True),
            "created_at",
            "id",
        )
    )
    if organization_id is not None:
        found = found.filter(organization=organization_id)
    if (membership := found.first()) is not None:
        require_open(membership.organization)
        services.require_ready(membership.organization)
        return membership
    if organization_id is not None:
        raise NotFound("You have no organisation of this id.", code="unknown_organization")
    raise Forbidden(
        "You are a member of no organisation. Create one, or accept an invitation, at "
        f"{settings.ACCOUNT_URL}/ in a browser; then log in again.",
        code="no_organization",
    )


def _rotate(digest: str) -> Opened | None:
    used = RefreshToken.objects.filter(digest=digest).first()
    if used is None:
        return None
    session = Session.objects.select_for_update().get(id=used.session_id)
    used.refresh_from_db()
    if used.used_at is not None:
        log.warning("A refresh token came twice: session %s of %s ends.", session.id, session)
        _end(session)
        return None
    membership = _membership_in_force(session)
    if membership is None:
        return None
    require_open(membership.organization)
    used.used_at = timezone.now()
    used.save(update_fields=["used_at"])
    return _issue(session, membership)


def _membership_in_force(session: Session) -> Membership | None:
    if session.revoked_at is not None or session.expires_at <= timezone.now():
        return None
    found: Membership | None = (
        Membership.objects.select_related("organization", "user")
        .filter(organization=session.organization_id, user=session.user_id, user__is_active=True)
        .first()
    )
    return found


def _issue(session: Session, membership: Membership) -> Opened:
    now = timezone.now()
    session.access_tokens.filter(expires_at__lt=now).delete()
    access, text = tokens.new_text(), tokens.new_text(tokens.REFRESH)
    token = ApiToken.objects.create(
        organization=membership.organization,
        created_by=membership.user,
        session=session,
        name=NAME,
        prefix=access[: tokens.SHOWN],
        digest=tokens.digest(access),
        scopes=sorted(operations.scopes_of(membership.role)),
        expires_at=now + ACCESS_LIFE,
    )
    RefreshToken.objects.create(session=session, digest=tokens.digest(text))
    member = Member(membership.organization, membership.user, membership.role, token, session)
    return Opened(member, access, text)


def _session_of(by: Member) -> Session:
    """An API token is of one organisation and stays so. Raises `Forbidden`."""
    if by.session is None:
        raise Forbidden("This is for who has logged in, not for API tokens.", code="no_session")
    return by.session


def _end(session: Session) -> None:
    now = timezone.now()
    Session.objects.select_for_update().get(id=session.id)
    Session.objects.filter(id=session.id, revoked_at=None).update(revoked_at=now)
    session.access_tokens.filter(revoked_at=None).update(revoked_at=now)
