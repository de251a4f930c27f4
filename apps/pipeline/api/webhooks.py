"""REST: webhooks by which providers tell of what happened.

No `Idempotency-Key`: answers that are kept to be given again would keep a secret.
"""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from apps.pipeline.services import webhooks
from apps.pipeline.services.webhooks import Webhook

router = Router(tags=["integrations"])


class ProviderDeliveryOut(Schema):
    """Something that the provider told. Nothing of what it said is kept."""

    kind: str = Field(description="The provider's word.")
    source: str = Field(alias="subject", description="A repository or project; '': of none.")
    received_at: datetime
    handled_at: datetime | None = Field(description="Null: nobody has looked yet.")
    outcome: str = Field(description="What became of it.")


class ProviderWebhookOut(Schema):
    """Where the provider tells of this integration, and how well it does."""

    integration_id: UUID
    is_set: bool
    is_of_app: bool = Field(description="The GitHub App tells; nothing is to be entered.")
    url: str = Field(description="To be entered at the provider; '': nothing is.")
    events: list[str] = Field(description="To be chosen there, in its words.")
    secret: str = Field(description="Told once, when it is made; else ''.")
    older_until: datetime | None = Field(
        description="Until when the secret before is good, too. Null: it is not."
    )
    created_at: datetime | None
    last_delivery_at: datetime | None = Field(description="Null: none in the last two weeks.")
    deliveries_of_day: int = Field(description="In the last 24 hours.")
    waiting: int = Field(description="Deliveries that nobody has looked at yet.")
    drift: int | None = Field(
        description="Things that had changed and that no delivery had told, found by the last "
        "sync of each source. Null: none since the webhook is there."
    )
    drift_at: datetime | None = Field(description="When the newest of these syncs was over.")
    deliveries: list[ProviderDeliveryOut] = Field(description="The last ones.")


@router.get(
    "/integrations/{integration_id}/webhook", response=ProviderWebhookOut, summary="Read a webhook"
)
def read_provider_webhook(request: HttpRequest, integration_id: UUID) -> Webhook:
    """Its address, its last deliveries, and what they did not tell; never its secret."""
    return webhooks.webhook_of(integration_id, by=request.auth)


@router.post(
    "/integrations/{integration_id}/webhook",
    response={201: ProviderWebhookOut},
    summary="Make a webhook, or give it another secret",
)
def set_provider_webhook(request: HttpRequest, integration_id: UUID) -> Status[Webhook]:
    """`secret` is told this once. The one before is good for a day more.

    409 `told_by_app` where a GitHub App's own webhook tells.
    """
    return Status(201, webhooks.set_webhook(integration_id, by=request.auth))


@router.delete(
    "/integrations/{integration_id}/webhook", response={204: None}, summary="Remove a webhook"
)
def remove_provider_webhook(request: HttpRequest, integration_id: UUID) -> Status[None]:
    """What the provider tells from now on is 404; scheduled syncs go on."""
    webhooks.remove_webhook(integration_id, by=request.auth)
    return Status(204, None)
