"""What is told by globex's webhook is globex's, whatever it says."""

import pytest

from apps.inbound import endpoints
from apps.inbound.models import InboundEvent, WebhookEndpoint
from apps.queue.models import WorkUnit
from tests.apps.inbound.told import headers, pull_request
from tests.apps.integrations.test_webhooks import deliver
from tests.isolation.answers import told
from tests.isolation.marks import SHARED, id_of, leaks

pytestmark = pytest.mark.isolation


def hooks(world):
    """Of the integration that both have under one id: each with a secret of its own."""
    found = {}
    for tenant in (world.acme, world.globex):
        organization_id = tenant.organization.id
        integration_id = id_of(SHARED, "integration_id")
        WebhookEndpoint.objects.filter(organization_id=organization_id).delete()
        secret = endpoints.give_secret(organization_id, integration_id, "github")
        row = endpoints.of_integration(organization_id, integration_id)
        found[tenant] = (f"github/{row.key}", secret)
    return found


def tell(place, secret, body, delivery="d-1"):
    signed = headers("github", body, secret, kind="pull_request", delivery=delivery)
    return deliver(place, body, signed)


def test_globexs_secret_opens_nothing_at_acmes_address(world):
    found = hooks(world)
    (acmes, _), (_, globexs) = found[world.acme], found[world.globex]
    answer = tell(acmes, globexs, pull_request())
    assert answer.status_code == 401
    assert leaks(told(answer), world.secrets(world.acme)) == []


def test_an_event_is_of_whose_address_it_came_to(world):
    """Whatever repository it names."""
    place, secret = hooks(world)[world.globex]
    known = set(WorkUnit.objects.values_list("id", flat=True))
    for number, name in enumerate(("acme-mark-full_name", "globex-mark-full_name")):
        body = pull_request(number, name, organization={"id": str(world.acme.organization.id)})
        answer = tell(place, secret, body, delivery=f"crossing-{number}")
        assert leaks(told(answer), world.secrets(world.acme)) == []
    events = InboundEvent.objects.filter(event_id__contains=":crossing-")
    whose = list(events.values_list("organization_id", flat=True))
    assert whose == [world.globex.organization.id] * 2
    units = WorkUnit.objects.exclude(id__in=known).values_list("organization_id", flat=True)
    assert set(units) <= {world.globex.organization.id}


def test_each_sees_its_own_deliveries(world):
    place, secret = hooks(world)[world.globex]
    tell(place, secret, pull_request(7, "globex-told-this"))
    path = f"integrations/{id_of(SHARED, 'integration_id')}/webhook"
    assert "globex-told-this" in world.globex.get(path).content.decode()
    assert "globex-told-this" not in world.acme.get(path).content.decode()


def test_taking_away_ones_own_leaves_the_others(world):
    place, secret = hooks(world)[world.globex]
    path = f"integrations/{id_of(SHARED, 'integration_id')}/webhook"
    assert world.acme.send("DELETE", path).status_code == 204
    assert tell(place, secret, pull_request()).status_code == 202
