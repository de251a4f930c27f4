"""Work in tests: committed as in life, done in the test's own thread, forgotten afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django_tenants.utils import tenant_context

from apps.orgs.models import Invitation, Organization, Session, User
from apps.queue import actors, bells, claims, clock
from apps.queue.leases import leases
from apps.queue.models import WorkUnit
from apps.queue.work import Work, stopping
from config.worker import load_actors
from devhealth.models.states import State
from tests.tenants import Tenant, widen

QUEUE = ("queue_workunit", "queue_queueshare", "queue_slot", "queue_answer")
BILLING = (
    "billing_entitlement",
    "billing_ownlimit",
    "billing_stripecustomer",
    "billing_subscription",
    "inbound_inboundevent",
    "inbound_oauthstate",
    "inbound_webhookendpoint",
    "notify_endpoint",
    "notify_message",
)
PIPELINE = (
    "integrations_integration",
    "pipeline_syncconfig",
    "pipeline_recompute",
    "pipeline_dirtydays",
    "pipeline_stamping",
)
DIRECTORY = (
    "metrics_directorysettings",
    "metrics_person",
    "metrics_team",
    "metrics_dismissedsuggestion",
)


def run_all(*queues: str) -> int:
    """Do what is due in these queues (all), and what follows from it; how many units were run."""
    load_actors()
    done, here = 0, connection.tenant
    while more := sum(actors.drain(queue) for queue in queues or settings.QUEUES):
        done += more
    connection.set_tenant(here)  # a worker's thread goes back to the public schema
    return done


def make_due() -> None:
    """As if all the time had passed that pending units wait for."""
    with connection.cursor() as cursor:
        cursor.execute("update queue_workunit set not_before = now() where state = 'pending'")
        cursor.execute("update queue_queueshare set next_at = now() where next_at is not null")


def units(**where: Any) -> list[WorkUnit]:
    return list(WorkUnit.objects.filter(**where).order_by("id"))


def states(**where: Any) -> list[str]:
    return [unit.state for unit in units(**where)]


@contextmanager
def actor(name: str, body: Callable[[Work], None], **more: Any) -> Iterator[None]:
    """An actor of the sync queue that lives as long as the block."""
    public = more.pop("public", False)
    register = actors.public_actor if public else actors.tenant_actor
    settings.ACTORS[name] = more.pop("queue", "sync")
    register(name, **more)(body)
    try:
        yield
    finally:
        del settings.ACTORS[name], actors.ACTORS[name]


@contextmanager
def being_stopped() -> Iterator[None]:
    """This process has been asked to end."""
    stopping.set()
    try:
        yield
    finally:
        stopping.clear()


def forget(tenants: list[Tenant]) -> None:
    """All work of all, the bells included, and what the tenants' pipelines and Directories hold."""
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(f"truncate {', '.join(QUEUE + BILLING)} cascade")
    forget_people()
    widen(*Organization.objects.all())
    bells.broker(settings.REDIS_URL).client.flushdb()
    for tenant in tenants:
        with tenant_context(tenant.organization), connection.cursor() as cursor:
            cursor.execute(f"truncate {', '.join(PIPELINE + DIRECTORY)} cascade")
        tenant.forget_rows()


def forget_people() -> None:
    """All but the organisations' owners, whom `create_tenant` makes; nobody is logged in."""
    Invitation.objects.all().delete()
    Session.objects.all().delete()
    User.objects.exclude(email__startswith="olga@").delete()


def share(organization_id: UUID, queue: str = "sync") -> Any:
    from apps.queue.models import QueueShare

    return QueueShare.objects.get(organization_id=organization_id, queue=queue)


def running_by_unit() -> int:
    return WorkUnit.objects.filter(state=State.RUNNING).count()


def take_back() -> None:
    """As if all that runs had stopped answering long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update queue_workunit set lease_until = now() - interval '1 s' where state = 'running'"
        )
    clock.tick()


def lose_leases() -> None:
    """The next heartbeat, which tells whoever was frozen."""
    leases.beat()


@contextmanager
def held(unit_id: int) -> Iterator[None]:
    """The unit runs, somewhere, as long as the block."""
    found = claims.claim(WorkUnit.objects.get(id=unit_id).queue)
    if found is None or found.id != unit_id:
        raise AssertionError("another unit came first")
    yield
    take_back()


def expire():
    """As if the lease of all that runs had ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update queue_workunit set lease_until = now() - interval '1 s' where state = 'running'"
        )
