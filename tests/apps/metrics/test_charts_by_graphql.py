"""A batch's flows, matrices, quadrants and heatmaps."""

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.metrics.models import Person
from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.due import everything
from devhealth.recompute import recompute
from tests.apps.metrics.conftest import repository
from tests.apps.metrics.rows import JAN_1, RANGE, identity, key, repo_day
from tests.apps.metrics.test_review_edges import OLGA, PEOPLE, edge, named
from tests.devhealth.analytics.items import DESK, SHOP, item, put
from tests.devhealth.metrics.worlds import ADA, API, GRACE, WEB, work
from tests.queries import queries_of
from tests.tenants import ask

CHARTS = """
query($batch: AnalyticsRequestInput!, $orgId: String) {
  analytics(batch: $batch, orgId: $orgId) {
    breakdowns { measure }
    sankey {
      measure unit basis total truncated droppedValue
      coverage { teamCoverage themeCoverage }
      nodes { id key label dimension value }
      edges { source target value }
    }
    flowMatrix {
      dimension unit othersValue isPrivate truncated
      nodes { id label value }
      edges { source target value }
    }
    quadrants {
      id entity x { key } y { key } medianX medianY totalGroups unmeasuredGroups isPrivate
      points { key label x y trajectory { windowStart x y } }
    }
    heatmaps {
      id measure unit basis timeZone rows columns rowLabels columnLabels hiddenGroups isPrivate
      cells { row column value sampleSize lowSample }
    }
    meta { degraded { part index id code reason } }
  }
}"""

DAYS = {"dateRange": RANGE}
SANKEY = {"path": ["THEME", "TEAM"], "measure": "ITEMS_COMPLETED", **DAYS}
STATES = {"dimension": "STATUS", **DAYS}
REVIEWS = {"dimension": "AUTHOR", **DAYS}
QUADRANT = {"entity": "REPO", "x": "COMMITS_COUNT", "y": "COMMIT_SIZE_LOC_P50", **DAYS}
HOURS = {"rows": "DAY_OF_WEEK", "columns": "HOUR_OF_DAY", "measure": "COMMITS_COUNT", **DAYS}
EVERY = {
    "sankey": SANKEY,
    "flowMatrix": STATES,
    "quadrants": [QUADRANT],
    "heatmaps": [HOURS],
}

BEGUN = ("2026-01-05 10:00", "in_progress")
ITEMS = [
    item(1, "2025-12-30 08:00", BEGUN, ("2026-01-06 10:00", "done")),
    item(2, "2026-01-05 08:00", BEGUN, ("2026-01-06 12:00", "done")),
    item(3, "2026-01-05 08:00", BEGUN, ("2026-01-07 11:00", "done"), scope=DESK, item_type="task"),
    item(4, "2026-01-05 08:00", ("2026-01-06 08:00", "blocked"), item_type="bug"),
]
WORKS = [
    work("2026-01-05 10:00", {"a": (10, 0)}),
    work("2026-01-05 10:30", {"a": (30, 0)}, by=GRACE),
    work("2026-01-06 10:00", {"b": (100, 0)}, repo=WEB),
]


@pytest.fixture
def worked(acme):
    """acme with items of two projects and commits in two repositories."""
    put(store().for_org(acme.organization.id, version=datetime.now(UTC)), ITEMS)
    acme.write([repository(API, "acme/api"), repository(WEB, "acme/web")])
    acme.write([commit for commit, _ in WORKS])
    acme.write([change for _, changes in WORKS for change in changes])
    sink = store().for_org(acme.organization.id, version=datetime.now(UTC))
    recompute(sink, everything(sink), today=date(2026, 2, 1))
    return acme


def told(tenant, **batch):
    return tenant.graphql(CHARTS, batch=batch)["data"]["analytics"]


def refused(tenant, **batch):
    (degraded,) = told(tenant, **batch)["meta"]["degraded"]
    return degraded["part"], degraded["code"]


def edges(part):
    return [(each["source"], each["target"], each["value"]) for each in part["edges"]]


# --- the stranger --------------------------------------------------------------------------------


def test_mallory_of_globex_gets_no_chart_of_acmes(worked, globex):
    found = told(globex, **EVERY)
    assert found["meta"]["degraded"] == []
    assert (found["sankey"]["nodes"], found["flowMatrix"]["nodes"]) == ([], [])
    assert (found["quadrants"][0]["points"], found["heatmaps"][0]["cells"]) == ([], [])


def test_mallory_of_globex_sees_nobody_of_acmes_review(reviewed, globex):
    found = told(globex, flowMatrix=REVIEWS)["flowMatrix"]
    assert (found["nodes"], found["othersValue"], found["isPrivate"]) == ([], 0, False)


def test_a_token_of_another_scope_gets_no_chart(worked):
    client = worked.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    answer = ask(client, CHARTS, batch=EVERY).json()
    assert answer["errors"][0]["extensions"]["code"] == "missing_scope"


# --- sankey --------------------------------------------------------------------------------------


def test_items_flow_from_themes_to_teams(worked):
    """Two stories of SHOP's, which no team of the service's own has, and a task of DESK's."""
    found = told(worked, sankey=SANKEY)["sankey"]
    assert edges(found) == [
        ("THEME:feature_delivery", "TEAM:web", 2),
        ("THEME:unclassified", "TEAM:unassigned", 1),
    ]
    assert [(each["id"], each["value"]) for each in found["nodes"]] == [
        ("THEME:feature_delivery", 2),
        ("THEME:unclassified", 1),
        ("TEAM:web", 2),
        ("TEAM:unassigned", 1),
    ]
    assert found["coverage"] == {"teamCoverage": 0.666667, "themeCoverage": 0.666667}
    assert (found["total"], found["unit"], found["basis"]) == (3, "items", "ROWS")
    assert (found["truncated"], found["droppedValue"]) == (False, 0)


def test_a_filter_narrows_the_flow(worked):
    filters = {"what": {"workScopes": [str(SHOP.work_scope_id)]}}
    found = told(worked, sankey=SANKEY, filters=filters)["sankey"]
    assert [each[-1] for each in edges(found)] == [2]


def test_nodes_have_the_names_of_what_they_are(worked):
    path = {**SANKEY, "path": ["THEME", "REPO"], "measure": "INVESTED_LOC"}
    found = told(worked, sankey=path)["sankey"]
    assert [(each["label"], each["value"]) for each in found["nodes"]] == [
        ("unclassified", 140),
        ("acme/web", 100),
        ("acme/api", 40),
    ]
    assert found["coverage"]["teamCoverage"] is None


# --- matrices ------------------------------------------------------------------------------------


def test_items_go_from_state_to_state(worked):
    """The first one was filed before these days: it comes from where it was then."""
    found = told(worked, flowMatrix=STATES)["flowMatrix"]
    assert edges(found) == [
        ("STATUS:in_progress", "STATUS:done", 3),
        ("STATUS:todo", "STATUS:blocked", 1),
        ("STATUS:todo", "STATUS:in_progress", 3),
    ]
    assert {each["id"]: each["value"] for each in found["nodes"]} == {
        "STATUS:blocked": 0,
        "STATUS:done": 0,
        "STATUS:in_progress": 3,
        "STATUS:todo": 4,
    }
    assert (found["unit"], found["othersValue"], found["truncated"]) == ("items", 0, False)


def test_states_are_of_the_days_and_scopes_that_were_asked_for(worked):
    one = {"startDate": "2026-01-06", "endDate": "2026-01-06"}
    filters = {"what": {"workScopes": [str(SHOP.work_scope_id)]}}
    found = told(worked, flowMatrix={**STATES, "dateRange": one}, filters=filters)["flowMatrix"]
    assert edges(found) == [
        ("STATUS:in_progress", "STATUS:done", 2),
        ("STATUS:todo", "STATUS:blocked", 1),
    ]


@pytest.fixture
def reviewed(acme):
    """Each of five people reviews the next one's work: 10, 9, 8, 7 and 6 times."""
    acme.write([named(who, f"P{place}") for place, who in enumerate(PEOPLE)])
    acme.write(
        [
            edge(who, PEOPLE[(place + 1) % 5], 10 - place, approvals_count=1)
            for place, who in enumerate(PEOPLE)
        ]
    )
    return acme


def test_reviews_go_from_reviewers_to_authors(reviewed):
    found = told(reviewed, flowMatrix=REVIEWS)["flowMatrix"]
    assert [each["label"] for each in found["nodes"]] == ["P0", "P1", "P2", "P3", "P4"]
    assert edges(found)[0] == (f"AUTHOR:{PEOPLE[0]}", f"AUTHOR:{PEOPLE[1]}", 10)
    assert [each[-1] for each in edges(found)] == [10, 9, 8, 7, 6]
    approvals = {**REVIEWS, "measure": "APPROVALS_COUNT"}
    found = told(reviewed, flowMatrix=approvals)["flowMatrix"]
    assert [each[-1] for each in edges(found)] == [1] * 5


def test_four_who_review_are_not_told_apart(reviewed):
    filters = {"what": {"repos": [str(WEB)]}}
    reviewed.write([edge(PEOPLE[0], PEOPLE[1], 4, repo=WEB)])
    found = told(reviewed, flowMatrix=REVIEWS, filters=filters)["flowMatrix"]
    assert (edges(found), found["othersValue"], found["isPrivate"]) == ([], 4, True)


def test_who_asks_sees_what_they_reviewed(acme):
    acme.write([named(OLGA, "Olga")])
    acme.write([edge(OLGA, PEOPLE[0], 3), edge(PEOPLE[1], PEOPLE[0], 2)])
    with acme.entered():
        Person.objects.create(known_by="olga@home.example", user_id=acme.owner.pk)
    found = told(acme, flowMatrix=REVIEWS)["flowMatrix"]
    assert [each[-1] for each in edges(found)] == [3]
    assert (found["othersValue"], found["isPrivate"]) == (2, True)


def test_where_there_is_no_room_people_stay_in_the_order_of_their_ids(reviewed):
    """Of the first three, two review one of them: 10 and 9 of 40."""
    found = told(reviewed, flowMatrix={**REVIEWS, "maxNodes": 3})["flowMatrix"]
    assert [each[-1] for each in edges(found)] == [10, 9]
    assert (found["othersValue"], found["truncated"], found["isPrivate"]) == (21, True, False)


# --- quadrants -----------------------------------------------------------------------------------


def test_repositories_stand_by_two_measures(worked):
    """Two commits of 10 and 30 lines, and one of 100."""
    (found,) = told(worked, quadrants=[{**QUADRANT, "id": "q", "trajectory": "WEEK"}])["quadrants"]
    assert [(each["label"], each["x"], each["y"]) for each in found["points"]] == [
        ("acme/api", 2, 20),
        ("acme/web", 1, 100),
    ]
    assert (found["medianX"], found["medianY"], found["totalGroups"]) == (1.5, 60, 2)
    assert found["points"][0]["trajectory"] == [{"windowStart": "2026-01-05", "x": 2, "y": 20}]
    assert (found["id"], found["entity"], found["x"]["key"]) == ("q", "REPO", "COMMITS_COUNT")


def test_two_people_do_not_stand_apart(worked):
    (found,) = told(worked, quadrants=[{**QUADRANT, "entity": "AUTHOR"}])["quadrants"]
    assert (found["points"], found["medianX"], found["isPrivate"]) == ([], None, True)
    assert found["totalGroups"] == 2


# --- heatmaps ------------------------------------------------------------------------------------


def test_commits_stand_by_weekday_and_hour(worked):
    (found,) = told(worked, heatmaps=[{**HOURS, "id": "h"}])["heatmaps"]
    assert [(each["row"], each["column"], each["value"]) for each in found["cells"]] == [
        ("MON", "10", 2),
        ("TUE", "10", 1),
    ]
    assert (found["timeZone"], found["basis"], found["id"]) == ("UTC", "RECORDS", "h")
    assert found["rowLabels"] == ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]


def test_hours_are_those_of_the_organisations_clocks(worked):
    version = worked.get("settings").headers["ETag"]
    worked.send("PATCH", "settings", {"timezone": "Asia/Tokyo"}, If_Match=version)
    (found,) = told(worked, heatmaps=[HOURS])["heatmaps"]
    assert {each["column"] for each in found["cells"]} == {"19"}
    assert found["timeZone"] == "Asia/Tokyo"


def test_repositories_stand_by_week_under_their_names(worked):
    part = {**HOURS, "rows": "REPO", "columns": "WEEK", "measure": "COMMIT_SIZE_LOC_P50"}
    (found,) = told(worked, heatmaps=[part])["heatmaps"]
    assert found["rowLabels"] == ["acme/api", "acme/web"]
    assert [(each["value"], each["sampleSize"], each["lowSample"]) for each in found["cells"]] == [
        (20, 2, True),
        (100, 1, True),
    ]


def test_two_people_have_no_rows(worked):
    part = {**HOURS, "rows": "AUTHOR"}
    (found,) = told(worked, heatmaps=[part])["heatmaps"]
    assert (found["rows"], found["cells"], found["hiddenGroups"]) == ([], [], 2)
    assert found["isPrivate"] is True


def test_who_asks_sees_their_own_hours(worked):
    worked.write([named(ADA, "Ada")])
    with worked.entered():
        Person.objects.create(known_by="olga@home.example", user_id=worked.owner.pk)
    worked.write([commit for commit, _ in [work("2026-01-07 09:00", {"c": (1, 0)}, by=OLGA)]])
    (found,) = told(worked, heatmaps=[{**HOURS, "rows": "AUTHOR"}])["heatmaps"]
    assert [(each["row"], each["column"], each["value"]) for each in found["cells"]] == [
        (str(OLGA), "09", 1)
    ]


# --- parts that fail -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ({"sankey": {**SANKEY, "path": ["TEAM", "AUTHOR"]}}, ("sankey", "not_groupable")),
        ({"sankey": {**SANKEY, "path": ["TEAM"]}}, ("sankey", "invalid_path")),
        ({"sankey": {**SANKEY, "measure": "CYCLE_HOURS_P50"}}, ("sankey", "not_additive")),
        ({"sankey": {**SANKEY, "measure": "RUNS_COUNT"}}, ("sankey", "not_groupable")),
        ({"flowMatrix": {**STATES, "dimension": "REPO"}}, ("flowMatrix", "not_groupable")),
        ({"flowMatrix": {**STATES, "measure": "WIP"}}, ("flowMatrix", "no_flow")),
        ({"flowMatrix": {**REVIEWS, "measure": "WIP"}}, ("flowMatrix", "no_flow")),
        ({"flowMatrix": STATES, "asOf": "2026-01-05T00:00:00Z"}, ("flowMatrix", "not_versioned")),
        (
            {"flowMatrix": STATES, "filters": {"what": {"repos": [str(API)]}}},
            ("flowMatrix", "not_groupable"),
        ),
        ({"quadrants": [{**QUADRANT, "y": "WIP"}]}, ("quadrants", "not_groupable")),
        ({"heatmaps": [{**HOURS, "rows": "WEEK"}]}, ("heatmaps", "invalid_axes")),
        ({"heatmaps": [{**HOURS, "measure": "WIP"}]}, ("heatmaps", "not_groupable")),
    ],
)
def test_a_chart_fails_alone_and_says_why(worked, batch, expected):
    sibling = {"dimension": "REPO", "measure": "LOC_ADDED", **DAYS}
    found = told(worked, breakdowns=[sibling], **{"filters": {}} | batch)
    assert len(found["breakdowns"]) == 1
    assert refused(worked, **batch) == expected
    assert found["meta"]["degraded"][0]["reason"]


@pytest.mark.parametrize(
    "batch",
    [
        {"sankey": {**SANKEY, "maxNodes": 101}},
        {"sankey": {**SANKEY, "maxEdges": 0}},
        {"flowMatrix": {**STATES, "maxEdges": 501}},
        {"quadrants": [{**QUADRANT, "topN": 0}]},
        {"heatmaps": [{**HOURS, "topN": 101}]},
    ],
)
def test_what_is_too_much_is_refused_as_a_whole(worked, batch):
    answer = ask(worked.client(), CHARTS, batch=batch).json()
    assert answer["errors"][0]["extensions"]["code"] == "invalid_top"


def test_charts_count_among_the_parts_of_a_batch(worked):
    batch = {"sankey": SANKEY, "heatmaps": [HOURS] * 10}
    answer = ask(worked.client(), CHARTS, batch=batch).json()
    assert answer["errors"][0]["extensions"]["code"] == "too_many_parts"


# --- queries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [5, 50])
def test_charts_ask_the_same_however_many_groups_there_are(acme, groups):
    """A question each, two of a matrix; repositories for copies and for their names."""
    acme.write([repository(key(each), f"acme/{each}") for each in range(groups)])
    acme.write([identity(each) for each in range(groups + 1)])
    days = [repo_day(each, commits_count=each + 1, loc_added=3) for each in range(groups)]
    acme.write(days)
    acme.write([edge(key(each), key(each + 1), day=JAN_1) for each in range(groups)])
    quadrant = {**QUADRANT, "y": "LOC_ADDED", "trajectory": "DAY"}
    weeks = {**HOURS, "rows": "REPO", "columns": "WEEK"}
    batch = {
        "sankey": SANKEY,
        "flowMatrix": REVIEWS,
        "quadrants": [quadrant],
        "heatmaps": [weeks],
    }
    reads = store().reads_of(lambda: told(acme, **batch))
    assert sorted(reads) == ["aggregate"] * 4 + ["get"] * 2 + ["read"] * 2
    assert len(queries_of(lambda: told(acme, **batch))) < 12


@pytest.mark.parametrize("items", [1, 50])
def test_a_matrix_of_states_is_two_reads_however_many_items_moved(acme, items):
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    put(
        store().for_org(acme.organization.id, version=datetime.now(UTC)),
        [
            item(each, moment, (moment + timedelta(hours=each), "in_progress"))
            for each in range(1, items + 1)
        ],
    )
    reads = store().reads_of(lambda: told(acme, flowMatrix=STATES))
    assert reads == ["read", "read"]
