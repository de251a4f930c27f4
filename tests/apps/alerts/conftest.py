"""acme with a repository, a receiver that is told of alerts, and rules."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from apps.alerts import evaluating
from apps.notify.models import Event
from tests import work
from tests.apps.notify.receiver import Receiver, receiving
from tests.apps.notify.registered import register
from tests.apps.pipeline.worlds import World, forget_tiers, history, inside
from tests.repositories import make
from tests.tenants import Tenant

MEASURE = {
    "name": "busy",
    "kind": "measure",
    "measure": "commits_count",
    "scope": "organization",
    "days": 30,
    "direction": "above",
    "threshold": 10,
    "clear": 5,
}
STALE = {"name": "stale", "kind": "stale", "hours": 48}
FAILED = {"name": "failed", "kind": "failed_runs", "runs": 2}


@dataclass
class Watched:
    """What acme is told of alerts."""

    tenant: Tenant
    receiver: Receiver

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """A request leaves the organisation's schema, in which the test goes on."""
        answer = self.tenant.send(method, path, body)
        connection.set_tenant(self.tenant.organization)
        return answer

    def add(self, body: Any, **more: Any) -> str:
        answer = self.send("POST", "alert-rules", body | more)
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]

    def change(self, rule: str, **body: Any) -> None:
        assert self.send("PATCH", f"alert-rules/{rule}", body).status_code == 200

    def look(self) -> None:
        """By all that is due, and by the next look that is planned."""
        work.run_all()
        with inside(self.tenant):
            evaluating.ask(self.tenant.organization.id)
        work.run_all()

    def told(self) -> list[tuple[str, str]]:
        self.look()
        told = [each.json for each in self.receiver.told if each.json["type"] == "alert.fired"]
        return [(each["data"]["rule_name"], each["data"]["state"]) for each in told]

    def alerts(self, asked: str = "") -> list[Any]:
        return self.send("GET", f"alerts{asked}").json()["items"]


@pytest.fixture
def watched(committed, tenants, settings):
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    with receiving() as receiver:
        register(tenants["acme"], receiver.url, events=[Event.ALERT_FIRED])
        yield Watched(tenants["acme"], receiver)


@pytest.fixture
def world(watched, tmp_path, settings):
    """Twelve commits of the last twelve days."""
    settings.LOCAL_REPO_ROOTS = [str(tmp_path)]
    path = make(tmp_path / "repo", *history(12))
    with inside(watched.tenant):
        yield World(watched.tenant, path)
    forget_tiers()
