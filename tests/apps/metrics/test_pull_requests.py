"""Pull requests as both APIs list them: records with their phases, rankings of nobody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.models.directory import Directory
from devhealth.models.records import Review
from devhealth.processors.identity import Identities
from tests.apps.metrics.conftest import repository
from tests.devhealth.delivery.things import pull
from tests.devhealth.metrics.worlds import API, WEB, at
from tests.queries import queries_of
from tests.tenants import ask

PEOPLE = Identities(Directory())
ADA = PEOPLE.resolve("Ada Lovelace", "ada@example.com")
GRACE = PEOPLE.resolve("Grace Hopper", "grace@example.com")
REPOSITORIES = [repository(API, "acme/api"), repository(WEB, "acme/web")]
JANUARY = {"startDate": "2026-01-01", "endDate": "2026-01-31"}

PULL_REQUESTS = """
query(
  $filter: PullRequestFilter, $orderBy: PullRequestOrder! = CREATED_DESC, $first: Int! = 50,
  $after: String, $orgId: String
) {
  pullRequests(filter: $filter, orderBy: $orderBy, first: $first, after: $after, orgId: $orgId) {
    nodes {
      id number title url state labels locChanged sizeBucket authorName
      draftHours pickupHours reviewHours cycleHours codingHours
      repository { fullName } author { displayName team { name } }
      reviews(first: 2) {
        nodes { reviewId state reviewerName reviewer { displayName } }
        pageInfo { hasNextPage endCursor }
      }
    }
    edges { cursor }
    pageInfo { hasNextPage endCursor }
  }
}"""
PR = """
query($repositoryId: ID!, $number: Int!, $after: String) {
  pr(repositoryId: $repositoryId, number: $number) {
    number title reviews(first: 1, after: $after) {
      nodes { reviewId } pageInfo { hasNextPage endCursor } } } }"""
PLAIN = "query($filter: PullRequestFilter) { pullRequests(filter: $filter) { nodes { number } } }"


def opened(number, merged=None, **more):
    values = {
        "title": f"Change {number}",
        "author_id": ADA.author_id,
        "team_id": "web",
        "created": f"2026-01-{number:02} 10:00",
    }
    return pull(number, merged, **values | more)


def review(number, place, repo=API, **more):
    values = {
        "state": "commented",
        "submitted_at": at("2026-01-20 10:00") + timedelta(hours=place),
        "reviewer_login": "github:grace",
        "author_login": "github:ada",
        "reviewer_id": GRACE.author_id,
    }
    return Review(repo_id=repo, number=number, review_id=f"r{place}", **values | more)


@pytest.fixture
def listed(acme):
    """#1 (acme/web's) took 26 h and is large, #2 took 2 h, #3 is open; #2 has three reviews."""
    acme.write(REPOSITORIES)
    acme.write([ADA, GRACE])
    first = opened(
        1, "2026-02-01 12:00", repo_id=WEB, cycle_hours=26.0, loc_changed=900, team_id="apps",
        labels=["bug"], size_bucket="large", draft_hours=1.0, pickup_hours=5.0, review_hours=20.0,
        coding_hours=24.0, author_id=GRACE.author_id,
    )  # fmt: skip
    second = opened(2, "2026-01-02 12:00", cycle_hours=2.0, loc_changed=30)
    acme.write([first, second, opened(3)])
    acme.write([review(2, place) for place in (2, 0, 1)] + [review(1, 5, API), review(1, 0, WEB)])
    return acme


def nodes(tenant, filter=None, **variables):
    return tenant.graphql(PULL_REQUESTS, filter=filter, **variables)["data"]["pullRequests"][
        "nodes"
    ]


def numbers(tenant, filter=None, **variables):
    return [each["number"] for each in nodes(tenant, filter, **variables)]


def code(tenant, query=PULL_REQUESTS, **variables):
    return ask(tenant.client(), query, **variables).json()["errors"][0]["extensions"]["code"]


# --- strangers -----------------------------------------------------------------------------------


def test_mallory_of_globex_sees_no_pull_request_of_acmes(listed, globex):
    assert nodes(globex) == []
    assert nodes(globex, {"repositoryIds": [str(API)]}) == []
    assert globex.get("pull-requests").json()["items"] == []
    assert globex.graphql(PR, repositoryId=str(API), number=2)["data"] == {"pr": None}


def test_globex_sees_no_review_of_acmes_in_a_pull_request_of_its_own(listed, globex):
    globex.write([opened(2, title="Globex's")])
    (found,) = nodes(globex)
    assert (found["title"], found["reviews"]["nodes"]) == ("Globex's", [])
    assert (found["repository"], found["author"], found["authorName"]) == (None, None, None)


def test_an_organisation_that_is_not_the_tokens_is_not_found(listed, globex):
    assert code(globex, orgId=str(listed.organization.id)) == "unknown_organization"


def test_without_a_token_nothing_is_read(stranger, listed):
    assert stranger.get("/api/v1/pull-requests").status_code == 401
    assert ask(stranger, PLAIN).status_code == 401


def test_a_token_of_another_scope_reads_nothing(listed):
    client = listed.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    assert client.get("/api/v1/pull-requests").status_code == 403
    assert ask(client, PLAIN).json()["errors"][0]["extensions"]["code"] == "missing_scope"


def test_without_the_directory_a_token_reads_names_as_evidence_has_them_and_no_persons(listed):
    client = listed.asker(Role.OWNER, [Scope.METRICS_READ])
    answer = ask(client, PULL_REQUESTS, filter={"states": ["OPEN"]}).json()
    (found,) = answer["data"]["pullRequests"]["nodes"]
    assert (found["authorName"], found["author"]) == ("Ada Lovelace", None)
    assert answer["errors"][0]["extensions"]["code"] == "missing_scope"


def test_a_cursor_of_acme_is_none_of_globexs(listed, globex):
    (edge, *_) = listed.graphql(PULL_REQUESTS)["data"]["pullRequests"]["edges"]
    assert code(globex, after=edge["cursor"]) == "invalid_cursor"


# --- what is told --------------------------------------------------------------------------------


def test_a_pull_request_is_told_with_its_phases_and_with_whom_it_is_of(listed):
    (found,) = nodes(listed, {"repositoryIds": [str(WEB)]})
    assert found == {
        "id": f"{WEB}:1",
        "number": 1,
        "title": "Change 1",
        "url": "https://github.com/acme/api/pull/1",
        "state": "MERGED",
        "labels": ["bug"],
        "locChanged": 900,
        "sizeBucket": "large",
        "authorName": "Grace Hopper",
        "draftHours": 1.0,
        "pickupHours": 5.0,
        "reviewHours": 20.0,
        "cycleHours": 26.0,
        "codingHours": 24.0,
        "repository": {"fullName": "acme/web"},
        "author": {"displayName": "Grace Hopper", "team": None},
        "reviews": found["reviews"],
    }
    (only,) = found["reviews"]["nodes"]
    assert only == {
        "reviewId": "r0",
        "state": "commented",
        "reviewerName": "Grace Hopper",
        "reviewer": {"displayName": "Grace Hopper"},
    }


def test_reviews_are_of_their_own_pull_request_the_oldest_first(listed):
    (found,) = nodes(listed, {"states": ["MERGED"], "repositoryIds": [str(API)]})
    assert [each["reviewId"] for each in found["reviews"]["nodes"]] == ["r0", "r1"]
    assert found["reviews"]["pageInfo"]["hasNextPage"] is True


def test_reviews_of_one_pull_request_follow_page_by_page(listed):
    seen, after = [], None
    for _ in range(3):
        pr = listed.graphql(PR, repositoryId=str(API), number=2, after=after)["data"]["pr"]
        seen += [each["reviewId"] for each in pr["reviews"]["nodes"]]
        after = pr["reviews"]["pageInfo"]["endCursor"]
    assert (seen, pr["reviews"]["pageInfo"]["hasNextPage"]) == (["r0", "r1", "r2"], False)


def test_a_pull_request_that_is_not_there_is_null(listed):
    assert listed.graphql(PR, repositoryId=str(API), number=77)["data"] == {"pr": None}


def test_one_that_was_deleted_is_not_told(listed):
    gone = replace(opened(3), deleted_at=at("2026-03-01 00:00"), deleted_reason="gone")
    listed.write([gone])
    assert numbers(listed) == [2, 1]


# --- filters and orders --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [3, 2, 1]),
        ({"states": ["OPEN"]}, [3]),
        ({"states": ["OPEN", "MERGED"], "repositoryIds": [str(WEB)]}, [1]),
        ({"teamIds": ["apps"]}, [1]),
        ({"teamIds": []}, []),
        ({"authorIds": [str(ADA.author_id)]}, [3, 2]),
        ({"createdIn": {"startDate": "2026-01-02", "endDate": "2026-01-02"}}, [2]),
        ({"mergedIn": JANUARY}, [2]),
        ({"search": "hange 2"}, [2]),
        ({"search": " CHANGE "}, [3, 2, 1]),
        ({"search": "hange_2"}, []),
        ({"search": "", "minCycleTimeHours": 2}, [2, 1]),
        ({"minCycleTimeHours": 2.5}, [1]),
        ({"search": "change", "minCycleTimeHours": 26, "teamIds": ["web"]}, []),
    ],
)
def test_a_filter_lets_through_what_it_names(listed, asked, expected):
    assert numbers(listed, asked) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("CREATED_DESC", [3, 2, 1]),
        ("MERGED_DESC", [1, 2, 3]),
        ("CYCLE_TIME_DESC", [1, 2, 3]),
        ("SIZE_DESC", [1, 2, 3]),
    ],
)
def test_an_order_puts_nulls_last_and_pages_follow_it(listed, order, expected):
    seen, after = [], None
    for has_next in (True, True, False):
        answer = listed.graphql(PULL_REQUESTS, orderBy=order, first=1, after=after)
        page = answer["data"]["pullRequests"]
        seen += [each["number"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is has_next
    assert seen == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"filter": {"createdIn": JANUARY, "mergedIn": JANUARY}}, "two_windows"),
        (
            {"filter": {"createdIn": {"startDate": "2026-01-02", "endDate": "2026-01-01"}}},
            "no_days",
        ),
        ({"filter": {"authorIds": ["ada"]}}, "malformed_id"),
        ({"filter": {"search": "x" * 201}}, "invalid_search"),
        ({"first": 201}, "invalid_first"),
    ],
)
def test_what_cannot_be_asked_is_named(listed, variables, expected):
    assert code(listed, **variables) == expected


def test_a_cursor_is_of_the_same_question(listed):
    (edge, *_) = listed.graphql(PULL_REQUESTS)["data"]["pullRequests"]["edges"]
    after = edge["cursor"]
    assert code(listed, after=after, orderBy="SIZE_DESC") == "invalid_cursor"
    assert code(listed, after=after, filter={"search": "change"}) == "invalid_cursor"
    assert code(listed, after=after, filter={"minCycleTimeHours": 1}) == "invalid_cursor"


def test_a_page_of_what_is_searched_for_is_full(listed):
    """The first and the third; what does not pass stands in no page."""
    listed.write([opened(3, title="Change 31"), opened(4, title="Other")])
    asked = {"search": "1"}
    answer = listed.graphql(PULL_REQUESTS, filter=asked, first=1)["data"]["pullRequests"]
    after = answer["pageInfo"]["endCursor"]
    assert [each["number"] for each in answer["nodes"]] == [3]
    assert numbers(listed, asked, first=1, after=after) == [1]


# --- REST ----------------------------------------------------------------------------------------


def test_rest_tells_the_same(listed):
    (rest,) = listed.get("pull-requests", repo_id=str(WEB), order="size_desc").json()["items"]
    (graph,) = nodes(listed, {"repositoryIds": [str(WEB)]})
    assert (rest["number"], rest["cycle_hours"], rest["labels"]) == (1, 26.0, ["bug"])
    assert (rest["repository"], rest["author_name"]) == ("acme/web", graph["authorName"])
    assert "author_login" not in rest


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"at": "merged_at", "since": "2026-01-01", "until": "2026-02-01"}, [2]),
        ({"until": "2026-01-03"}, [2, 1]),
        ({"state": "open"}, [3]),
        ({"q": "E 2"}, [2]),
        ({"min_cycle_hours": 26}, [1]),
    ],
)
def test_rest_filters_alike(listed, asked, expected):
    items = listed.get("pull-requests", **asked).json()["items"]
    assert [each["number"] for each in items] == expected


def test_rest_pages_by_the_same_cursors(listed):
    answer = listed.get("pull-requests", limit=2)
    cursor = answer.json()["next_cursor"]
    assert numbers(listed, after=cursor) == [1]
    assert f"cursor={cursor[:10]}" in answer["Link"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"title": "x"}, "unknown_parameter"),
        ({"state": "draft"}, "invalid_parameter"),
        ({"at": "closed_at"}, "invalid_parameter"),
        ({"since": "2026-01-02", "until": "2026-01-02"}, "no_days"),
    ],
)
def test_what_rest_cannot_be_asked_is_named(listed, asked, expected):
    answer = listed.get("pull-requests", **asked)
    assert (answer.status_code, answer.json()["code"]) == (400, expected)


# --- what a page costs ---------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 50])
def test_a_page_is_five_queries_of_the_store_however_long(acme, rows):
    """The page, its repositories, its authors, its reviews, their reviewers."""
    acme.write(REPOSITORIES)
    acme.write([ADA, GRACE])
    acme.write([opened(1, repo_id=API) if n == 0 else pull(n + 1) for n in range(rows)])
    acme.write([review(n + 1, place) for n in range(rows) for place in range(3)])
    reads = store().reads_of(lambda: acme.graphql(PULL_REQUESTS))
    assert sorted(reads) == ["get", "get", "get", "page", "read"]
    assert store().reads_of(lambda: acme.get("pull-requests")) == ["page", "get", "get"]


def test_a_page_asks_the_control_database_the_same_for_one_and_for_fifty(acme):
    acme.write([ADA, GRACE])
    acme.write([opened(1)])
    acme.graphql(PULL_REQUESTS)
    once = queries_of(lambda: acme.graphql(PULL_REQUESTS))
    acme.write([pull(n) for n in range(2, 51)])
    assert queries_of(lambda: acme.graphql(PULL_REQUESTS)) == once


def test_names_that_nobody_asks_for_are_not_read(listed):
    assert store().reads_of(lambda: listed.graphql(PLAIN)) == ["page"]
