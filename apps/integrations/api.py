"""REST: integrations. No answer has a secret; a token is shown by its last four characters."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status
from pydantic import SecretStr, StringConstraints

from apps.integrations import discovering, services
from apps.integrations.models import Integration
from apps.integrations.sealing import Secret
from apps.rest import (
    IDEMPOTENT,
    NO_NUL,
    In,
    PageOut,
    PageQuery,
    answered_once,
    described,
    page_out,
    point_to,
)
from devhealth.sites import URLS
from devhealth.wanted import Wanted

router = Router(tags=["integrations"])
router.add_decorator(answered_once, mode="view")

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Address = Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)]
Word = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9-]*$")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=NO_NUL)]
Token = Annotated[SecretStr, Field(max_length=4000)]
KINDS = "token: one that somebody made there; oauth: allowed there; app: GitHub's, installed."
WHOSE = "Jira: whose API token it is. '': it is OAuth's."


@described(Integration)
class IntegrationIn(In):
    name: Name
    provider: Literal["github", "gitlab", "jira"]
    url: Address = Field("", description="The site; '': github.com, gitlab.com.")
    cloud_id: Word = ""
    token: Token = Field(description="That somebody made at the provider.")
    email: Email = Field("", description=WHOSE)


@described(Integration)
class IntegrationPatch(In):
    """What is not named stays. The site stays in any case: another one is another integration."""

    name: Name = Field(default_factory=str)
    token: Token = Field(SecretStr(""), description="Another one.")
    email: Email = Field("", description=WHOSE)


@described(Integration)
class IntegrationOut(Schema):
    """A connection to one provider's site."""

    id: UUID
    name: str
    provider: str
    url: str
    cloud_id: str
    kind: str = Field(description=KINDS)
    account: str
    last_four: str = Field(description="How the token ends.")
    expires_at: datetime | None = Field(description="Of the credential. Null: nobody has said.")
    health: str = Field(description="ok, expiring, or reconnect.")
    health_reason: str
    checked_at: datetime | None
    created_by: UUID
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_last_four(integration: Integration) -> str:
        return integration.held.last_four if integration.held else ""

    @staticmethod
    def resolve_expires_at(integration: Integration) -> datetime | None:
        return integration.held.expires_at if integration.held else None

    @staticmethod
    def resolve_health(integration: Integration) -> str:
        return services.health_of(integration)[0]

    @staticmethod
    def resolve_health_reason(integration: Integration) -> str:
        return services.health_of(integration)[1]


class IntegrationPage(PageOut[IntegrationOut]):
    """The newest first."""


Pattern = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=NO_NUL)]
PATTERNS = "`acme/*`, or a part of the name; `!acme/old-*` takes out again. Several: any of them."
Patterns = Annotated[list[Pattern], Field(max_length=20)]


class DiscoverQuery(PageQuery):
    pattern: Patterns = Field([], description=f"{PATTERNS} None: all.")
    archived: bool = Field(False, description="What is archived, too.")
    forks: bool = Field(False, description="Forks, too.")


class FoundOut(Schema):
    """A repository, or a project of a tracker."""

    name: str = Field(description="What a sync config calls it, among its `sources`.")
    label: str = Field(description="A project's name; '': it has no other.")
    description: str
    url: str = Field(description="Where people open it; '': it has no page.")
    default_branch: str = Field(description="'': none yet, or it is a project.")
    visibility: str = Field(description="public, internal, private; '': nobody tells.")
    is_archived: bool
    is_fork: bool
    last_activity_at: datetime | None = Field(
        description="The last push, or change of an issue. Null: none, or nobody tells."
    )


class FoundPage(PageOut[FoundOut]):
    """In the provider's order. A page may be short, or empty, and yet have a next one."""


def secret_of(body: IntegrationIn | IntegrationPatch) -> Secret:
    return Secret(token=body.token.get_secret_value(), email=body.email)


@router.get("/integrations", response=IntegrationPage, summary="List integrations")
def list_integrations(request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]) -> Any:
    """What the organisation is connected to."""
    page = services.integrations_page(by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


@router.post(
    "/integrations",
    response={201: IntegrationOut},
    summary="Connect a provider",
    openapi_extra=IDEMPOTENT,
)
def connect_integration(
    request: HttpRequest, response: HttpResponse, body: IntegrationIn
) -> Integration:
    """By a token, which is tried first: what the provider refuses is not stored."""
    integration = Integration(
        name=body.name,
        provider=body.provider,
        url=body.url or URLS.get(body.provider, ""),
        cloud_id=body.cloud_id,
    )
    made = services.connect(integration, secret_of(body), by=request.auth)
    point_to(response, "read_integration", integration_id=made.pk)
    return made


@router.get(
    "/integrations/{integration_id}", response=IntegrationOut, summary="Read an integration"
)
def read_integration(request: HttpRequest, integration_id: UUID) -> Integration:
    """One connection, and how well it is."""
    return services.integration_of(integration_id, by=request.auth)


@router.patch(
    "/integrations/{integration_id}", response=IntegrationOut, summary="Change an integration"
)
def update_integration(
    request: HttpRequest, integration_id: UUID, body: IntegrationPatch
) -> Integration:
    """Another name or another credential; whatever syncs by it goes on by that.

    409 `connected_by_oauth` for a token: what was allowed in a browser is allowed anew there.
    """
    changes = {"name": body.name} if body.name else {}
    secret = secret_of(body)
    return services.update(
        integration_id, changes, secret if secret.token else None, by=request.auth
    )


@router.post(
    "/integrations/{integration_id}/test", response=IntegrationOut, summary="Test an integration"
)
def test_integration(request: HttpRequest, integration_id: UUID) -> Integration:
    """Asks the provider whose credential it is; `health` says what came of it."""
    return services.test(integration_id, by=request.auth)


@router.delete(
    "/integrations/{integration_id}", response={204: None}, summary="Disconnect a provider"
)
def disconnect_integration(request: HttpRequest, integration_id: UUID) -> Status[None]:
    """The credential is deleted; facts and metrics stay. 409 while sync configs go by it."""
    services.disconnect(integration_id, by=request.auth)
    return Status(204, None)


@router.get(
    "/integrations/{integration_id}/repositories",
    response=FoundPage,
    summary="Discover repositories or projects",
)
def discover_repositories(
    request: HttpRequest,
    response: HttpResponse,
    integration_id: UUID,
    asked: Query[DiscoverQuery],
) -> Any:
    """What the credential is a member of at the provider, asked for now.

    What is archived, and forks, are left out unless they are asked for.
    """
    wanted = Wanted(patterns=tuple(asked.pattern), archived=asked.archived, forks=asked.forks)
    page = discovering.discover(
        integration_id, wanted, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page)
