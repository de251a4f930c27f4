"""How an integration is asked: its site, what it asks by, and the gate that all processes share."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.integrations.gates import shared_gate
from apps.integrations.models import Integration
from apps.secret_keys import seal, unseal
from devhealth.credentials import Credential, of_text
from devhealth.errors import Permanent
from devhealth.http import Client
from devhealth.sites import Site, site


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What a credential holds. Its repr tells nothing of it."""

    token: str
    email: str = ""

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A site in the hands of somebody who asks."""

    site: Site
    credential: Credential

    @asynccontextmanager
    async def client(self, checkpoint: Callable[[], None] = lambda: None) -> AsyncIterator[Client]:
        """Within one event loop; all that ask by this credential, anywhere, keep one pace."""
        gate = shared_gate(settings.REDIS_URL, self.credential.name, self.site.policy)
        async with (
            gate as shared,
            self.site.client(self.credential, gate=shared, checkpoint=checkpoint) as client,
        ):
            yield client


def reach_of(integration: Integration) -> Reach:
    """By its stored credential. Raises `CannotOpen` where that opens no more."""
    return reach(integration, opened(integration))


def reach(integration: Integration, secret: Secret) -> Reach:
    """By a credential that is not stored yet. Raises `Permanent` for what is no token."""
    name = f"integration:{integration.pk}"
    return Reach(
        site=site_of(integration),
        credential=of_text(integration.provider, name, secret.token, email=secret.email),
    )


def site_of(integration: Integration) -> Site:
    """Internal hosts are those that the operator allows (`DEVHEALTH_PROVIDER_HOSTS`)."""
    return site(
        integration.provider,
        integration.url,
        allowed=tuple(settings.PROVIDER_HOSTS),
        cloud_id=integration.cloud_id or None,
    )


def opened(integration: Integration) -> Secret:
    if (held := integration.held) is None:
        raise Permanent(f"`{integration.name}` has no credential: connect it again.")
    return Secret(**json.loads(unseal(held.sealed, about=_row(integration.pk))))


def sealed(integration_id: UUID, secret: Secret) -> str:
    told = {"token": secret.token, "email": secret.email}
    return seal(json.dumps(told), about=_row(integration_id))


def resealed(integration_id: UUID, text: str) -> str:
    """The same by the newest key. Raises `CannotOpen`."""
    about = _row(integration_id)
    return seal(unseal(text, about=about), about=about)


def _row(integration_id: UUID) -> str:
    """Of which organisation, too: a copy in another one's schema opens nothing."""
    return f"{connection.schema_name}:credential:{integration_id}"
