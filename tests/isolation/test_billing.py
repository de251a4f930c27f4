"""What is bought is bought by one organisation."""

import pytest

from apps.billing.models import Entitlement, OwnLimit, StripeCustomer, Subscription
from apps.inbound.models import InboundEvent
from apps.queue.models import WorkUnit
from tests.isolation.answers import told
from tests.isolation.marks import ACME, GLOBEX, leaks
from tests.stripe_server import deliver

pytestmark = pytest.mark.isolation

CUSTOMER = "{slug}-stripecustomer-customer_id-{slug}"
PORTAL, CHECKOUT = "billing/portal", "billing/checkout"


def event(slug, **about):
    customer = CUSTOMER.format(slug=slug)
    return {
        "id": "evt_isolation",
        "type": "customer.subscription.updated",
        "data": {"object": {"customer": customer, **about}},
    }


def subscriptions(slug):
    found = Subscription.objects.filter(customer__customer_id=CUSTOMER.format(slug=slug))
    return list(found.order_by("id").values())


@pytest.mark.parametrize(("path", "body"), [(CHECKOUT, {"tier": "team"}), (PORTAL, None)])
def test_without_stripe_nothing_is_sold_to_anybody(world, path, body):
    for tenant in (world.acme, world.globex):
        answer = tenant.send("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "billing_not_configured")
        assert leaks(told(answer), world.secrets(world.other(tenant))) == []


def test_the_portal_is_of_ones_own_customer(world, stripe, monkeypatch):
    asked, answer = [], stripe.answer
    monkeypatch.setattr(stripe, "answer", lambda *each: asked.append(each) or answer(*each))
    world.globex.send("POST", PORTAL)
    assert CUSTOMER.format(slug=GLOBEX) in str(asked)
    assert leaks(str(asked), world.secrets(world.acme)) == []


def test_a_checkout_names_nobody_else_to_stripe(world, stripe, monkeypatch):
    Entitlement.objects.filter(organization=world.globex.organization.id).delete()
    asked, answer = [], stripe.answer
    monkeypatch.setattr(stripe, "answer", lambda *each: asked.append(each) or answer(*each))
    told_globex = told(world.globex.send("POST", CHECKOUT, {"tier": "team"}))
    assert str(world.globex.organization.id) in str(asked)
    assert leaks(str(asked) + told_globex, world.secrets(world.acme)) == []


def test_an_event_of_acmes_customer_is_acmes_work(world, stripe):
    """Whatever else it says: whose it is follows from the customer that we keep."""
    claim = {"metadata": {"organization_id": str(world.globex.organization.id)}}
    known = set(WorkUnit.objects.values_list("id", flat=True))
    answer = deliver(event(ACME, **claim))
    assert (answer.status_code, answer.json()) == (200, {"is_new": True})
    kept = InboundEvent.objects.get(event_id="evt_isolation")
    units = WorkUnit.objects.exclude(id__in=known).values_list("organization_id", flat=True)
    assert {kept.organization_id, *units} == {world.acme.organization.id}


def test_what_globex_signs_with_its_token_is_no_event(world, stripe):
    answer = deliver(event(ACME), secret=world.globex.text)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_signature")
    assert leaks(told(answer), world.secrets(world.acme)) == []
    assert not InboundEvent.objects.filter(event_id="evt_isolation").exists()


def test_events_are_taken_on_no_organisations_host(world, stripe):
    assert deliver(event(ACME), host=world.globex.host).status_code == 404


def test_a_subscription_of_acmes_is_no_plan_of_globexs(world):
    before = subscriptions(GLOBEX)
    StripeCustomer.objects.filter(organization=world.acme.organization.id).delete()
    assert (subscriptions(ACME), subscriptions(GLOBEX)) == ([], before)
    assert world.acme.get("billing/plan").json()["state"] == "none"
    assert world.globex.get("billing/plan").json()["state"].startswith(GLOBEX)


def own_limits(tenant):
    told = tenant.get("billing/entitlements").json()["limits"]
    return {each["name"]: each["limit"] for each in told if each["is_own"]}


def test_a_limit_that_staff_set_for_acme_is_acmes_only(world):
    """One that globex has none of; the two that are seeded both have."""
    before = own_limits(world.globex)
    OwnLimit.objects.create(
        organization=world.acme.organization, limit="members", value=7_000_000, reason="", set_by=""
    )
    assert own_limits(world.acme)["members"] == 7_000_000
    assert own_limits(world.globex) == before
