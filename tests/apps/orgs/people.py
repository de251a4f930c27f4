"""People of the tests: each in one role, with a password and a token."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from apps.orgs import services
from apps.orgs.members import Member
from apps.orgs.models import Membership, Scope, User
from tests.tenants import Tenant, client, send

PASSWORD = "a canary of a password"


@dataclass(frozen=True)
class Person:
    user: User
    membership: Membership
    text: str

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return send(client(Authorization=f"Bearer {self.text}"), method, path, body, **named)

    def get(self, path: str) -> Any:
        return self.send("GET", path)

    @property
    def member(self) -> Member:
        return services.authenticate(self.text)

    @property
    def path(self) -> str:
        return f"members/{self.membership.pk}"


def join(tenant: Tenant, role: str = "member", scopes: Any = Scope, email: str = "") -> Person:
    """A new person in the organisation."""
    email = email or f"{uuid4().hex}@{tenant.organization.slug}.example"
    user = User.objects.create_user(email, PASSWORD, name="Ada")
    organization = tenant.organization
    membership = Membership.objects.create(organization=organization, user=user, role=role)
    _, text = services.issue_token(organization, by=user, name="first", scopes=scopes)
    return Person(user, membership, text)


def told(answer: Any) -> tuple[int, str]:
    """The status and the problem's code."""
    return answer.status_code, answer.json()["code"]


def invite(who: Any, email: str = "new@acme.example", role: str = "member", **headers: str) -> Any:
    return who.send("POST", "invitations", {"email": email, "role": role}, **headers)


def acting(tenant: Tenant, user: User) -> Member:
    """An owner who asks, by whatever token."""
    return Member(tenant.organization, user, "owner", tenant.token)
