"""REST: the organisation itself, and those that a person is a member of."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Header, Query, Router, Schema, Status
from pydantic import StringConstraints

from apps.orgs import deletion, founding, origins, services, sessions
from apps.orgs.founding import Founded, Step
from apps.orgs.models import Organization
from apps.orgs.tenancy import require_bare_host
from apps.rest import (
    IDEMPOTENT,
    NO_NUL,
    In,
    PageOut,
    PageQuery,
    answered_once,
    page_out,
    point_to,
    poll_later,
    version_required,
)

router = Router(tags=["account"])
router.add_decorator(answered_once, mode="view")

IfMatch = Annotated[str, Header(alias="If-Match", description="The `ETag` read; required.")]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)
]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=NO_NUL)]
Origin = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=NO_NUL)]
SLUG = "First label of its host name: lower case letters, digits, hyphens."


class OrganizationPatch(In):
    """What is not named stays."""

    name: Name = Field(default_factory=str)
    slug: Slug = Field(default_factory=str, description=SLUG)


class OrganizationDelete(In):
    """So that nobody deletes another one than they mean."""

    slug: Slug = Field(description="Its slug, once more.")


class OriginsIn(In):
    origins: list[Origin] = Field(description=origins.ADVICE, max_length=200)


class OriginsOut(Schema):
    """Whose pages in browsers may ask this organisation's API."""

    origins: list[str]


class DeletionOut(Schema):
    """It opens no more, and all of it is being deleted."""

    slug: str
    deletion_asked_at: datetime


class OrganizationIn(In):
    name: Name
    slug: Slug = Field(description=SLUG)


class FoundedOut(Schema):
    """One that the person is a member of, and how far it is."""

    id: UUID = Field(alias="organization.id")
    name: str = Field(alias="organization.name")
    slug: str = Field(alias="organization.slug")
    role: str = Field(description="owner, admin, member or viewer.")
    step: Step = Field(description="Only one that is `ready` opens.")
    detail: str = Field(description="What went wrong last, else ''.")
    ready_at: datetime | None = Field(
        alias="organization.ready_at", description="When its tables were made. Null: not yet."
    )


class OrganizationDetails(Schema):
    """The organisation of the token."""

    id: UUID
    name: str
    slug: str = Field(description=SLUG)
    host: str = Field(description="Where it lives.")
    created_at: datetime

    @staticmethod
    def resolve_host(organization: Organization) -> str:
        return services.host_of(organization.slug)


class MyOrganizationOut(Schema):
    """One that the person is a member of."""

    id: UUID = Field(alias="organization.id")
    name: str = Field(alias="organization.name")
    slug: str = Field(alias="organization.slug")
    role: str = Field(description="owner, admin, member or viewer.")
    joined_at: datetime = Field(alias="created_at")


class MyOrganizationPage(PageOut[MyOrganizationOut]):
    """The one joined last comes first."""


@router.get("/organizations", response=MyOrganizationPage, summary="List my organisations")
def list_organizations(
    request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]
) -> Any:
    """All of who has logged in; an API token knows of its own only. On the bare host."""
    require_bare_host(request)
    page = sessions.organizations_page(by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


@router.post(
    "/organizations",
    response={202: FoundedOut},
    summary="Create an organisation",
    openapi_extra=IDEMPOTENT,
)
def create_organization(
    request: HttpRequest, response: HttpResponse, body: OrganizationIn
) -> Status[Founded]:
    """Who has logged in becomes its owner; API tokens make none. On the bare host. Its tables
    follow: until it is `ready`, its host answers 503 `organization_not_ready`."""
    require_bare_host(request)
    founded = founding.found_as(body.name, body.slug, by=request.auth)
    point_to(response, "read_my_organization", organization_id=founded.organization.pk)
    poll_later(response)
    return Status(202, founded)


@router.get(
    "/organizations/{organization_id}", response=FoundedOut, summary="Read one of my organisations"
)
def read_my_organization(
    request: HttpRequest, response: HttpResponse, organization_id: UUID
) -> Founded:
    """How far a new one is. An API token knows of its own only. On the bare host."""
    require_bare_host(request)
    founded = founding.of_member(organization_id, by=request.auth)
    if founded.is_under_way:
        poll_later(response)
    return founded


@router.get("/organization", response=OrganizationDetails, summary="Read the organisation")
def read_organization(request: HttpRequest, response: HttpResponse) -> Organization:
    """Its name and where it lives."""
    return _versioned(response, services.read_organization(by=request.auth))


@router.patch("/organization", response=OrganizationDetails, summary="Rename the organisation")
def update_organization(
    request: HttpRequest, response: HttpResponse, body: OrganizationPatch, if_match: IfMatch = ""
) -> Organization:
    """For owners. Its host moves along with the slug, and the old host answers no more."""
    organization = services.update_organization(
        body.dict(exclude_unset=True),
        by=request.auth,
        unless_changed_since=version_required(if_match),
    )
    return _versioned(response, organization)


@router.delete(
    "/organization", response={202: DeletionOut}, summary="Delete the organisation for good"
)
def delete_organization(request: HttpRequest, body: OrganizationDelete) -> Status[Organization]:
    """For owners. It opens no more from now on; facts, metrics, settings, tokens, memberships and
    the audit log are deleted. A subscription that goes on is canceled first."""
    return Status(202, deletion.delete(body.slug, by=request.auth))


@router.get("/organization/origins", response=OriginsOut, summary="List allowed origins")
def read_origins(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """Of pages elsewhere that may ask the API with a token of their own, at this host."""
    return _listed(response, origins.read(by=request.auth))


@router.put("/organization/origins", response=OriginsOut, summary="Replace allowed origins")
def replace_origins(
    request: HttpRequest, response: HttpResponse, body: OriginsIn, if_match: IfMatch = ""
) -> dict[str, Any]:
    """For admins. Exactly these from the next request on; browsers remember a yes for ten
    minutes."""
    replaced = origins.replace(
        body.origins, by=request.auth, unless_changed_since=version_required(if_match)
    )
    return _listed(response, replaced)


def _listed(response: HttpResponse, found: list[str]) -> dict[str, Any]:
    response["ETag"] = origins.version_of(found)
    return {"origins": found}


def _versioned(response: HttpResponse, organization: Organization) -> Organization:
    response["ETag"] = services.version_of(organization)
    return organization
