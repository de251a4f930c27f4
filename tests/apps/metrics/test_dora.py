"""DORA's figures as both APIs tell them; the figures themselves are `analytics`'."""

from datetime import date

import pytest

from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.models.records import DeploymentChange
from devhealth.models.rollups import DeployDay
from tests.apps.metrics.conftest import repository
from tests.apps.metrics.rows import RANGE, key
from tests.devhealth.delivery.things import deployed, incident
from tests.devhealth.metrics.worlds import API, WEB, at
from tests.queries import queries_of
from tests.tenants import ask

FIGURES = (
    "deploymentFrequency", "changeLeadTime", "changeFailRate", "failedDeploymentRecoveryTime",
    "timeToRestore", "deploymentReworkRate",
)  # fmt: skip
DORA = """
query(
  $range: DateRangeInput!, $ids: [ID!], $teams: [ID!], $profile: DoraProfile! = FIRST_COMMIT,
  $heuristics: Boolean! = true, $first: Int! = 50, $after: String, $orgId: String
) {
  dora(
    range: $range, repositoryIds: $ids, teamIds: $teams, profile: $profile,
    includeHeuristics: $heuristics, orgId: $orgId
  ) {
    since until profile includeHeuristics closedDays unlinkedIncidents
    deploymentFrequency { ...F } changeLeadTime { ...F } changeFailRate { ...F }
    failedDeploymentRecoveryTime { ...F } timeToRestore { ...F } deploymentReworkRate { ...F }
    kinds(first: $first, after: $after) {
      nodes { repository { fullName } kind } pageInfo { hasNextPage endCursor } }
  }
}
fragment F on Figure { value n unit reason }"""


def change(number, first_commit, merge, basis="native"):
    return DeploymentChange(
        repo_id=API, environment="production", change_id=f"#{number}", deployment_id="d1",
        deployed_at=at("2026-01-05 12:00"), is_production=True, team_id="apps", basis=basis,
        lead_first_commit_hours=first_commit, lead_merge_hours=merge,
    )  # fmt: skip


@pytest.fixture
def delivered(acme):
    """62 successes in 31 days, one of which broke something for 4 hours, 6 after it ended."""
    acme.write([repository(API, "acme/api"), repository(WEB, "acme/web")])
    acme.write(
        [
            DeployDay(
                repo_id=API, environment="production", is_production=True, day=date(2026, 1, 5),
                deployments_count=62, change_failures_count=1,
            )
        ]
    )  # fmt: skip
    acme.write([deployed("d1", "2026-01-05 12:00", team_id="apps")])
    acme.write([change(1, 26.0, 2.0), change(2, 7.0, 1.0), change(3, 30.0, 6.0, "heuristic")])
    acme.write(
        [
            incident("i1", "2026-01-05 14:00", "2026-01-05 18:00", deployment_id="d1",
                     link_basis="native", restore_hours=4.0, recovery_hours=6.0, team_id="apps"),
            incident("i2", "2026-01-06 14:00", "2026-01-06 16:00", restore_hours=2.0),
        ]
    )  # fmt: skip
    return acme


def told(tenant, **variables):
    return tenant.graphql(DORA, **{"range": RANGE} | variables)["data"]["dora"]


def values(found, *names):
    return [(found[name]["value"], found[name]["n"]) for name in names]


def code(tenant, **variables):
    answer = ask(tenant.client(), DORA, **{"range": RANGE} | variables).json()
    return answer["errors"][0]["extensions"]["code"]


def test_mallory_of_globex_is_told_of_none_of_acmes(delivered, globex):
    found = told(globex, ids=[str(API)])
    assert values(found, *FIGURES) == [(None, 0)] * 6
    assert found["kinds"]["nodes"] == []
    assert code(globex, orgId=str(delivered.organization.id)) == "unknown_organization"
    assert globex.get("dora").json()["kinds"] == []


def test_without_a_token_or_by_one_of_another_scope_nothing_is_read(stranger, delivered):
    assert stranger.get("/api/v1/dora").status_code == 401
    client = delivered.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    assert client.get("/api/v1/dora").status_code == 403


def test_the_figures_come_with_the_sizes_of_their_samples(delivered):
    found = told(delivered)
    assert values(found, *FIGURES) == [
        (2, 62), (26, 3), (0.016129, 62), (6, 1), (3, 2), (None, 0),
    ]  # fmt: skip
    assert found["changeLeadTime"]["unit"] == "hours"
    assert found["deploymentReworkRate"]["reason"] == "Nothing marks a deployment as unplanned."
    assert (found["closedDays"], found["unlinkedIncidents"]) == (31, 1)


def test_the_profile_says_from_where_lead_time_is_counted(delivered):
    found = told(delivered, profile="MERGE")
    assert (found["profile"], values(found, "changeLeadTime")) == ("MERGE", [(2, 3)])


def test_what_is_inferred_can_be_left_out(delivered):
    found = told(delivered, heuristics=False)
    assert (found["includeHeuristics"], values(found, "changeLeadTime")) == (False, [(16.5, 2)])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"ids": [str(API)]}, (3, 2)),
        ({"ids": [str(WEB)]}, (None, 0)),
        ({"teams": ["apps"]}, (4, 1)),
        ({"ids": []}, (None, 0)),
        ({"teams": []}, (None, 0)),
    ],
)
def test_repositories_and_teams_are_those_that_are_named(delivered, asked, expected):
    assert values(told(delivered, **asked), "timeToRestore") == [expected]


def test_each_repository_says_what_counts_as_its_deployment(delivered):
    first = told(delivered, first=1)["kinds"]
    rest = told(delivered, first=1, after=first["pageInfo"]["endCursor"])["kinds"]
    assert first["nodes"] + rest["nodes"] == [
        {"repository": {"fullName": "acme/api"}, "kind": "deployment"},
        {"repository": {"fullName": "acme/web"}, "kind": "deployment"},
    ]
    assert rest["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"range": {"startDate": "2026-01-02", "endDate": "2026-01-01"}}, "no_days"),
        ({"range": {"startDate": "2024-01-01", "endDate": "2026-01-01"}}, "too_many_days"),
        ({"ids": ["x"]}, "malformed_id"),
        ({"first": 201}, "invalid_first"),
    ],
)
def test_what_cannot_be_asked_is_named(delivered, asked, expected):
    assert code(delivered, **asked) == expected


def test_rest_tells_the_same(delivered):
    days = {"since": "2026-01-01", "until": "2026-02-01"}
    rest = delivered.get("dora", **days, profile="merge", include_heuristics="false").json()
    graph = told(delivered, profile="MERGE", heuristics=False)
    assert [rest[snake(name)] for name in FIGURES] == [graph[name] for name in FIGURES]
    assert (rest["since"], rest["until"], rest["profile"]) == ("2026-01-01", "2026-02-01", "merge")
    assert (rest["since"], rest["until"]) == (graph["since"], graph["until"])
    assert [(each["repository"], each["kind"]) for each in rest["kinds"]] == [
        ("acme/api", "deployment"), ("acme/web", "deployment"),
    ]  # fmt: skip


def snake(name):
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"share": "0.9"}, "unknown_parameter"),
        ({"profile": "deploy"}, "invalid_parameter"),
        ({"since": "2026-01-02", "until": "2026-01-02"}, "no_days"),
    ],
)
def test_what_rest_cannot_be_asked_is_named(delivered, asked, expected):
    answer = delivered.get("dora", **asked)
    assert (answer.status_code, answer.json()["code"]) == (400, expected)


def test_it_asks_the_same_for_one_repository_and_for_fifty(delivered):
    once, asked = store().reads_of(lambda: told(delivered)), queries_of(lambda: told(delivered))
    delivered.write([repository(key(n), f"acme/r{n}") for n in range(49)])
    assert store().reads_of(lambda: told(delivered)) == once
    assert queries_of(lambda: told(delivered)) == asked
