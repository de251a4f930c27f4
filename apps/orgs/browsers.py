"""Browsers on an organisation's own host: who came in by a ticket, and until when.

The cookie is of one host, its session of one organisation; what is of another is logged out. A
session ends with the login on the account host that opened it, with the membership, with another
password, and after twelve hours; one in which staff act as the person after an hour, and when they
are staff no more. That staff came and went is in the organisation's audit log.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.errors import Forbidden
from apps.orgs import audit
from apps.orgs.members import Member
from apps.orgs.models import Membership, Organization, Session, User

LIFE = timedelta(hours=12)
IMPERSONATION = timedelta(hours=1)
KEY = "organization_session"


def login_of(request: HttpRequest) -> str:
    """The digest of a login on the account host: what sessions elsewhere end with."""
    return hashlib.sha256((request.session.session_key or "").encode()).hexdigest()


def open_session(
    request: HttpRequest,
    organization: Organization,
    person_id: UUID,
    *,
    opened_by: str,
    proof: str,
    staff_id: UUID | None = None,
    reason: str = "",
) -> Session:
    """Log this browser in as the person. Raises `Forbidden` for who is a member no more.

    opened_by  a `login_of`
    proof      of the password of who has logged in there: it must be the same still
    staff_id   who acts as the person, for an hour at most
    """
    with transaction.atomic():
        membership = (
            Membership.objects.select_related("user")
            .select_for_update(of=("self",))
            .filter(organization=organization, user=person_id, user__is_active=True)
            .first()
        )
        if membership is None:
            raise Forbidden("You are no member of this organisation.", code="no_member")
        staff = _staff(staff_id) if staff_id else None
        who = staff or membership.user
        if not constant_time_compare(who.get_session_auth_hash(), proof):
            raise Forbidden("The password is another one now: log in again.", code="login_ended")
        session = Session.objects.create(
            organization=organization,
            user=membership.user,
            expires_at=timezone.now() + (IMPERSONATION if staff_id else LIFE),
            opened_by=opened_by,
            staff=staff,
            reason=reason,
        )
        if staff_id:
            _note(session, "impersonation.begin")
    auth.login(request, membership.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[KEY] = str(session.id)
    return session


def member_of(request: HttpRequest) -> Member | None:
    """Whom the browser's cookie stands for in `request`'s organisation; None: nobody.

    A cookie that stands for nobody any more is emptied.
    """
    if (id := request.session.get(KEY)) is None:
        return None
    person = auth.get_user(request)  # compares the password's hash
    session = _in_force(id, request.tenant, person) if person.is_authenticated else None
    if session is None:
        _end(Session.objects.filter(id=id, organization=request.tenant))
        request.session.flush()
        return None
    return Member(session.organization, session.user, session.role, session=session)


def empty_on_account_host(request: HttpRequest) -> None:
    """The cookie of an organisation's host is no login on the account host: it is emptied."""
    if KEY in request.session:
        request.session.flush()


def close_session(request: HttpRequest) -> None:
    """Log this browser out of the organisation."""
    if (id := request.session.get(KEY)) is not None:
        _end(Session.objects.filter(id=id))
    request.session.flush()


def close_all_opened_by(login: str) -> None:
    """All sessions that a login on the account host has opened, on every host."""
    _end(Session.objects.filter(opened_by=login))


def _in_force(id: str, organization: Organization, person: User) -> Session | None:
    found: Session | None = (
        Session.objects.select_related("organization", "user", "staff")
        .filter(
            id=id,
            organization=organization,
            user=person,
            revoked_at=None,
            expires_at__gt=timezone.now(),
        )
        .first()
    )
    if found is None or (found.staff is not None and not _is_staff(found.staff)):
        return None
    role = Membership.objects.filter(organization=organization, user=person).values_list("role")
    if (row := role.first()) is None:
        return None
    found.role = row[0]
    return found


def _staff(staff_id: UUID) -> User:
    found = User.objects.filter(id=staff_id, is_active=True, is_staff=True).first()
    if found is None:
        raise Forbidden("Only staff act as somebody else.", code="staff_only")
    return found


def _is_staff(person: User) -> bool:
    return bool(person.is_active and person.is_staff)


def _end(sessions: QuerySet[Session]) -> None:
    """Those in force, each once."""
    live = sessions.filter(revoked_at=None)
    with transaction.atomic():
        acted_in = live.exclude(staff=None).select_related("organization", "user", "staff")
        for session in acted_in.select_for_update(of=("self",)):
            _note(session, "impersonation.end")
        live.update(revoked_at=timezone.now())


def _note(session: Session, action: str) -> None:
    told = {"staff": session.staff.email, "reason": session.reason, "until": session.expires_at}
    is_begin = action == "impersonation.begin"
    audit.note(
        session.organization,
        action,
        target=f"session:{session.pk}",
        before=None if is_begin else told,
        after=told if is_begin else None,
        user=session.user,
        staff_id=session.staff_id,
    )
