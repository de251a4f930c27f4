"""Staff act as a member: for an hour, with a reason, and everybody there can read it.

    example.com/admin        staff say whom and why: an intent, on to
    acme.example.com/enter   a cookie with a nonce, back to
    example.com/enter        the same login, the intent, once, within 60 s: a ticket, back to
    acme.example.com/enter   a session that says who acts and why (`browsers`)

So it takes the browser that asked: neither the intent nor the ticket is of use to anybody else.
"""

from dataclasses import asdict, dataclass
from urllib.parse import urlencode
from uuid import UUID

from apps.errors import BadRequest, Forbidden, NotFound
from apps.orgs import tickets
from apps.orgs.models import Membership, Organization, User
from apps.orgs.services import url_of
from apps.orgs.tickets import Ticket

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Intent:
    """Who wants to act as whom, and why. Ids as texts; `opened_by`: a `browsers.login_of`."""

    organization_id: str
    slug: str
    user_id: str
    staff_id: str
    opened_by: str
    reason: str


def begin(member_id: UUID, reason: str, to: str, *, staff: User, opened_by: str) -> str:
    """Where the browser goes on. Raises `Forbidden`, `NotFound`, `BadRequest`."""
    _require_staff(staff)
    if not 0 < len(reason := reason.strip()) <= LONGEST_REASON:
        raise BadRequest("Say why: the organisation reads it.", code="no_reason")
    memberships = Membership.objects.select_related("organization", "user")
    membership = memberships.filter(id=member_id, user__is_active=True).first()
    if membership is None:
        raise NotFound("There is no such member.")
    if membership.user_id == staff.pk:
        raise BadRequest("That is you: log in as usual.", code="oneself")
    organization = membership.organization
    intent = Intent(
        str(organization.id),
        organization.slug,
        str(membership.user_id),
        str(staff.pk),
        opened_by,
        reason,
    )
    asked = {"as": tickets.keep("intent", asdict(intent)), "next": to}
    return f"{url_of(organization)}/enter?{urlencode(asked)}"


def issue(
    text: str, staff: User, slug: str, state: str, *, opened_by: str
) -> tuple[Organization, str]:
    """The organisation and the ticket. Raises `Forbidden`, whatever is wrong."""
    _require_staff(staff)
    found = tickets.take_kept("intent", text)
    intent = Intent(**found) if found else None
    if intent is None or (intent.staff_id, intent.opened_by, intent.slug) != (
        str(staff.pk),
        opened_by,
        slug,
    ):
        raise Forbidden(
            "This was used, is too old, or was asked for elsewhere: begin again.",
            code="invalid_intent",
        )
    organization = Organization.objects.get(id=intent.organization_id)
    ticket = Ticket(
        intent.organization_id,
        intent.user_id,
        state,
        opened_by,
        proof=staff.get_session_auth_hash(),
        staff_id=intent.staff_id,
        reason=intent.reason,
    )
    return organization, tickets.issue(ticket)


def _require_staff(person: User) -> None:
    if not (person.is_active and person.is_staff):
        raise Forbidden("Only staff act as somebody else.", code="staff_only")
