"""Making organisations and tokens, and telling who asks."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tenants.utils import schema_context

from apps.errors import (
    BadRequest,
    Conflict,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Unauthorized,
    Unavailable,
)
from apps.orgs import audit, operations, schemas, tokens
from apps.orgs.members import Member
from apps.orgs.models import ApiToken, Domain, Membership, Organization, Role, Scope, User
from apps.orgs.token_holders import holder_of

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
RESERVED = frozenset({"account", "admin", "api", "app", "public", "static", "status", "www"})
READY_SECONDS = 2  # between two questions whether it is
LAST_USED_EVERY = timedelta(minutes=1)
CREATE = "organizations.create"  # no role of an organisation may: it is not there yet


# --- organisations -------------------------------------------------------------------------------


def create_organization(
    name: str, slug: str, *, owner_email: str, password: str | None
) -> Organization:
    """An organisation with its schema, its host and its owner, or nothing at all.

    For operators, who wait until it is ready; people found theirs by `founding.found`.
    The password is for a person who is new; one who is known keeps theirs.
    """
    # No decorator: one `schema_context` object would be shared by all threads.
    with schema_context("public"), transaction.atomic():
        require_free(slug)
        organization = Organization.objects.create(name=name, slug=slug, ready_at=timezone.now())
        schemas.create(organization.schema_name)
        Domain.objects.create(domain=host_of(slug), tenant=organization)
        owner = find_person(owner_email) or User.objects.create_user(owner_email, password)
        add_member(organization, owner, Role.OWNER)
        audit.note(
            organization,
            CREATE,
            target=f"organization:{organization.pk}",
            before=None,
            after={"name": name, "slug": slug, "owner": owner.pk},
        )
    return organization


def add_member(organization: Organization, person: User, role: str) -> Membership:
    """A new membership, if there is a seat; who was invited is let in by `memberships.admit`.

    Raises `Conflict`, and what the organisation's limit says.
    """
    with transaction.atomic():
        require_seat(organization)
        membership, is_new = Membership.objects.get_or_create(
            organization=organization, user=person, defaults={"role": role}
        )
    if not is_new:
        raise Conflict("They are a member of this organisation.", code="already_member")
    return membership


def count_members(organization_id: UUID) -> int:
    return Membership.objects.filter(organization_id=organization_id).count()


def ensure_organization(
    name: str, slug: str, *, owner_email: str, password: str | None
) -> Organization:
    """The organisation of this slug, made if there is none. Safe to run again."""
    found = Organization.objects.filter(slug=slug).first()
    return found or create_organization(name, slug, owner_email=owner_email, password=password)


def require_free(slug: str) -> None:
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise BadRequest(f"`{slug}` cannot be a host name here.", code="invalid_slug")
    if Organization.objects.filter(slug=slug).exists():
        raise Conflict(f"`{slug}` is taken.", code="slug_taken")


def require_ready(organization: Organization) -> None:
    """Raises `Unavailable` for one whose tables are not made yet. A browser asks again by itself.

    Whatever would enter its schema asks this first: without it, the public one would be entered.
    """
    if organization.ready_at is None:
        raise Unavailable(
            "This organisation's tables are being made: it opens in a moment.",
            code="organization_not_ready",
            retry_after=READY_SECONDS,
            headers={"Refresh": str(READY_SECONDS)},
        )


def find_person(email: str) -> User | None:
    return User.objects.filter(email=email.lower()).first()


def find_organization(host: str) -> Organization:
    """The organisation that a host name is of. Raises `NotFound`."""
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    if domain is None:
        raise NotFound("No organisation lives at this host.", code="unknown_host")
    return domain.tenant


def require_seat(organization: Organization) -> None:
    """Whether one more may become a member: what `SEAT_RULES` have to say, by raising.

    It is asked under the organisation's lock (`memberships.lock`), so that a count holds until the
    new member is committed. Without a rule there is no limit.
    """
    for name in settings.SEAT_RULES:
        import_string(name)(organization)


def read_organization(*, by: Member) -> Organization:
    by.require(operations.ORGANIZATION_READ)
    return by.organization


def require_own(organization_id: UUID, *, by: Member) -> None:
    """Raises `NotFound` for another one."""
    if organization_id != by.organization.id:
        raise NotFound


def update_organization(
    changes: Mapping[str, str], *, by: Member, unless_changed_since: str | None
) -> Organization:
    """Its name and its slug; the host goes with the slug, and the old one answers no more.

    unless_changed_since  a `version_of`; '': whichever it is; None: `PreconditionRequired`
    """
    by.require(operations.ORGANIZATION_UPDATE)
    if unless_changed_since is None:
        raise PreconditionRequired
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).get(
            id=by.organization.id
        )
        if unless_changed_since and unless_changed_since != version_of(organization):
            raise PreconditionFailed
        before = _named(organization)
        _rename(organization, {**before, **changes})
        audit.record(
            by,
            operations.ORGANIZATION_UPDATE,
            target=f"organization:{organization.pk}",
            before=before,
            after=_named(organization),
        )
    return organization


def version_of(organization: Organization) -> str:
    """What `If-Match` is held against."""
    told = "\0".join(_named(organization).values())
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _rename(organization: Organization, named: Mapping[str, str]) -> None:
    old, slug = organization.slug, named["slug"]
    organization.name, organization.slug = named["name"], slug
    if slug == old:
        organization.save(update_fields=["name"])
        return
    require_free(slug)
    try:
        with transaction.atomic():
            organization.save(update_fields=["name", "slug"])
            Domain.objects.filter(tenant=organization, domain=host_of(old)).update(
                domain=host_of(slug)
            )
    except IntegrityError as error:
        raise Conflict(f"`{slug}` is taken.", code="slug_taken") from error


def host_of(slug: str) -> str:
    return f"{slug}.{settings.BASE_DOMAIN}"


def url_of(organization: Organization) -> str:
    """Where browsers find it, without a slash at the end: as the account host, one label below."""
    parts = urlsplit(settings.ACCOUNT_URL)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host_of(organization.slug)}{port}"


def _named(organization: Organization) -> dict[str, str]:
    return {"name": organization.name, "slug": organization.slug}


# --- tokens --------------------------------------------------------------------------------------


def issue_token(
    organization: Organization,
    *,
    by: User,
    name: str,
    scopes: Iterable[str] = (Scope.METRICS_READ,),
    expires_at: datetime | None = None,
    by_token: UUID | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its text, which nobody sees again. `by_token`: the one that was asked by."""
    require_known(scopes := sorted({str(scope) for scope in scopes}))
    if not Membership.objects.filter(organization=organization, user=by).exists():
        raise NotFound("They are no member of this organisation.")
    text = tokens.new_text()
    with transaction.atomic():
        token = ApiToken.objects.create(
            organization=organization,
            created_by=by,
            name=name,
            prefix=text[: tokens.SHOWN],
            digest=tokens.digest(text),
            scopes=scopes,
            expires_at=expires_at,
        )
        audit.note(
            organization,
            "tokens.create",
            target=f"token:{token.pk}",
            before=None,
            after=_shown(token),
            user=by,
            token_id=by_token,
        )
    return token, text


def _shown(token: ApiToken) -> audit.State:
    told = ("name", "prefix", "scopes", "expires_at", "revoked_at")
    return {name: getattr(token, name) for name in told}


def require_known(scopes: Iterable[str]) -> None:
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown:
        raise BadRequest(f"No such scope: {', '.join(unknown)}.", code="unknown_scope")


def revoke_token(
    token_id: UUID,
    *,
    organization: Organization,
    by: User | None = None,
    by_token: UUID | None = None,
    staff_id: UUID | None = None,
) -> None:
    """From the next request on. A token of another organisation is `NotFound`.

    Nobody named: the operator does it.
    """
    with transaction.atomic():
        token = organization.tokens.select_for_update().filter(id=token_id).first()
        if token is None:
            raise NotFound
        before = _shown(token)
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.note(
            organization,
            "tokens.revoke",
            target=f"token:{token.pk}",
            before=before,
            after=_shown(token),
            user=by,
            token_id=by_token,
            staff_id=staff_id,
        )


def authenticate(text: str) -> Member:
    """Who a token acts for, by one query. Raises `Unauthorized`, whatever is wrong with it."""
    if not tokens.is_well_formed(text):
        raise Unauthorized("This is no API token: it has a typo or was cut.")
    token = holder_of(tokens.digest(text))
    if token is None or not _is_in_force(token):
        raise Unauthorized("This token is unknown, expired or revoked.")
    _note_use(token)
    return Member(token.organization, token.created_by, token.role, token, token.session)


def _is_in_force(token: Any) -> bool:
    expired = token.expires_at is not None and token.expires_at <= timezone.now()
    return not expired and not token.revoked_at and token.created_by.is_active and bool(token.role)


def _note_use(token: ApiToken) -> None:
    """Written at most once a minute; of several that try at once, one writes."""
    now = timezone.now()
    if token.last_used_at and token.last_used_at > now - LAST_USED_EVERY:
        return
    unused = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_EVERY)
    ApiToken.objects.filter(unused, id=token.id).update(last_used_at=now)
