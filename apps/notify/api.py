"""REST: webhook endpoints."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Header, Query, Router, Schema, Status
from pydantic import StringConstraints

from apps.notify import endpoints
from apps.notify.endpoints import MOST_OVERLAP_HOURS, OVERLAP_HOURS
from apps.notify.models import Endpoint, Event
from apps.rest import NO_NUL, In, PageOut, PageQuery, described, page_out, point_to, version_of

router = Router(tags=["webhooks"])  # no answer is kept for an Idempotency-Key: some hold secrets

ADDRESS = "`https://…`. Whoever may not change it is shown its host only."
SECRET = "`whsec_…`. Keep it: nobody sees it again."  # noqa: S105
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=NO_NUL)]
Description = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
Events = Annotated[list[Event], Field(min_length=1, max_length=len(Event))]


@described(Endpoint)
class WebhookEndpointIn(In):
    url: Url = Field(description="`https://…`, on the internet.")
    description: Description = ""
    events: Events
    is_active: bool = True


@described(Endpoint)
class WebhookEndpointPatch(In):
    """What is not named stays."""

    url: Url = Field(default_factory=str)
    description: Description = Field(default_factory=str)
    events: Events = Field(default_factory=list)
    is_active: bool = Field(default_factory=bool)


class WebhookRotateIn(In):
    overlap_hours: int = Field(
        OVERLAP_HOURS,
        ge=0,
        le=MOST_OVERLAP_HOURS,
        description="So long the secret before signs, too. 0: it was told to somebody.",
    )


@described(Endpoint)
class WebhookEndpointOut(Schema):
    """Where the organisation is told what happens."""

    id: UUID
    url: str = Field(description=ADDRESS)
    description: str
    events: list[Event]
    is_active: bool
    off_reason: str
    failing_since: datetime | None
    old_until: datetime | None
    created_by: UUID
    created_at: datetime
    updated_at: datetime


class NewWebhookEndpointOut(WebhookEndpointOut):
    """The only answer that has the secret."""

    secret: str = Field(description=SECRET)


class WebhookEndpointPage(PageOut[WebhookEndpointOut]):
    """The newest first."""


def given(response: HttpResponse, endpoint: Endpoint, by: Any) -> Endpoint:
    """As `by` is shown it, with the version that `If-Match` is held against."""
    response["ETag"] = endpoints.version(endpoint)
    endpoint.url = endpoints.address_for(endpoint, by=by)
    return endpoint


def given_once(response: HttpResponse, endpoint: Endpoint, secret: str, by: Any) -> Endpoint:
    """The same with its secret."""
    response["Cache-Control"] = "no-store"
    endpoint.secret = secret
    return given(response, endpoint, by)


@router.get("/webhook-endpoints", response=WebhookEndpointPage, summary="List webhook endpoints")
def list_webhook_endpoints(
    request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]
) -> Any:
    """Where the organisation is told what happens, the newest first."""
    page = endpoints.endpoints_page(by=request.auth, limit=asked.limit, after=asked.cursor)
    for each in page.rows:
        each.url = endpoints.address_for(each, by=request.auth)
    return page_out(request, response, page)


@router.post(
    "/webhook-endpoints",
    response={201: NewWebhookEndpointOut},
    summary="Create a webhook endpoint",
)
def create_webhook_endpoint(
    request: HttpRequest, response: HttpResponse, body: WebhookEndpointIn
) -> Status[Endpoint]:
    """It is told from now on. Its secret is shown here and never again."""
    endpoint = Endpoint(**body.dict())
    secret = endpoints.create(endpoint, by=request.auth)
    point_to(response, "read_webhook_endpoint", endpoint_id=endpoint.pk)
    return Status(201, given_once(response, endpoint, secret, request.auth))


@router.get(
    "/webhook-endpoints/{endpoint_id}",
    response=WebhookEndpointOut,
    summary="Read a webhook endpoint",
)
def read_webhook_endpoint(
    request: HttpRequest, response: HttpResponse, endpoint_id: UUID
) -> Endpoint:
    """One endpoint, and whether it takes what it is told."""
    return given(response, endpoints.endpoint_of(endpoint_id, by=request.auth), request.auth)


@router.patch(
    "/webhook-endpoints/{endpoint_id}",
    response=WebhookEndpointOut,
    summary="Change a webhook endpoint",
)
def update_webhook_endpoint(
    request: HttpRequest,
    response: HttpResponse,
    endpoint_id: UUID,
    body: WebhookEndpointPatch,
    if_match: str = Header("", alias="If-Match", description="The `ETag` read; else 412."),
) -> Endpoint:
    """Change what is named. Switched off, it is told nothing, later neither."""
    changes, version = body.dict(exclude_unset=True), version_of(if_match)
    endpoint = endpoints.update(endpoint_id, changes, by=request.auth, unless_changed_since=version)
    return given(response, endpoint, request.auth)


@router.delete(
    "/webhook-endpoints/{endpoint_id}", response={204: None}, summary="Delete a webhook endpoint"
)
def delete_webhook_endpoint(request: HttpRequest, endpoint_id: UUID) -> Status[None]:
    """It is told nothing more, and its log goes with it."""
    endpoints.delete(endpoint_id, by=request.auth)
    return Status(204, None)


@router.post(
    "/webhook-endpoints/{endpoint_id}/rotate",
    response=NewWebhookEndpointOut,
    summary="Give a webhook endpoint another secret",
)
def rotate_webhook_endpoint(
    request: HttpRequest, response: HttpResponse, endpoint_id: UUID, body: WebhookRotateIn
) -> Endpoint:
    """Until `old_until` every message has a signature by the secret before, too."""
    endpoint, secret = endpoints.rotate(endpoint_id, body.overlap_hours, by=request.auth)
    return given_once(response, endpoint, secret, request.auth)
