"""The Directory's tables, and the value that is made of them."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, time
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from apps.metrics.directory import changing, load, version
from apps.metrics.models import (
    DirectorySettings,
    DismissedSuggestion,
    Person,
    PersonAlias,
    Team,
    TeamMembership,
    TeamPattern,
)
from devhealth.models.directory import CategoryRule, Directory
from devhealth.models.directory_file import parse_directory
from tests.queries import queries_of
from tests.tenants import in_threads

PLATFORM, WEB = UUID(int=1), UUID(int=2)
FILE = f"""
[[people]]
email = "Ada@Example.com"
name = "Ada Lovelace"
aliases = ["github:ada", "Ada L."]

[[people]]
email = "grace@example.com"

[[teams]]
key = "{PLATFORM}"
name = "Platform"
repositories = ["acme/api", "acme/infra-*"]
projects = ["plat"]
members = [
    {{person = "ada@example.com"}},
    {{person = "grace", since = 2026-01-05T12:00:00Z, until = 2026-06-01, is_primary = false}},
]

[[teams]]
key = "{WEB}"
name = "web"

[bots]
patterns = ["*-deploy@example.com"]
humans = ["robot@example.com"]

[hours]
opens = 08:30:00
closes = 17:00:00
timezone = "Europe/Berlin"
"""


@pytest.fixture
def inside(acme):
    with acme.entered():
        yield acme


def store_as_in_file():
    with changing() as settings:
        settings.opens, settings.closes = time(8, 30), time(17)
        settings.timezone = "Europe/Berlin"
        settings.bot_patterns = ["*-deploy@example.com"]
        settings.humans = ["robot@example.com"]
        known_as("ada@example.com", "github:ada", "ada l.", name="Ada Lovelace")
        known_as("grace@example.com")
        Team.objects.create(id=WEB, name="web")
        team = Team.objects.create(id=PLATFORM, name="Platform")
        for pattern in ("acme/infra-*", "acme/api"):
            TeamPattern.objects.create(team=team, kind="repository", pattern=pattern)
        TeamPattern.objects.create(team=team, kind="project", pattern="plat")
        TeamMembership.objects.create(team=team, person="ada@example.com")
        TeamMembership.objects.create(
            team=team,
            person="grace",
            since=datetime(2026, 1, 5, 12, tzinfo=UTC),
            until=datetime(2026, 6, 1, tzinfo=UTC),
            is_primary=False,
        )


def known_as(known_by, *aliases, name=""):
    person = Person.objects.create(known_by=known_by, name=name)
    PersonAlias.objects.bulk_create(
        PersonAlias(person=person, text=text) for text in (known_by, *aliases)
    )
    return person


def test_globex_knows_nothing_of_acmes_directory(acme, globex):
    with acme.entered():
        store_as_in_file()
    with globex.entered():
        assert load().directory == Directory()


def test_where_nobody_decided_anything_it_is_the_default(inside):
    assert (load().directory, load().version) == (Directory(), 0)


def test_tables_say_the_same_as_the_file(inside):
    store_as_in_file()
    assert load().directory == parse_directory(FILE)


def test_statuses_and_rules_come_back_as_they_are_kept(inside):
    rule = {"theme": "quality", "subcategory": "bugfix", "types": [], "labels": ["bug", "fix*"]}
    with changing() as settings:
        settings.statuses = {"ready for qa": "in_review"}
        settings.category_rules = [rule]
    expected = replace(
        Directory(),
        statuses={"ready for qa": "in_review"},
        categories=(CategoryRule("quality", "bugfix", labels=("bug", "fix*")),),
    )
    assert load().directory == expected


@pytest.mark.parametrize("teams", [1, 20])
def test_loading_costs_the_same_whatever_there_is(inside, teams):
    for number in range(teams):
        team = Team.objects.create(name=f"team {number}")
        TeamMembership.objects.create(team=team, person=f"{number}@example.com")
        TeamPattern.objects.create(team=team, kind="project", pattern=f"p{number}")
        known_as(f"{number}@example.com")
    assert len(queries_of(load)) == 6


def test_every_change_raises_the_version(inside):
    for _ in range(2):
        with changing():
            """Anything."""
    assert (version(), load().version) == (2, 2)


def test_changes_at_the_same_time_follow_one_another(committed, tenants):
    def change(number):
        with tenants["acme"].entered(), changing():
            return [Team.objects.create(name=f"team {number}").name]

    assert len(in_threads(change)) == 8
    with tenants["acme"].entered():
        assert version() == 8


def test_what_python_makes_lower_case_is_so_for_the_database(inside):
    """In whatever alphabet, or a text would be refused that nobody could write otherwise."""
    letters = [chr(code).lower() for code in range(1, sys.maxunicode + 1)]
    with connection.cursor() as cursor:
        texts = [each for each in letters if each.isprintable()]
        cursor.execute("select t from unnest(%s::text[]) as t where lower(t) <> t", [texts])
        assert cursor.fetchall() == []


def test_a_change_that_fails_raises_nothing(inside):
    with pytest.raises(ZeroDivisionError), changing():
        1 / 0  # noqa: B018
    assert version() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: DirectorySettings.objects.create(id=2),
        lambda: DirectorySettings.objects.create(opens=time(9), closes=time(9)),
        lambda: DirectorySettings.objects.create(privacy_threshold=1),
        lambda: DirectorySettings.objects.create(humans=["Ada"]),
        lambda: DirectorySettings.objects.create(bot_patterns=["*BOT"]),
        lambda: DirectorySettings.objects.create(statuses={"Open": "todo"}),
        lambda: DirectorySettings.objects.create(category_rules=[{"theme": "Risk"}]),
        lambda: Person.objects.create(known_by="Ada@example.com"),
        lambda: PersonAlias.objects.create(person=known_as("a@b.c"), text="ADA"),
        lambda: [known_as("ada@example.com"), known_as("x@b.c", "ada@example.com")],
        lambda: [Person.objects.create(known_by=each, user_id=PLATFORM) for each in "ab"],
        lambda: [Team.objects.create(name=name) for name in ("Web", "web")],
        lambda: TeamPattern.objects.create(team=team(), kind="repository", pattern="Acme/*"),
        lambda: TeamPattern.objects.create(team=team(), kind="file", pattern="a"),
        lambda: [own(team(name), "acme/api") for name in ("a", "b")],
        lambda: TeamMembership.objects.create(team=team(), person="Ada"),
        lambda: TeamMembership.objects.create(
            team=team(),
            person="ada",
            since=datetime(2026, 1, 1, tzinfo=UTC),
            until=datetime(2026, 1, 1, tzinfo=UTC),
        ),
        lambda: dismiss(WEB, PLATFORM),
        lambda: [dismiss(PLATFORM, WEB) for _ in range(2)],
    ],
)
def test_the_database_refuses_what_is_no_directory(inside, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong()


def team(name="team"):
    return Team.objects.create(name=name)


def own(of, pattern):
    return TeamPattern.objects.create(team=of, kind="repository", pattern=pattern)


def dismiss(first, second):
    return DismissedSuggestion.objects.create(
        first_id=first, second_id=second, dismissed_by=PLATFORM
    )
