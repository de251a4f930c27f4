"""Ageing work in progress and forecasts, as both APIs tell them; the numbers are `analytics`'."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from tests.devhealth.analytics.items import DESK, SHOP, item, put
from tests.queries import queries_of
from tests.tenants import ask

NOW = datetime.now(UTC).replace(microsecond=0)
FLOW = """
query($filter: WorkFilter, $first: Int! = 50, $after: String, $orgId: String) {
  flow(filter: $filter, first: $first, after: $after, orgId: $orgId) {
    asOf wip overP85 usual { cycleHoursP50 cycleHoursP85 n lowSample }
    nodes {
      status isBlocked isAssigned ageHours inStatusHours isOverP85
      usual { cycleHoursP85 n lowSample }
      item { itemKey title url assigneeNames scope { scopeKey } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
FORECAST = """
query($filter: WorkFilter, $items: Int, $until: Date, $historyDays: Int! = 90, $orgId: String) {
  forecast(
    filter: $filter, items: $items, until: $until, historyDays: $historyDays, orgId: $orgId
  ) {
    items historyDays itemsCompleted reason until
    when { certainty days day isWithin } howMany { certainty items }
  }
}"""
LEVELS = (0.5, 0.85, 0.95)


def ago(**span):
    return NOW - timedelta(**span)


def done(number, days, hours=10):
    """Begun and done so many days ago, within so many hours, and filed long before."""
    begun = ago(days=days)
    ended = begun + timedelta(hours=hours)
    return item(number, ago(days=60), (begun, "in_progress"), (ended, "done"))


@pytest.fixture
def working(acme):
    """SHOP: one done a day for 40 days, each within 10 hours; two in progress for 3 and 30 hours,
    one waiting. DESK: one blocked for 50."""
    sink = store().for_org(acme.organization.id, version=datetime.now(UTC))
    put(
        sink,
        [
            *(done(100 + n, n) for n in range(2, 42)),
            item(1, ago(days=9), (ago(hours=3), "in_progress"), (ago(hours=2), "jira:ada")),
            item(2, ago(days=9), (ago(hours=30), "in_progress"), (ago(hours=4), "in_review")),
            item(3, ago(days=9)),
            item(4, ago(days=9), (ago(hours=50), "blocked"), scope=DESK),
        ],
    )
    return acme


def flow(tenant, **variables):
    return tenant.graphql(FLOW, **variables)["data"]["flow"]


def forecast(tenant, **variables):
    return tenant.graphql(FORECAST, **variables)["data"]["forecast"]


def of(scope):
    return {"scopeIds": [str(scope.work_scope_id)]}


def keys(found):
    return [each["item"]["itemKey"].removeprefix("jira:") for each in found["nodes"]]


def code(tenant, query, **variables):
    return ask(tenant.client(), query, **variables).json()["errors"][0]["extensions"]["code"]


# --- strangers -----------------------------------------------------------------------------------


def test_mallory_of_globex_is_told_nothing_of_acmes_work(working, globex):
    found, foretold = flow(globex, filter=of(SHOP)), forecast(globex, filter=of(SHOP), items=3)
    assert (found["wip"], found["usual"]["n"], found["nodes"]) == (0, 0, [])
    assert (foretold["itemsCompleted"], foretold["historyDays"], foretold["when"]) == (0, 0, [])
    assert globex.get("metrics/flow").json()["items"] == []
    assert globex.get("metrics/forecast").json()["items"] == 0


@pytest.mark.parametrize("query", [FLOW, FORECAST])
def test_an_organisation_that_is_not_the_tokens_is_not_found(working, globex, query):
    assert code(globex, query, orgId=str(working.organization.id)) == "unknown_organization"


@pytest.mark.parametrize(
    ("path", "query"), [("metrics/flow", FLOW), ("metrics/forecast", FORECAST)]
)
def test_without_a_token_or_by_one_of_another_scope_nothing_is_read(stranger, working, path, query):
    assert stranger.get(f"/api/v1/{path}").status_code == 401
    assert ask(stranger, query).status_code == 401
    client = working.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    assert client.get(f"/api/v1/{path}").status_code == 403
    assert ask(client, query).json()["errors"][0]["extensions"]["code"] == "missing_scope"


def test_a_cursor_of_acme_is_none_of_globexs(working, globex):
    after = flow(working, first=1)["pageInfo"]["endCursor"]
    assert code(globex, FLOW, after=after) == "invalid_cursor"


# --- ageing work ---------------------------------------------------------------------------------


def test_ageing_work_is_told_beside_what_its_scope_is_used_to(working):
    blocked, reviewed, begun = flow(working)["nodes"]
    assert (blocked["isBlocked"], blocked["isOverP85"]) == (True, None)
    assert blocked["usual"] == {"cycleHoursP85": None, "n": 0, "lowSample": True}
    assert (reviewed["status"], reviewed["isOverP85"]) == ("IN_REVIEW", True)
    assert reviewed["usual"] == {"cycleHoursP85": 10.0, "n": 40, "lowSample": False}
    assert reviewed["ageHours"] == pytest.approx(30, abs=0.2)
    assert reviewed["inStatusHours"] == pytest.approx(4, abs=0.2)
    assert (begun["isAssigned"], begun["isOverP85"]) == (True, False)
    assert begun["item"]["scope"] == {"scopeKey": "SHOP"}


def test_ageing_work_comes_the_oldest_first_page_by_page(working):
    first = flow(working, first=2)
    rest = flow(working, first=2, after=first["pageInfo"]["endCursor"])
    assert (keys(first), keys(rest)) == (["DESK-4", "SHOP-2"], ["SHOP-1"])
    assert (first["wip"], rest["overP85"], rest["pageInfo"]["hasNextPage"]) == (3, 1, False)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (of(DESK), ["DESK-4"]),
        ({"teamIds": ["web"]}, ["SHOP-2", "SHOP-1"]),
        ({"teamIds": []}, []),
        ({"types": ["bug"]}, []),
        ({"themes": ["feature_delivery"]}, ["DESK-4", "SHOP-2", "SHOP-1"]),
    ],
)
def test_ageing_work_is_that_which_is_named(working, asked, expected):
    assert keys(flow(working, filter=asked)) == expected


def test_rest_tells_the_same_of_ageing_work(working):
    rest, graph = working.get("metrics/flow", limit=2).json(), flow(working, first=2)
    assert [each["item_key"] for each in rest["items"]] == ["jira:DESK-4", "jira:SHOP-2"]
    assert [each["is_over_p85"] for each in rest["items"]] == [None, True]
    assert rest["items"][1]["usual"]["cycle_hours_p85"] == 10
    assert (rest["wip"], rest["over_p85"]) == (graph["wip"], graph["overP85"])
    after = working.get("metrics/flow", cursor=rest["next_cursor"]).json()
    assert [each["title"] for each in after["items"]] == ["Item 1"]


def test_ageing_work_asks_the_same_for_one_and_for_fifty(working):
    once, asked = store().reads_of(lambda: flow(working)), queries_of(lambda: flow(working))
    sink = store().for_org(working.organization.id, version=datetime.now(UTC))
    put(sink, [item(500 + n, ago(days=2), (ago(hours=9), "in_progress")) for n in range(40)])
    assert store().reads_of(lambda: flow(working)) == once
    assert queries_of(lambda: flow(working)) == asked


# --- forecasts -----------------------------------------------------------------------------------


def test_what_is_done_evenly_ends_when_it_must(working):
    """SHOP did one a day on each day of its history of 30 but the last."""
    found = forecast(working, filter=of(SHOP), items=10, historyDays=30)
    assert (found["items"], found["historyDays"], found["reason"]) == (10, 30, None)
    assert [each["certainty"] for each in found["when"]] == list(LEVELS)
    assert 10 <= found["when"][0]["days"] <= found["when"][2]["days"] <= 13
    day = (datetime.now(UTC).date() + timedelta(days=found["when"][0]["days"])).isoformat()
    assert (found["when"][0]["day"], found["when"][0]["isWithin"]) == (day, True)


def test_without_a_number_all_that_is_open_is_to_be_done(working):
    assert forecast(working)["items"] == 4
    assert forecast(working, filter=of(SHOP))["items"] == 3


def test_by_a_day_so_much_will_be_done(working):
    until = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()
    found = forecast(working, filter=of(SHOP), until=until, historyDays=30)
    amounts = [each["items"] for each in found["howMany"]]
    assert found["until"] == until
    assert 20 >= amounts[0] >= amounts[1] >= amounts[2] >= 17


def test_the_same_question_has_the_same_answer(working):
    assert forecast(working, items=17) == forecast(working, items=17)


def test_a_short_history_says_why_nothing_is_foretold(working):
    found = forecast(working, filter=of(DESK), items=1)
    assert (found["when"], found["reason"]) == (
        [], "Fewer than 14 closed days of these items are known.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"items": -1}, "invalid_items"),
        ({"items": 100_001}, "invalid_items"),
        ({"historyDays": 13}, "invalid_days"),
        ({"until": "2026-01-01"}, "no_such_day"),
    ],
)
def test_what_cannot_be_foretold_is_named(working, asked, expected):
    assert code(working, FORECAST, **asked) == expected


def test_rest_tells_the_same_of_forecasts(working):
    until = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()
    scope = str(SHOP.work_scope_id)
    rest = working.get("metrics/forecast", work_scope_id=scope, items=12, until=until).json()
    graph = forecast(working, filter=of(SHOP), items=12, until=until)
    assert [each["day"] for each in rest["when"]] == [each["day"] for each in graph["when"]]
    assert rest["how_many"] == graph["howMany"]
    assert (rest["items_completed"], rest["reason"]) == (graph["itemsCompleted"], None)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"runs": "5"}, "unknown_parameter"),
        ({"items": "-1"}, "invalid_parameter"),
        ({"history_days": "13"}, "invalid_parameter"),
        ({"until": "2026-01-01"}, "no_such_day"),
    ],
)
def test_what_rest_cannot_be_asked_is_named(working, asked, expected):
    answer = working.get("metrics/forecast", **asked)
    assert (answer.status_code, answer.json()["code"]) == (400, expected)


def test_a_forecast_costs_what_its_runs_take(working):
    answer = working.graphql(FORECAST, items=1)
    assert answer["extensions"]["cost"]["price"] == 53
