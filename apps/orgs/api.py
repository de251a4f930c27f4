"""REST: who am I, and how one says it."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.security import HttpBearer

from apps.orgs.services import Member
from apps.orgs.tenancy import require_member

router = Router(tags=["account"])


class ApiTokenAuth(HttpBearer):
    """An API token, `dh_…`. The tenancy middleware has checked it; this asks that there be one."""

    def __call__(self, request: HttpRequest) -> Member:
        return require_member(request)

    def authenticate(self, request: HttpRequest, token: str) -> Member:
        return require_member(request)


class UserOut(Schema):
    id: UUID
    email: str
    name: str


class OrganizationOut(Schema):
    id: UUID
    slug: str
    name: str


class TokenOut(Schema):
    name: str
    prefix: str = Field(description="How it begins.")
    scopes: list[str]
    expires_at: datetime | None = Field(description="Null: never.")


class MeOut(Schema):
    """The person that the token acts for, and where."""

    user: UserOut
    role: str = Field(description="owner, admin, member or viewer.")
    organization: OrganizationOut
    token: TokenOut


@router.get("/me", response=MeOut, summary="Who asks")
def read_me(request: HttpRequest) -> Member:
    """The person, their role and organisation, and what the token may be used for."""
    member: Member = request.auth
    return member
