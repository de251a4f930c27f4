"""People, invitations, tokens, sessions, customers and webhooks, in tables of all.

No two organisations share a key here. What is told once only, such as a session's tokens, is kept
for the tests to send.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid5

from django.apps import apps

from apps.inbound.models import InboundEvent, OAuthState
from apps.notify import sealing
from apps.notify.models import Endpoint, Message
from apps.orgs import services, sessions, tokens
from apps.orgs.models import Invitation, Role, Scope, User
from apps.standard_webhooks import new_secret
from tests.isolation.marks import NAMESPACE, SHARED
from tests.isolation.tenant_rows import row
from tests.tenants import Tenant

KEPT: dict[str, dict[str, str]] = defaultdict(dict)  # slug → what of it stands for an argument

LINKED = {  # seeded below; where each row says whose it is
    "orgs.membership": "organization_id",
    "orgs.invitation": "organization_id",
    "orgs.apitoken": "organization_id",
    "orgs.session": "organization_id",
    "orgs.refreshtoken": "session__organization_id",
    "billing.stripecustomer": "organization_id",
    "billing.subscription": "customer__organization_id",
    "notify.endpoint": "organization_id",
    "notify.message": "organization_id",
    "notify.delivery": "organization_id",
}


def kept(name: str) -> Callable[[str], str]:
    """An owner's; of who has none, one that nobody has."""
    return lambda owner: KEPT[owner].get(name) or str(uuid5(NAMESPACE, f"{owner} {name}"))


def owner_of(slug: str) -> str:
    return f"olga@{slug}.example"


def password_of(slug: str) -> str:
    return f"{slug} battery staple"


def seed_accounts(tenant: Tenant) -> None:
    slug = tenant.organization.slug
    tenant.owner.name = f"{slug}-name"
    tenant.owner.set_password(password_of(slug))
    tenant.owner.save()
    person = User.objects.create_user(f"sam@{slug}.example", name=f"{slug}-second")
    KEPT[slug] = {
        "org_id": str(tenant.organization.id),
        "user_id": str(tenant.owner.id),
        **member_and_token(tenant, person),
        **invitation(tenant),
        **session(slug),
        **webhooks(tenant),
    }
    seed_customer(tenant)
    tenant.organization.allowed_origins = [f"https://{slug}.example"]
    tenant.organization.save(update_fields=["allowed_origins"])


def member_and_token(tenant: Tenant, person: User) -> Mapping[str, str]:
    """Of a second person."""
    slug, organization = tenant.organization.slug, tenant.organization
    membership = services.add_member(organization, person, Role.MEMBER)
    name = f"{slug}-token"
    token, _ = services.issue_token(organization, by=person, name=name, scopes=Scope)
    return {
        "member_id": str(membership.id),
        "second_id": str(person.id),
        "token_id": str(token.id),
    }


def invitation(tenant: Tenant) -> Mapping[str, str]:
    """The last of two, and the secret that was sent with it."""
    slug, links = tenant.organization.slug, {"invited_by_id": tenant.owner.id}
    for owner in (SHARED, slug):
        secret = tokens.new_text(tokens.INVITATION)
        given = {**links, "digest": tokens.digest(secret), "organization": tenant.organization}
        made = Invitation.objects.create(**unkeyed("orgs.invitation", slug, owner), **given)
    return {"invitation_id": str(made.id), "secret": secret, "invited": made.email}


def session(slug: str) -> Mapping[str, str]:
    opened = sessions.log_in(owner_of(slug), password_of(slug), None, address="192.0.2.7")
    kept_id = str(opened.member.token.session_id)
    return {"access_token": opened.access, "refresh_token": opened.refresh, "session_id": kept_id}


def seed_customer(tenant: Tenant) -> None:
    slug, customer_id = tenant.organization.slug, tenant.organization.id
    given = unkeyed("billing.stripecustomer", slug, slug)
    apps.get_model("billing.stripecustomer").objects.create(organization_id=customer_id, **given)
    for owner in (SHARED, slug):
        given = {**unkeyed("billing.subscription", slug, owner), "id": f"{slug}-sub-{owner}"}
        given["customer_id"] = customer_id
        apps.get_model("billing.subscription").objects.create(**given)


def webhooks(tenant: Tenant) -> Mapping[str, str]:
    """An endpoint of two, and what it was told."""
    slug, owned = tenant.organization.slug, {"organization_id": tenant.organization.id}
    for owner in (SHARED, slug):
        given = unkeyed("notify.endpoint", slug, owner)
        endpoint = apps.get_model("notify.endpoint").objects.create(**owned, **given)
        sealing.put(endpoint, new_secret())
        endpoint.save()
        given = unkeyed("notify.message", slug, owner)
        message = apps.get_model("notify.message").objects.create(**owned, **given)
        given = unkeyed("notify.delivery", slug, owner)
        links = {"endpoint": endpoint, "message": message}
        delivery = apps.get_model("notify.delivery").objects.create(**owned, **given, **links)
    return {"endpoint_id": str(endpoint.id), "delivery_id": str(delivery.id)}


LINKS = ("id", "invited_by_id", "digest", "endpoint_id", "message_id")


def unkeyed(label: str, slug: str, owner: str) -> dict[str, Any]:
    """A row's marks, without what links it to others."""
    cells = row(apps.get_model(label), slug, owner)
    return {name: value for name, value in cells.items() if name not in LINKS}


def forget_accounts(tenant: Tenant) -> None:
    """What does not go with the organisation."""
    for model in (InboundEvent, OAuthState, Endpoint, Message):
        model.objects.filter(organization_id=tenant.organization.id).delete()
    User.objects.filter(email__endswith=f"@{tenant.organization.slug}.example").delete()
