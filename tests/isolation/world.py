"""Two organisations of the same shape: acme, and globex, who is curious."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.billing import services as billing
from apps.billing.tiers import TIERS
from apps.metrics.models import Person
from apps.orgs import services
from apps.orgs.models import Scope
from tests import work
from tests.isolation.account_rows import KEPT, forget_accounts, seed_accounts
from tests.isolation.marks import ACME, GLOBEX, ids_of, large_numbers
from tests.isolation.stored_rows import rows_of
from tests.isolation.tenant_rows import seed_public, seed_tenant
from tests.tenants import Tenant, create_tenant


@dataclass(frozen=True)
class World:
    acme: Tenant
    globex: Tenant

    def secrets(self, tenant: Tenant) -> frozenset[str]:
        """What nobody else may be told."""
        slug, organization = tenant.organization.slug, tenant.organization
        plain = {slug, organization.schema_name, tenant.text, tenant.token.digest}
        keys = {str(each) for each in (organization.id, tenant.owner.id, tenant.token.id)}
        return frozenset(plain | keys | ids_of(slug) | set(KEPT[slug].values()))

    def marks(self, tenant: Tenant, told: str) -> list[Any]:
        """By what it can be told that this is an answer about the organisation."""
        found = [each for each in self.secrets(tenant) if each in told.lower()]
        return found + (large_numbers(told) if tenant is self.acme else [])

    def other(self, tenant: Tenant) -> Tenant:
        return self.globex if tenant is self.acme else self.acme


def create_world() -> World:
    connection.set_schema_to_public()
    return World(*(create(slug) for slug in (ACME, GLOBEX)))


def create(slug: str) -> Tenant:
    tenant = create_tenant(slug)
    organization = tenant.organization
    billing.set_tier(organization, TIERS[-1], by=f"{slug}-set_by")
    for rows in rows_of(slug):
        tenant.write(rows)
    with tenant.entered():
        seed_tenant(slug)
        Person.objects.filter(known_by=f"{slug}@people.example").update(user_id=tenant.owner.pk)
    seed_public(slug, organization.id)
    seed_accounts(tenant)
    return tenant


def forget(world: World) -> None:
    """All that there was of both, their schemas included."""
    work.forget([])
    for tenant in (world.acme, world.globex):
        tenant.forget_rows()
        connection.set_schema_to_public()
        tenant.organization.delete(force_drop=True)
        forget_accounts(tenant)


def dead_tokens(tenant: Tenant) -> dict[str, str]:
    """A token of an organisation that is revoked, and one that has expired."""
    yesterday = timezone.now() - timedelta(days=1)
    texts = {}
    for column in ("revoked_at", "expires_at"):
        made, texts[column] = services.issue_token(
            tenant.organization, by=tenant.owner, name="old", scopes=Scope
        )
        setattr(made, column, yesterday)
        made.save(update_fields=[column])
    return texts
