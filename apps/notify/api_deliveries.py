"""REST: what webhook endpoints were told, and telling them again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status

from apps.notify import deliveries, endpoints
from apps.notify.models import Delivery, DeliveryState
from apps.rest import (
    IDEMPOTENT,
    PageOut,
    PageQuery,
    answered_once,
    described,
    page_out,
    point_to,
    poll_later,
)

router = Router(tags=["webhooks"])
router.add_decorator(answered_once, mode="view")


class WebhookDeliveriesQuery(PageQuery):
    endpoint_id: UUID | None = Field(None, description="To this endpoint only.")
    state: DeliveryState | None = Field(None, description="In this state only.")


class WebhookAttemptOut(Schema):
    """One request, and what came of it."""

    at: datetime
    status: int | None = Field(description="HTTP's. Null: nobody answered, or nothing was sent.")
    error: str = Field(description="'': it was taken.")
    seconds: float


@described(Delivery)
class WebhookDeliveryRow(Schema):
    """A message on its way to one endpoint."""

    id: UUID
    endpoint_id: UUID
    message_id: UUID = Field(description="The `webhook-id` that it is sent under.")
    kind: str = Field(alias="message.kind", description="`type` of the message.")
    state: DeliveryState
    attempts: int
    last_status: int | None
    error: str
    next_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime


class WebhookDeliveryOut(WebhookDeliveryRow):
    """With what is sent, and how the last attempts went."""

    body: str = Field(alias="message.body", description="What is sent and signed.")
    log: list[WebhookAttemptOut] = Field(description="At most 20, the newest last.")


class WebhookDeliveryPage(PageOut[WebhookDeliveryRow]):
    """The newest first."""


def under_way(response: HttpResponse, delivery: Delivery) -> Status[Delivery]:
    point_to(response, "read_webhook_delivery", delivery_id=delivery.pk)
    poll_later(response)
    return Status(202, delivery)


@router.post(
    "/webhook-endpoints/{endpoint_id}/test",
    response={202: WebhookDeliveryOut},
    summary="Send a test message",
    openapi_extra=IDEMPOTENT,
)
def test_webhook_endpoint(
    request: HttpRequest, response: HttpResponse, endpoint_id: UUID
) -> Status[Delivery]:
    """A message of the type `test`, to this endpoint alone; signed and tried like any other."""
    return under_way(response, endpoints.test(endpoint_id, by=request.auth))


@router.get("/webhook-deliveries", response=WebhookDeliveryPage, summary="List webhook deliveries")
def list_webhook_deliveries(
    request: HttpRequest, response: HttpResponse, asked: Query[WebhookDeliveriesQuery]
) -> Any:
    """What endpoints were told in the last 30 days, and how that went, the newest first."""
    page = deliveries.deliveries_page(
        asked.endpoint_id, asked.state, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page)


@router.get(
    "/webhook-deliveries/{delivery_id}",
    response=WebhookDeliveryOut,
    summary="Read a webhook delivery",
)
def read_webhook_delivery(request: HttpRequest, delivery_id: UUID) -> Delivery:
    """One delivery with its last attempts."""
    return deliveries.delivery_of(delivery_id, by=request.auth)


@router.post(
    "/webhook-deliveries/{delivery_id}/replay",
    response={202: WebhookDeliveryOut},
    summary="Send a message again",
    openapi_extra=IDEMPOTENT,
)
def replay_webhook_delivery(
    request: HttpRequest, response: HttpResponse, delivery_id: UUID
) -> Status[Delivery]:
    """Now, whatever became of it, with all its attempts anew and under the same `webhook-id`."""
    return under_way(response, deliveries.replay(delivery_id, by=request.auth))
