"""Answers that are kept: to whom they were given, until there are other numbers."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from redis import Redis

from apps.billing.metering import charge
from apps.billing.rates import HOUR
from apps.errors import TooManyRequests
from apps.metrics import data_version
from apps.metrics.directory import changing
from apps.metrics.store import store
from apps.orgs.models import Scope
from config import answers
from devhealth.due import everything
from devhealth.errors import TooSlow
from devhealth.recompute import recompute
from devhealth.sinks.postgres import PostgresSink
from tests.apps.orgs.people import join
from tests.devhealth.metrics.worlds import work
from tests.tenants import ask, client

WEEK = {"startDate": "2026-01-05", "endDate": "2026-01-12"}
COMMITS = """
query($days: DateRangeInput!) {
  analytics(batch: {timeseries: [{measure: COMMITS_COUNT, interval: DAY, dateRange: $days}]}) {
    timeseries { total } meta { degraded { code } }
  }
}"""


@pytest.fixture(autouse=True)
def kept(settings):
    settings.ANSWERS_SECONDS = 60
    Redis.from_url(settings.REDIS_URL).flushdb()


def by(text):
    return {"Authorization": f"Bearer {text}"}


def asked(tenant, document=COMMITS, **variables):
    return ask(tenant.client(), document, **({"days": WEEK} | variables))


def total(answer):
    return answer.json()["data"]["analytics"]["timeseries"][0]["total"]


def is_kept(answer):
    return answer.headers.get("Cache-Status") == "devhealth; hit"


def commit_more(acme):
    """One that nobody has computed yet."""
    commit, changes = work("2026-01-06 10:00", {"a": (1, 0)}, name="a9")
    acme.write([commit])
    acme.write(changes)


def compute(acme):
    """As a unit of work does it."""
    sink = store().for_org(acme.organization.id, version=datetime.now(UTC))
    recompute(sink, everything(sink), today=datetime(2026, 2, 1).date())
    with acme.entered():
        data_version.move_on()


def test_what_acme_was_told_is_not_told_to_globex(computed, globex):
    assert total(asked(computed)) > 0
    answer = asked(globex)
    assert not is_kept(answer)
    assert "timeseries" in answer.json()["data"]["analytics"]
    assert answer.json() != asked(computed).json()


def test_nor_to_another_member_or_token(computed):
    asked(computed)
    assert not is_kept(ask(client(**by(join(computed, "viewer").text)), COMMITS, days=WEEK))
    computed.token.scopes = [Scope.METRICS_READ, Scope.DIRECTORY_READ]
    computed.token.save()
    assert not is_kept(asked(computed))


def test_a_token_that_may_no_more_is_told_nothing(computed):
    asked(computed)
    computed.token.scopes = [Scope.PIPELINE_READ]
    computed.token.save()
    assert asked(computed).json()["errors"]


def test_the_same_is_answered_again_without_asking_the_store(computed):
    first = asked(computed)
    again = []
    assert store().reads_of(lambda: again.append(asked(computed))) == []
    assert (is_kept(first), is_kept(again[0])) == (False, True)
    assert again[0].json() == first.json()


def test_a_compute_makes_another_answer(computed):
    before = total(asked(computed))
    commit_more(computed)
    assert total(asked(computed)) == before
    compute(computed)
    answer = asked(computed)
    assert (is_kept(answer), total(answer)) == (False, before + 1)


def test_so_does_a_change_of_the_directory(computed):
    asked(computed)
    with computed.entered(), changing():
        pass
    assert not is_kept(asked(computed))


def test_other_variables_are_another_question(computed):
    asked(computed)
    assert not is_kept(asked(computed, days={"startDate": "2026-01-05", "endDate": "2026-01-11"}))


def test_what_is_kept_is_paid_for(computed, monkeypatch):
    price = asked(computed).json()["extensions"]["cost"]["price"]
    paid = []

    def charged(request, policy, cost):
        paid.append((policy, cost))
        return charge(request, policy, cost)

    monkeypatch.setattr("config.graphql.charge", charged)
    assert is_kept(asked(computed))
    assert paid == [(HOUR, price)]


def test_what_nobody_can_pay_for_is_refused_though_it_is_kept(computed, monkeypatch):
    asked(computed)
    refusal = TooManyRequests("Used up.", retry_after=60)
    monkeypatch.setattr("config.graphql.charge", lambda *told: refusal)
    answer = asked(computed)
    assert (answer.status_code, answer.json()["data"]) == (429, None)


def test_an_error_is_not_kept(computed):
    wrong = COMMITS.replace("batch:", 'orgId: "globex", batch:')
    for _ in range(2):
        assert not is_kept(asked(computed, wrong))


def test_what_was_left_out_for_a_reason_that_passes_is_not_kept(computed, monkeypatch):
    def slow(*told, **more):
        raise TooSlow(30)

    with monkeypatch.context() as patch:
        patch.setattr(PostgresSink, "aggregate", slow)
        answer = asked(computed)
        assert answer.json()["data"]["analytics"]["meta"]["degraded"]
    again = asked(computed)
    assert (is_kept(again), total(again) > 0) == (False, True)


def test_without_redis_everything_is_asked_anew(computed, monkeypatch):
    def away(url):
        return Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)

    monkeypatch.setattr(answers, "_redis", away)
    assert total(asked(computed)) == total(asked(computed))
    assert not is_kept(asked(computed))


@pytest.mark.parametrize(
    ("document", "is_asked"),
    [
        (COMMITS, True),
        ("{ home { since } }", True),
        ("{ a: home { since } __typename }", True),
        ("{ repoMetricsDaily(filter: {}) { nodes { day } } }", True),
        ("{ viewer { role } }", False),
        ("{ home { since } viewer { role } }", False),
        ("{ ... on Query { home { since } } }", False),
        ("query A { home { since } } query B { viewer { role } }", False),
        ("{ home { since", False),
        ("{ __schema { queryType { name } } }", False),
    ],
)
def test_only_what_a_compute_changes_is_kept(document, is_asked):
    assert answers.is_kept(document, None) is is_asked


def test_what_is_kept_goes_with_its_organisation_and_names_it_nowhere(computed, globex):
    asked(computed)
    asked(globex)
    redis = Redis.from_url(settings.REDIS_URL)
    keys = set(redis.scan_iter("answer:*"))
    assert len(keys) == 2
    assert str(computed.organization.id) not in str(keys)
    assert {0 < redis.ttl(key) <= 60 for key in keys} == {True}
    answers.forget(computed.organization.id)
    assert len(keys & set(redis.scan_iter("answer:*"))) == 1
    assert is_kept(asked(globex))
