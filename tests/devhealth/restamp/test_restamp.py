"""What records say once the Directory has changed."""

from datetime import date, time
from uuid import uuid4

from devhealth.models.directory import BusinessHours, Directory, Membership, Team
from devhealth.models.records import Commit, CommitFile, Identity
from devhealth.models.touches import Touches
from devhealth.restamp import TABLES, Restamped
from devhealth.sinks.tables import objects
from tests.devhealth.restamp.runs import (
    ADA_ID,
    ADAS,
    GRACE_ID,
    LIVES,
    ONE_PERSON,
    people,
    restamped,
    stamps,
    versions,
)
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import everything, on, sync
from tests.repositories import NOON, instant, make

NO_DIRECTORY = Directory()
NOTHING = dict.fromkeys(TABLES, 0)


# --- whose --------------------------------------------------------------------------------------


def test_another_organisations_records_stay_as_they_are(any_store, tmp_path):
    path = make(tmp_path / "api.git", *LIVES)
    acme, globex = Organisation(any_store), Organisation(any_store)
    for organisation in (acme, globex):
        sync(organisation, path)
    before = versions(globex)
    restamped(acme, ONE_PERSON)
    assert versions(globex) == before
    bots = Directory(bots=("grace@*",))
    restamped(globex, bots)
    assert set(stamps(acme, "author_id")) == {ADA_ID, GRACE_ID}
    assert stamps(globex, "actor_kind")[-1] == "bot"


# --- people ---------------------------------------------------------------------------------------


def test_five_names_become_one_person(synced):
    assert len(people(synced)) == len(ADAS) + 1
    done = restamped(synced, ONE_PERSON)
    assert done.rows == NOTHING | {"commits": 5, "commit_files": 4, "identities": 5}
    assert stamps(synced, "author_id") == [ADA_ID] * 5 + [GRACE_ID]
    assert {row["author_id"] for row in synced.records(CommitFile)} == {ADA_ID, GRACE_ID}
    assert people(synced) == {ADA_ID: "Ada, Countess of Lovelace", GRACE_ID: "Grace Hopper"}


def test_who_helped_is_the_same_person(synced):
    restamped(synced, ONE_PERSON)
    assert stamps(synced, "co_author_ids")[-1] == [ADA_ID]


def test_those_who_are_one_no_longer_say_why_they_are_gone(synced):
    restamped(synced, ONE_PERSON)
    rows = synced.sink().read(Identity, deleted=True).drop_nulls("deleted_at")
    assert set(rows["deleted_reason"]) == {"no stored record is theirs"}
    assert rows["deleted_at"].to_list() == rows["synced_at"].to_list()


def test_one_person_becomes_five_again(synced):
    before = everything(synced)
    restamped(synced, ONE_PERSON)
    restamped(synced, NO_DIRECTORY)
    assert everything(synced) == before


def test_a_bot_rule_makes_a_bot_and_without_it_there_is_none(synced):
    before = everything(synced)
    done = restamped(synced, Directory(bots=("grace@*",)))
    assert done.rows == NOTHING | {"commits": 1, "commit_files": 2, "identities": 1}
    assert stamps(synced, "actor_kind") == ["human"] * 5 + ["bot"]
    restamped(synced, Directory(bots=()))
    assert everything(synced) == before


def test_a_bot_is_nobodys_co_author(synced):
    restamped(synced, Directory(bots=("augusta@*",)))
    assert stamps(synced, "co_author_ids")[-1] == []


# --- teams and hours ------------------------------------------------------------------------------


def member(*teams):
    return Directory(teams=teams)


def test_a_team_that_changed_at_noon_has_what_was_committed_after_noon(acme, tmp_path):
    minute = 60
    works = [on(0, message=str(at), files={"a": f"{at}\n"}) for at in range(3)]
    for work, at in zip(works, (-minute, 0, minute), strict=True):
        object.__setattr__(work, "at", NOON + at)
    sync(acme, make(tmp_path / "api.git", *works))
    before = Team("before", "", (Membership("ada@example.com", until=instant(NOON)),))
    after = Team("after", "", (Membership("ada@example.com", since=instant(NOON)),))
    done = restamped(acme, member(before, after))
    assert stamps(acme, "author_team_id") == ["before", "after", "after"]
    assert done.rows == NOTHING | {"commits": 3}
    moved = Team("before", "", (Membership("ada@example.com", until=instant(NOON + 1)),))
    assert restamped(acme, member(moved, after)).rows["commits"] == 0  # the later one is theirs
    left = Team("after", "", (Membership("ada@example.com", since=instant(NOON + 1)),))
    assert restamped(acme, member(moved, left)).rows["commits"] == 1
    assert stamps(acme, "author_team_id") == ["before", "before", "after"]


def test_a_repository_that_somebody_owns_is_theirs_and_the_authors_team_stays(synced):
    web = Team("web", "", (Membership("grace@example.com"),))
    platform = Team("platform", "", repositories=("api",))
    restamped(synced, member(web, platform))
    assert stamps(synced, "team_id", "author_team_id")[-2:] == [
        ("platform", "unassigned"),
        ("platform", "web"),
    ]


def test_only_the_days_of_commits_are_touched_where_no_file_says_otherwise(synced):
    web = Team("web", "", (Membership("grace@example.com"),))
    days = restamped(synced, member(web)).touches.days
    assert {(cls, tuple(found)) for (cls, _), found in days.items()} == {
        (Commit, (date(2026, 1, 6),))
    }


def test_other_business_hours_change_when_work_was_done(synced):
    """1 January 2026 was a Thursday; all commits are of noon."""
    hours = BusinessHours(time(13), time(18))
    done = restamped(synced, Directory(hours=hours))
    assert done.rows == NOTHING | {"commits": 4}
    assert stamps(synced, "time_of_week") == [
        "after_hours", "after_hours", "weekend", "weekend", "after_hours", "after_hours",
    ]  # fmt: skip


# --- what a record carried before -----------------------------------------------------------------


def test_rows_of_an_earlier_shape_get_their_stamps(synced):
    """They hold their columns' fillers."""
    directory = Directory(
        aliases=ONE_PERSON.aliases,
        teams=(Team("web", "", (Membership("ada@example.com"),)),),
        hours=BusinessHours(time(13), time(18)),
    )
    restamped(synced, directory)
    wanted = everything(synced)
    sink = synced.sink()
    old = objects(Commit, sink.read(Commit))
    for each in old:
        each.author_team_id, each.time_of_week, each.co_author_ids = (
            "unassigned",
            "working_hours",
            [],
        )
    sink.write(old)
    restamped(synced, directory)
    assert everything(synced) == wanted


def test_files_follow_their_commit_even_where_it_is_right(synced):
    restamped(synced, ONE_PERSON)
    wanted = everything(synced)
    sink = synced.sink()
    late = objects(CommitFile, sink.read(CommitFile))
    for each in late:
        each.author_id = uuid4()
    sink.write(late)
    assert restamped(synced, ONE_PERSON).rows == NOTHING | {"commit_files": 7}
    assert everything(synced) == wanted


def test_a_name_is_that_of_the_newest_commit_in_any_repository(synced, tmp_path):
    sync(synced, make(tmp_path / "web.git", on(9, author=b"Lady Lovelace <ada@example.com>")))
    restamped(synced, Directory(aliases=ONE_PERSON.aliases))
    assert people(synced)[ADA_ID] == "Lady Lovelace"


# --- again ----------------------------------------------------------------------------------------


def test_a_second_run_writes_nothing(any_store, tmp_path):
    acme = Organisation(any_store)
    sync(acme, make(tmp_path / "api.git", *LIVES))
    assert sum(restamped(acme, ONE_PERSON).rows.values()) == 14
    before = versions(acme)
    assert restamped(acme, ONE_PERSON) == Restamped(NOTHING, Touches())
    assert versions(acme) == before


def test_an_organisation_without_records_has_nothing_to_stamp(globex):
    assert restamped(globex, ONE_PERSON) == Restamped(NOTHING, Touches())
