"""Connecting to a provider, and what becomes of a connection."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone

from apps.cursors import Page, page
from apps.errors import Conflict, NotFound
from apps.inbound import endpoints
from apps.integrations import operations, revoking
from apps.integrations.models import Credential, Health, Integration, Kind
from apps.integrations.reaching import Reach, asked, reach, reach_of, site_of
from apps.integrations.refreshing import ends_at
from apps.integrations.sealing import Secret, sealed
from apps.orgs import audit
from apps.orgs.members import Member
from apps.orgs.operations import Operation
from devhealth import discovery
from devhealth.http import Unauthorized

SOON = timedelta(days=14)
RESTORED = "The organisation was restored from an archive, which has no credentials."
STAGES = {1: "today", 7: "this week", 30: "before"}  # days that a grant has left → when to act
BY_BROWSER = (
    "It was allowed in a browser: connect again there, or disconnect it and connect by a token."
)
EXPIRED = "The credential has expired."
REFUSED = "The provider refused the credential: it was revoked, or has expired."

GRANTED = ("kind", "cloud_id", "account", "health", "health_reason", "checked_at", "updated_at")
LONG_ENOUGH = 12  # characters of a token whose last four give nothing away

# --- reading -------------------------------------------------------------------------------------


def integrations() -> QuerySet[Integration]:
    return Integration.objects.select_related("credential").defer("credential__sealed")


def integrations_page(*, by: Member, limit: int, after: str | None = None) -> Page[Integration]:
    """The newest first."""
    by.require(operations.INTEGRATIONS_READ)
    return page(integrations(), after=after, limit=limit, bound=[by.organization.id])


def integration_of(integration_id: UUID, *, by: Member) -> Integration:
    """Raises `NotFound`."""
    by.require(operations.INTEGRATIONS_READ)
    return _found(integrations(), integration_id)


def named(provider: str, name: str, *, by: Member) -> Integration:
    """Raises `NotFound`."""
    by.require(operations.INTEGRATIONS_READ)
    found: Integration | None = integrations().filter(provider=provider, name=name).first()
    if found is None:
        raise NotFound("There is no such integration.")
    return found


def health_of(integration: Integration, now: datetime | None = None) -> tuple[str, str]:
    """As it is now, and what to do; the credential's end is looked at, too."""
    if integration.health == Health.RECONNECT:
        return str(Health.RECONNECT), f"{integration.health_reason} Connect again."
    if integration.held is None:
        return str(Health.RECONNECT), f"{RESTORED} Connect again."
    ends, now = integration.held.expires_at, now or timezone.now()
    if ends is not None and ends <= now:
        return str(Health.RECONNECT), f"{EXPIRED} Connect again."
    if ends is not None and (advice := _advice(integration, ends - now)):
        return str(Health.EXPIRING), advice
    return str(Health.OK), ""


def _advice(integration: Integration, left: timedelta) -> str:
    """What to do about a credential that ends. '': nothing yet."""
    if integration.kind == Kind.TOKEN:
        soon = f"The credential expires in {left.days} days: connect again before."
        return soon if left <= SOON else ""
    when = next((word for days, word in STAGES.items() if left <= timedelta(days=days)), "")
    ends = f"The provider ends what it was allowed in {left.days} days"
    return f"{ends}: connect again {when}." if when else ""


# --- connecting: a credential is tried first, and the library's errors say what is wrong ---------


def connect(integration: Integration, secret: Secret, *, by: Member) -> Integration:
    """A new connection by a token. Raises `Conflict`, and `Permanent` for what opens nothing."""
    by.require(operations.INTEGRATIONS_CONNECT)
    integration.kind, integration.created_by = Kind.TOKEN, by.user.id
    integration.url = site_of(integration).url
    known = account_of(reach(integration, secret))
    _note(integration, known)
    with transaction.atomic():
        _save(integration)
        _keep(integration, secret, known)
        _record(by, operations.INTEGRATIONS_CONNECT, integration, after=_shown(integration))
    return integration


def update(
    integration_id: UUID, changes: Mapping[str, Any], secret: Secret | None, *, by: Member
) -> Integration:
    """Another name, or another credential of the same site. What it syncs goes on by that."""
    by.require(operations.INTEGRATIONS_UPDATE)
    integration = _found(Integration.objects.all(), integration_id)
    if secret and integration.kind != Kind.TOKEN:
        raise Conflict(BY_BROWSER, code="connected_by_oauth")
    known = account_of(reach(integration, secret)) if secret else None
    with transaction.atomic():
        integration = _found(Integration.objects.select_for_update(), integration_id)
        if secret and integration.kind != Kind.TOKEN:
            raise Conflict(BY_BROWSER, code="connected_by_oauth")
        before = _shown(integration)
        for name, value in changes.items():
            setattr(integration, name, value)
        if secret and known:
            _note(integration, known)
            _keep(integration, secret, known)
        _save(integration)
        _record(by, operations.INTEGRATIONS_UPDATE, integration, before, _shown(integration))
    return integration


def test(integration_id: UUID, *, by: Member) -> Integration:
    """Ask the provider whose credential it is, and note what it says. Raises `NotFound`."""
    by.require(operations.INTEGRATIONS_TEST)
    found = _found(Integration.objects.select_related("credential"), integration_id)
    try:
        known = account_of(reach_of(found))
    except Unauthorized:
        note_refused(found.id)
    else:
        with transaction.atomic():
            integration = _found(Integration.objects.select_for_update(), integration_id)
            _note(integration, known)
            integration.save()
            if integration.kind == Kind.TOKEN:  # of a grant the renewals know the end
                kept = Credential.objects.filter(integration=integration)
                kept.update(expires_at=known.expires_at)
    return _found(integrations(), integration_id)


def try_out(integration: Integration, secret: Secret, *, by: Member) -> str:
    """Whose the credential is, by the provider; nothing is stored. Raises as the library does."""
    by.require(operations.INTEGRATIONS_CONNECT)
    integration.url = site_of(integration).url
    return account_of(reach(integration, secret)).name


def store_grant(integration: Integration, secret: Secret, *, by: Member) -> Integration:
    """What people have allowed in a browser, tried first: by a new integration, or by a known one.

    The grant that is replaced is revoked. Raises `Conflict`, and what the library raises.
    """
    is_new = integration._state.adding
    operation = operations.INTEGRATIONS_CONNECT if is_new else operations.INTEGRATIONS_UPDATE
    by.require(operation)
    known, now = account_of(reach(integration, secret)), timezone.now()
    ends = ends_at(integration.provider, now, now) if secret.refresh else None
    with transaction.atomic():
        rows = Integration.objects.select_for_update()
        stored = None if is_new else _found(rows, integration.pk)
        before = stored and _shown(stored)
        replaced = stored and revoking.grant_of(stored)
        _note(integration, known)
        _save(integration, None if is_new else GRANTED)
        _keep(integration, secret, replace(known, expires_at=ends), granted_at=now)
        _record(by, operation, integration, before, _shown(integration))
        revoking.revoke_later(replaced, kept=secret, by=by)
        if integration.kind == Kind.APP:
            endpoints.install(by.organization.id, integration.pk, secret.installation)
    return integration


def disconnect(integration_id: UUID, *, by: Member) -> None:
    """Its credential is gone at once; facts and metrics stay. Raises `Conflict` while it is used.

    The provider is told afterwards to forget what was allowed (`revoking`). A token that somebody
    made stays good there, and a GitHub App installed: only people can end these.
    """
    by.require(operations.INTEGRATIONS_DISCONNECT)
    with transaction.atomic():
        integration = _found(Integration.objects.select_for_update(), integration_id)
        before, grant = _shown(integration), revoking.grant_of(integration)
        try:
            integration.delete()
            endpoints.remove(by.organization.id, integration_id)
        except ProtectedError as error:
            raise Conflict(
                "Sync configs go by this integration: delete them first; facts stay.",
                code="integration_in_use",
            ) from error
        integration.pk = integration_id
        _record(by, operations.INTEGRATIONS_DISCONNECT, integration, before)
        revoking.revoke_later(grant, by=by)


def note_refused(integration_id: UUID) -> None:
    """A provider said 401: people are told to connect again. A reason that stands is kept."""
    Integration.objects.filter(id=integration_id).exclude(health=Health.RECONNECT).update(
        health=Health.RECONNECT, health_reason=REFUSED, checked_at=timezone.now()
    )


# --- inside --------------------------------------------------------------------------------------


def account_of(reached: Reach) -> discovery.Account:
    """Whose the credential is, by the provider. Raises what the library raises."""
    return asked(reached, partial(discovery.account, reached.site, is_app=reached.is_app))


def _keep(
    integration: Integration,
    secret: Secret,
    known: discovery.Account,
    granted_at: datetime | None = None,
) -> None:
    """The new credential in place of the old one."""
    Credential.objects.update_or_create(
        integration=integration,
        defaults={
            "sealed": sealed(integration.pk, secret),
            "last_four": secret.token[-4:] if len(secret.token) >= LONG_ENOUGH else "",
            "expires_at": known.expires_at,
            "granted_at": granted_at,
            "warned_days": None,
        },
    )


def _note(integration: Integration, known: discovery.Account) -> None:
    """As good as new; the caller saves it."""
    integration.account = known.name or integration.account
    integration.checked_at = timezone.now()
    integration.health, integration.health_reason = Health.OK, ""


def _save(integration: Integration, fields: Collection[str] | None = None) -> None:
    try:
        with transaction.atomic():
            integration.save(update_fields=fields)
    except IntegrityError as error:
        raise Conflict("There is an integration of this name.", code="name_taken") from error


def _found(rows: QuerySet[Integration], integration_id: UUID) -> Integration:
    found: Integration | None = rows.filter(id=integration_id).first()
    if found is None:
        raise NotFound("There is no such integration.")
    return found


def _shown(integration: Integration) -> audit.State:
    names = ("name", "provider", "url", "cloud_id", "kind", "account")
    return {name: getattr(integration, name) for name in names}


def _record(
    by: Member,
    operation: Operation,
    integration: Integration,
    before: audit.State | None = None,
    after: audit.State | None = None,
) -> None:
    target = f"integration:{integration.pk}"
    audit.record(by, operation, target=target, before=before, after=after)
