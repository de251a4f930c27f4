from datetime import UTC, datetime

from devhealth.models.directory import Directory, Membership, Team
from devhealth.processors.identity import person_id
from devhealth.processors.stamps import Stamps

AT = datetime(2026, 1, 5, 10, tzinfo=UTC)
ADA = ("Ada", "ada@example.com")
PLATFORM = Team("platform", "Platform", repositories=("acme/*",))
WEB = Team("web", "Web", members=(Membership("ada@example.com"),))


def stamp(directory, *, repository="acme/api", author=ADA, co_authors=()):
    return Stamps(directory, repository).of_commit(author, AT, 0, AT, co_authors)


def test_the_owner_of_the_repository_counts_before_the_authors_team():
    made = stamp(Directory(teams=(PLATFORM, WEB)))
    assert (made.team_id, made.author_team_id) == ("platform", "web")


def test_where_nobody_owns_the_repository_the_authors_team_does():
    assert stamp(Directory(teams=(WEB,))).team_id == "web"


def test_three_addresses_and_two_logins_are_one_person():
    directory = Directory(
        aliases={
            "ada@old.example": "ada@example.com",
            "a.lovelace@corp.example": "ada@example.com",
            "github:ada": "ada@example.com",
            "gitlab:ada.l": "ada@example.com",
        }
    )
    known_as = (
        ADA,
        ("Ada", "ada@old.example"),
        ("A. Lovelace", "A.Lovelace@corp.example"),
        ("ada", "12+ada@users.noreply.github.com"),
        ("Ada L.", "9-ada.l@users.noreply.gitlab.com"),
    )
    ids = {stamp(directory, author=each).author_id for each in known_as}
    assert ids == {person_id(directory, "ada@example.com")}


def test_co_authors_are_people_other_than_the_author():
    directory = Directory(aliases={"ada@old.example": "ada@example.com"})
    made = stamp(
        directory,
        co_authors=["ada@old.example", "grace@example.com", "dependabot[bot]@users.noreply.x"],
    )
    assert made.co_author_ids == [str(person_id(directory, "grace@example.com"))]


def test_what_counts_as_a_deployment_is_said_by_name_before_the_longest_prefix():
    chosen = (("acme/*", "release"), ("acme/web-*", "merge"), ("acme/web-api", "deployment"))
    stamps = Stamps(Directory(deployment_kinds=chosen), "acme/api")
    names = ("Acme/API", "acme/web-shop", "acme/Web-API", "globex/api")
    kinds = ["release", "merge", "deployment", "deployment"]
    assert [stamps.deployment_kind(name) for name in names] == kinds
