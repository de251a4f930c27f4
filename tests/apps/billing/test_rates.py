"""How often an organisation may ask, over HTTP."""

import json

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError

from apps.billing import own_limits, rates, services
from apps.billing.tiers import COMMUNITY, TEAM
from apps.orgs.models import Scope
from apps.queue import bells
from tests.queries import statements_of
from tests.stripe_server import SECRET
from tests.tenants import client, in_threads, send

POINTS = ("graphql_points_per_hour", 100)
NAMES = {"RateLimit-Policy", "RateLimit"}


def allow(tenant, most):
    own_limits.set_limit(
        tenant.organization, "requests_per_minute", most, reason="trial", by="vera"
    )
    a_minute_later()


def a_minute_later():
    """Whatever a process remembers of a tier, it has forgotten by then."""
    assert rates.TIER_SECONDS <= 60
    rates.forget_tiers()


def codes(ask, times):
    return [ask().status_code for _ in range(times)]


def told(answer):
    return {name: answer.get(name) for name in NAMES}


def counted():
    return list(bells.broker(django_settings.REDIS_URL).client.scan_iter("rates:*"))


# --- who is not counted --------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/me", "/livez", "/readyz", "/api/v1/openapi.json"])
def test_a_stranger_is_not_counted(stranger, path):
    assert told(stranger.get(path)) == dict.fromkeys(NAMES)
    assert counted() == []


def test_a_forged_token_is_not_counted(db):
    answer = client(Authorization="Bearer dh_forged").get("/api/v1/me")
    assert (answer.status_code, told(answer), counted()) == (401, dict.fromkeys(NAMES), [])


@pytest.mark.parametrize("path", ["/livez", "/metrics"])
def test_a_probe_is_not_counted_by_whatever_token(acme, path):
    acme.client().get(path)
    assert counted() == []


def test_stripe_is_not_counted(stranger, stripe):
    assert SECRET in django_settings.STRIPE_WEBHOOK_SECRETS
    stranger.post("/webhooks/stripe", "{}", content_type="application/json")
    assert counted() == []


def test_globex_does_not_pay_for_acme(acme, globex):
    allow(acme, 1)
    assert codes(lambda: acme.get("me"), 2) == [200, 429]
    assert globex.get("me")["RateLimit"] == '"minute";r=59;t=1'


# --- who is --------------------------------------------------------------------------------------


def test_a_community_asks_sixty_times(acme):
    assert set(codes(lambda: acme.get("me"), 60)) == {200}


def test_all_tokens_take_from_the_same(acme, asker):
    allow(acme, 2)
    other = asker("viewer", Scope)
    assert acme.get("me").status_code == 200
    assert codes(lambda: other.get("/api/v1/me"), 2) == [200, 429]


def test_exactly_as_many_as_are_allowed_get_in_however_many_ask_at_once(committed, tenants):
    acme = tenants["acme"]
    allow(acme, 50)
    redis = bells.broker(django_settings.REDIS_URL).client
    began = redis.time()[0]
    found = in_threads(lambda _: codes(lambda: acme.get("me"), 5), threads=32)
    filled = (redis.time()[0] + 1 - began) * 50 / 60
    assert set(found) == {200, 429}
    assert 50 <= found.count(200) <= 50 + filled


# --- what is told --------------------------------------------------------------------------------


def test_every_answer_says_what_is_left(acme):
    allow(acme, 3)
    first, second = acme.get("me"), acme.get("me")
    assert first["RateLimit-Policy"] == second["RateLimit-Policy"] == '"minute";q=3;w=60'
    assert first["RateLimit"] == '"minute";r=2;t=20'
    assert second["RateLimit"].startswith('"minute";r=1;t=')


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda acme: acme.get("nothing/here"), 404),
        (lambda acme: acme.get("teams", colour="red"), 400),
        (lambda acme: acme.send("POST", "sync-configs", {"colour": "red"}), 422),
        (lambda acme: acme.send("PUT", "me"), 405),
        (lambda acme: acme.client().delete("/graphql"), 405),
        (lambda acme: acme.client().post("/graphql", "{", content_type="application/json"), 400),
    ],
)
def test_so_does_one_that_is_a_refusal(acme, ask, status):
    answer = ask(acme)
    assert (answer.status_code, answer["RateLimit"]) == (status, '"minute";r=59;t=1')


def test_so_does_one_that_says_that_nothing_has_changed(acme):
    allow(acme, 3)
    tag = acme.get("me")["ETag"]
    answer = acme.client().get("/api/v1/me", headers={"If-None-Match": tag})
    assert (answer.status_code, answer["RateLimit-Policy"]) == (304, '"minute";q=3;w=60')
    assert answer["RateLimit"].startswith('"minute";r=1;t=')


def test_who_has_used_all_is_told_when_to_ask_again_and_who_has_more(acme):
    for _ in range(60):
        acme.get("me")
    answer = acme.get("me")
    while answer.status_code == 200:  # some were there again by then
        answer = acme.get("me")
    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert (answer["Retry-After"], answer["RateLimit"]) == ("1", '"minute";r=0;t=1')
    assert {name: problem[name] for name in ("code", "tier", "limit", "retry_after")} == {
        "code": "rate_limited",
        "tier": "community",
        "limit": {"requests_per_minute": 60},
        "retry_after": 1,
    }
    assert problem["allowed_by"] == "team"
    assert problem["detail"] == (
        "The tier Community has 60 requests a minute, all tokens together. 0 are left, a request "
        "takes 1. Ask again in 1 s, or change to Team."
    )


def test_a_limit_of_its_own_is_not_raised_by_a_tier(acme):
    allow(acme, 1)
    problem = [acme.get("me") for _ in range(2)][1].json()
    assert (problem["allowed_by"], problem["retry_after"]) == (None, 60)
    assert problem["detail"].endswith("Ask again in 60 s.")


def test_nothing_is_done_for_who_is_refused(acme):
    allow(acme, 1)
    acme.get("me")
    body = {"email": "ada@a.example", "role": "member"}
    assert acme.send("POST", "invitations", body).status_code == 429
    allow(acme, 10)
    assert acme.get("invitations").json()["items"] == []


def test_nothing_at_all_is_no_matter_of_time(acme):
    allow(acme, 0)
    answer = acme.get("me")
    assert (answer.status_code, answer.json()["code"]) == (402, "tier_limit")
    assert (answer.has_header("Retry-After"), answer["RateLimit"]) == (False, '"minute";r=0')


def test_without_a_limit_nothing_is_counted(acme):
    allow(acme, None)
    assert told(acme.get("me")) == dict.fromkeys(NAMES)
    assert counted() == []


def test_redis_is_told_no_organisation(acme):
    acme.get("me")
    [key] = counted()
    told = key.decode()
    assert not any(each in told for each in ("acme", str(acme.organization.id)))
    assert acme.organization.id.hex not in told


# --- changes -------------------------------------------------------------------------------------


def test_what_is_bought_takes_hold(acme):
    codes(lambda: acme.get("me"), 60)
    services.set_tier(acme.organization, TEAM, by="staff")
    a_minute_later()
    answer = acme.get("me")
    left = int(answer["RateLimit"].split("r=")[1].split(";")[0])
    assert answer["RateLimit-Policy"] == '"minute";q=300;w=60'
    assert 239 <= left < 300


def test_what_is_taken_back_takes_hold(acme):
    services.set_tier(acme.organization, TEAM, by="staff")
    codes(lambda: acme.get("me"), 100)
    services.set_tier(acme.organization, COMMUNITY, by="staff")
    a_minute_later()
    assert 429 in codes(lambda: acme.get("me"), 30)


def looked_up(tenant):
    return [each for each in statements_of(lambda: tenant.get("me")) if "billing_" in each]


def test_a_tier_is_looked_up_once_for_many_requests(acme, monkeypatch):
    monkeypatch.setattr(rates, "TIER_SECONDS", 10**6)  # longer than any test
    assert [len(looked_up(acme)) for _ in range(3)] == [1, 0, 0]


def test_a_tier_is_looked_up_again_when_the_time_is_over(acme, monkeypatch):
    monkeypatch.setattr(rates, "TIER_SECONDS", 10**6)
    looked_up(acme)
    monkeypatch.setattr(rates, "TIER_SECONDS", 1)  # so that another span has begun
    assert len(looked_up(acme)) == 1


# --- entitlements --------------------------------------------------------------------------------


def shown(tenant):
    limits = tenant.get("billing/entitlements").json()["limits"]
    return {each["name"]: (each["used"], each["left"]) for each in limits}


def test_what_is_used_is_told_with_the_question_itself(acme):
    allow(acme, 6)
    codes(lambda: acme.get("me"), 4)
    assert shown(acme)["requests_per_minute"] == (5, 1)


def test_viewer_tells_the_same(acme):
    allow(acme, 6)
    own_limits.set_limit(acme.organization, *POINTS, reason="trial", by="vera")
    rates.forget_tiers()
    query = "{ viewer { entitlements { tier limits { name limit used left isOwn } } } }"
    found = acme.graphql(query)
    limits = {each["name"]: each for each in found["data"]["viewer"]["entitlements"]["limits"]}
    price = found["extensions"]["cost"]["price"]
    assert limits["requests_per_minute"]["left"] == 5
    assert limits["graphql_points_per_hour"] == {
        "name": "graphql_points_per_hour",
        "limit": 100,
        "used": price,
        "left": 100 - price,
        "isOwn": True,
    }


def test_viewer_tells_nothing_of_it_without_the_scope(acme, asker):
    body = {"query": "{ viewer { id entitlements { tier } } }"}
    answer = asker("owner", ["metrics:read"]).post(
        "/graphql", json.dumps(body), content_type="application/json"
    )
    assert (answer.status_code, answer.json()["data"]) == (403, None)


# --- without Redis -------------------------------------------------------------------------------


@pytest.fixture
def no_redis(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/9"


def test_while_redis_is_away_everybody_is_served(acme, no_redis):
    allow(acme, 1)
    answers = [acme.get("me") for _ in range(3)]
    assert [each.status_code for each in answers] == [200] * 3
    assert told(answers[0]) == dict.fromkeys(NAMES)


def test_while_redis_is_away_nobody_knows_what_is_used(acme, no_redis):
    assert shown(acme)["requests_per_minute"] == (None, None)


def test_operators_see_what_passes_uncounted(acme, no_redis):
    acme.get("me")
    lines = client().get("/metrics").content.decode().splitlines()
    [figure] = [each for each in lines if each.startswith("devhealth_uncounted_total ")]
    assert float(figure.split()[1]) >= 1


def test_a_database_that_is_away_is_no_reason_to_serve_uncounted(acme, monkeypatch):
    def away(organization_id):
        raise OperationalError

    monkeypatch.setattr(rates, "tier_of", away)
    rates.forget_tiers()
    answer = send(acme.client(), "GET", "me")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
