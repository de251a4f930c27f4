"""How far the data can be trusted, as both APIs tell it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.models.records import DeploymentChange, Link, QuarantinedRecord, SourceCoverage
from tests.apps.metrics.conftest import repository
from tests.apps.metrics.rows import key
from tests.devhealth.delivery.things import incident, pull
from tests.devhealth.metrics.worlds import API, WEB
from tests.tenants import ask

NOW = datetime.now(UTC).replace(microsecond=0)
HEALTH = """
query($days: Int! = 30, $ids: [ID!], $first: Int! = 50, $after: String, $next: String) {
  dataHealth(days: $days, repositoryIds: $ids) {
    asOf since quarantinedCount
    sources(first: $first, after: $after) {
      nodes { repository { fullName } target lastSuccessAt lastRunAt lagHours unreachableReason
              quarantinedCount }
      pageInfo { hasNextPage endCursor }
    }
    quarantined(first: $first, after: $next) {
      nodes { repository { fullName } target address reason foundAt }
      pageInfo { hasNextPage endCursor }
    }
    unlinkedIncidents { total unlinked share }
    unlinkedPullRequests { total unlinked share }
    pullRequestsWithoutItem { total unlinked share }
  }
}"""


def ago(**span):
    return NOW - timedelta(**span)


def covered(place, repo=API, target="prs", reason=None, **span):
    return SourceCoverage(
        source_id="github.com", repo_id=repo, target=target, run_id=key(place),
        unreachable_reason=reason, finished_at=ago(**span),
    )  # fmt: skip


def aside(address, repo=API, target="prs", **span):
    return QuarantinedRecord(
        source_id="github.com", repo_id=repo, target=target, address=address,
        reason="`created_at` is missing.", found_at=ago(**span),
    )  # fmt: skip


@pytest.fixture
def seen(acme):
    """acme/api's pull requests were seen 2 h ago, not since; acme/web's runs of CI 40 days ago."""
    acme.write([repository(API, "acme/api"), repository(WEB, "acme/Web")])
    acme.write(
        [
            covered(1, hours=2),
            covered(2, hours=1, reason="No permission."),
            covered(3, WEB, "cicd", days=40),
            covered(4, WEB, "prs", hours=3),
        ]
    )
    acme.write([aside("pull request 7", hours=2), aside("pull request 8", WEB, hours=1)])
    acme.write(
        [
            incident("i1", ago(days=1), deployment_id="d1"),
            incident("i2", ago(days=2)),
            incident("i3", ago(days=50)),
        ]
    )
    acme.write(
        [
            pull(1, ago(days=2)),
            pull(2, ago(days=2)),
            pull(3, ago(days=50)),
            pull(4, ago(days=2), is_into_default=False),
            pull(5),
        ]
    )
    acme.write(
        [
            DeploymentChange(
                repo_id=API, environment="production", change_id="#1", deployment_id="d1",
                deployed_at=ago(days=1), basis="native",
            )
        ]
    )  # fmt: skip
    return acme


def told(tenant, **variables):
    return tenant.graphql(HEALTH, **variables)["data"]["dataHealth"]


def code(tenant, **variables):
    return ask(tenant.client(), HEALTH, **variables).json()["errors"][0]["extensions"]["code"]


def names(found):
    return [(each["repository"]["fullName"], each["target"]) for each in found["nodes"]]


# --- strangers -----------------------------------------------------------------------------------


def test_mallory_of_globex_is_told_of_none_of_acmes(seen, globex):
    found = told(globex, ids=[str(API)])
    assert (found["sources"]["nodes"], found["quarantined"]["nodes"]) == ([], [])
    assert found["quarantinedCount"] == 0
    assert found["unlinkedIncidents"] == {"total": 0, "unlinked": 0, "share": None}
    assert globex.get("data-health").json()["items"] == []
    assert globex.get("data-health/quarantined").json()["items"] == []


@pytest.mark.parametrize("route", ["data-health", "data-health/quarantined"])
def test_without_a_token_or_by_one_of_another_scope_nothing_is_read(stranger, seen, route):
    assert stranger.get(f"/api/v1/{route}").status_code == 401
    client = seen.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    assert client.get(f"/api/v1/{route}").status_code == 403


def test_cursors_of_acme_are_none_of_globexs(seen, globex):
    found = told(seen, first=1)
    for name, variable in (("sources", "after"), ("quarantined", "next")):
        cursor = found[name]["pageInfo"]["endCursor"]
        assert code(globex, **{variable: cursor}) == "invalid_cursor"


# --- what is told --------------------------------------------------------------------------------


def test_a_source_is_told_with_when_it_was_last_seen_and_why_it_is_not(seen):
    found = told(seen)
    api, web = found["sources"]["nodes"]
    assert names(found["sources"]) == [("acme/api", "prs"), ("acme/Web", "prs")]
    assert datetime.fromisoformat(api["lastSuccessAt"]) == ago(hours=2)
    assert datetime.fromisoformat(api["lastRunAt"]) == ago(hours=1)
    lag = datetime.fromisoformat(found["asOf"]) - ago(hours=2)
    assert api["lagHours"] == pytest.approx(lag / timedelta(hours=1), abs=1e-5)
    assert (api["unreachableReason"], api["quarantinedCount"]) == ("No permission.", 1)
    assert (web["unreachableReason"], web["quarantinedCount"]) == (None, 1)


def test_more_days_see_older_runs(seen):
    assert ("acme/Web", "cicd") in names(told(seen, days=60)["sources"])


def test_what_cannot_be_read_is_listed_the_newest_first(seen):
    found = told(seen)
    assert found["quarantinedCount"] == 2
    assert [each["address"] for each in found["quarantined"]["nodes"]] == [
        "pull request 8", "pull request 7",
    ]  # fmt: skip
    assert names(found["quarantined"]) == [("acme/Web", "prs"), ("acme/api", "prs")]


def test_what_is_linked_to_nothing_is_a_share_of_these_days(seen):
    found = told(seen)
    assert found["unlinkedIncidents"] == {"total": 2, "unlinked": 1, "share": 0.5}
    assert found["unlinkedPullRequests"] == {"total": 2, "unlinked": 1, "share": 0.5}
    assert told(seen, days=60)["unlinkedPullRequests"]["share"] == 0.666667


def test_pull_requests_without_a_work_item_are_a_share_of_all_that_were_merged(seen):
    """#1 names an item and an incident's does not count; #2 and #4 name none."""
    named = {"to_id": "i1", "basis": "explicit_text", "confidence": 0.9, "rule": "closes"}
    seen.write(
        [
            Link(repo_id=API, from_kind="pull_request", from_id="#1", to_kind="work_item", **named),
            Link(repo_id=API, from_kind="incident", from_id="#2", to_kind="work_item", **named),
        ]
    )
    found = told(seen)["pullRequestsWithoutItem"]
    assert found == {"total": 3, "unlinked": 2, "share": 0.666667}
    assert seen.get("data-health").json()["pull_requests_without_item"] == found


def test_only_the_repositories_that_are_asked_for_are_told(seen):
    found = told(seen, ids=[str(WEB)])
    assert names(found["sources"]) == [("acme/Web", "prs")]
    assert (found["quarantinedCount"], found["unlinkedIncidents"]["total"]) == (1, 0)


def test_a_source_of_no_repository_is_told(acme):
    acme.write([covered(1, UUID(int=0), "incidents", hours=1)])
    (only,) = told(acme)["sources"]["nodes"]
    assert (only["repository"], only["target"]) == (None, "incidents")


def test_pages_of_both_lists_follow_one_another(seen):
    first = told(seen, first=1)
    assert first["sources"]["pageInfo"]["hasNextPage"] is True
    after, more = (first[name]["pageInfo"]["endCursor"] for name in ("sources", "quarantined"))
    rest = told(seen, first=1, after=after, next=more)
    assert names(rest["sources"]) == [("acme/Web", "prs")]
    assert names(rest["quarantined"]) == [("acme/api", "prs")]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"days": 0}, "invalid_days"),
        ({"days": 367}, "invalid_days"),
        ({"ids": ["x"]}, "malformed_id"),
        ({"first": 201}, "invalid_first"),
    ],
)
def test_what_cannot_be_asked_is_named(seen, variables, expected):
    assert code(seen, **variables) == expected


# --- REST ----------------------------------------------------------------------------------------


def test_rest_tells_the_same(seen):
    rest, graph = seen.get("data-health").json(), told(seen)
    assert [(each["repository"], each["target"]) for each in rest["items"]] == names(
        graph["sources"]
    )
    assert rest["items"][0]["unreachable_reason"] == "No permission."
    assert rest["unlinked_incidents"] == graph["unlinkedIncidents"]
    assert rest["unlinked_pull_requests"] == graph["unlinkedPullRequests"]
    assert rest["quarantined_count"] == 2


def test_rest_lists_what_cannot_be_read_page_by_page(seen):
    page = seen.get("data-health/quarantined", limit=1).json()
    rest = seen.get("data-health/quarantined", limit=1, cursor=page["next_cursor"]).json()
    assert [each["repository"] for each in page["items"] + rest["items"]] == [
        "acme/Web", "acme/api",
    ]  # fmt: skip
    assert rest["next_cursor"] is None


def test_rest_refuses_what_it_does_not_know(seen):
    assert seen.get("data-health", target="prs").json()["code"] == "unknown_parameter"


@pytest.mark.parametrize("rows", [1, 50])
def test_it_is_seven_queries_of_the_store_however_long(acme, rows):
    """Coverage, what was put aside, its page, repositories, incidents, pull requests, changes."""
    acme.write([repository(key(n), f"acme/r{n}") for n in range(rows)])
    acme.write([covered(n, key(n), hours=1) for n in range(rows)])
    acme.write([aside(str(n), key(n), hours=1) for n in range(rows)])
    reads = store().reads_of(lambda: told(acme))
    assert sorted(reads) == ["page", *["read"] * 8]
