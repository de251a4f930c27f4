"""acme and globex as the tests see them."""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connections
from django.test import Client
from django_tenants.utils import tenant_context

from apps.billing.models import OwnLimit
from apps.metrics.store import store
from apps.orgs import services
from apps.orgs.models import ApiToken, Membership, Organization, Scope, User
from config.embedded import Services
from config.services import control_database
from devhealth.sinks.tables import Row
from tests.counted import counted

THREADS = 8  # at once, in the tests that ask so
WIDE = {"requests_per_minute": 500_000, "graphql_points_per_hour": 500_000}


def point_django_at(services: Services) -> None:
    settings.DATABASES["default"].update(control_database(services.control_database_uri))
    settings.DATABASE_URI = counted(services.database_uri)
    settings.REDIS_URL = services.redis_url
    settings.CACHES["default"]["LOCATION"] = services.redis_url


@dataclass(frozen=True)
class Tenant:
    organization: Organization
    owner: User
    token: ApiToken
    text: str

    @property
    def host(self) -> str:
        return f"{self.organization.slug}.localhost"

    def client(self, host: str = "localhost", **headers: str) -> Client:
        """The owner with the token, on the bare host unless told otherwise."""
        return client(host, **{"Authorization": f"Bearer {self.text}", **headers})

    def asker(self, role: str, scopes: Iterable[str]) -> Client:
        """A new person, in a role, with a token of some scopes."""
        person = User.objects.create_user(f"{uuid4().hex}@{self.organization.slug}.example")
        Membership.objects.create(organization=self.organization, user=person, role=role)
        _, text = services.issue_token(self.organization, by=person, name="t", scopes=scopes)
        return client(Authorization=f"Bearer {text}")

    def get(self, path: str, /, **query: Any) -> Any:
        return self.client().get(f"/api/v1/{path}", query)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request with a JSON body; `If_Match` is the header `If-Match`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return send(self.client(), method, path, body, **named)

    def graphql(self, query: str, **variables: Any) -> Any:
        """The whole answer's JSON."""
        return ask(self.client(), query, **variables).json()

    def entered(self) -> Any:
        """For the block, the thread's connection is on the organisation's schema."""
        return tenant_context(self.organization)

    def write(self, rows: Sequence[Row], version: datetime | None = None) -> None:
        store().for_org(self.organization.id, version=version or datetime.now(UTC)).write(rows)

    def forget_rows(self) -> None:
        store().for_org(self.organization.id).erase()


def client(host: str = "localhost", **headers: str) -> Client:
    return Client(SERVER_NAME=host, headers=headers)


def ask(client: Client, query: str, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables})
    return client.post("/graphql", body, content_type="application/json")


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    text = "" if body is None else json.dumps(body)
    return client.generic(
        method, f"/api/v1/{path}", text, content_type="application/json", headers=headers
    )


def in_threads(act: Callable[[int], list[Any]], threads: int = THREADS) -> list[Any]:
    """What the threads answer, one after the other; each closes its own connections."""

    def closing(number: int) -> list[Any]:
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return [each for answers in pool.map(closing, range(threads)) for each in answers]


def create_tenant(slug: str) -> Tenant:
    email = f"olga@{slug}.example"
    organization = services.ensure_organization(
        slug.title(), slug, owner_email=email, password="correct horse"
    )
    owner = User.objects.get(email=email)
    token, text = services.issue_token(organization, by=owner, name="tests", scopes=Scope)
    return Tenant(organization, owner, token, text)


def widen(*organizations: Organization) -> None:
    """Tests ask more often than who pays nothing may: staff gave these limits of their own.

    `tests/apps/billing` takes them away.
    """
    OwnLimit.objects.bulk_create(
        OwnLimit(organization=each, limit=limit, value=value, reason="tests", set_by="tests")
        for each in organizations
        for limit, value in WIDE.items()
    )
