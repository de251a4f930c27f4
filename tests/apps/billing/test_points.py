"""What the GraphQL documents of an organisation may cost together."""

import pytest
from django.conf import settings

from apps.billing import own_limits, rates
from apps.metrics.store import store
from apps.orgs.models import Scope
from apps.queue import bells
from tests.apps.metrics.rows import RANGE, repo_day
from tests.apps.metrics.test_rows_by_graphql import REPOS
from tests.queries import queries_of
from tests.tenants import ask, client

VIEWER = "{ viewer { id } }"  # 1 point
MANY = f"{{ {'syncRuns { nodes { id } } ' * 15} }}"  # 15 points


def allow(tenant, most):
    own_limits.set_limit(
        tenant.organization, "graphql_points_per_hour", most, reason="trial", by="vera"
    )
    rates.forget_tiers()


def left(tenant):
    limits = tenant.get("billing/entitlements").json()["limits"]
    return next(each["left"] for each in limits if each["name"] == "graphql_points_per_hour")


def rows(tenant):
    return ask(tenant.client(), REPOS, filter={"range": RANGE})


@pytest.fixture
def used_up(acme):
    """An acme whose points are gone: there is one again in 12 minutes."""
    allow(acme, 5)
    for _ in range(5):
        ask(acme.client(), VIEWER)
    return acme


def test_a_stranger_takes_nothing(stranger):
    assert ask(stranger, VIEWER).status_code == 401
    assert list(bells.broker(settings.REDIS_URL).client.scan_iter("rates:*")) == []


def test_globex_does_not_pay_for_acme(used_up, globex):
    assert ask(used_up.client(), VIEWER).status_code == 429
    assert ask(globex.client(), VIEWER)["RateLimit"].endswith('"hour";r=19999;t=1')


def test_all_tokens_take_from_the_same(used_up, asker):
    assert ask(asker("viewer", Scope), VIEWER).status_code == 429


def test_a_document_takes_what_it_costs(acme):
    allow(acme, 100)
    answer = ask(acme.client(), MANY)
    assert answer.json()["extensions"]["cost"]["price"] == 15
    assert left(acme) == 85


def test_an_answer_tells_both_policies_and_what_is_left(acme):
    allow(acme, 100)
    answer = ask(acme.client(), MANY)
    assert answer["RateLimit-Policy"] == '"minute";q=60;w=60, "hour";q=100;qu="points";w=3600'
    assert answer["RateLimit"] == '"minute";r=59;t=1, "hour";r=85;t=36'


def test_who_has_used_all_is_told_when_to_ask_again(used_up):
    answer = ask(used_up.client(), VIEWER)
    [error] = answer.json()["errors"]
    extensions = error["extensions"]
    assert (answer.status_code, answer.json()["data"]) == (429, None)
    assert (extensions["code"], extensions["limit"], extensions["allowed_by"]) == (
        "rate_limited",
        {"graphql_points_per_hour": 5},
        None,
    )
    assert 600 < extensions["retry_after"] <= 720
    assert answer["Retry-After"] == str(extensions["retry_after"])
    assert '"hour";r=0;t=' in answer["RateLimit"]
    assert error["message"].startswith(
        "The tier Community has 5 GraphQL points an hour, all tokens together. 0 are left, this "
        "document takes 1. Ask again in "
    )


def test_what_is_refused_has_its_price_and_its_request_id(used_up):
    extensions = ask(used_up.client(), VIEWER).json()["extensions"]
    assert extensions["cost"]["price"] == 1
    assert extensions["request_id"]


def test_what_is_refused_reads_nothing_of_the_store(used_up):
    used_up.write([repo_day()])
    answers = []
    reads = store().reads_of(lambda: answers.append(rows(used_up)))
    assert (answers[0].status_code, reads) == (429, [])


def test_what_is_refused_asks_the_database_only_who_is_there(used_up):
    wrong, refused = (
        queries_of(lambda text=text: ask(used_up.client(), text)) for text in ("{ no }", MANY)
    )
    assert len(refused) == len(wrong)


def test_rest_goes_on_without_points(used_up):
    assert used_up.get("me").status_code == 200


@pytest.mark.parametrize(
    "document",
    ["{ vewer { id } }", "{ viewer { id }", "query($n: Int!) { viewer { id } }", ""],
)
def test_what_is_no_document_costs_nothing(acme, document):
    allow(acme, 5)
    answer = ask(acme.client(), document)
    assert answer.status_code == 400
    assert left(acme) == 5


def test_a_list_of_documents_costs_nothing(acme):
    allow(acme, 5)
    body = [{"query": VIEWER}] * 3
    assert acme.client().post("/graphql", body, content_type="application/json").status_code == 400
    assert left(acme) == 5


def test_what_is_too_costly_costs_nothing(acme):
    query = "query($f: MetricsDailyFilter!) { "
    query += " ".join(
        f"a{n}: repoMetricsDaily(filter: $f, first: 1000) {{ nodes {{ {'repoId ' * 40} }} }}"
        for n in range(15)
    )
    answer = ask(acme.client(), f"{query} }}", f={"range": RANGE})
    assert answer.json()["errors"][0]["extensions"]["code"] == "cost_limit_exceeded"
    assert left(acme) == 20_000


def test_a_document_that_is_dearer_than_the_whole_hour_is_told_that_waiting_is_no_help(acme):
    allow(acme, 5)
    answer = ask(acme.client(), MANY)
    [error] = answer.json()["errors"]
    assert (answer.status_code, answer.has_header("Retry-After")) == (402, False)
    assert (error["extensions"]["code"], error["extensions"]["asked"]) == (
        "tier_limit",
        {"graphql_points_per_hour": 15},
    )
    assert error["message"] == (
        "The tier Community has 5 GraphQL points an hour, and this document takes 15: to wait is "
        "no help. Ask for less."
    )
    assert left(acme) == 5


def test_without_a_limit_no_points_are_counted(acme):
    allow(acme, None)
    assert "hour" not in ask(acme.client(), VIEWER)["RateLimit"]


def test_while_redis_is_away_documents_are_answered(used_up, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/8"
    answer = ask(used_up.client(), VIEWER)
    assert (answer.status_code, answer.has_header("RateLimit")) == (200, False)


def test_a_short_query_by_get_takes_its_points_too(used_up):
    assert used_up.client().get("/graphql", {"query": VIEWER}).status_code == 429


def test_a_token_of_another_host_takes_nothing(acme, globex):
    allow(acme, 5)
    ask(client(globex.host, Authorization=f"Bearer {acme.text}"), VIEWER)
    assert left(acme) == 5
