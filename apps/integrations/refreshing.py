"""Tokens of OAuth as they are used: renewed once for all threads and processes, under a row lock.

The lock is taken, the row read again, and only who still finds the token that was refused, or one
that has ended, asks the provider; the answer is stored in the same transaction. What is lost
between the answer and the commit is lost: providers burn refresh tokens, and people connect again.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from apps.integrations import grants
from apps.integrations.models import Credential, Health, Integration
from apps.integrations.provider_apps import app_of
from apps.integrations.sealing import Secret, opened, sealed
from apps.queue.bridge import inside_schema
from devhealth.errors import Transient
from devhealth.http import Unauthorized

LONGEST = {"jira": timedelta(days=365)}  # of a grant, however often it is renewed
IDLE = {"jira": timedelta(days=90)}  # of a refresh token
LOCK_PATIENCE = "15s"
BURNED = "The provider takes its refresh token no more: it was revoked, used elsewhere, or lost."


@dataclass(slots=True, kw_only=True)
class Grant:
    """A `Token` for `Refreshing`. Its thread may hold no lock on the integration's row."""

    schema_name: str
    integration_id: UUID
    secret: Secret = field(repr=False)

    async def __call__(self, *, is_rejected: bool) -> str:
        """Raises `Unauthorized` where only people can help, Transient where time can."""
        if is_rejected or self.secret.is_old():
            self.secret = await inside_schema(
                self.schema_name, fresh, self.integration_id, known=self.secret.token
            )
        return self.secret.token


def fresh(integration_id: UUID, *, known: str) -> Secret:
    """What is stored if it is another token than `known` and has not ended; else a new one.

    Raises `Unauthorized` where only people can help, Transient where time can.
    """
    try:
        with transaction.atomic():
            return _fresh(integration_id, known)
    except grants.GrantRefused:
        return _burned(integration_id, known)
    except (OperationalError, InterfaceError) as error:
        raise Transient("Others renew this token just now: try again later.") from error


def ends_at(provider: str, granted_at: datetime, now: datetime) -> datetime | None:
    """When a grant that is renewed now ends by itself. Null: nobody has said."""
    if provider not in LONGEST:
        return None
    return min(granted_at + LONGEST[provider], now + IDLE[provider])


def _fresh(integration_id: UUID, known: str) -> Secret:
    integration = _locked(integration_id)
    secret, row = opened(integration), integration.credential
    if secret.token != known and not secret.is_old():
        return secret
    if not secret.refresh:
        raise _unauthorized(integration)
    provider = integration.provider
    tokens = grants.renewed(provider, app_of(provider, integration.url, secret), secret.refresh)
    made = renewed(secret, tokens)
    row.sealed = sealed(integration_id, made)
    row.expires_at = ends_at(provider, row.granted_at or timezone.now(), timezone.now())
    row.save(update_fields=["sealed", "expires_at", "updated_at"])
    return made


def renewed(secret: Secret, tokens: grants.Tokens) -> Secret:
    return replace(secret, token=tokens.access, refresh=tokens.refresh, until=tokens.until)


def _burned(integration_id: UUID, known: str) -> Secret:
    """Nobody sends it again; another one that was stored meanwhile is as good as ever."""
    with transaction.atomic():
        integration = _locked(integration_id)
        secret = opened(integration)
        if secret.token != known and not secret.is_old():
            return secret
        integration.credential.sealed = sealed(integration_id, replace(secret, refresh=""))
        integration.credential.save(update_fields=["sealed", "updated_at"])
    # By itself: others lock the integration first, then its credential.
    Integration.objects.filter(id=integration_id).update(
        health=Health.RECONNECT, health_reason=BURNED, checked_at=timezone.now()
    )
    raise _unauthorized(integration)


def _locked(integration_id: UUID) -> Integration:
    """With its credential, whose row is locked. Raises `Unauthorized` where there is none.

    Who waits longer than whoever holds it may take gives up: `OperationalError`.
    """
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [LOCK_PATIENCE])
    row = (
        Credential.objects.select_related("integration")
        .select_for_update(of=("self",))
        .filter(integration=integration_id)
        .first()
    )
    if row is None:
        raise Unauthorized("The provider", 401, "it was disconnected meanwhile.")
    integration: Integration = row.integration
    integration.credential = row
    return integration


def _unauthorized(integration: Integration) -> Unauthorized:
    host = urlsplit(integration.url).hostname or integration.provider
    return Unauthorized(host, 401, "the authorization is good no more; connect again.")
