"""Who reviews whose work, and whom the organisation tells apart."""

from dataclasses import replace

import pytest

from apps.metrics.models import Person
from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.models.rollups import ReviewEdgeDay
from devhealth.processors.identity import author_id
from tests.apps.metrics.rows import JAN_1, RANGE, identity, key
from tests.devhealth.metrics.worlds import API, WEB
from tests.tenants import ask

PEOPLE = sorted(map(key, range(5)), key=str)
ORDERED = [str(each) for each in PEOPLE]
OLGA = author_id("olga@home.example")

EDGES = """
query($input: ReviewEdgesInput!, $first: Int! = 200, $after: String) {
  reviewEdges(input: $input, first: $first, after: $after) {
    nodes { reviewerId reviewerName authorId authorName
            reviewsCount changesRequestedCount approvalsCount }
    edges { cursor }
    pageInfo { hasNextPage endCursor }
    othersCount othersReviewsCount isPrivate
  }
}"""


def edge(reviewer, author, reviews=1, repo=API, day=JAN_1, **more):
    return ReviewEdgeDay(
        repo_id=repo, reviewer_id=reviewer, author_id=author, day=day, reviews_count=reviews, **more
    )


def named(who, name, **more):
    return replace(identity(1, name), author_id=who, **more)


@pytest.fixture
def reviewed(acme):
    """Each of five people reviews the next one's work, the first of them most, on two days."""
    acme.write([named(who, f"P{place}") for place, who in enumerate(PEOPLE)])
    acme.write(
        [
            edge(who, PEOPLE[(place + 1) % 5], 10 - place, approvals_count=1)
            for place, who in enumerate(PEOPLE)
        ]
    )
    later = JAN_1.replace(day=2)
    acme.write([edge(PEOPLE[0], PEOPLE[1], 5, repo=WEB, day=later, changes_requested_count=2)])
    return acme


def edges(tenant, first=200, after=None, **asked):
    answer = tenant.graphql(EDGES, input={"range": RANGE} | asked, first=first, after=after)
    return answer["data"]["reviewEdges"]


def code(tenant, first=200, after=None, **asked):
    variables = {"input": {"range": RANGE} | asked, "first": first, "after": after}
    return ask(tenant.client(), EDGES, **variables).json()["errors"][0]["extensions"]["code"]


def test_mallory_of_globex_sees_none_of_acmes(reviewed, globex):
    found = edges(globex)
    assert (found["nodes"], found["othersCount"], found["isPrivate"]) == ([], 0, False)
    assert code(globex, orgId=str(reviewed.organization.id)) == "unknown_organization"


def test_a_token_of_another_scope_reads_nothing(reviewed):
    client = reviewed.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    answer = ask(client, EDGES, input={"range": RANGE}).json()
    assert answer["errors"][0]["extensions"]["code"] == "missing_scope"


def test_without_a_token_nothing_is_read(stranger, reviewed):
    assert ask(stranger, EDGES, input={"range": RANGE}).status_code == 401


def test_five_people_are_told_apart_in_the_order_of_their_ids(reviewed):
    found = edges(reviewed)
    assert [each["reviewerId"] for each in found["nodes"]] == ORDERED
    assert found["nodes"][0] == {
        "reviewerId": ORDERED[0],
        "reviewerName": "P0",
        "authorId": ORDERED[1],
        "authorName": "P1",
        "reviewsCount": 15,
        "changesRequestedCount": 2,
        "approvalsCount": 1,
    }
    assert (found["othersCount"], found["isPrivate"]) == (0, False)


def test_the_range_and_the_repositories_are_those_that_were_asked_for(reviewed):
    second = {"startDate": "2026-01-02", "endDate": "2026-01-02"}
    assert edges(reviewed, range=second)["othersReviewsCount"] == 5
    assert edges(reviewed, repositoryIds=[str(WEB)])["othersReviewsCount"] == 5
    assert edges(reviewed, repositoryIds=[])["othersReviewsCount"] == 0


def test_one_who_reviews_another_is_not_told(reviewed):
    found = edges(reviewed, repositoryIds=[str(WEB)])
    assert (found["nodes"], found["othersCount"], found["isPrivate"]) == ([], 1, True)


def test_the_organisations_own_threshold_decides(reviewed):
    reviewed.write([edge(PEOPLE[1], PEOPLE[0], repo=WEB)])
    assert edges(reviewed, repositoryIds=[str(WEB)])["nodes"] == []
    reviewed.send("PATCH", "settings", {"privacy_threshold": 2}, If_Match="*")
    assert len(edges(reviewed, repositoryIds=[str(WEB)])["nodes"]) == 2


def test_who_asks_sees_their_own_on_either_end(reviewed):
    with reviewed.entered():
        Person.objects.create(known_by="olga@home.example", user_id=reviewed.owner.pk)
    reviewed.write([edge(OLGA, PEOPLE[0], 3, repo=WEB), edge(PEOPLE[2], OLGA, 4, repo=WEB)])
    found = edges(reviewed, repositoryIds=[str(WEB)])
    assert sorted(each["reviewsCount"] for each in found["nodes"]) == [3, 4]
    assert (found["othersCount"], found["othersReviewsCount"]) == (1, 5)


def test_bots_review_where_all_are_asked_for_and_make_no_people_enough(reviewed):
    bot = key(99)
    reviewed.write([named(bot, "Bot", actor_kind="bot")])
    reviewed.write([edge(bot, PEOPLE[0], 7, actor_kind="bot")])
    assert len(edges(reviewed)["nodes"]) == 5
    assert len(edges(reviewed, population="ALL")["nodes"]) == 6
    reviewed.send("PATCH", "settings", {"privacy_threshold": 6}, If_Match="*")
    assert edges(reviewed, population="ALL")["nodes"] == []


def test_pages_follow_one_another(reviewed):
    first = edges(reviewed, first=3)
    assert first["pageInfo"]["hasNextPage"] is True
    rest = edges(reviewed, first=3, after=first["pageInfo"]["endCursor"])
    assert first["nodes"] + rest["nodes"] == edges(reviewed)["nodes"]
    assert code(reviewed, after=first["pageInfo"]["endCursor"], repositoryIds=[]) == (
        "invalid_cursor"
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"range": {"startDate": "2026-01-02", "endDate": "2026-01-01"}}, "no_days"),
        ({"range": {"startDate": "2024-01-01", "endDate": "2026-01-01"}}, "too_many_days"),
        ({"repositoryIds": ["x"]}, "malformed_id"),
        ({"first": 1001}, "invalid_first"),
    ],
)
def test_what_cannot_be_asked_is_named(reviewed, asked, expected):
    assert code(reviewed, **asked) == expected


@pytest.mark.parametrize("people", [1, 50])
def test_it_is_two_queries_of_the_store_however_many_they_are(acme, people):
    acme.write([edge(key(each), key(each + 1)) for each in range(people)])
    reads = store().reads_of(lambda: edges(acme))
    assert reads == ["aggregate", "get"]
