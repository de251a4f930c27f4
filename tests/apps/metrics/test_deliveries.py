"""Deployments with what they brought and broke, incidents with what brought them."""

from uuid import UUID

import pytest

from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.models.records import DeploymentChange
from tests.apps.metrics.conftest import repository
from tests.devhealth.delivery.things import deployed, incident, pull
from tests.devhealth.metrics.worlds import API, WEB, at
from tests.tenants import ask

NIL = UUID(int=0)
REPOSITORIES = [repository(API, "acme/api"), repository(WEB, "acme/web")]
JANUARY = {"startDate": "2026-01-01", "endDate": "2026-01-31"}

DEPLOYMENTS = """
query($filter: DeploymentFilter, $first: Int! = 50, $after: String, $orgId: String) {
  deployments(filter: $filter, first: $first, after: $after, orgId: $orgId) {
    nodes {
      id deploymentId environment status isProduction repository { fullName }
      changes(first: 2) {
        nodes { changeId basis leadMergeHours pullRequest { number title } }
        pageInfo { hasNextPage }
      }
      incidents { nodes { incidentId linkBasis deployment { deploymentId } } }
    }
    edges { cursor }
    pageInfo { hasNextPage endCursor }
  }
}"""
INCIDENTS = """
query($filter: IncidentFilter, $first: Int! = 50, $after: String, $orgId: String) {
  incidents(filter: $filter, first: $first, after: $after, orgId: $orgId) {
    nodes {
      id incidentId status linkBasis restoreHours repository { fullName }
      deployment { deploymentId environment }
    }
    edges { cursor }
    pageInfo { hasNextPage endCursor }
  }
}"""
BOTH = pytest.mark.parametrize("query", [DEPLOYMENTS, INCIDENTS])
ROUTES = pytest.mark.parametrize("route", ["deployments", "incidents"])


def change(named, deployment="d1", repo=API, basis="native", **more):
    return DeploymentChange(
        repo_id=repo, environment="production", change_id=named, deployment_id=deployment,
        deployed_at=at("2026-01-05 12:00"), is_production=True, basis=basis, **more,
    )  # fmt: skip


@pytest.fixture
def delivered(acme):
    """d1 of acme/api brought #1, #2 and a commit, and an incident; another is of nothing known.

    acme/web has a d1 of its own, of staging.
    """
    acme.write(REPOSITORIES)
    acme.write([pull(1, title="One"), pull(2, title="Two"), pull(3, title="Three", repo_id=WEB)])
    acme.write(
        [
            deployed("d1", "2026-01-05 12:00", "c1", team_id="apps"),
            deployed("d2", None, status="pending", created="2026-02-06 12:00"),
            deployed("d1", "2026-01-04 12:00", environment="staging", repo_id=WEB),
        ]
    )
    acme.write(
        [
            change("#1", lead_merge_hours=2.0),
            change("#2", basis="heuristic"),
            change("abc"),
            change("#3", repo=WEB),
        ]
    )
    acme.write(
        [
            incident("i1", "2026-01-05 14:00", "2026-01-05 18:00", deployment_id="d1",
                     link_basis="heuristic", restore_hours=4.0, team_id="apps"),
            incident("i2", "2026-02-05 14:00", repo_id=NIL),
        ]
    )  # fmt: skip
    return acme


def nodes(tenant, query, filter=None, **variables):
    (found,) = tenant.graphql(query, filter=filter, **variables)["data"].values()
    return found["nodes"]


def names(tenant, query, filter=None, **variables):
    return [
        each.get("deploymentId") or each["incidentId"]
        for each in nodes(tenant, query, filter, **variables)
    ]


def code(tenant, query, **variables):
    return ask(tenant.client(), query, **variables).json()["errors"][0]["extensions"]["code"]


# --- strangers -----------------------------------------------------------------------------------


@BOTH
def test_mallory_of_globex_sees_none_of_acmes(delivered, globex, query):
    assert nodes(globex, query) == []
    assert code(globex, query, orgId=str(delivered.organization.id)) == "unknown_organization"


@ROUTES
def test_globex_lists_none_of_acmes_by_rest(delivered, globex, route):
    assert globex.get(route).json() == {"items": [], "next_cursor": None}


def test_globex_sees_nothing_of_acmes_beside_its_own(delivered, globex):
    globex.write([deployed("d1", "2026-01-05 12:00")])
    globex.write([incident("i1", "2026-01-05 14:00", deployment_id="d9", link_basis="native")])
    (found,) = nodes(globex, DEPLOYMENTS)
    assert (found["changes"]["nodes"], found["incidents"]["nodes"]) == ([], [])
    (found,) = nodes(globex, INCIDENTS)
    assert (found["repository"], found["deployment"]) == (None, None)


@ROUTES
def test_without_a_token_nothing_is_read(stranger, delivered, route):
    assert stranger.get(f"/api/v1/{route}").status_code == 401


@ROUTES
def test_a_token_of_another_scope_reads_nothing(delivered, route):
    client = delivered.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    assert client.get(f"/api/v1/{route}").status_code == 403


@BOTH
def test_a_cursor_of_acme_is_none_of_globexs(delivered, globex, query):
    (found,) = delivered.graphql(query)["data"].values()
    assert code(globex, query, after=found["edges"][0]["cursor"]) == "invalid_cursor"


# --- deployments ---------------------------------------------------------------------------------


def test_a_deployment_is_told_with_its_changes_and_its_incidents(delivered):
    (found,) = nodes(delivered, DEPLOYMENTS, {"isProduction": True, "statuses": ["SUCCESS"]})
    assert found == {
        "id": f"{API}:d1",
        "deploymentId": "d1",
        "environment": "production",
        "status": "SUCCESS",
        "isProduction": True,
        "repository": {"fullName": "acme/api"},
        "changes": {
            "nodes": [
                {
                    "changeId": "#1",
                    "basis": "native",
                    "leadMergeHours": 2.0,
                    "pullRequest": {"number": 1, "title": "One"},
                },
                {
                    "changeId": "#2",
                    "basis": "heuristic",
                    "leadMergeHours": None,
                    "pullRequest": {"number": 2, "title": "Two"},
                },
            ],
            "pageInfo": {"hasNextPage": True},
        },
        "incidents": {
            "nodes": [
                {
                    "incidentId": "i1",
                    "linkBasis": "heuristic",
                    "deployment": {"deploymentId": "d1"},
                }
            ]
        },
    }


def test_a_change_that_is_a_commit_has_no_pull_request(delivered):
    query = DEPLOYMENTS.replace("first: 2", "first: 3")
    (found,) = nodes(delivered, query, {"teamIds": ["apps"]})
    last = found["changes"]["nodes"][-1]
    assert (last["changeId"], last["pullRequest"]) == ("abc", None)


def test_a_deployment_of_another_repository_with_the_same_id_has_its_own_changes(delivered):
    (found,) = nodes(delivered, DEPLOYMENTS, {"repositoryIds": [str(WEB)]})
    assert [each["pullRequest"]["title"] for each in found["changes"]["nodes"]] == ["Three"]
    assert found["incidents"]["nodes"] == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["d2", "d1", "d1"]),
        ({"environments": ["staging"]}, ["d1"]),
        ({"statuses": ["PENDING"]}, ["d2"]),
        ({"isCounted": False}, []),
        ({"createdIn": JANUARY}, ["d1", "d1"]),
        ({"finishedIn": {"startDate": "2026-01-05", "endDate": "2026-01-05"}}, ["d1"]),
        ({"repositoryIds": []}, []),
    ],
)
def test_deployments_come_newest_first_as_the_filter_says(delivered, asked, expected):
    assert names(delivered, DEPLOYMENTS, asked) == expected


# --- incidents -----------------------------------------------------------------------------------


def test_an_incident_is_told_with_the_deployment_that_brought_it(delivered):
    (found,) = nodes(delivered, INCIDENTS, {"statuses": ["RESOLVED"]})
    assert found == {
        "id": "github.com:i1",
        "incidentId": "i1",
        "status": "RESOLVED",
        "linkBasis": "heuristic",
        "restoreHours": 4.0,
        "repository": {"fullName": "acme/api"},
        "deployment": {"deploymentId": "d1", "environment": "production"},
    }


def test_an_incident_of_nothing_that_is_known_has_neither(delivered):
    (found,) = nodes(delivered, INCIDENTS, {"statuses": ["OPEN"]})
    assert (found["repository"], found["deployment"], found["linkBasis"]) == (None, None, None)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["i2", "i1"]),
        ({"repositoryIds": [str(API)]}, ["i1"]),
        ({"teamIds": ["apps"]}, ["i1"]),
        ({"startedIn": JANUARY}, ["i1"]),
        ({"resolvedIn": {"startDate": "2026-02-01", "endDate": "2026-02-28"}}, []),
    ],
)
def test_incidents_come_newest_first_as_the_filter_says(delivered, asked, expected):
    assert names(delivered, INCIDENTS, asked) == expected


# --- pages, and what cannot be asked -------------------------------------------------------------


@BOTH
def test_pages_follow_one_another(delivered, query):
    seen, after, more = [], None, True
    while more:
        (page,) = delivered.graphql(query, first=1, after=after)["data"].values()
        seen += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == nodes(delivered, query)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        (DEPLOYMENTS, {"createdIn": JANUARY, "finishedIn": JANUARY}),
        (INCIDENTS, {"startedIn": JANUARY, "resolvedIn": JANUARY}),
    ],
)
def test_two_windows_are_one_too_many(delivered, query, asked):
    assert code(delivered, query, filter=asked) == "two_windows"


# --- REST ----------------------------------------------------------------------------------------


def test_rest_tells_a_deployment_alike(delivered):
    (found,) = delivered.get("deployments", team_id="apps", status="success").json()["items"]
    assert (found["deployment_id"], found["repository"]) == ("d1", "acme/api")
    assert [each["change_id"] for each in found["changes"]["items"]] == ["#1", "#2", "abc"]
    assert found["changes"]["has_more"] is False
    assert found["incidents"] == [
        {"source_id": "github.com", "incident_id": "i1", "link_basis": "heuristic"}
    ]


def test_rest_tells_an_incident_alike(delivered):
    found, of_api = delivered.get("incidents").json()["items"]
    assert (found["incident_id"], found["repository"], found["deployment"]) == ("i2", None, None)
    assert of_api["deployment"]["deployment_id"] == "d1"
    assert of_api["deployment"]["finished_at"] == "2026-01-05T12:00:00Z"


@pytest.mark.parametrize(
    ("route", "asked", "expected"),
    [
        ("deployments", {"at": "finished_at", "since": "2026-01-05"}, ["d1"]),
        ("deployments", {"environment": "staging", "is_production": "false"}, ["d1"]),
        ("deployments", {"repo_id": str(API), "limit": 1}, ["d2"]),
        ("incidents", {"at": "resolved_at", "until": "2026-02-01"}, ["i1"]),
        ("incidents", {"status": "open"}, ["i2"]),
    ],
)
def test_rest_filters_alike(delivered, route, asked, expected):
    items = delivered.get(route, **asked).json()["items"]
    assert [each.get("deployment_id") if route == "deployments" else each["incident_id"]
            for each in items] == expected  # fmt: skip


@ROUTES
def test_rest_refuses_what_it_does_not_know(delivered, route):
    answer = delivered.get(route, severity="1")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")


# --- what a page costs ---------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 50])
def test_pages_are_a_few_queries_of_the_store_however_long(acme, rows):
    """Deployments: the page, repositories, changes, pull requests, incidents, and the deployments
    of these again. Incidents: the page, repositories, deployments."""
    acme.write(REPOSITORIES)
    for n in range(rows):
        acme.write([deployed(f"d{n}", "2026-01-05 12:00")])
    acme.write([change(f"#{n}", f"d{n}") for n in range(rows)])
    acme.write([pull(n) for n in range(rows)])
    acme.write([incident(f"i{n}", "2026-01-05 14:00", deployment_id=f"d{n}") for n in range(rows)])
    reads = store().reads_of(lambda: acme.graphql(DEPLOYMENTS))
    assert sorted(reads) == ["get", "get", "get", "page", "read", "read"]
    assert sorted(store().reads_of(lambda: acme.graphql(INCIDENTS))) == ["get", "get", "page"]
    assert sorted(store().reads_of(lambda: acme.get("deployments"))) == [
        "get", "page", "read", "read"
    ]  # fmt: skip
