"""API tokens as their people see them: listed, made, revoked.

Access tokens of sessions are rows of the same table and in none of these lists.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.cursors import Page, page
from apps.errors import AppError, Conflict, Forbidden, NotFound, Unprocessable
from apps.orgs import operations, services
from apps.orgs.members import Member
from apps.orgs.models import ApiToken, Membership, Role

USUAL_LIFE = timedelta(days=90)
LONGEST_LIFE = timedelta(days=365)


def tokens_page(*, by: Member, limit: int, after: str | None = None) -> Page[ApiToken]:
    """The newest first, without revoked ones: all people's for admins, else one's own."""
    by.require(operations.TOKENS_READ)
    tokens, sees_all = _visible(by, operations.ALL_TOKENS_READ)
    bound = [by.organization.id, None if sees_all else by.user.id]
    return page(tokens.select_related("created_by"), after=after, limit=limit, bound=bound)


def create(
    name: str, scopes: Iterable[str], expires_at: datetime | None, *, by: Member
) -> tuple[ApiToken, str]:
    """A token of one's own and its text. Raises `Forbidden`, `Conflict`, `Unprocessable`.

    expires_at  null: never, which is for owners
    """
    by.require(operations.TOKENS_CREATE)
    by.require_in_person()
    wanted = {str(each) for each in scopes}
    services.require_known(wanted)
    _require_no_more_than_ones_own(wanted, by)
    _require_life(expires_at, by)
    with transaction.atomic():
        _lock_person(by)
        _require_new(name, by)
        return services.issue_token(
            by.organization,
            by=by.user,
            name=name,
            scopes=wanted,
            expires_at=expires_at,
            by_token=by.token and by.token.pk,
        )


def usual_expiry() -> datetime:
    return timezone.now() + USUAL_LIFE


def revoke(token_id: UUID, *, by: Member) -> None:
    """From the next request on. Raises `NotFound`, for another's token too unless one may."""
    by.require(operations.TOKENS_REVOKE)
    with transaction.atomic():
        tokens, _ = _visible(by, operations.ALL_TOKENS_REVOKE)
        if not tokens.select_for_update().filter(id=token_id).exists():
            raise NotFound("There is no such token.")
        services.revoke_token(
            token_id,
            organization=by.organization,
            by=by.user,
            by_token=by.token and by.token.pk,
            staff_id=by.staff_id,
        )


def _visible(by: Member, everybodys: operations.Operation) -> tuple[QuerySet[ApiToken], bool]:
    tokens = ApiToken.objects.filter(organization=by.organization, session=None, revoked_at=None)
    sees_all = by.role in everybodys.roles
    return tokens if sees_all else tokens.filter(created_by=by.user), sees_all


def _require_no_more_than_ones_own(wanted: set[str], by: Member) -> None:
    beyond = sorted(wanted - (operations.scopes_of(by.role) & by.scopes))
    if beyond:
        raise Forbidden(
            f"Neither may you here, by your role and by the token you ask with: "
            f"{', '.join(beyond)}.",
            code="scope_beyond_role",
        )


def _require_life(expires_at: datetime | None, by: Member) -> None:
    if expires_at is None:
        if by.role != Role.OWNER:
            raise Forbidden("Only an owner's token may last for ever.", code="owners_only")
        return
    now = timezone.now()
    if expires_at <= now:
        raise _wrong("expires_at", "It lies in the past.")
    if expires_at > now + LONGEST_LIFE:
        raise _wrong("expires_at", f"At most {LONGEST_LIFE.days} days from now.")


def _lock_person(by: Member) -> None:
    """Of two tokens of one name the second waits; whoever was removed makes none."""
    found = Membership.objects.select_for_update().filter(
        organization=by.organization, user=by.user
    )
    if not found.exists():
        raise NotFound("You are no member of this organisation any more.")


def _require_new(name: str, by: Member) -> None:
    mine, _ = _visible(by, operations.ALL_TOKENS_READ)
    if mine.filter(created_by=by.user, name=name).exists():
        raise Conflict("You have a token of this name.", code="name_taken")


def _wrong(field: str, sentence: str) -> AppError:
    errors: list[dict[str, Any]] = [{"pointer": f"/body/{field}", "detail": sentence}]
    return Unprocessable(sentence, code="invalid_body", errors=errors)
