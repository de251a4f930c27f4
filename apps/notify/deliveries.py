"""The log of deliveries, and sending one again."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.cursors import Page, page
from apps.errors import NotFound
from apps.notify import operations, services
from apps.notify.endpoints import require_active
from apps.notify.models import Delivery, DeliveryState, Endpoint
from apps.orgs import audit
from apps.orgs.services import Member


def deliveries_page(
    endpoint_id: UUID | None,
    state: DeliveryState | None,
    *,
    by: Member,
    limit: int,
    after: str | None = None,
) -> Page[Delivery]:
    """The newest first: of one endpoint (null: of all), in one state (null: in any)."""
    by.require(operations.WEBHOOKS_READ)
    asked = {"endpoint_id": endpoint_id, "state": state}
    where = {name: value for name, value in asked.items() if value is not None}
    bound = {"organization_id": by.organization.id, **where}
    return page(_mine(by).filter(**where), after=after, limit=limit, bound=bound)


def delivery_of(delivery_id: UUID, *, by: Member) -> Delivery:
    """Raises `NotFound`."""
    by.require(operations.WEBHOOKS_READ)
    if (found := _mine(by).filter(id=delivery_id).first()) is None:
        raise NotFound("There is no such delivery.")
    return found


def replay(delivery_id: UUID, *, by: Member) -> Delivery:
    """Try it again, now, and as often as a new one, under the same `webhook-id`.

    Raises `NotFound`, and `Conflict` where its endpoint is switched off.
    """
    by.require(operations.WEBHOOKS_REPLAY)
    with transaction.atomic():
        owner = Endpoint.objects.filter(
            organization_id=by.organization.id, deliveries__id=delivery_id
        )
        endpoint = owner.select_for_update(no_key=True, of=("self",)).first()
        if endpoint is None:
            raise NotFound("There is no such delivery.")
        require_active(endpoint)
        delivery = _mine(by).select_for_update(of=("self",)).get(id=delivery_id)
        before = {"state": delivery.state, "attempts": delivery.attempts}
        delivery.state, delivery.attempts = DeliveryState.PENDING, 0
        delivery.next_at, delivery.delivered_at = timezone.now(), None
        delivery.save()
        services.ask(delivery)
        audit.record(
            by,
            operations.WEBHOOKS_REPLAY,
            target=f"webhook_delivery:{delivery.pk}",
            before=before,
            after={"state": delivery.state, "attempts": 0},
        )
    return delivery


def _mine(by: Member) -> QuerySet[Delivery]:
    found: QuerySet[Delivery] = Delivery.objects.select_related("message").filter(
        organization_id=by.organization.id
    )
    return found
