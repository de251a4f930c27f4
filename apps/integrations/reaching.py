"""How an integration is asked: its site, what it asks by, and the gate that all processes share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection

from apps.integrations.gates import shared_gate
from apps.integrations.models import Integration, Kind
from apps.integrations.provider_apps import app_of
from apps.integrations.refreshing import Grant
from apps.integrations.sealing import Secret, opened
from devhealth.credentials import Credential, installation_token, of_changing, of_text
from devhealth.http import Client, Etags
from devhealth.sites import Site, site

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A site in the hands of somebody who asks."""

    site: Site
    credential: Credential
    is_app: bool = False
    """Of a GitHub App's installation."""

    @asynccontextmanager
    async def client(
        self, checkpoint: Callable[[], None] = lambda: None, etags: Etags | None = None
    ) -> AsyncIterator[Client]:
        """Within one event loop; all that ask by this credential, anywhere, keep one pace."""
        gate = shared_gate(settings.REDIS_URL, self.credential.name, self.site.policy)
        async with (
            gate as shared,
            self.site.client(
                self.credential, gate=shared, etags=etags, checkpoint=checkpoint
            ) as client,
        ):
            yield client


def asked(reached: Reach, ask: Callable[[Client], Coroutine[Any, Any, Told]]) -> Told:
    """Within the request: a person waits for it. Raises what the library raises."""

    async def within() -> Told:
        async with reached.client() as client:
            return await ask(client)

    return asyncio.run(within())


def reach_of(integration: Integration) -> Reach:
    """By its stored credential. Raises `CannotOpen` where that opens no more."""
    return reach(integration, opened(integration))


def reach(integration: Integration, secret: Secret) -> Reach:
    """By a credential that is not stored yet. Raises `Permanent` for what is no token."""
    found = site_of(integration)
    return Reach(
        site=found,
        credential=_credential(integration, secret, found),
        is_app=integration.kind == Kind.APP,
    )


def _credential(integration: Integration, secret: Secret, found: Site) -> Credential:
    provider, name = integration.provider, f"integration:{integration.pk}"
    if integration.kind == Kind.OAUTH:
        grant = Grant(
            schema_name=connection.schema_name, integration_id=integration.pk, secret=secret
        )
        return of_changing(provider, name, grant)
    if integration.kind == Kind.APP:
        app = app_of(provider, integration.url)
        token = installation_token(
            app.app_id, app.key, secret.installation, api=found.api, guard=found.guard
        )
        return of_changing(provider, name, token)
    return of_text(provider, name, secret.token, email=secret.email)


def site_of(integration: Integration) -> Site:
    """Internal hosts are those that the operator allows (`DEVHEALTH_PROVIDER_HOSTS`)."""
    return site(
        integration.provider,
        integration.url,
        allowed=tuple(settings.PROVIDER_HOSTS),
        cloud_id=integration.cloud_id or None,
        atlassian=f"{settings.ATLASSIAN_URLS['api']}/ex/jira",
    )
