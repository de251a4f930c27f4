"""A grant that an organisation goes by no more is revoked at its provider.

The provider is asked when everything is committed and no row is locked. Whether it has forgotten
the grant, the audit log knows; it never keeps anybody connected, and nobody from connecting.
"""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction

from apps.errors import Unprocessable
from apps.integrations import grants
from apps.integrations.models import Credential, Integration, Kind
from apps.integrations.provider_apps import app_of
from apps.integrations.sealing import Secret, opened
from apps.orgs import audit
from apps.orgs.members import Member
from apps.secret_keys import CannotOpen

REVOKED = "integrations.revoke"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """`secret`: None where it opens no more, so that nobody can revoke it here."""

    integration_id: UUID
    provider: str
    url: str
    secret: Secret | None


def grant_of(integration: Integration) -> GivenUp | None:
    """What was allowed in a browser, as it is stored; its row is locked. None: nothing was."""
    if integration.kind != Kind.OAUTH:
        return None
    held = Credential.objects.select_for_update().filter(integration=integration).first()
    if held is None:
        return None
    integration.credential = held
    try:
        secret = opened(integration)
    except CannotOpen:
        secret = None
    return GivenUp(
        integration_id=integration.pk,
        provider=integration.provider,
        url=integration.url,
        secret=secret,
    )


def revoke_later(given_up: GivenUp | None, *, by: Member, kept: Secret | None = None) -> None:
    """After the commit of all that is under way, within the request: who asked waits for it.

    kept  what the organisation goes by from now on: a provider may give the same token again
    """
    if given_up is not None and not _is_same(given_up.secret, kept):
        transaction.on_commit(partial(_revoke, given_up, by), robust=True)


def _revoke(given_up: GivenUp, by: Member) -> None:
    target = f"integration:{given_up.integration_id}"
    after = {"revoked": _is_revoked(given_up)}
    audit.record(by, REVOKED, target=target, before=None, after=after)


def _is_same(secret: Secret | None, kept: Secret | None) -> bool:
    return secret is not None and kept is not None and secret.token == kept.token


def _is_revoked(given_up: GivenUp) -> bool:
    if given_up.secret is None:
        return False
    try:
        app = app_of(given_up.provider, given_up.url, given_up.secret)
    except Unprocessable:
        return False
    return grants.revoked(given_up.provider, app, given_up.secret.token, given_up.secret.refresh)
