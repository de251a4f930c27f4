"""What Stripe's subscriptions come to."""

import random
from threading import Thread

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from apps.billing import services
from apps.billing.models import StripeCustomer, Subscription
from apps.billing.tiers import COMMUNITY, TEAM, tier
from apps.orgs.models import AuditEntry
from apps.queue.models import QueueShare
from tests import work
from tests.apps.billing.paying import days_ago_past_due
from tests.examples import tried
from tests.stripe_server import deliver
from tests.tenants import in_threads


def test_globex_gets_nothing_of_what_acme_pays_for(payer, tenants):
    payer.subscribe()
    assert payer.hear() == "team"
    assert services.tier_of(tenants["globex"].organization.id) is COMMUNITY


@pytest.mark.parametrize(
    ("bought", "tier"),
    [
        ("team_monthly", "team"),
        ("team_yearly", "team"),
        ("enterprise_monthly", "enterprise"),
        ("enterprise_yearly", "enterprise"),
    ],
)
def test_the_lookup_key_of_a_price_says_the_tier(payer, bought, tier):
    payer.subscribe(bought)
    assert payer.hear() == tier


def test_a_price_that_is_none_of_ours_gives_nothing(payer):
    payer.subscribe(payer.stripe.add_price("consulting_hour"))
    assert payer.hear() == "community"


def test_a_price_whose_lookup_key_moved_on_keeps_what_its_metadata_say(payer):
    payer.subscribe(payer.stripe.add_price(None, tier="team"))
    assert payer.hear() == "team"


@pytest.mark.parametrize(
    ("status", "tier"),
    [
        ("trialing", "team"),
        ("active", "team"),
        ("past_due", "team"),
        ("paused", "community"),
        ("unpaid", "community"),
        ("canceled", "community"),
        ("incomplete", "community"),
        ("incomplete_expired", "community"),
        ("some_new_word", "community"),
    ],
)
def test_the_status_says_whether_it_counts(payer, status, tier):
    payer.subscribe()
    payer.hear()
    payer.stripe.change(next(iter(payer.stripe.subscriptions)), status=status)
    assert payer.hear() == tier


@pytest.mark.parametrize(("days", "tier"), [(13.99, "team"), (14.01, "community")])
def test_an_unpaid_one_counts_for_fourteen_days(payer, days, tier):
    payer.subscribe(status="past_due")
    payer.hear()
    days_ago_past_due(days)
    assert payer.an_hour_later() == tier


def test_the_end_of_the_grace_is_looked_at_when_it_comes(payer):
    payer.subscribe(status="past_due")
    payer.hear()
    days_ago_past_due(14 - 10 / 1440)
    payer.an_hour_later()
    [unit] = work.units(actor="billing.refresh", state="pending")
    assert (unit.not_before - StripeCustomer.objects.get().checked_at).total_seconds() <= 600


def test_paying_in_time_ends_the_grace(payer):
    subscription = payer.subscribe(status="past_due")
    payer.hear()
    payer.stripe.change(subscription, status="active")
    payer.hear()
    assert Subscription.objects.get().past_due_since is None


def test_what_was_canceled_for_its_end_counts_until_then(payer):
    subscription = payer.subscribe()
    payer.stripe.change(subscription, cancel_at_period_end=True)
    assert payer.hear() == "team"
    payer.stripe.change(subscription, status="canceled")
    assert payer.hear() == "community"


def test_a_refund_changes_nothing_by_itself(payer):
    payer.subscribe()
    payer.hear()
    payer.stripe.refund(payer.customer)
    assert payer.hear() == "team"


def test_of_several_the_highest_counts(payer):
    """Five: the fake's pages hold two."""
    for bought in ("team_monthly", "enterprise_yearly", *("team_yearly",) * 3):
        payer.subscribe(bought)
    assert payer.hear() == "enterprise"
    assert Subscription.objects.count() == 5


def test_another_price_is_another_tier(payer):
    subscription = payer.subscribe()
    payer.hear()
    payer.stripe.switch(subscription, "enterprise_monthly")
    assert payer.hear() == "enterprise"


def test_what_an_event_says_is_not_believed(payer):
    """Signed, and long out of date."""
    subscription = payer.subscribe()
    [created] = payer.stripe.events
    payer.stripe.change(subscription, status="canceled")
    deliver(created)
    work.run_all("billing")
    assert payer.tier == "community"


def test_without_any_event_it_is_found_within_the_hour(payer):
    payer.subscribe()
    assert payer.an_hour_later() == "team"


def test_it_is_looked_at_every_hour_from_then_on(payer):
    payer.subscribe()
    for _ in range(2):
        payer.an_hour_later()
    assert work.states(actor="billing.refresh") == ["completed", "completed", "pending"]


def test_a_customer_who_was_deleted_has_nothing(payer):
    payer.subscribe()
    payer.hear()
    payer.stripe.customers[payer.customer]["deleted"] = True
    assert payer.an_hour_later() == "community"


def test_who_was_deleted_is_a_new_customer_with_the_next_checkout(payer):
    deleted = payer.customer
    payer.stripe.customers[deleted]["deleted"] = True
    payer.an_hour_later()
    assert work.states(actor="billing.refresh") == ["completed"]
    payer.stripe.answers.clear()  # a day later
    assert payer.customer != deleted


def test_a_customer_whom_stripe_does_not_know_keeps_what_was_paid(payer):
    """As with the key of another account."""
    payer.subscribe()
    payer.hear()
    payer.stripe.customers.clear()
    assert payer.an_hour_later() == "team"


def test_the_queues_follow(payer):
    payer.subscribe()
    payer.hear()
    share = QueueShare.objects.get(
        organization_id=payer.tenant.organization.id, queue="sync", tier="team"
    )
    assert share.limit == TEAM.running["sync"]


def test_the_log_says_what_stripe_changed(payer):
    payer.subscribe()
    payer.hear()
    entry = AuditEntry.objects.filter(action="billing.set_tier").latest("at")
    assert (entry.before, entry.after) == ({"tier": "community"}, {"tier": "team", "by": "stripe"})


def test_stripe_is_asked_under_the_customers_lock(payer):
    """So that no older answer is written over a newer one."""
    payer.subscribe()
    deliver(payer.stripe.events[0])
    asked = len(payer.stripe.asked)
    worker = Thread(target=lambda: in_threads(lambda _: [work.run_all("billing")], threads=1))
    with transaction.atomic():
        StripeCustomer.objects.select_for_update().get()
        worker.start()
        worker.join(0.5)
        assert (worker.is_alive(), len(payer.stripe.asked)) == (True, asked)
    worker.join(30)
    assert payer.tier == "team"


# --- staff ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["community", "enterprise"])
def test_what_staff_set_outranks_what_is_paid_until_it_is_removed(payer, given):
    organization = payer.tenant.organization
    services.set_tier(organization, tier(given), by="staff")
    customer = StripeCustomer.objects.create(organization=organization, customer_id="cus_x")
    payer.stripe.customers[customer.customer_id] = {"id": "cus_x"}
    payer.subscribe()
    assert payer.hear() == given
    services.remove_tier(organization, by="staff")
    assert payer.tier == "team"


# --- any order, any repetition -------------------------------------------------------------------

ACTIONS = (
    "team_monthly",
    "enterprise_yearly",
    "past_due",
    "active",
    "canceled",
    "paused",
    "switch",
)


def act(payer, action, chance):
    live = sorted(payer.stripe.subscriptions)
    if action.endswith(("monthly", "yearly")) or not live:
        payer.subscribe(action if "_" in action and action != "past_due" else "team_monthly")
    elif action == "switch":
        payer.stripe.switch(
            chance.choice(live), chance.choice(("team_monthly", "enterprise_monthly"))
        )
    else:
        payer.stripe.change(chance.choice(live), status=action)


def expected(payer):
    """By hand: what Stripe holds at the end."""
    keys = [
        item["price"]["lookup_key"]
        for each in payer.stripe.subscriptions.values()
        if each["status"] in ("active", "past_due")
        for item in each["items"]["data"]
    ]
    for found in ("enterprise", "team"):
        if any(key.startswith(found) for key in keys):
            return found
    return "community"


@pytest.fixture
def afresh(payer):
    """Forgets what the try before has left."""

    def forget():
        work.forget([payer.tenant])
        payer.stripe.subscriptions.clear()
        payer.stripe.events.clear()
        return payer

    return forget


@given(
    actions=st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=6), seed=st.integers(0, 2**32)
)
@tried(8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_repetition_of_events_ends_in_the_same_tier(afresh, actions, seed):
    payer, chance = afresh(), random.Random(seed)
    for action in actions:
        act(payer, action, chance)
        if chance.random() < 0.3:
            deliver(chance.choice(payer.stripe.events))
            work.run_all("billing")
    events = payer.stripe.events + chance.choices(payer.stripe.events, k=3)
    chance.shuffle(events)
    for event in events:
        deliver(event)
        if chance.random() < 0.3:
            work.run_all("billing")
    work.run_all("billing")
    assert payer.tier == expected(payer)
