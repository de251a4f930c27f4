from dataclasses import replace

import pytest

from apps.metrics.store import store
from tests.apps.metrics.rows import (
    RANGE,
    WINDOW,
    file_day,
    identity,
    key,
    repo_day,
    team_day,
    user_day,
)
from tests.tenants import ask

REPOS = """
query($filter: MetricsDailyFilter!, $first: Int = 200, $after: String, $orgId: String) {
  rows: repoMetricsDaily(filter: $filter, first: $first, after: $after, orgId: $orgId) {
    edges { cursor node { repoId day commitsCount locAdded computedAt } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    computedAt
  }
}"""
USERS = """
query($filter: MetricsDailyFilter!) {
  rows: userMetricsDaily(filter: $filter) {
    nodes { authorId authorName authorEmail commitsCount }
  }
}"""

FIVE = [user_day(author) for author in range(1, 6)]  # that many are told apart
FIRST = {"range": RANGE, "personIds": [str(key(1))]}

TEAMS = """
query($filter: MetricsDailyFilter!) {
  rows: teamMetricsDaily(filter: $filter) { nodes { teamId afterHoursRatio weekendRatio } }
}"""
FILES = """
query($filter: MetricsDailyFilter!) {
  rows: fileMetricsDaily(filter: $filter) { nodes { path hotspotScore30d } }
}"""


def rows(tenant, filter=None, **variables):
    answer = tenant.graphql(REPOS, filter={"range": RANGE, **(filter or {})}, **variables)
    return answer["data"]["rows"]


def nodes(tenant, filter=None, **variables):
    return [edge["node"] for edge in rows(tenant, filter, **variables)["edges"]]


def refused(tenant, query=REPOS, **variables):
    """(status, code) of an answer without data."""
    answer = ask(tenant.client(), query, **variables)
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


# --- the stranger --------------------------------------------------------------------------------


def test_a_stranger_is_told_no(stranger):
    answer = ask(stranger, "{ viewer { id } }")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_mallory_of_globex_sees_no_row_of_acme(acme, globex):
    acme.write([repo_day()])
    assert nodes(globex, {"repositoryIds": [str(key(1))]}) == []


def test_a_claim_to_acme_is_nothing_for_globex(acme, globex):
    claim = str(acme.organization.id)
    found = refused(globex, filter={"range": RANGE}, orgId=claim)
    assert found == (404, "unknown_organization")


def test_a_claim_in_the_address_is_checked_too(acme, globex):
    query = {"query": "{ viewer { id } }", "org_id": str(acme.organization.id)}
    assert globex.client().get("/graphql", query).status_code == 404


def test_names_come_from_ones_own_directory(acme, globex):
    globex.write([identity(1, "Mallory")])
    acme.write(FIVE)
    answer = acme.graphql(USERS, filter={"range": RANGE})
    assert answer["data"]["rows"]["nodes"][0]["authorName"] is None


def test_a_cursor_of_another_organisation_is_refused(acme, globex):
    acme.write([repo_day(day=1), repo_day(day=2)])
    cursor = rows(acme, first=1)["pageInfo"]["endCursor"]
    assert refused(globex, filter={"range": RANGE}, after=cursor) == (400, "invalid_cursor")


# --- what is asked -------------------------------------------------------------------------------


def test_ones_own_claim_is_right(acme):
    acme.write([repo_day()])
    assert len(nodes(acme, orgId=str(acme.organization.id))) == 1


def test_the_end_date_is_included(acme):
    acme.write([repo_day(day=1), repo_day(day=2), repo_day(day=3)])
    found = nodes(acme, {"range": {"startDate": "2026-01-01", "endDate": "2026-01-02"}})
    assert [node["day"] for node in found] == ["2026-01-01", "2026-01-02"]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"filter": {"range": RANGE}, "first": 0}, "invalid_first"),
        ({"filter": {"range": RANGE}, "first": 1001}, "invalid_first"),
        ({"filter": {"range": RANGE, "repositoryIds": ["x"]}}, "malformed_id"),
        ({"filter": {"range": RANGE, "personIds": [str(key(1))]}}, "no_filter"),
        ({"filter": {"range": RANGE, "teamIds": ["web"]}}, "no_filter"),
        ({"filter": {"range": RANGE, "paths": ["a.py"]}}, "no_filter"),
        (
            {"filter": {"range": {"startDate": "2025-01-01", "endDate": "2026-01-02"}}},
            "too_many_days",
        ),
        ({"filter": {"range": {"startDate": "2026-01-02", "endDate": "2026-01-01"}}}, "no_days"),
        (
            {"filter": {"range": {"startDate": "2026-01-02", "endDate": "9999-12-31"}}},
            "no_such_day",
        ),
        ({"filter": {"range": RANGE}, "after": "x"}, "invalid_cursor"),
    ],
)
def test_what_cannot_be_asked_is_named(acme, variables, code):
    assert refused(acme, **variables) == (400, code)


@pytest.mark.parametrize("instant", ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "x"])
def test_a_wrong_instant_is_refused_with_a_sentence(acme, instant):
    answer = ask(acme.client(), REPOS, filter={"range": RANGE, "asOf": instant})
    assert answer.status_code == 400
    assert "DateTime" in answer.json()["errors"][0]["message"]


def test_a_year_and_a_day_can_be_asked(acme):
    range_ = {"startDate": "2025-01-01", "endDate": "2026-01-01"}
    assert nodes(acme, {"range": range_}) == []


def test_people_and_population_filter(acme):
    acme.write([repo_day(), repo_day(population="all", commits_count=9)])
    assert [node["commitsCount"] for node in nodes(acme, {"population": "ALL"})] == [9]


def test_persons_can_be_asked_for(acme):
    acme.write(FIVE)
    answer = acme.graphql(USERS, filter={"range": RANGE, "personIds": [str(key(2))]})
    assert [node["authorId"] for node in answer["data"]["rows"]["nodes"]] == [str(key(2))]


def test_teams_can_be_asked_for(acme):
    acme.write([team_day("web", after_hours_ratio=0.25), team_day("api")])
    answer = acme.graphql(TEAMS, filter={"range": RANGE, "teamIds": ["web"]})
    (node,) = answer["data"]["rows"]["nodes"]
    assert node == {"teamId": "web", "afterHoursRatio": 0.25, "weekendRatio": None}


def test_files_can_be_asked_for_by_repository_and_path(acme):
    acme.write([file_day("src/a.py", hotspot_score_30d=2.5), file_day("src/b.py")])
    wanted = {"range": RANGE, "paths": ["src/a.py"], "repositoryIds": [str(key(1))]}
    answer = acme.graphql(FILES, filter=wanted)
    assert answer["data"]["rows"]["nodes"] == [{"path": "src/a.py", "hotspotScore30d": 2.5}]


# --- what is answered ----------------------------------------------------------------------------


def test_sums_may_pass_two_to_the_31(acme):
    acme.write([repo_day(loc_added=2**40)])
    assert nodes(acme)[0]["locAdded"] == 2**40


def test_pages_tile(acme):
    acme.write([repo_day(repo) for repo in range(10)])
    found, after = [], None
    while True:
        page = rows(acme, first=3, after=after)
        found += [edge["node"]["repoId"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert sorted(found) == sorted(str(key(repo)) for repo in range(10))


def test_any_edge_is_a_place_to_go_on_from(acme):
    acme.write([repo_day(day=day) for day in (1, 2, 3)])
    first = rows(acme)["edges"][0]["cursor"]
    assert [node["day"] for node in nodes(acme, after=first)] == ["2026-01-02", "2026-01-03"]


def test_no_rows_have_no_cursors(acme):
    page = rows(acme)
    assert page["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


def test_authors_have_name_and_address(acme):
    acme.write([identity(1, "Ada")])
    acme.write(FIVE)
    (node,) = acme.graphql(USERS, filter=FIRST)["data"]["rows"]["nodes"]
    assert (node["authorName"], node["authorEmail"]) == ("Ada", "ada@acme.example")


def test_an_account_whose_name_was_never_told_is_shown_by_its_login(acme):
    acme.write([replace(identity(1), name="", handle="github:ada")])
    acme.write(FIVE)
    (node,) = acme.graphql(USERS, filter=FIRST)["data"]["rows"]["nodes"]
    assert node["authorName"] == "github:ada"


@pytest.mark.parametrize("authors", [5, 50])
def test_names_cost_one_query_whatever_the_page(acme, authors):
    acme.write([identity(author) for author in range(authors)])
    acme.write([user_day(author) for author in range(authors)])
    reads = store().reads_of(lambda: acme.graphql(USERS, filter={"range": RANGE}))
    assert reads == ["aggregate", "read", "page", "get"]


def test_names_that_nobody_asks_for_cost_nothing(acme):
    acme.write(FIVE)
    query = USERS.replace("authorName authorEmail", "")
    assert store().reads_of(lambda: acme.graphql(query, filter={"range": RANGE})) == [
        "aggregate",
        "read",
        "page",
    ]


def test_rest_and_graphql_give_the_same_numbers(acme):
    acme.write([repo_day(repo, day, commits_count=repo * day) for repo in (1, 2) for day in (1, 2)])
    rest = acme.get("metrics/repo_metrics_daily", **WINDOW).json()["items"]
    names = {"repoId": "repo_id", "day": "day", "commitsCount": "commits_count"}
    names |= {"locAdded": "loc_added", "computedAt": "computed_at"}
    assert nodes(acme) == [{name: row[column] for name, column in names.items()} for row in rest]


def test_the_viewer_is_who_asks(acme):
    answer = acme.graphql("{ viewer { id email role organization { id slug name } } }")
    assert answer["data"]["viewer"] == {
        "id": str(acme.owner.id),
        "email": "olga@acme.example",
        "role": "owner",
        "organization": {"id": str(acme.organization.id), "slug": "acme", "name": "Acme"},
    }
