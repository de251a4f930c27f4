"""An integration's webhook as its organisation sees it: where it is, and how well it tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from apps.errors import Conflict, NotFound
from apps.inbound import endpoints
from apps.inbound.models import InboundEvent, WebhookEndpoint
from apps.integrations import services as integrations
from apps.integrations.models import Integration, Kind
from apps.orgs import audit
from apps.orgs.operations import Operation
from apps.orgs.services import Member
from apps.pipeline import operations
from apps.pipeline.models import SyncUnit

SHOWN = 20  # of the last deliveries
DAY = timedelta(days=1)
BY_THE_APP = (
    "Events of a GitHub App come by the App's own webhook, which its operator sets: there is "
    "nothing to enter for this integration."
)
EVENTS = {
    "github": (
        "Pushes", "Pull requests", "Pull request reviews", "Pull request review comments",
        "Issues", "Issue comments", "Workflow runs", "Deployments", "Deployment statuses",
        "Releases",
    ),
    "gitlab": (
        "Push events", "Merge request events", "Comments", "Issues events", "Pipeline events",
        "Deployment events", "Releases events",
    ),
    "jira": ("Issue: created, updated, deleted",),
}  # fmt: skip
"""To be chosen at the provider, in its words; whatever else comes is ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """`secret`: told the one time when it is made, else ''. `is_of_app`: the GitHub App tells.

    last_delivery_at   null: none in the last two weeks
    deliveries_of_day  in the last 24 hours
    waiting            deliveries that nobody has looked at yet
    drift              things that had changed and that no delivery had told, found by the last
                       syncs of its sources. Null: none since the webhook is there
    """

    integration_id: UUID
    is_of_app: bool
    endpoint: WebhookEndpoint | None
    events: Sequence[str]
    secret: str = ""
    last_delivery_at: datetime | None
    deliveries_of_day: int
    waiting: int
    drift: int | None
    drift_at: datetime | None
    deliveries: Sequence[InboundEvent]

    @property
    def url(self) -> str:
        """What to enter at the provider. '': nothing, there is none or it is the App's."""
        return endpoints.address_of(self.endpoint) if self.endpoint and self.endpoint.key else ""

    @property
    def is_set(self) -> bool:
        return self.endpoint is not None

    @property
    def older_until(self) -> datetime | None:
        """Until when the secret before is good, too. Null: it is not."""
        until = self.endpoint.older_until if self.endpoint else None
        return until if until and timezone.now() < until else None

    @property
    def created_at(self) -> datetime | None:
        return self.endpoint.created_at if self.endpoint else None


def webhook_of(integration_id: UUID, *, by: Member) -> Webhook:
    """Raises `NotFound` for an integration of nobody here."""
    by.require(operations.PROVIDER_WEBHOOKS_READ)
    return _shown(_integration(integration_id), by)


def set_webhook(integration_id: UUID, *, by: Member) -> Webhook:
    """A webhook with a new secret; the one before is good for a day more.

    Raises `NotFound`, and `Conflict` where the App's own tells.
    """
    by.require(operations.PROVIDER_WEBHOOKS_SET)
    integration = _integration(integration_id)
    if integration.kind == Kind.APP:
        raise Conflict(BY_THE_APP, code="told_by_app")
    with transaction.atomic():
        is_new = endpoints.of_integration(by.organization.id, integration_id) is None
        secret = endpoints.give_secret(by.organization.id, integration_id, integration.provider)
        _record(by, operations.PROVIDER_WEBHOOKS_SET, integration_id, {"is_new": is_new})
    return _shown(integration, by, secret)


def remove_webhook(integration_id: UUID, *, by: Member) -> None:
    """What the provider tells from now on is 404; nothing stored goes. Raises `NotFound`."""
    by.require(operations.PROVIDER_WEBHOOKS_REMOVE)
    integration = _integration(integration_id)
    if integration.kind == Kind.APP:
        raise Conflict(BY_THE_APP, code="told_by_app")
    with transaction.atomic():
        if not endpoints.remove(by.organization.id, integration_id):
            raise NotFound("This integration has no webhook.")
        _record(by, operations.PROVIDER_WEBHOOKS_REMOVE, integration_id, None)


def _integration(integration_id: UUID) -> Integration:
    found: Integration | None = integrations.integrations().filter(id=integration_id).first()
    if found is None:
        raise NotFound("There is no such integration.")
    return found


def _record(
    by: Member, operation: Operation, integration_id: UUID, after: audit.State | None
) -> None:
    audit.record(by, operation, target=f"integration:{integration_id}", before=None, after=after)


def _shown(integration: Integration, by: Member, secret: str = "") -> Webhook:
    organization_id = by.organization.id
    told = InboundEvent.objects.filter(
        organization_id=organization_id, integration_id=integration.pk
    )
    drift, drift_at = _drift(integration)
    return Webhook(
        integration_id=integration.pk,
        is_of_app=integration.kind == Kind.APP,
        endpoint=endpoints.of_integration(organization_id, integration.pk),
        events=EVENTS[integration.provider],
        secret=secret,
        last_delivery_at=told.aggregate(at=Max("received_at"))["at"],
        deliveries_of_day=told.filter(received_at__gte=timezone.now() - DAY).count(),
        waiting=told.filter(handled_at=None).count(),
        drift=drift,
        drift_at=drift_at,
        deliveries=list(told.order_by("-received_at", "-id")[:SHOWN]),
    )


def _drift(integration: Integration) -> tuple[int | None, datetime | None]:
    """Of the last unit of each source that knows it, and when the newest of these was over."""
    units = SyncUnit.objects.filter(
        run__config__integration=integration, drift__isnull=False, finished_at__isnull=False
    )
    last = units.order_by("source", "-finished_at").distinct("source")
    found = SyncUnit.objects.filter(pk__in=list(last.values_list("pk", flat=True))).aggregate(
        sum=Sum("drift"), at=Max("finished_at")
    )
    return found["sum"], found["at"]
