"""The client's cockpit and explanations beside our own numbers."""

import pytest

from apps.orgs.models import Role, Scope
from tests.apps.web.web_client.conftest import JANUARY
from tests.tenants import client, send

ANALYTICS = """
query($batch: AnalyticsRequestInput!) {
  analytics(batch: $batch) { timeseries { measure total } breakdowns { items { label value } } }
}"""
DAYS = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
OURS = {
    "cycle_time": ("CYCLE_HOURS_P50", 1 / 24),
    "review_latency": ("PR_PICKUP_HOURS_P50", 1),
    "throughput": ("ITEMS_COMPLETED", 1),
    "deploy_freq": ("DEPLOYMENTS_COUNT", 1),
    "wip_saturation": ("WIP_CONGESTION", 100),
    "blocked_work": ("BLOCKED_HOURS", 1),
    "change_failure_rate": ("CHANGE_FAIL_RATE", 100),
}
READS = [
    ("GET", "health"), ("GET", "meta"), ("GET", "filters/options"), ("POST", "home"),
    ("POST", "explain?metric=churn"), ("POST", "opportunities"), ("POST", "investment"),
    ("POST", "sankey"), ("POST", "drilldown/prs"), ("POST", "drilldown/issues"),
    ("GET", "quadrant?type=churn_throughput"), ("GET", "heatmap?type=risk"),
    ("GET", "flame/aggregated?mode=throughput"), ("GET", "people"), ("POST", "telemetry"),
]  # fmt: skip


def ours(tenant, measures):
    asked = [{"measure": each, "interval": "MONTH", "dateRange": DAYS} for each in measures]
    found = tenant.graphql(ANALYTICS, batch={"timeseries": asked})["data"]["analytics"]
    return {each["measure"]: each["total"] for each in found["timeseries"]}


@pytest.mark.parametrize(("method", "path"), READS)
def test_a_stranger_is_told_nothing(acme, method, path):
    body = None if method == "GET" else {}
    assert send(client("acme.localhost"), method, path, body).status_code == 401


@pytest.mark.parametrize(("method", "path"), READS)
def test_a_claim_to_be_acme_is_of_no_use_to_globex(acme, globex, method, path):
    body = None if method == "GET" else {}
    joined = f"{path}{'&' if '?' in path else '?'}org_id={acme.organization.id}"
    assert globex.send(method, joined, body).status_code == 404


@pytest.mark.parametrize(("method", "path"), READS)
def test_a_token_of_another_scope_reads_nothing(acme, method, path):
    asker = acme.asker(Role.OWNER, [Scope.TOKENS_READ])
    assert send(asker, method, path, None if method == "GET" else {}).status_code == 403


@pytest.mark.parametrize(("method", "path"), READS)
def test_a_viewer_may_ask_all_of_it(acme, method, path):
    asker = acme.asker(Role.VIEWER, [Scope.METRICS_READ, Scope.DIRECTORY_READ])
    assert send(asker, method, path, None if method == "GET" else {}).status_code in (200, 204)


def test_each_card_is_the_number_of_our_own_api(acmes, post):
    told = {each["metric"]: each["value"] for each in post("home")["deltas"]}
    measured = ours(acmes, [measure for measure, _ in OURS.values()])
    expected = {
        name: None if (value := measured[measure]) is None else pytest.approx(value * factor)
        for name, (measure, factor) in OURS.items()
    }
    assert {name: told[name] for name in OURS} == expected
    assert told["change_failure_rate"] == 50
    assert told["throughput"] == 2


def test_churn_is_lines_added_and_deleted(acmes, post):
    measured = ours(acmes, ["LOC_ADDED", "LOC_DELETED"])
    (told,) = (each for each in post("home")["deltas"] if each["metric"] == "churn")
    assert told["value"] == sum(measured.values()) == 445


def test_what_is_not_measured_is_null_and_never_0(post):
    empty = {"time": {"start_date": "2025-01-01", "end_date": "2025-01-31"}}
    told = {each["metric"]: each["value"] for each in post("home", empty)["deltas"]}
    assert told["change_failure_rate"] is None
    assert post("explain", metric="test_pass_rate")["value"] is None


def test_what_happened_last_comes_first(post):
    assert [each["type"] for each in post("home")["events"]] == [
        "incident", "deployment", "deployment",
    ]  # fmt: skip


def test_an_explanation_is_our_breakdown(acmes, post):
    told = post("explain", metric="churn")
    assert [(each["label"], each["value"]) for each in told["drivers"]] == [
        ("acme/web", 400), ("acme/api", 45),
    ]  # fmt: skip
    asked = {"measure": "DEPLOYMENTS_COUNT", "dimension": "REPO", "dateRange": DAYS}
    found = acmes.graphql(ANALYTICS, batch={"breakdowns": [asked]})["data"]["analytics"]
    drivers = post("explain", metric="deploy_freq")["drivers"]
    items = found["breakdowns"][0]["items"]
    assert {each["label"]: each["value"] for each in drivers} == {
        each["label"]: each["value"] for each in items
    }


def test_any_measure_of_ours_is_explained_too_rates_on_100(post):
    found = post("explain", metric="CHANGE_FAIL_RATE")
    assert (found["value"], found["unit"]) == (50, "%")


def test_an_unknown_metric_is_not_found(acmes):
    body = {"metric": "happiness", "filters": JANUARY}
    answer = acmes.send("POST", "explain", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_metric")


def test_options_name_teams_repositories_and_people(acmes):
    found = acmes.get("filters/options").json()
    assert found["repos"] == ["acme/api", "acme/web"]
    assert sorted(found["developer_names"].values()) == ["Ada", "Grace", "Joan"]
    assert found["developers"] == list(found["developer_names"])
    assert "feature_delivery" in found["work_category"]


def test_who_may_not_read_the_directory_is_offered_no_people(acmes):
    asker = acmes.asker(Role.VIEWER, [Scope.METRICS_READ])
    assert asker.get("/api/v1/filters/options").json()["developers"] == []


def test_the_client_goes_on_where_the_store_answers(acmes):
    assert acmes.get("health").json()["status"] == "ok"
    assert acmes.get("meta").json()["limits"]["max_days"] == 366


def test_of_telemetry_nothing_is_kept(acmes):
    answer = acmes.send("POST", "telemetry", {"event": "click", "payload": {"a": 1}, "ts": 1})
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_newest_builds_ask_whether_we_are_well_without_a_token(acme):
    found = client("acme.localhost").get("/health").json()
    assert found["status"] == "ok"
    assert set(found["services"].values()) == {"ok"}
