"""A whole Directory becomes an organisation's own: what was told is what is loaded."""

from dataclasses import replace

import pytest

from apps.errors import AppError, Forbidden
from apps.metrics.directory import load
from apps.metrics.directory_adoption import adopt
from apps.metrics.models import Person, Team
from apps.orgs.services import authenticate
from devhealth.models.directory import CategoryRule, Directory
from devhealth.models.directory import Team as ToldTeam
from devhealth.models.directory_file import parse_directory
from tests.apps.metrics.test_directory import FILE

TOLD = replace(
    parse_directory(FILE),
    statuses={"ready for qa": "in_review"},
    categories=(CategoryRule(theme="quality", subcategory="bugfix", types=("bug",)),),
    deployment_kinds=(("acme/cli", "release"),),
)


def without_ids(directory):
    """Teams have ids of the organisation's own."""
    return replace(directory, teams=tuple(replace(team, team_id="") for team in directory.teams))


def owner(acme):
    return authenticate(acme.text)


def test_globex_keeps_its_own(acme, globex):
    with acme.entered():
        adopt(TOLD, by=owner(acme))
    with globex.entered():
        assert load().directory == Directory()


def test_somebody_who_may_not_change_it_cannot(acme):
    with acme.entered(), pytest.raises(Forbidden):
        adopt(TOLD, by=replace(owner(acme), role="member"))


def test_what_is_told_is_what_is_loaded(acme):
    with acme.entered():
        adopt(TOLD, by=owner(acme))
        assert without_ids(load().directory) == without_ids(TOLD)


def test_told_again_teams_keep_their_ids(acme):
    with acme.entered():
        for _ in range(2):
            adopt(TOLD, by=owner(acme))
        once = {team.name: team.id for team in Team.objects.all()}
        adopt(TOLD, by=owner(acme))
        assert {team.name: team.id for team in Team.objects.all()} == once
        assert without_ids(load().directory) == without_ids(TOLD)


def test_two_persons_who_are_told_to_be_one_are_one(acme):
    one = Directory(aliases={"ada@a": "ada@a"})
    both = Directory(aliases={"ada@a": "ada@b", "ada@b": "ada@b"})
    with acme.entered():
        adopt(one, by=owner(acme))
        adopt(both, by=owner(acme))
        assert list(Person.objects.values_list("known_by", flat=True)) == ["ada@b"]
        assert load().directory.aliases == both.aliases


def test_a_directory_with_something_wrong_changes_nothing(acme):
    teams = (
        ToldTeam(team_id="a", name="A", repositories=("acme/api",)),
        ToldTeam(team_id="b", name="B", repositories=("acme/api",)),
    )
    with acme.entered():
        with pytest.raises(AppError):
            adopt(replace(TOLD, teams=teams), by=owner(acme))
        assert load().directory == Directory()
