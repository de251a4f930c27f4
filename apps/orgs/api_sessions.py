"""REST: the sessions of the public front end, dev-health-web, in its own words.

The client's paths and names, for the client: login, refresh and their like on the bare host. Every
rule is in `sessions` and `passwords`. Its 429 has an object as `detail`; all else is told as ever.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status
from pydantic import StringConstraints

from apps.orgs import sessions
from apps.orgs.addresses import network_of
from apps.orgs.members import Member
from apps.orgs.sessions import ACCESS_LIFE, Opened
from apps.orgs.tenancy import require_bare_host
from apps.rest import NO_NUL, In

router = Router(tags=["sessions of dev-health-web"])

MOST_ORGANIZATIONS = 200  # the client knows no pages

Text = Annotated[str, StringConstraints(max_length=254, pattern=NO_NUL)]
Password = Annotated[str, StringConstraints(max_length=1000, pattern=NO_NUL)]
Run = Callable[..., HttpResponse]


def waiting_as_the_client_reads_it(run: Run) -> Run:
    """`detail.retry_after_seconds` where everybody else is told a sentence."""

    @wraps(run)
    def told(request: HttpRequest, **parameters: Any) -> HttpResponse:
        response = run(request, **parameters)
        if response.status_code == 429:
            body = json.loads(response.content)
            seconds = int(response["Retry-After"])
            body["detail"] = {"message": body["detail"], "retry_after_seconds": seconds}
            response.content = json.dumps(body).encode()
        return response

    return told


router.add_decorator(waiting_as_the_client_reads_it, mode="view")


class LoginIn(In):
    email: Text
    password: Password
    org_id: UUID | None = Field(None, description="Null: the organisation joined first.")
    code: Text = Field("", description="For who has a second factor: 401 `mfa_required` without.")


class RefreshIn(In):
    refresh_token: Text


class ValidateIn(In):
    token: Text


class SwitchIn(In):
    org_id: UUID


class SessionUserOut(Schema):
    id: UUID
    email: str
    username: str
    full_name: str
    org_id: UUID
    role: str
    is_superuser: bool


class SessionOut(Schema):
    """An access token, good for `expires_in` seconds, and what gets the next one, once."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int = Field(description="Seconds.")
    needs_onboarding: bool
    user: SessionUserOut


class ValidOut(Schema):
    valid: bool
    user: SessionUserOut | None = None


class SessionOrganizationOut(Schema):
    id: UUID = Field(alias="organization.id")
    name: str = Field(alias="organization.name")
    slug: str = Field(alias="organization.slug")
    role: str


def user_out(member: Member) -> dict[str, Any]:
    person = member.user
    return {
        "id": person.id,
        "email": person.email,
        "username": person.email,
        "full_name": person.name,
        "org_id": member.organization.id,
        "role": member.role,
        "is_superuser": False,
    }


def session_out(response: HttpResponse, opened: Opened) -> dict[str, Any]:
    response["Cache-Control"] = "no-store"
    return {
        "access_token": opened.access,
        "refresh_token": opened.refresh,
        "token_type": "bearer",
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "needs_onboarding": False,
        "user": user_out(opened.member),
    }


@router.post("/auth/login", response=SessionOut, auth=None, summary="Log in")
def log_in(request: HttpRequest, response: HttpResponse, body: LoginIn) -> Any:
    """Ten attempts in 15 minutes by address and by account; then 429 with `Retry-After`."""
    require_bare_host(request)
    address = network_of(request)
    return session_out(
        response,
        sessions.log_in(body.email, body.password, body.org_id, address=address, code=body.code),
    )


@router.post("/auth/refresh", response=SessionOut, auth=None, summary="Refresh a session")
def refresh_session(request: HttpRequest, response: HttpResponse, body: RefreshIn) -> Any:
    """A refresh token works once; one that comes again ends its session."""
    require_bare_host(request)
    return session_out(response, sessions.refresh(body.refresh_token))


@router.post("/auth/validate", response=ValidOut, auth=None, summary="Validate an access token")
def validate_token(request: HttpRequest, body: ValidateIn) -> dict[str, Any]:
    """Whether it opens anything, and for whom."""
    require_bare_host(request)
    member = sessions.whose(body.token)
    return {"valid": member is not None, "user": member and user_out(member)}


@router.post("/auth/logout", response={204: None}, summary="Log out")
def log_out(request: HttpRequest) -> Status[None]:
    """The session's tokens open nothing any more."""
    sessions.log_out(by=request.auth)
    return Status(204, None)


@router.get("/auth/me", response=SessionUserOut, summary="Who is logged in")
def read_session_user(request: HttpRequest) -> dict[str, Any]:
    """The person, in the organisation of the token."""
    return user_out(request.auth)


@router.get(
    "/auth/me/organizations",
    response=list[SessionOrganizationOut],
    summary="Organisations of who is logged in",
)
def list_session_organizations(request: HttpRequest) -> Any:
    """The first 200, the one joined last first; `/organizations` has pages."""
    require_bare_host(request)
    return sessions.organizations_page(by=request.auth, limit=MOST_ORGANIZATIONS).rows


@router.post("/auth/switch-org", response=SessionOut, summary="Switch the organisation")
def switch_organization(request: HttpRequest, response: HttpResponse, body: SwitchIn) -> Any:
    """A new session in another organisation of the same person; the old one ends."""
    require_bare_host(request)
    return session_out(response, sessions.switch(body.org_id, by=request.auth))
