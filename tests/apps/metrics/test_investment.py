"""What work was for, and questions about work items, as both APIs tell them."""

from datetime import UTC, date, datetime

import pytest

from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.due import everything
from devhealth.recompute import recompute
from tests.apps.metrics.conftest import repository
from tests.apps.metrics.rows import RANGE, WINDOW
from tests.devhealth.analytics.items import DESK, SHOP, SITE, item, put
from tests.devhealth.delivery.things import landed, pull
from tests.devhealth.metrics.worlds import API
from tests.queries import queries_of
from tests.tenants import ask

INVESTMENT = """
query($range: DateRangeInput!, $filters: FilterInput, $orgId: String) {
  investment(range: $range, filters: $filters, orgId: $orgId) {
    since until
    themes {
      theme itemsCompleted { ...A } storyPointsCompleted { ...A } prsMerged { ...A }
      investedLoc { ...A }
    }
    unclassified { itemsCompleted { ...A } investedLoc { ...A } }
    degraded { measure reason }
  }
}
fragment A on InvestedAmount { value share }"""
BATCH = """
query($batch: AnalyticsRequestInput!) {
  analytics(batch: $batch) {
    timeseries { measure basis buckets { date value } }
    breakdowns { basis items { key label value } }
    meta { degraded { code reason } }
  }
}"""
EVIDENCE = """
query($measure: MeasureInput!, $day: Date!, $filters: FilterInput) {
  evidence(measure: $measure, scope: {level: ORG, ids: []}, day: $day, filters: $filters) {
    value recordsCount nodes { kind recordId key title url authorName }
  }
}"""

# Of three items done two are features (3 and 1 points), one is a task; of two pull requests one.
ITEMS = [
    item(
        1, "2026-01-05 08:00", ("2026-01-05 10:00", "in_progress"), ("2026-01-06 10:00", "done"),
        points=3.0,
    ),
    item(
        2, "2026-01-05 08:00", ("2026-01-05 12:00", "in_progress"), ("2026-01-06 12:00", "done"),
        points=1.0,
    ),
    item(
        3, "2026-01-05 08:00", ("2026-01-05 11:00", "in_progress"), ("2026-01-06 11:00", "done"),
        scope=DESK, item_type="task",
    ),
    item(4, "2026-01-05 08:00", ("2026-01-06 08:00", "blocked"), item_type="bug"),
]  # fmt: skip
FEATURE = {"work_theme": "feature_delivery", "work_subcategory": "roadmap"}


@pytest.fixture
def invested(acme):
    put(store().for_org(acme.organization.id, version=datetime.now(UTC)), ITEMS)
    acme.write([repository(API, "acme/api")])
    acme.write([landed("c1", "2026-01-07 10:00")])
    acme.write(
        [
            pull(1, "2026-01-06 10:00", loc_changed=75, team_id="web", **FEATURE),
            pull(2, "2026-01-06 10:00", loc_changed=25),
        ]
    )
    sink = store().for_org(acme.organization.id, version=datetime.now(UTC))
    recompute(sink, everything(sink), today=date(2026, 2, 1))
    return acme


def told(tenant, **variables):
    return tenant.graphql(INVESTMENT, **{"range": RANGE} | variables)["data"]["investment"]


def amounts(found, name):
    return {each["theme"]: tuple(each[name].values()) for each in found["themes"]}


def code(tenant, **variables):
    answer = ask(tenant.client(), INVESTMENT, **{"range": RANGE} | variables).json()
    return answer["errors"][0]["extensions"]["code"]


def test_mallory_of_globex_is_told_of_no_work_of_acmes(invested, globex):
    assert told(globex)["themes"] == []
    assert told(globex)["unclassified"]["investedLoc"] == {"value": 0, "share": None}
    assert globex.get("investment", **WINDOW).json()["themes"] == []
    assert code(globex, orgId=str(invested.organization.id)) == "unknown_organization"


def test_without_a_token_or_by_one_of_another_scope_nothing_is_read(stranger, invested):
    assert stranger.get("/api/v1/investment").status_code == 401
    client = invested.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    assert client.get("/api/v1/investment").status_code == 403
    answer = ask(client, INVESTMENT, range=RANGE).json()
    assert answer["errors"][0]["extensions"]["code"] == "missing_scope"


def test_each_theme_has_its_share_and_so_has_what_nobody_could_tell(invested):
    found = told(invested)
    feature, rest = "feature_delivery", "unclassified"
    assert amounts(found, "itemsCompleted") == {feature: (2, 0.666667), rest: (1, 0.333333)}
    assert amounts(found, "storyPointsCompleted") == {feature: (4, 1), rest: (0, 0)}
    assert amounts(found, "prsMerged") == {feature: (1, 0.5), rest: (1, 0.5)}
    assert amounts(found, "investedLoc") == {feature: (75, 0.75), rest: (25, 0.25)}
    assert found["unclassified"]["itemsCompleted"] == {"value": 1, "share": 0.333333}
    assert (found["since"], found["until"], found["degraded"]) == ("2026-01-01", "2026-02-01", [])


def test_a_team_has_its_own(invested):
    found = told(invested, filters={"scope": {"level": "TEAM", "ids": ["web"]}})
    assert amounts(found, "itemsCompleted") == {"feature_delivery": (2, 1)}


def test_a_project_has_items_and_no_pull_requests_and_says_so(invested):
    found = told(invested, filters={"what": {"workScopes": [str(SHOP.work_scope_id)]}})
    assert amounts(found, "itemsCompleted") == {"feature_delivery": (2, 1)}
    assert amounts(found, "prsMerged") == {"feature_delivery": (None, None)}
    assert [each["measure"] for each in found["degraded"]] == ["PRS_MERGED", "INVESTED_LOC"]


def test_rest_tells_the_same(invested):
    rest = invested.get("investment", **WINDOW).json()
    (feature, unclassified), graph = rest["themes"], told(invested)
    assert feature["items_completed"] == {"value": 2, "share": 0.666667}
    assert unclassified == rest["unclassified"]
    assert feature["invested_loc"] == graph["themes"][0]["investedLoc"]
    project = invested.get("investment", work_scope_id=str(SHOP.work_scope_id), **WINDOW).json()
    assert set(project["reasons"]) == {"prs_merged", "invested_loc"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"range": {"startDate": "2026-01-02", "endDate": "2026-01-01"}}, "no_days"),
        ({"range": {"startDate": "2024-01-01", "endDate": "2026-01-01"}}, "too_many_days"),
        ({"filters": {"what": {"workScopes": ["x"]}}}, "malformed_id"),
    ],
)
def test_what_cannot_be_asked_is_named(invested, asked, expected):
    assert code(invested, **asked) == expected


def test_it_asks_the_same_however_much_was_done(invested):
    once, asked = store().reads_of(lambda: told(invested)), queries_of(lambda: told(invested))
    assert len(once) <= 3  # repositories, a table each of two that tell
    assert queries_of(lambda: told(invested)) == asked


# --- measures of work items ----------------------------------------------------------------------


def breakdown(tenant, measure, dimension, **filters):
    part = {"measure": measure, "dimension": dimension, "dateRange": RANGE}
    batch = {"breakdowns": [part], "filters": filters}
    (found,) = tenant.graphql(BATCH, batch=batch)["data"]["analytics"]["breakdowns"]
    return {each["label"]: each["value"] for each in found["items"]}


def test_globex_has_no_group_of_acmes(invested, globex):
    assert breakdown(globex, "ITEMS_COMPLETED", "WORK_SCOPE") == {}


@pytest.mark.parametrize(
    ("measure", "dimension", "filters", "expected"),
    [
        ("ITEMS_COMPLETED", "WORK_SCOPE", {}, {"SHOP": 2, "DESK": 1}),
        ("ITEMS_COMPLETED", "REPO", {}, {"SHOP": 2, "DESK": 1, "acme/api": 0}),
        ("ITEMS_COMPLETED", "WORK_TYPE", {}, {"story": 2, "task": 1, "bug": 0}),
        ("CYCLE_HOURS_P85", "THEME", {}, {"feature_delivery": 24, "unclassified": 24}),
        (
            "ITEMS_COMPLETED",
            "SUBCATEGORY",
            {"why": {"workCategory": ["feature_delivery"]}},
            {"roadmap": 2},
        ),
        ("ITEMS_COMPLETED", "PROVIDER", {"why": {"issueType": ["task"]}}, {"jira": 1}),
        ("STATE_ITEMS_LEFT", "STATUS", {"how": {"flowStage": ["blocked"]}}, {"blocked": 1}),
        ("INVESTED_LOC", "THEME", {}, {"feature_delivery": 75, "unclassified": 25}),
        ("PRS_MERGED", "SUBCATEGORY", {}, {"roadmap": 1, "unclassified": 1}),
    ],
)
def test_numbers_are_told_apart_and_their_groups_by_name(
    invested, measure, dimension, filters, expected
):
    found = breakdown(invested, measure, dimension, **filters)
    assert {key: value for key, value in found.items() if value or key in expected} == {
        key: value for key, value in expected.items() if value or key in found
    }


def test_stocks_and_hours_go_over_time(invested):
    days = {"startDate": "2026-01-05", "endDate": "2026-01-07"}
    parts = [
        {"measure": name, "interval": "DAY", "dateRange": days} for name in ("WIP", "STATE_HOURS")
    ]
    scope = {"what": {"workScopes": [str(SHOP.work_scope_id)], "providers": ["jira"]}}
    batch = {"timeseries": parts, "filters": scope}
    wip, hours = invested.graphql(BATCH, batch=batch)["data"]["analytics"]["timeseries"]
    assert [each["value"] for each in wip["buckets"]] == [2, 1, 1]
    assert [each["value"] for each in hours["buckets"]] == [48, 46, 24]
    assert (wip["basis"], hours["basis"]) == ("ROWS", "ROWS")


def test_the_catalogue_names_the_dimensions_and_what_they_tell_apart(invested):
    found = invested.graphql("{ catalog { dimensions { key measures } } }")["data"]["catalog"]
    known = {each["key"]: each["measures"] for each in found["dimensions"]}
    assert "ITEMS_COMPLETED" in known["WORK_SCOPE"]
    assert "INVESTED_LOC" in known["THEME"]
    assert "STATE_HOURS" in known["STATUS"]


# --- evidence ------------------------------------------------------------------------------------


def test_globex_opens_no_item_of_acmes(invested, globex):
    found = globex.graphql(EVIDENCE, measure="ITEMS_COMPLETED", day="2026-01-06")["data"]
    assert found["evidence"]["nodes"] == []
    items = globex.get("evidence", measure="items_completed", day="2026-01-06").json()["items"]
    assert items == []


def test_behind_a_number_are_items_by_what_they_are_called(invested):
    asked = {"what": {"workScopes": [str(DESK.work_scope_id)]}}
    found = invested.graphql(EVIDENCE, measure="ITEMS_COMPLETED", day="2026-01-06", filters=asked)[
        "data"
    ]["evidence"]
    assert (found["value"], found["recordsCount"]) == (1, 1)
    assert found["nodes"] == [
        {
            "kind": "work item",
            "recordId": str(ITEMS[2].told.item.work_item_id),
            "key": "jira:DESK-3",
            "title": "Item 3",
            "url": f"{SITE}/browse/DESK-3",
            "authorName": None,
        }
    ]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"measure": "wip"}, ["jira:SHOP-4"]),
        (
            {"measure": "items_completed", "work_theme": "feature_delivery"},
            ["jira:SHOP-1", "jira:SHOP-2"],
        ),
        ({"measure": "state_items", "status": "blocked"}, ["jira:SHOP-4"]),
        ({"measure": "items_completed", "item_type": "task", "provider": "jira"}, ["jira:DESK-3"]),
    ],
)
def test_rest_opens_the_same_by_the_same_filters(invested, asked, expected):
    found = invested.get("evidence", day="2026-01-06", **asked).json()
    assert sorted(each["key"] for each in found["items"]) == expected
    assert found["records_count"] == found["value"] == len(expected)


def test_rows_are_filtered_by_scope_and_theme(invested):
    query = """
    query($filter: MetricsDailyFilter!) {
      workItemMetricsDaily(filter: $filter) { nodes { workScopeId day itemsCompleted } } }"""
    asked = {"range": RANGE, "workScopeIds": [str(DESK.work_scope_id)], "providers": ["jira"]}
    found = invested.graphql(query, filter=asked)["data"]["workItemMetricsDaily"]["nodes"]
    assert sum(each["itemsCompleted"] for each in found) == 1
    assert {each["workScopeId"] for each in found} == {str(DESK.work_scope_id)}
