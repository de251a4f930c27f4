"""Tickets: from a login on the account host to a session on an organisation's host.

    acme.example.com        no session: a cookie with a nonce, on to
    example.com/enter       logged in, a member: a ticket, back to
    acme.example.com/enter  the ticket, once, within 60 s, in the browser with the nonce: a session

Only the nonce's digest leaves the browser's cookie, so that nobody is logged in by a link that
somebody else has made. Redis keeps a ticket's digest and what it opens.
"""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from redis import Redis, RedisError

from apps.errors import Forbidden, NotFound, Unavailable
from apps.orgs.models import Membership, Organization, User
from apps.orgs.services import url_of

LIFE = 60  # seconds
PATIENCE = 2.0  # seconds for Redis


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is opened, for whom, in which browser. Ids and digests as texts.

    proof  of the password by which the login was made: another one, and the ticket opens nothing
    """

    organization_id: str
    user_id: str
    state: str
    opened_by: str
    proof: str
    staff_id: str | None = None
    reason: str = ""


def new_nonce() -> str:
    return secrets.token_urlsafe(32)


def state_of(nonce: str) -> str:
    """What the account host is told of a nonce."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def where_to_get_one(organization: Organization, nonce: str, to: str, intent: str = "") -> str:
    """The account host's page that gives a ticket.

    to      the path asked for
    intent  staff's, to act as a member (`acting`)
    """
    asked = {"organization": organization.slug, "state": state_of(nonce), "next": to}
    asked |= {"as": intent} if intent else {}
    return f"{settings.ACCOUNT_URL}/enter?{urlencode(asked)}"


def where_to_use(organization: Organization, ticket: str, to: str) -> str:
    return f"{url_of(organization)}/enter?{urlencode({'ticket': ticket, 'next': to})}"


def issue_for_member(
    person: User, slug: str, state: str, *, opened_by: str
) -> tuple[Organization, str]:
    """The organisation and a ticket to it. Raises `NotFound`: theirs or not, it is one answer."""
    membership = (
        Membership.objects.select_related("organization")
        .filter(user=person, organization__slug=slug)
        .first()
    )
    if membership is None:
        raise NotFound("You have no organisation of this name.", code="unknown_organization")
    organization: Organization = membership.organization
    proof = person.get_session_auth_hash()
    ticket = Ticket(str(organization.id), str(person.id), state, opened_by, proof)
    return organization, issue(ticket)


def issue(ticket: Ticket) -> str:
    """Its text, which opens once. Raises `Unavailable` while Redis is away."""
    return keep("ticket", asdict(ticket))


def take(text: str, organization: Organization, nonce: str) -> Ticket:
    """What a ticket opens; nobody takes it again. Raises `Forbidden`, whatever is wrong."""
    found = take_kept("ticket", text)
    ticket = Ticket(**found) if found else None
    if (
        ticket is None
        or ticket.organization_id != str(organization.id)
        or not secrets.compare_digest(ticket.state, state_of(nonce))
        or _is_void(ticket.opened_by)
    ):
        raise Forbidden(
            "This way in was used, is too old, or was made for another browser: try again.",
            code="invalid_ticket",
        )
    return ticket


def void(login: str) -> None:
    """Tickets that a login has got open nothing any more: it has ended. Raises `Unavailable`."""
    try:
        _redis(settings.REDIS_URL).set(_key("void", login), 1, ex=LIFE)
    except RedisError as error:
        raise Unavailable("Nobody can be logged out everywhere right now.") from error


def _is_void(login: str) -> bool:
    try:
        return bool(_redis(settings.REDIS_URL).exists(_key("void", login)))
    except RedisError as error:
        raise Unavailable("Nobody can be let in right now.") from error


# --- what is kept for a minute, under the digest of a text that is told once ---------------------


def keep(kind: str, value: dict[str, Any]) -> str:
    """The text. Raises `Unavailable`."""
    text = secrets.token_urlsafe(32)
    try:
        _redis(settings.REDIS_URL).set(_key(kind, text), json.dumps(value), ex=LIFE)
    except RedisError as error:
        raise Unavailable("Nobody can be let in right now.") from error
    return text


def take_kept(kind: str, text: str) -> dict[str, Any] | None:
    """What was kept; nobody takes it again. None: nothing is. Raises `Unavailable`."""
    try:
        found: Any = _redis(settings.REDIS_URL).getdel(_key(kind, text))
    except RedisError as error:
        raise Unavailable("Nobody can be let in right now.") from error
    return json.loads(found) if found else None


def _key(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
