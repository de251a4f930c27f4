from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from devhealth.models.directory import Directory
from devhealth.models.directory_file import parse_directory
from devhealth.processors.identity import NEVER, Identities

PEOPLE = parse_directory("""
[[people]]
email = "ada@example.com"
name = "Ada Lovelace"
aliases = ["ada@old.example", "github:ada", "Ada L."]

[bots]
patterns = ["*-deploy@example.com"]
humans = ["robot@example.com", "weblate fan", "dependabot-lover", "github:renovate-bot-keeper"]
""")
ADA = ("Ada", "ada@example.com")


def who(name, email, directory=PEOPLE):
    return Identities(directory).resolve(name, email)


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Somebody", "ADA@Example.com"),
        ("Somebody", " ada@old.example "),
        ("Somebody", "123+ada@users.noreply.github.com"),
        ("Somebody", "Ada@users.noreply.github.com"),
        ("ada l.", "somebody@example.com"),
        ("ADA L.", ""),
    ],
)
def test_every_alias_is_one_person_with_the_directorys_name(name, email):
    found = who(name, email)
    assert (found.author_id, found.name, found.email) == (
        who(*ADA).author_id,
        "Ada Lovelace",
        "ada@example.com",
    )


def test_an_alias_by_e_mail_goes_before_one_by_name():
    two = parse_directory("""
    people = [{email = "a@x.example", aliases = ["Sam"]}, {email = "b@x.example"}]
    """)
    assert who("Sam", "b@x.example", two).email == "b@x.example"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Grace", "Grace@Example.com"), ("G. H.", "grace@example.com")),
        (("Grace", "1+grace@users.noreply.github.com"), ("G", "grace@users.noreply.github.com")),
        (("Grace", "7-grace@users.noreply.gitlab.com"), ("G", "grace@users.noreply.gitlab.com")),
        (("Grace Hopper", ""), ("grace hopper", "not an address")),
        (("", ""), (" ", "")),
    ],
)
def test_both_are_the_same_person(one, other):
    assert who(*one).author_id == who(*other).author_id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Grace", "grace@a.example"), ("Grace", "grace@b.example")),
        (("Grace", "grace@users.noreply.github.com"), ("Grace", "grace@users.noreply.gitlab.com")),
        (("Grace", ""), ("", "")),
    ],
)
def test_these_are_two_people(one, other):
    assert who(*one).author_id != who(*other).author_id


def test_an_author_id_stays_what_it_is_for_ever():
    assert str(who(*ADA).author_id) == "2858cd7f-d54e-5ac4-b9c9-477af68576d5"
    assert str(who("", "").author_id) == "a5e1b900-bc12-581e-9ee8-1f00df3be5b1"


def test_a_no_reply_address_is_a_handle_and_no_e_mail():
    found = who("Grace", "1+Grace@users.noreply.github.com")
    assert (found.email, found.handle) == (None, "github:grace")


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
        ("x", "1+some-app[bot]@users.noreply.github.com"),
        ("Renovate Bot", "bot@renovateapp.com"),
        ("GitHub-Actions", ""),
        ("x", "Api-Deploy@example.com"),
        ("x", "github:dependabot[bot]"),
        ("deploy token", "gitlab:project_1_bot"),
        ("deploy token", "gitlab:project_1_bot_0a1b2c"),
        ("x", "gitlab:group_22_bot_0a1b2c"),
        ("x", "project1_bot2@noreply.gitlab.example"),
        ("x", "group_22_bot_0a1b2c@noreply.gitlab.example"),
        ("x", "gitlab:service_account_group_22_0a1b2c"),
    ],
)
def test_bots_are_known_by_name_address_or_login(name, email):
    assert who(name, email).actor_kind == "bot"


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("dependabot[bot]", "robot@example.com"),
        ("Weblate Fan", "x@example.com"),
        ("x", "1+dependabot-lover@users.noreply.github.com"),
        ("x", "1+renovate-bot-keeper@users.noreply.github.com"),
        ("Abbot Costello", "abbot@example.com"),
        ("Bot", "bot@example.com"),
        ("Project Bot", "gitlab:project_bot"),
        ("", ""),
        ("", "github:ghost"),
    ],
)
def test_people_are_no_bots_and_the_directory_wins(name, email):
    assert who(name, email).actor_kind == "human"


def test_without_patterns_nobody_is_a_bot():
    assert who("dependabot[bot]", "", Directory(bots=())).actor_kind == "human"


@pytest.mark.parametrize(
    "email", ["github:ghost", "gitlab:ghost", "ghost@users.noreply.github.com"]
)
@pytest.mark.parametrize("name", ["", "Ghost", "Ghost User", "Deleted user"])
def test_the_ghost_that_a_provider_shows_is_nobody(name, email):
    found = who(name, email)
    assert found == who("", "")
    assert (found.name, found.email, found.handle) == ("", None, None)


def test_a_name_that_is_not_the_ghosts_still_says_who_it_was():
    assert who("Grace Hopper", "gitlab:ghost") == who("Grace Hopper", "")


def test_a_directory_may_know_the_ghost():
    haunted = Directory(aliases={"github:ghost": "grace@example.com"})
    assert who("", "github:ghost", haunted).email == "grace@example.com"


def test_each_pair_is_worked_out_once():
    identities = Identities(Directory())
    assert identities.resolve(*ADA) is identities.resolve(*ADA)


NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def met(*commits, directory=PEOPLE):
    """Commits as (name, address, hours after noon)."""
    identities = Identities(directory)
    for name, email, hours in commits:
        identities.meet(name, email, NOON + timedelta(hours=hours))
    return [(each.name, each.handle) for each in identities.met()]


def test_only_authors_of_commits_are_met():
    identities = Identities(PEOPLE)
    identities.resolve(*ADA)
    identities.of_address("ada@example.com")
    assert identities.met() == []


@pytest.mark.parametrize("order", [*permutations([0, 1, 2])])
def test_a_person_has_the_name_of_the_newest_commit(order):
    commits = [("Old", "g@x.example", 0), ("New", "g@x.example", 2), ("Older", "g@x.example", -1)]
    found = met(*(commits[place] for place in order))
    assert found == [("New", None)]


def test_of_names_at_one_instant_the_first_in_order_is_taken():
    assert met(("B", "g@x.example", 0), ("A", "g@x.example", 0)) == [("A", None)]


def test_a_tombstones_name_is_the_last_to_be_taken():
    identities = Identities(PEOPLE)
    identities.meet("New", "g@x.example", NEVER)
    identities.meet("Old", "g@x.example", NOON)
    assert [each.name for each in identities.met()] == ["Old"]


def test_an_older_name_fills_an_empty_one():
    assert met(("", "g@x.example", 1), ("Old", "g@x.example", 0))[0][0] == "Old"


def test_an_older_handle_fills_a_missing_one():
    found = met((*ADA, 1), ("", "ada@users.noreply.github.com", 0))
    assert found == [("Ada Lovelace", "github:ada")]
