"""Who a sync says that it was."""

from devhealth.models.directory_file import parse_directory
from devhealth.models.records import CommitFile, Identity
from tests.devhealth.sync.runs import DAY, HISTORY, ONE_MORE, on, sync
from tests.repositories import GRACE, NOON, instant, make, run
from tests.repositories import add as rewrite


def test_aliases_are_one_person_and_bots_are_bots(acme, repository):
    directory = parse_directory(
        """
        [[people]]
        email = "ada@example.com"
        name = "Ada, Countess of Lovelace"
        aliases = ["grace@example.com"]
        [bots]
        patterns = ["ada@*"]
        """
    )
    sync(acme, repository, directory=directory)
    (person,) = acme.records(Identity)
    assert (person["name"], person["actor_kind"]) == ("Ada, Countess of Lovelace", "bot")
    assert {row["author_id"] for row in acme.records(CommitFile)} == {person["author_id"]}
    assert {row["actor_kind"] for row in acme.records(CommitFile)} == {"bot"}


MAILMAP = "Augusta <augusta@example.com> <ada@example.com>\n"
RENAMED = on(4, files={"e": "1\n"}, author=b"Ada King <ada@example.com>")


def names(acme):
    return {row["email"]: row["name"] for row in acme.records(Identity)}


def test_an_identity_has_the_newest_name(acme, repository):
    rewrite(repository, *HISTORY, RENAMED)
    sync(acme, repository)
    assert names(acme) == {"ada@example.com": "Ada King", "grace@example.com": "Grace Hopper"}


def test_a_name_that_changes_later_changes_the_identity(acme, repository):
    sync(acme, repository)
    rewrite(repository, *HISTORY, RENAMED)
    sync(acme, repository)
    assert names(acme)["ada@example.com"] == "Ada King"


def test_a_window_of_the_past_gives_nobody_an_old_name(acme, repository):
    rewrite(repository, *HISTORY, RENAMED)
    sync(acme, repository, since=instant(NOON + 4 * DAY))
    sync(acme, repository, before=instant(NOON + 4 * DAY))
    assert names(acme)["ada@example.com"] == "Ada King"


def test_an_old_branch_that_is_merged_late_gives_nobody_an_old_name(acme, repository):
    rewrite(repository, *HISTORY, RENAMED)
    sync(acme, repository)
    old = on(3, files={"f": "1\n"}, parents=(2,))
    rewrite(repository, *HISTORY, RENAMED, old, on(5, author=GRACE, parents=(3, 4)))
    sync(acme, repository)
    assert names(acme)["ada@example.com"] == "Ada King"


def test_nor_does_another_repository_of_old(acme, repository, tmp_path):
    rewrite(repository, *HISTORY, RENAMED)
    sync(acme, repository)
    old = make(tmp_path / "old.git", *HISTORY)
    run(old, "config", "remote.origin.url", "https://example.com/acme/old.git")
    sync(acme, old)
    assert names(acme)["ada@example.com"] == "Ada King"


def test_a_name_is_that_of_the_newest_commit_that_has_one(acme, repository, tmp_path):
    rewrite(repository, *HISTORY, on(6, author=b"<ada@example.com>"))
    sync(acme, repository)
    other = make(tmp_path / "other.git", on(4, author=b"Ada King <ada@example.com>"))
    sync(acme, other)
    assert names(acme)["ada@example.com"] == "Ada King"


def test_a_window_that_has_the_newest_commits_names_people(acme, repository):
    rewrite(repository, *HISTORY, RENAMED)
    sync(acme, repository, before=instant(NOON + 4 * DAY))
    sync(acme, repository, since=instant(NOON + 4 * DAY))
    assert names(acme)["ada@example.com"] == "Ada King"


def test_a_name_once_known_is_not_lost_to_a_commit_without_one(acme, repository):
    sync(acme, repository)
    rewrite(repository, *HISTORY, on(4, files={"e": "1\n"}, author=b"<ada@example.com>"))
    sync(acme, repository)
    assert names(acme)["ada@example.com"] == "Ada Lovelace"


def test_identities_are_written_once(acme, repository):
    sync(acme, repository)
    before = acme.records(Identity, versions=True)
    rewrite(repository, *ONE_MORE)
    sync(acme, repository)
    assert acme.records(Identity, versions=True) == before


def test_the_mailmap_of_the_branch_names_people_whatever_is_checked_out(acme, tmp_path):
    path = make(tmp_path / "api", *HISTORY, on(3, files={".mailmap": MAILMAP}), bare=False)
    (path / ".mailmap").write_text("Eve <eve@example.com> <ada@example.com>\n")
    sync(acme, path)
    assert names(acme) == {"augusta@example.com": "Augusta", "grace@example.com": "Grace Hopper"}
