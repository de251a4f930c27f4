from datetime import UTC, datetime

import pytest

from devhealth.models.directory import UNASSIGNED, Directory, Membership, Team
from devhealth.processors.identity import person_id
from devhealth.processors.teams import Teams

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEFORE_NOON = datetime(2026, 1, 5, 11, 59, 59, 999000, tzinfo=UTC)
ALIASES = {"ada@old.example": "ada@example.com", "github:ada": "ada@example.com"}


def teams(*given, aliases=ALIASES):
    return Directory(aliases=aliases, teams=given)


def of_ada(directory, at=NOON):
    return Teams(directory).of_person(person_id(directory, "ada@example.com"), at)


def test_who_is_in_no_team_is_unassigned():
    assert of_ada(teams(Team("web", "Web", members=(Membership("grace@example.com"),)))) == (
        UNASSIGNED
    )


@pytest.mark.parametrize(
    "known_as",
    ["ada@example.com", "ada@old.example", "github:ada", "7+ada@users.noreply.github.com"],
)
def test_a_member_may_be_named_by_any_alias(known_as):
    assert of_ada(teams(Team("web", "Web", members=(Membership(known_as),)))) == "web"


@pytest.mark.parametrize(("at", "team"), [(BEFORE_NOON, "web"), (NOON, "api")])
def test_a_change_at_noon_counts_from_noon_on(at, team):
    changed = teams(
        Team("web", "Web", members=(Membership("ada@example.com", until=NOON),)),
        Team("api", "API", members=(Membership("ada@example.com", since=NOON),)),
    )
    assert of_ada(changed, at) == team


def test_of_several_teams_at_once_the_primary_one_counts():
    both = teams(
        Team("api", "API", members=(Membership("ada@example.com", is_primary=False),)),
        Team("web", "Web", members=(Membership("ada@example.com"),)),
    )
    assert of_ada(both) == "web"


def test_of_several_primary_teams_the_one_that_began_last_counts():
    both = teams(
        Team("api", "API", members=(Membership("ada@example.com"),)),
        Team("web", "Web", members=(Membership("ada@example.com", since=BEFORE_NOON),)),
    )
    assert of_ada(both) == "web"


@pytest.mark.parametrize(
    ("name", "team"),
    [
        ("acme/api", "core"),
        ("ACME/Api", "core"),
        ("acme/api-docs", "docs"),
        ("acme/infra", "all"),
        ("globex/api", None),
    ],
)
def test_a_repository_is_owned_by_name_then_by_the_longest_prefix(name, team):
    owners = teams(
        Team("all", "All", repositories=("acme/*",)),
        Team("docs", "Docs", repositories=("acme/api-*",)),
        Team("core", "Core", repositories=("acme/api",)),
    )
    assert Teams(owners).of_repository(name) == team


def test_projects_are_owned_like_repositories():
    assert Teams(teams(Team("core", "Core", projects=("core*",)))).of_project("CORE2") == "core"
