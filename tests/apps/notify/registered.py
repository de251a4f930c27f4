"""An endpoint as its owner sees it, and what happens to it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F

from apps.notify import services as notify
from apps.notify.models import Delivery, Endpoint, Event, Message
from tests import work
from tests.tenants import Tenant


@dataclass
class Registered:
    tenant: Tenant
    id: str
    secret: str

    @property
    def path(self) -> str:
        return f"webhook-endpoints/{self.id}"

    def row(self) -> Endpoint:
        return Endpoint.objects.get(id=self.id)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.tenant.send(method, f"{self.path}{path}", body, **headers)

    def rotate(self, **body: Any) -> str:
        return self.send("POST", "/rotate", body).json()["secret"]

    def tell(self, event: Event = Event.METRICS_UPDATED, **facts: Any) -> None:
        notify.tell(self.tenant.organization.id, event, facts)


def register(tenant: Tenant, url: str, **more: Any) -> Registered:
    answer = tenant.send("POST", "webhook-endpoints", {"url": url, "events": list(Event)} | more)
    assert answer.status_code == 201, answer.content
    return Registered(tenant, answer.json()["id"], answer.json()["secret"])


def deliver() -> None:
    """What is due now."""
    work.run_all("webhooks")


def deliver_all(times: int = 1) -> None:
    """The same after so many pauses."""
    for _ in range(times):
        work.make_due()
        deliver()


def delivery() -> Delivery:
    return Delivery.objects.get()


def age(**by: float) -> None:
    """As if so much time had passed."""
    gone = timedelta(**by)
    Message.objects.update(created_at=F("created_at") - gone)
    Endpoint.objects.update(
        failing_since=F("failing_since") - gone, old_until=F("old_until") - gone
    )
