"""An organisation that pays, as the tests see it."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from apps.billing import services
from apps.billing.models import StripeCustomer, Subscription
from apps.inbound.models import InboundEvent
from tests import work
from tests.stripe_server import FakeStripe, deliver
from tests.tenants import Tenant


@dataclass(frozen=True)
class Payer:
    tenant: Tenant
    stripe: FakeStripe

    @property
    def customer(self) -> str:
        """Made with the first checkout."""
        kept = StripeCustomer.objects.filter(organization=self.tenant.organization)
        found = kept.values_list("customer_id", flat=True).first()
        if found is None:
            self.tenant.send("POST", "billing/checkout", {"tier": "team"})
            found = kept.values_list("customer_id", flat=True).get()
        return str(found)

    @property
    def tier(self) -> str:
        return services.tier_of(self.tenant.organization.id).key

    def subscribe(self, bought: str = "team_monthly", status: str = "active") -> str:
        return self.stripe.subscribe(self.customer, bought, status)

    def hear(self) -> str:
        """All events that there are, delivered and worked off; the tier then."""
        for event in self.stripe.events:
            assert deliver(event).status_code == 200
        work.run_all("billing")
        return self.tier

    def an_hour_later(self) -> str:
        """What was planned is due; no event came."""
        work.make_due()
        work.run_all("billing")
        return self.tier


def days_ago_past_due(days: float) -> None:
    Subscription.objects.filter(status="past_due").update(
        past_due_since=work_now() - timedelta(days=days)
    )


def work_now():
    with connection.cursor() as cursor:
        cursor.execute("select now()")
        return cursor.fetchone()[0]


def outcomes() -> list[str]:
    return list(InboundEvent.objects.order_by("id").values_list("outcome", flat=True))
