"""A person with three addresses and two logins: suggested, previewed, merged, and split again."""

import pytest

from devhealth.models.records import Commit
from devhealth.models.rollups import RepoDay, UserDay
from devhealth.processors.identity import author_id
from tests import work
from tests.apps.pipeline.worlds import World, ago, inside, on
from tests.repositories import GRACE, make

ADA = author_id("ada@example.com")
AUTHORS = [
    b"Ada Lovelace <ada@example.com>",
    b"ada lovelace <ada.lovelace@gmail.com>",
    b"Ada <adalovelace+git@googlemail.com>",
    "Áda  Lovelace <1+ada@users.noreply.github.com>".encode(),
    b"Ada Lovelace <7-ada-l@users.noreply.gitlab.com>",
    GRACE,
]
DAYS = (9, 6, 3)


@pytest.fixture
def synced(committed, tenants, tmp_path, settings):
    """Everybody has a commit on three days, each changes a file of their own and one of all."""
    settings.LOCAL_REPO_ROOTS = [str(tmp_path)]
    works = [
        on(ago(back), author=author, files={f"{place}": f"{back}\n", "all": f"{back} {place}\n"})
        for back in DAYS
        for place, author in enumerate(AUTHORS)
    ]
    world = World(tenants["acme"], make(tmp_path / "repo", *works))
    with inside(world.tenant):
        world.sync(world.config())
        work.run_all()
        yield world


def send(world, path, body):
    """A command of the owner's, and all that follows from it."""
    answer = world.tenant.send("POST", path, body)
    assert answer.status_code < 300, answer.content
    work.run_all()
    return answer.json()


def merging(world):
    """What is suggested, as a merge into the address of example.com wants it."""
    (suggestion,) = world.tenant.get("identities/suggestions").json()["items"]
    ids = {each["author_id"] for each in suggestion["identities"]}
    return {"others": sorted(ids - {str(ADA)})}


def merged(world):
    return send(world, f"identities/{ADA}/merge", merging(world))


def numbers(world, cls, **where):
    """All that rows say, their versions apart."""
    rows = world.sink().latest(cls, where={"is_empty": False, **where})
    return sorted(map(str, rows.drop("computed_at").to_dicts()))


def repo_days(world, column):
    rows = world.sink().latest(RepoDay, where={"population": "people", "is_empty": False})
    at_work = rows.filter(rows["commits_count"] > 0).sort("day")
    return at_work[column].to_list()


def authors(world):
    return set(world.sink().read(Commit)["author_id"])


def people_of_rows(world):
    return set(world.sink().latest(UserDay, where={"is_empty": False})["author_id"])


def test_all_five_are_suggested_and_nobody_else(synced):
    assert len(merging(synced)["others"]) == 4
    assert str(author_id("grace@example.com")) not in merging(synced)["others"]


def test_after_a_merge_their_commits_and_rows_are_one_persons(synced):
    assert len(authors(synced)) == len(people_of_rows(synced)) == 6
    merged(synced)
    both = {str(ADA), str(author_id("grace@example.com"))}
    assert authors(synced) == people_of_rows(synced) == both


def test_after_a_merge_there_are_fewer_people_and_the_same_work(synced):
    totals = ("commits_count", "loc_added", "loc_deleted", "files_changed")
    before = {name: repo_days(synced, name) for name in totals}
    assert repo_days(synced, "authors_count") == [6, 6, 6]
    merged(synced)
    assert repo_days(synced, "authors_count") == [2, 2, 2]
    assert {name: repo_days(synced, name) for name in totals} == before


def test_after_a_merge_her_day_is_the_sum_of_theirs(synced):
    """Five commits a day, and fifteen in all."""
    merged(synced)
    rows = synced.sink().latest(UserDay, where={"author_id": ADA, "is_empty": False})
    assert sorted(filter(None, rows["commits_count"])) == [5, 5, 5]


def test_a_merge_does_what_its_preview_said(synced):
    body = merging(synced)
    told = send(synced, f"identities/{ADA}/merge?preview=true", body)
    assert (told["rows"]["commits"], told["repositories"]) == (4 * 3, 1)
    assert set(told["tables"]) >= {"repo_metrics_daily", "user_metrics_daily"}
    assert len(authors(synced)) == 6


def test_after_a_merge_one_identity_is_listed_and_none_suggested(synced):
    merged(synced)
    listed = synced.tenant.get("identities").json()["items"]
    assert [len(each["aliases"]) for each in listed] == [5, 1]
    assert synced.tenant.get("identities/suggestions").json()["items"] == []


def test_a_split_brings_back_the_very_same_numbers(synced):
    before = {cls: numbers(synced, cls) for cls in (RepoDay, UserDay)}
    suggested = merging(synced)
    merged(synced)
    (listed, _) = synced.tenant.get("identities").json()["items"]
    texts = [text for text in listed["aliases"] if text != "ada@example.com"]
    send(synced, f"identities/{ADA}/split", {"texts": texts})
    assert {cls: numbers(synced, cls) for cls in (RepoDay, UserDay)} == before
    assert merging(synced) == suggested


def test_a_new_sync_knows_the_merge(synced):
    merged(synced)
    with inside(synced.tenant):
        synced.backfill(synced.config(name="again"), ago(10), ago(0))
        work.run_all()
    assert len(authors(synced)) == 2
