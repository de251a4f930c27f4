"""Billing over REST."""

from uuid import uuid4

import pytest

from apps.billing import own_limits, services
from apps.billing.models import StripeCustomer
from apps.billing.stripe_door import TIMEOUT
from apps.billing.tiers import ENTERPRISE, TEAM
from apps.orgs.models import AuditEntry, Scope
from config.services import FROZEN
from tests import work
from tests.apps.pipeline.rows import sync_config
from tests.tenants import in_threads, send

READS = ("billing/plan", "billing/entitlements")
WRITES = {"billing/checkout": {"tier": "team"}, "billing/portal": None}


def problem_of(answer):
    return answer.status_code, answer.json()["code"]


def limits(tenant):
    return {each["name"]: each for each in tenant.get("billing/entitlements").json()["limits"]}


def buy(tenant, tier="team", interval="monthly", **headers):
    return tenant.send("POST", "billing/checkout", {"tier": tier, "interval": interval}, **headers)


# --- strangers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", READS)
def test_a_stranger_reads_nothing(stranger, path):
    assert stranger.get(f"/api/v1/{path}").status_code == 401


@pytest.mark.parametrize("path", WRITES)
def test_a_stranger_buys_nothing(stranger, stripe, path):
    assert send(stranger, "POST", path, WRITES[path]).status_code == 401


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_is_no_admin_buys_nothing(asker, stripe, role, path):
    answer = send(asker(role, Scope.values), "POST", path, WRITES[path])
    assert problem_of(answer) == (403, "missing_role")
    assert stripe.asked == []


@pytest.mark.parametrize("path", WRITES)
def test_a_token_that_only_reads_buys_nothing(asker, stripe, path):
    answer = send(asker("owner", ["billing:read"]), "POST", path, WRITES[path])
    assert problem_of(answer) == (403, "missing_scope")


@pytest.mark.parametrize("path", [*READS, *WRITES])
def test_acmes_token_opens_nothing_at_globexs_host(acme, globex, stripe, path):
    client = acme.client(globex.host)
    method = "POST" if path in WRITES else "GET"
    assert send(client, method, path, WRITES.get(path)).status_code == 401


def test_globex_is_told_its_own(acme, globex):
    services.set_tier(acme.organization, TEAM, by="staff")
    assert globex.get("billing/plan").json()["tier"] == "community"


def test_globex_does_not_open_acmes_portal(payer, tenants):
    buy(payer.tenant)
    answer = tenants["globex"].send("POST", "billing/portal")
    assert problem_of(answer) == (409, "no_customer")


# --- reading -------------------------------------------------------------------------------------


def test_nobody_set_anything(acme):
    assert acme.get("billing/plan").json() == {
        "tier": "community",
        "source": "default",
        "state": "none",
        "period_end": None,
        "interval": None,
        "is_ending": False,
        "grace_until": None,
        "checked_at": None,
        "can_be_bought": False,
    }


def test_what_staff_set(acme):
    services.set_tier(acme.organization, ENTERPRISE, by="staff")
    plan = acme.get("billing/plan").json()
    assert (plan["tier"], plan["source"]) == ("enterprise", "staff")


def test_what_is_paid_for(payer):
    payer.subscribe("team_yearly")
    payer.hear()
    plan = payer.tenant.get("billing/plan").json()
    told = [plan[name] for name in ("tier", "source", "state", "interval", "can_be_bought")]
    assert told == ["team", "stripe", "active", "yearly", True]
    assert plan["period_end"] > plan["checked_at"]


def test_until_when_what_is_unpaid_counts(payer):
    payer.subscribe(status="past_due")
    payer.hear()
    plan = payer.tenant.get("billing/plan").json()
    assert (plan["tier"], plan["state"]) == ("team", "past_due")
    assert plan["grace_until"] > plan["checked_at"]


def test_every_limit_is_told_with_what_is_used_and_left(acme):
    sync_config(acme, sources=["/srv/api", "/srv/web"])
    sync_config(acme, sources=["/srv/api"])
    found = limits(acme)
    numbers = {name: [each["limit"], each["used"], each["left"]] for name, each in found.items()}
    assert numbers == {
        "repositories": [3, 2, 1],
        "members": [5, 1, 4],
        "backfill_days": [30, None, None],
        "sync_interval_seconds": [86_400, None, None],
        "requests_per_minute": [60, 1, 59],
        "graphql_points_per_hour": [20_000, 0, 20_000],
    }


def test_unlimited_is_null(acme):
    services.set_tier(acme.organization, ENTERPRISE, by="staff")
    found = limits(acme)["repositories"]
    assert (found["limit"], found["used"], found["left"]) == (None, 0, None)


def test_a_limit_of_its_own_is_said_to_be(acme):
    own_limits.set_limit(acme.organization, "repositories", 7, reason="trial", by="vera")
    found = {name for name, each in limits(acme).items() if each["is_own"]}
    assert (found, limits(acme)["repositories"]["limit"]) == ({"repositories"}, 7)


def test_less_than_is_used_leaves_nothing(acme):
    sync_config(acme, sources=["/srv/api", "/srv/web"])
    own_limits.set_limit(acme.organization, "repositories", 1, reason="trial", by="vera")
    assert limits(acme)["repositories"]["left"] == 0


# --- buying --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", WRITES)
def test_without_a_key_nothing_can_be_bought(acme, path):
    answer = acme.send("POST", path, WRITES[path])
    assert problem_of(answer) == (409, "billing_not_configured")
    assert "Its operator sets the tier." in answer.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"tier": "community"}, {"tier": "team", "price": "p"}])
def test_what_is_for_sale_is_known(acme, stripe, body):
    assert acme.send("POST", "billing/checkout", body).status_code == 422


def test_a_checkout_is_for_the_price_of_its_lookup_key(payer):
    answer = buy(payer.tenant, "enterprise", "yearly")
    [session] = payer.stripe.sessions
    assert (answer.status_code, answer.json()) == (201, {"url": session["url"]})
    assert session["line_items[0][price]"] == payer.stripe.price_of("enterprise_yearly")
    assert session["success_url"] == "https://acme.localhost/"


def test_the_customer_says_whose_it_is(payer):
    buy(payer.tenant)
    [customer] = payer.stripe.customers.values()
    assert customer["metadata[organization_id]"] == str(payer.tenant.organization.id)


def test_from_the_checkout_to_the_tier(payer):
    buy(payer.tenant)
    payer.stripe.pay(payer.stripe.sessions[0])
    assert payer.hear() == "team"


def test_a_checkout_alone_changes_nothing(payer):
    buy(payer.tenant)
    assert payer.an_hour_later() == "community"


def test_two_checkouts_make_one_customer(payer):
    buy(payer.tenant)
    buy(payer.tenant)
    assert len(payer.stripe.customers) == 1


def test_two_checkouts_at_once_make_one_customer(payer):
    payer.stripe.pause = 0.1
    codes = in_threads(lambda _: [buy(payer.tenant).status_code], threads=4)
    assert codes == [201] * 4
    assert (len(payer.stripe.customers), StripeCustomer.objects.count()) == (1, 1)


def test_a_customer_whose_checkout_failed_is_not_made_again(payer):
    payer.stripe.broken = "checkout"
    assert problem_of(buy(payer.tenant)) == (503, "unavailable")
    assert not StripeCustomer.objects.exists()
    payer.stripe.broken = ""
    assert buy(payer.tenant).status_code == 201
    assert len(payer.stripe.customers) == 1


def test_a_price_that_nobody_made_is_said_to_be_missing(payer):
    payer.stripe.prices.clear()
    answer = buy(payer.tenant)
    assert problem_of(answer) == (409, "price_missing")
    assert "`team_monthly`" in answer.json()["detail"]
    assert payer.stripe.customers == {}


def test_stripe_answers_sooner_than_postgresql_gives_up():
    assert sum(TIMEOUT) < int(FROZEN.removesuffix("s"))


def test_the_same_key_is_the_same_checkout(payer):
    key = uuid4().hex
    first, second = (buy(payer.tenant, Idempotency_Key=key) for _ in range(2))
    assert (second.content, second["Idempotent-Replayed"]) == (first.content, "true")
    assert len(payer.stripe.sessions) == 1


def test_who_has_a_subscription_changes_it_in_the_portal(payer):
    payer.subscribe()
    payer.hear()
    assert problem_of(buy(payer.tenant)) == (409, "already_subscribed")
    answer = payer.tenant.send("POST", "billing/portal")
    assert answer.json() == {"url": payer.stripe.portals[0]["url"]}
    assert payer.stripe.portals[0]["customer"] == payer.customer


def test_who_had_a_subscription_buys_another(payer):
    subscription = payer.subscribe()
    payer.stripe.change(subscription, status="canceled")
    payer.hear()
    assert buy(payer.tenant).status_code == 201


def test_nobody_pays_for_what_staff_set(acme, stripe):
    services.set_tier(acme.organization, TEAM, by="staff")
    assert problem_of(buy(acme, "enterprise")) == (409, "tier_set_by_staff")
    assert stripe.asked == []


@pytest.mark.parametrize("path", WRITES)
def test_while_stripe_is_down_one_tries_again(payer, path):
    payer.subscribe(status="canceled")
    payer.stripe.is_down = True
    answer = payer.tenant.send("POST", path, WRITES[path])
    assert problem_of(answer) == (503, "unavailable")
    assert "Retry-After" in answer.headers


def test_what_was_begun_is_in_the_log(payer):
    buy(payer.tenant)
    entry = AuditEntry.objects.filter(action="billing.checkout").latest("at")
    assert entry.after == {"tier": "team", "interval": "monthly"}


def test_the_customer_is_looked_at_from_then_on(payer):
    buy(payer.tenant)
    assert work.states(actor="billing.refresh") == ["pending"]
