"""Whose numbers are told to whom, by every door that takes people or has rows of them."""

from uuid import UUID

import pytest

from apps.metrics.models import Person
from devhealth.models.records import Identity
from devhealth.models.rollups import UserDay
from devhealth.processors.identity import author_id
from tests.apps.metrics.rows import JAN_1, RANGE, WINDOW, key
from tests.apps.metrics.test_review_edges import edge
from tests.devhealth.metrics.worlds import API, WEB
from tests.tenants import ask

OLGA = author_id("olga@home.example")
PEOPLE = [OLGA, *map(key, range(1, 5))]  # five, and so told apart
ROBOTS = list(map(key, range(11, 15)))

USERS = """
query($filter: MetricsDailyFilter!, $first: Int = 200, $after: String) {
  rows: userMetricsDaily(filter: $filter, first: $first, after: $after) {
    nodes { authorId repoId commitsCount } pageInfo { endCursor }
  }
}"""
EDGES = """
query($filter: MetricsDailyFilter!) {
  rows: reviewEdgesDaily(filter: $filter) { nodes { authorId reviewerId reviewsCount } }
}"""
PARTS = """
query($batch: AnalyticsRequestInput!) {
  analytics(batch: $batch) {
    timeseries { total } breakdowns { items { key value } otherValue isPrivate }
  }
}"""
OF_COMMITS = {"measure": "COMMITS_COUNT", "dateRange": RANGE}
SERIES = {"timeseries": [{**OF_COMMITS, "interval": "DAY"}]}
OTHERS = {
    "evidence": """query($filters: FilterInput) {
      evidence(measure: COMMITS_COUNT, scope: {level: ORG, ids: []}, day: "2026-01-01",
               filters: $filters) { value } }""",
    "scope": """query($ids: [String!]!) {
      evidence(measure: COMMITS_COUNT, scope: {level: DEVELOPER, ids: $ids}, day: "2026-01-01")
      { value } }""",
    "home": "query($filters: FilterInput) { home(filters: $filters) { deltas { value } } }",
    "investment": """query($filters: FilterInput) {
      investment(range: {startDate: "2026-01-01", endDate: "2026-01-02"}, filters: $filters)
      { themes { theme } } }""",
}


@pytest.fixture
def worked(acme):
    """Five people in API, of whom one worked in WEB, too; a robot wherever they did."""
    acme.write([known(each) for each in PEOPLE] + [known(each, "bot") for each in ROBOTS])
    acme.write([day(each, number) for number, each in enumerate(PEOPLE, 1)])
    acme.write([day(PEOPLE[1], 7, WEB), *(day(each, 50, WEB, "bot") for each in ROBOTS)])
    return acme


def known(who, kind="human"):
    return Identity(author_id=who, name="N", email=None, actor_kind=kind)


def day(who, commits, repo=API, kind="human"):
    return UserDay(repo_id=repo, author_id=who, day=JAN_1, commits_count=commits, actor_kind=kind)


def link(tenant):
    """Who asks is the first of them."""
    with tenant.entered():
        Person.objects.create(known_by="olga@home.example", user_id=tenant.owner.pk)


def rows(tenant, query=USERS, **where):
    answer = tenant.graphql(query, filter={"range": RANGE} | where)
    return answer["data"]["rows"]["nodes"]


def counts(told):
    return sorted(each["commitsCount"] for each in told)


def texts(people):
    return [str(each) for each in people]


def code(tenant, query, **variables):
    return ask(tenant.client(), query, **variables).json()["errors"][0]["extensions"]["code"]


# --- rows of people ------------------------------------------------------------------------------


def test_mallory_of_globex_sees_no_person_of_acmes(worked, globex):
    assert rows(globex, personIds=texts(PEOPLE)) == []


def test_rows_are_of_repositories_where_enough_people_worked(worked):
    """Bots beside them do not make WEB a crowd."""
    assert counts(rows(worked)) == [1, 2, 3, 4, 5]
    assert {UUID(each["repoId"]) for each in rows(worked)} == {API}
    assert rows(worked, repositoryIds=[str(WEB)]) == []


def test_one_person_among_enough_is_told(worked):
    assert counts(rows(worked, personIds=[str(PEOPLE[1])])) == [2]


def test_on_days_of_four_nobody_is_told(worked):
    second = {"startDate": "2026-01-02", "endDate": "2026-01-02"}
    worked.write([day(each, 1) for each in PEOPLE[:4]])
    assert rows(worked, range=second) == []


def test_who_asks_sees_all_of_their_own(worked):
    worked.write([day(OLGA, 9, WEB)])
    assert counts(rows(worked, personIds=[str(OLGA)])) == [1]
    link(worked)
    assert counts(rows(worked, personIds=[str(OLGA)])) == [1, 9]
    assert counts(rows(worked, personIds=texts([OLGA, PEOPLE[1]]))) == [1, 2]


def test_where_nobody_is_told_who_asks_has_their_own(worked):
    link(worked)
    worked.write([day(OLGA, 9, WEB)])
    worked.send("PATCH", "settings", {"privacy_threshold": 6}, If_Match="*")
    assert counts(rows(worked)) == [1, 9]
    assert rows(worked, personIds=[str(PEOPLE[1])]) == []
    assert counts(rows(worked, personIds=texts([OLGA, PEOPLE[1]]))) == [1, 9]


def test_the_threshold_is_the_organisations(worked):
    worked.send("PATCH", "settings", {"privacy_threshold": 6}, If_Match="*")
    assert rows(worked) == []


def test_rest_has_the_same_rows(worked):
    rest = worked.get("metrics/user_metrics_daily", **WINDOW).json()["items"]
    assert sorted(each["commits_count"] for each in rest) == [1, 2, 3, 4, 5]
    mine = worked.get("metrics/user_metrics_daily", **WINDOW, repo_id=str(WEB)).json()["items"]
    assert mine == []


def test_pages_go_on(worked):
    first = worked.graphql(USERS, filter={"range": RANGE}, first=3)["data"]["rows"]
    after = first["pageInfo"]["endCursor"]
    second = worked.graphql(USERS, filter={"range": RANGE}, first=3, after=after)["data"]["rows"]
    assert counts(first["nodes"] + second["nodes"]) == [1, 2, 3, 4, 5]


def test_rows_of_reviews_need_enough_people_at_both_ends(worked):
    worked.write([edge(each, PEOPLE[0], 1) for each in PEOPLE[1:]])
    assert rows(worked, EDGES) == []
    worked.write([edge(PEOPLE[0], each, 2) for each in PEOPLE[1:]])
    assert len(rows(worked, EDGES)) == 8
    assert len(worked.get("metrics/review_edges_daily", **WINDOW).json()["items"]) == 8


# --- filters on people ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "people",
    [PEOPLE[1:2], PEOPLE[1:], [*PEOPLE[1:], *ROBOTS], [PEOPLE[1], *map(key, range(20, 30))]],
    ids=["one", "four", "four and bots", "one and ids of nobody"],
)
def test_numbers_of_too_few_people_are_told_to_nobody(worked, people):
    who = {"who": {"developers": texts(people)}}
    assert code(worked, PARTS, batch=SERIES | {"filters": who}) == "too_few_people"
    scope = {"scope": {"level": "DEVELOPER", "ids": texts(people)}}
    assert code(worked, PARTS, batch=SERIES | {"filters": scope}) == "too_few_people"


@pytest.mark.parametrize("door", ["evidence", "home", "investment"])
def test_no_other_door_tells_them(worked, door):
    filters = {"who": {"developers": [str(PEOPLE[1])]}}
    assert code(worked, OTHERS[door], filters=filters) == "too_few_people"


def test_no_scope_of_evidence_tells_them(worked):
    assert code(worked, OTHERS["scope"], ids=[str(PEOPLE[1])]) == "too_few_people"
    asked = {"measure": "commits_count", "day": "2026-01-01", "author_id": str(PEOPLE[1])}
    assert worked.get("evidence", **asked).json()["code"] == "too_few_people"


def test_five_people_are_told_together(worked):
    filters = {"who": {"developers": texts(PEOPLE)}}
    (series,) = worked.graphql(PARTS, batch=SERIES | {"filters": filters})["data"]["analytics"][
        "timeseries"
    ]
    assert series["total"] == 22


def test_bots_alone_are_told(worked):
    filters = {"who": {"developers": texts(ROBOTS[:1])}}
    batch = SERIES | {"filters": filters, "population": "ALL"}
    (series,) = worked.graphql(PARTS, batch=batch)["data"]["analytics"]["timeseries"]
    assert series["total"] == 50


def test_who_asks_may_ask_for_themselves(worked):
    link(worked)
    filters = {"who": {"developers": [str(OLGA)]}}
    (series,) = worked.graphql(PARTS, batch=SERIES | {"filters": filters})["data"]["analytics"][
        "timeseries"
    ]
    assert series["total"] == 1


def test_bots_do_not_make_a_breakdown_a_crowd(worked):
    part = {"breakdowns": [{**OF_COMMITS, "dimension": "AUTHOR"}], "population": "ALL"}
    filters = {"what": {"repos": [str(WEB)]}}
    (found,) = worked.graphql(PARTS, batch=part | {"filters": filters})["data"]["analytics"][
        "breakdowns"
    ]
    assert (found["items"], found["otherValue"], found["isPrivate"]) == ([], 207, True)
