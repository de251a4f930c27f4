"""What else leaves the house, or stays in it: logs, figures, bells, caches, and acme's own rows."""

import json
import logging

import pytest
from django.apps import apps
from django.conf import settings

from apps.metrics.store import store
from apps.notify import services as notify
from apps.notify.models import Delivery, Event
from apps.queue import bells
from apps.queue.models import WorkUnit
from config.logs import JsonFormatter
from devhealth.sinks.tables import CLASSES
from tests.isolation import graph, rest
from tests.isolation.account_rows import LINKED
from tests.isolation.marks import ACME, leaks
from tests.isolation.rest import texts_of
from tests.isolation.tenant_rows import PUBLIC, tenant_models
from tests.tenants import ask, client

pytestmark = pytest.mark.isolation


def intrude(tenant):
    """Every operation with every value of acme's, one after the other; what was sent."""
    sent = []
    for operation in rest.operations():
        for each in operation.arguments:
            if not each.is_plain:
                call = operation.call(tenant.organization.slug).ask(each, ACME)
                call.by(tenant.client())
                sent += call.sent
    for root in graph.roots():
        for each in root.arguments:
            if not each.is_plain:
                ask(tenant.client(), root.ask(each, ACME).document)
                sent += texts_of([each.of(ACME)])
    return sent


def held(tenant):
    """All that is kept of an organisation, but for when its token was used last."""
    sink = store().for_org(tenant.organization.id)
    rows = {cls.table: sorted(map(str, sink.read(cls).to_dicts())) for cls in CLASSES}
    with tenant.entered():
        for model in tenant_models():
            rows[model._meta.label] = sorted(map(str, model.objects.values()))
    for label, path in {**dict.fromkeys(PUBLIC, "organization_id"), **LINKED}.items():
        found = apps.get_model(label).objects.filter(**{path: tenant.organization.id})
        rows[label] = sorted(str({**each, "last_used_at": ""}) for each in found.values())
    return rows


def test_globex_changes_nothing_of_acmes_and_no_log_says_of_it(world, caplog):
    caplog.set_level(logging.DEBUG)
    before = held(world.acme)
    sent = set(intrude(world.globex))
    assert held(world.acme) == before
    lines = "\n".join(JsonFormatter().format(each) for each in caplog.records)
    assert leaks(lines, world.secrets(world.acme), sent) == []


def test_globexs_units_of_work_name_nothing_of_acmes(world):
    known = set(WorkUnit.objects.values_list("id", flat=True))
    sent = set(intrude(world.globex))
    units = list(WorkUnit.objects.exclude(id__in=known).values())
    assert {each["organization_id"] for each in units} == {world.globex.organization.id}
    assert leaks(str(units), world.secrets(world.acme), sent) == []


def test_globexs_webhooks_are_told_nothing_of_acmes(world):
    """Whatever globex asks for: what is on its way is its own, to its own endpoints."""
    known = set(Delivery.objects.values_list("id", flat=True))
    sent = set(intrude(world.globex))
    new = Delivery.objects.exclude(id__in=known).select_related("message", "endpoint")
    told = [(each.endpoint.url, each.message.body) for each in new]
    owners = {id for each in new for id in (each.organization_id, each.endpoint.organization_id)}
    assert owners <= {world.globex.organization.id}
    assert leaks(str(told), world.secrets(world.acme), sent) == []


def test_an_event_of_acmes_goes_to_endpoints_of_acmes(world):
    known = set(Delivery.objects.values_list("id", flat=True))
    notify.tell(world.acme.organization.id, Event.METRICS_UPDATED, {})
    new = Delivery.objects.exclude(id__in=known).select_related("endpoint")
    owners = {each.endpoint.organization_id for each in new}
    assert owners == {world.acme.organization.id}


def test_bells_and_caches_name_nobody(world):
    sent = intrude(world.globex)
    kept = everything(bells.broker(settings.REDIS_URL).client)  # Django's cache lies there, too
    assert sent
    assert any(str(each).startswith("(b'rates:") for each in kept)
    assert leaks(str(kept), world.secrets(world.acme) | world.secrets(world.globex)) == []


def everything(redis):
    """All keys and what they hold."""
    reads = {"string": redis.get, "hash": redis.hgetall, "set": redis.smembers}
    reads |= {"list": lambda key: redis.lrange(key, 0, -1)}
    reads |= {"zset": lambda key: redis.zrange(key, 0, -1)}
    return [(key, reads[redis.type(key).decode()](key)) for key in redis.scan_iter()]


def test_figures_name_nobody(world):
    told = client().get("/metrics").content.decode()
    assert "devhealth_units_waiting" in told
    assert leaks(told, world.secrets(world.acme) | world.secrets(world.globex)) == []


def test_the_documents_that_everybody_may_read_name_nobody(world):
    told = world.acme.client().get("/api/v1/openapi.json").content.decode()
    assert json.loads(told)["paths"].keys() == rest.DOCUMENT["paths"].keys()
    assert leaks(told, world.secrets(world.acme) | world.secrets(world.globex)) == []
