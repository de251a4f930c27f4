"""Repositories, people and teams as GraphQL lists them, and repositories over REST."""

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.metrics.models import Person, PersonAlias, Team, TeamMembership, TeamPattern
from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.models.directory import Directory
from devhealth.models.rollups import TeamDay
from devhealth.processors.identity import Identities
from tests.apps.metrics.conftest import repository
from tests.apps.metrics.rows import key
from tests.queries import queries_of
from tests.tenants import ask

PEOPLE = Identities(Directory())
ADA = PEOPLE.resolve("Ada Lovelace", "ada@example.com")
GRACE = PEOPLE.resolve("Grace Hopper", "grace@example.com")
ROBOT = PEOPLE.resolve("dependabot[bot]", "bot@example.com")
NOW = datetime.now(UTC)

REPOSITORIES = """
query($first: Int = 50, $after: String, $search: String, $teamIds: [ID!], $orgId: String) {
  repositories(first: $first, after: $after, search: $search, teamIds: $teamIds, orgId: $orgId) {
    nodes { id fullName provider url isFork team { name } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { cursor node { fullName } }
  }
}"""
TELL = """
query($first: Int = 50, $after: String, $search: String, $teamIds: [ID!], $bots: Boolean = false) {
  people(first: $first, after: $after, search: $search, teamIds: $teamIds, includeBots: $bots) {
    nodes { id displayName email actorKind aliases isViewer team { name memberCount } }
    pageInfo { hasNextPage endCursor }
  }
}"""
TEAMS = """
query($first: Int = 50, $after: String, $search: String) {
  teams(first: $first, after: $after, search: $search) {
    nodes { id name repositoryPatterns projectPatterns memberCount }
    pageInfo { hasNextPage endCursor }
  }
}"""


@pytest.fixture
def listed(acme):
    """Three repositories, two people and a bot; Platform owns acme/infra-*, Ada is in it."""
    acme.write([repository(key(n), name) for n, name in enumerate(NAMES)])
    acme.write([ADA, GRACE, ROBOT])
    with acme.entered():
        platform = Team.objects.create(name="Platform")
        Team.objects.create(name="apps")
        TeamPattern.objects.create(team=platform, kind="repository", pattern="acme/infra-*")
        TeamMembership.objects.create(team=platform, person="ada@example.com")
        TeamMembership.objects.create(
            team=platform, person="grace@example.com", until=NOW - timedelta(days=1)
        )
    return acme


NAMES = ["acme/infra-dns", "Acme/API", "acme/web"]


def nodes(tenant, query, **variables):
    (found,) = tenant.graphql(query, **variables)["data"].values()
    return found["nodes"]


def full_names(tenant, **variables):
    return [node["fullName"] for node in nodes(tenant, REPOSITORIES, **variables)]


def names(tenant, query=TELL, **variables):
    return [each.get("displayName", each.get("name")) for each in nodes(tenant, query, **variables)]


def platform_of(tenant):
    with tenant.entered():
        return str(Team.objects.get(name="Platform").pk)


def code(tenant, query, **variables):
    return ask(tenant.client(), query, **variables).json()["errors"][0]["extensions"]["code"]


# --- strangers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [REPOSITORIES, TELL, TEAMS])
def test_mallory_of_globex_sees_none_of_acmes(listed, globex, query):
    assert nodes(globex, query) == []


def test_acmes_team_is_nobodys_in_globex(listed, globex):
    globex.write([ADA])
    assert names(globex, teamIds=[platform_of(listed)]) == []


def test_an_organisation_that_is_not_the_tokens_is_not_found(listed, globex):
    claim = str(listed.organization.id)
    assert code(globex, REPOSITORIES, orgId=claim) == "unknown_organization"


def test_a_cursor_of_acme_is_none_of_globexs(listed, globex):
    (edge, *_) = listed.graphql(REPOSITORIES)["data"]["repositories"]["edges"]
    assert code(globex, REPOSITORIES, after=edge["cursor"]) == "invalid_cursor"


@pytest.mark.parametrize("query", [TELL, TEAMS])
def test_people_and_teams_want_a_token_for_the_directory(listed, query):
    client = listed.asker(Role.OWNER, [Scope.METRICS_READ])
    answer = ask(client, query).json()
    assert answer["errors"][0]["extensions"]["code"] == "missing_scope"


# --- repositories --------------------------------------------------------------------------------


def test_repositories_come_by_name_with_the_team_that_owns_them(listed):
    found = [(each["fullName"], each["team"]) for each in nodes(listed, REPOSITORIES)]
    assert found == [
        ("Acme/API", None),
        ("acme/infra-dns", {"name": "Platform"}),
        ("acme/web", None),
    ]


def test_repositories_are_searched_in_whatever_case(listed):
    assert full_names(listed, search="api") == ["Acme/API"]


def test_a_team_has_the_repositories_that_it_owns(listed):
    assert full_names(listed, teamIds=[platform_of(listed)]) == ["acme/infra-dns"]


def test_no_team_at_all_has_no_repository(listed):
    assert full_names(listed, teamIds=[]) == []


def test_repositories_follow_page_by_page(listed):
    seen, after = [], None
    for has_next in (True, True, False):
        page = listed.graphql(REPOSITORIES, first=1, after=after)["data"]["repositories"]
        seen += [each["fullName"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] == has_next
    assert seen == ["Acme/API", "acme/infra-dns", "acme/web"]


@pytest.mark.parametrize("first", [0, 201])
def test_a_page_has_a_size(listed, first):
    assert code(listed, REPOSITORIES, first=first) == "invalid_first"


def test_rest_lists_the_same_repositories(listed):
    page = listed.get("repositories", limit=2).json()
    rest = listed.get("repositories", limit=2, cursor=page["next_cursor"]).json()
    assert [each["full_name"] for each in page["items"] + rest["items"]] == full_names(listed)
    assert rest["next_cursor"] is None


def test_rest_lists_the_repositories_of_a_team(listed):
    items = listed.get("repositories", team_id=platform_of(listed), q="INFRA").json()["items"]
    assert [each["full_name"] for each in items] == ["acme/infra-dns"]


# --- people --------------------------------------------------------------------------------------


def test_people_come_by_name_without_bots(listed):
    assert names(listed) == ["Ada Lovelace", "Grace Hopper"]
    assert names(listed, bots=True) == ["Ada Lovelace", "Grace Hopper", "dependabot[bot]"]


def test_a_person_has_the_team_that_they_are_in_now(listed):
    found = {each["displayName"]: each["team"] for each in nodes(listed, TELL)}
    assert found["Ada Lovelace"] == {"name": "Platform", "memberCount": 1}
    assert found["Grace Hopper"] is None


def test_a_team_has_the_people_who_are_in_it_now(listed):
    assert names(listed, teamIds=[platform_of(listed)]) == ["Ada Lovelace"]


def test_people_are_searched_among_people_alone(listed):
    assert names(listed, search="EXAMPLE.com") == ["Ada Lovelace", "Grace Hopper"]
    assert names(listed, search="hopper") == ["Grace Hopper"]


def test_people_follow_page_by_page(listed):
    first = listed.graphql(TELL, first=1)["data"]["people"]
    after = first["pageInfo"]["endCursor"]
    assert first["pageInfo"]["hasNextPage"]
    assert names(listed, first=1, after=after) == ["Grace Hopper"]


def test_a_cursor_is_of_the_same_people(listed):
    after = listed.graphql(TELL, first=1)["data"]["people"]["pageInfo"]["endCursor"]
    assert code(listed, TELL, first=1, after=after, bots=True) == "invalid_cursor"


def test_who_asks_is_told_which_person_is_theirs(listed):
    with listed.entered():
        ada = Person.objects.create(known_by="ada@example.com", user_id=listed.owner.pk)
        PersonAlias.objects.create(person=ada, text="ada@example.com")
    assert [each["isViewer"] for each in nodes(listed, TELL)] == [True, False]


# --- teams ---------------------------------------------------------------------------------------


def test_teams_come_by_name_with_what_they_own(listed):
    assert [
        (each["name"], each["repositoryPatterns"], each["memberCount"])
        for each in nodes(listed, TEAMS)
    ] == [("apps", [], 0), ("Platform", ["acme/infra-*"], 1)]


def test_teams_are_searched_and_paged(listed):
    assert names(listed, TEAMS, search="PLAT") == ["Platform"]
    after = listed.graphql(TEAMS, first=1)["data"]["teams"]["pageInfo"]["endCursor"]
    assert names(listed, TEAMS, after=after) == ["Platform"]


# --- what a page costs ---------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 50])
def test_a_page_of_repositories_is_one_query_of_the_store(acme, rows):
    acme.write([repository(key(n), f"acme/r{n}") for n in range(rows)])
    assert store().reads_of(lambda: acme.graphql(REPOSITORIES)) == ["read"]


def test_teams_of_people_cost_the_same_for_one_and_for_fifty(acme):
    acme.write([ADA])
    acme.graphql(TELL)
    once = queries_of(lambda: acme.graphql(TELL))
    acme.write([PEOPLE.resolve(f"P{n:02}", f"p{n}@example.com") for n in range(49)])
    assert queries_of(lambda: acme.graphql(TELL)) == once
    assert store().reads_of(lambda: acme.graphql(TELL)) == ["page"]


# --- what breakdowns call them -------------------------------------------------------------------

BY_TEAM = """
query($batch: AnalyticsRequestInput!) {
  analytics(batch: $batch) { breakdowns { items { key label } } }
}"""


def test_a_breakdown_calls_teams_by_name_and_what_no_team_has_unassigned(listed):
    platform, day = platform_of(listed), date(2026, 1, 1)
    listed.write(
        [TeamDay(team_id=each, population="people", day=day) for each in (platform, "unassigned")]
    )
    part = {"measure": "COMMITS_COUNT", "dimension": "TEAM", "order": "KEY"}
    part["dateRange"] = {"startDate": str(day), "endDate": str(day)}
    answer = listed.graphql(BY_TEAM, batch={"breakdowns": [part]})
    (found,) = answer["data"]["analytics"]["breakdowns"]
    labels = {item["key"]: item["label"] for item in found["items"]}
    assert labels == {platform: "Platform", "unassigned": "unassigned"}
