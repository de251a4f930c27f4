"""A branch whose `.mailmap` changes: what is stored already gets its new names."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.connectors.local import Local
from devhealth.models.directory import Directory
from devhealth.models.records import Commit, CommitFile, MailmapEntry, Repository
from devhealth.sinks.tables import objects
from devhealth.sync import sync_git
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.disturbed import Countdown, Disturbed, EndedError
from tests.devhealth.sync.runs import DAY, HISTORY, dirty, everything, on, sync
from tests.devhealth.sync.test_watched import cut, witnessed
from tests.examples import tried
from tests.repositories import ADA, GRACE, NOON, instant, make, run
from tests.repositories import add as rewrite

AUGUSTA = "Augusta <augusta@example.com> <ada@example.com>\n"
MAPPED = (*HISTORY, on(3, files={".mailmap": AUGUSTA}))
UNMAPPED = (*MAPPED, on(4, files={".mailmap": None}))
API = "https://example.com/acme/api.git"
FLOOR = instant(NOON + 2 * DAY)


@pytest.fixture
def globex(store):
    return Organisation(store)


def authors(acme):
    return sorted({(row["author_name"], row["author_email"]) for row in acme.records(Commit)})


def entries(acme):
    return [
        (row["commit_email"], row["commit_name"], row["proper_email"], row["proper_name"])
        for row in acme.records(MailmapEntry)
    ]


def records(acme):
    return [acme.records(cls) for cls in (Commit, CommitFile, Repository, MailmapEntry)]


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("works", [MAPPED, UNMAPPED])
def test_a_changed_mailmap_names_old_commits_like_new_ones(any_store, tmp_path, works):
    acme, globex = Organisation(any_store), Organisation(any_store)
    path = make(tmp_path / "api.git", *works[:-1])
    sync(acme, path)
    rewrite(path, *works)
    sync(acme, path)
    sync(globex, path)
    assert records(acme) == records(globex)
    assert ("Augusta", "augusta@example.com") in authors(acme) or works is UNMAPPED


def test_who_wrote_it_is_resolved_by_the_new_name(acme, globex, repository):
    """Identities, files and numbers follow."""
    directory = Directory(bots=("augusta@*",))
    sync(acme, repository, directory=directory)
    rewrite(repository, *MAPPED)
    sync(acme, repository, directory=directory)
    sync(globex, repository, directory=directory)
    assert everything(acme)[:2] == everything(globex)[:2]
    assert {row["actor_kind"] for row in acme.records(CommitFile)} == {"bot", "human"}


def test_the_days_of_what_is_named_anew_are_touched(acme, repository):
    """Grace's of 2 January is not."""
    sync(acme, repository)
    rewrite(repository, *MAPPED)
    assert dirty(sync(acme, repository)) == [date(2026, 1, day) for day in (1, 3, 4)]


def test_every_row_is_named_after_its_day_was_noted(acme, repository):
    sync(acme, repository)
    rewrite(repository, *MAPPED)
    witness, synced = witnessed(acme, repository)
    assert (witness.unknown, witness.noted) == ([], synced.touches)


def test_committers_are_named_too(acme, repository):
    """Grace committed everything."""
    sync(acme, repository)
    rewrite(repository, *HISTORY, on(3, files={".mailmap": "<g@example.com> <grace@example.com>"}))
    sync(acme, repository)
    assert {row["committer_email"] for row in acme.records(Commit)} == {"g@example.com"}


def test_who_helped_stays_as_the_message_has_it(acme, repository):
    helped = on(3, files={".mailmap": AUGUSTA}, author=GRACE,
                message="Work\n\nCo-authored-by: Ada <ada@example.com>\n")  # fmt: skip
    rewrite(repository, *HISTORY, helped)
    sync(acme, repository)
    assert acme.records(Commit)[-1]["co_author_emails"] in ([], ["ada@example.com"])
    assert ["ada@example.com"] in [row["co_author_emails"] for row in acme.records(Commit)]


def test_a_mailmap_that_stays_names_nothing_anew(acme, repository):
    rewrite(repository, *MAPPED)
    sync(acme, repository)
    before = everything(acme, versions=True)
    assert sync(acme, repository).touches.days == {}
    assert everything(acme, versions=True) == before


def test_a_window_names_only_what_it_takes(acme, repository):
    sync(acme, repository)
    rewrite(repository, *MAPPED)
    sync(acme, repository, since=FLOOR)
    assert authors(acme) == [
        ("Ada Lovelace", "ada@example.com"),
        ("Augusta", "augusta@example.com"),
        ("Grace Hopper", "grace@example.com"),
    ]
    sync(acme, repository)
    assert len(authors(acme)) == 2


def test_what_windows_took_below_the_floor_is_named_too(acme, globex, repository):
    sync(acme, repository, since=instant(NOON), before=FLOOR)
    sync(acme, repository, floor=FLOOR)
    rewrite(repository, *MAPPED)
    sync(acme, repository, floor=FLOOR)
    sync(globex, repository)
    assert records(acme) == records(globex)


def test_what_is_stored_by_names_unknown_is_named_once(acme, globex, repository):
    """As by a version of this program that did not look."""
    rewrite(repository, *MAPPED)
    sync(acme, repository)
    sync(globex, repository)
    sink = acme.sink()
    (marked,) = objects(Repository, sink.read(Repository))
    old = [replace(each, author_name="Old") for each in objects(Commit, sink.read(Commit))]
    sink.write(old)
    sink.write([replace(marked, mailmap_hash=None)])
    sync(acme, repository)
    assert records(acme) == records(globex)
    assert sync(acme, repository).touches.days == {}


def test_what_was_away_when_the_mailmap_changed_is_named_when_it_is_back(acme, globex, repository):
    """Below the floor no walk finds it: its row is brought back."""
    run(repository, "config", "remote.origin.url", API)
    mapped = (on(0, files={".mailmap": AUGUSTA}),)
    sync(acme, repository, since=instant(NOON), before=FLOOR)
    sync(acme, repository, floor=FLOOR)
    for works in (mapped, (*HISTORY, on(9, files={".mailmap": AUGUSTA}))):
        rewrite(repository, *works)
        sync(acme, repository, floor=FLOOR)
    sync(globex, repository)
    assert records(acme) == records(globex)


@pytest.mark.disturbed
@pytest.mark.parametrize("kind", ["checkpoint", "noted"])
def test_a_run_that_was_cut_anywhere_is_completed_by_the_next(store, repository, kind):
    for call in count(1):
        acme, globex = Organisation(store), Organisation(store)
        rewrite(repository, *HISTORY)
        sync(acme, repository)
        rewrite(repository, *MAPPED)
        was_cut = cut(acme, repository, kind, call)[0]
        sync(acme, repository)
        sync(globex, repository)
        assert records(acme) == records(globex)
        if not was_cut:
            break


# --- entries --------------------------------------------------------------------------------------


def test_another_organisation_has_no_entry(acme, globex, repository):
    rewrite(repository, *MAPPED)
    sync(acme, repository)
    assert entries(globex) == []


def test_entries_are_those_of_the_branch(acme, repository):
    sync(acme, repository)
    assert entries(acme) == []
    rewrite(repository, *MAPPED)
    sync(acme, repository)
    assert entries(acme) == [("ada@example.com", "", "augusta@example.com", "Augusta")]


def test_an_entry_that_vanished_is_a_tombstone_and_may_come_back(acme, repository):
    for works, found in ((MAPPED, 1), (UNMAPPED, 0), (MAPPED, 1)):
        rewrite(repository, *works)
        sync(acme, repository)
        assert len(entries(acme)) == found
        dead = acme.sink().read(MailmapEntry, deleted=True).drop_nulls("deleted_at")
        assert dead["deleted_reason"].to_list() == ["no longer in the .mailmap"] * (not found)


def test_a_window_keeps_no_entries(acme, repository):
    rewrite(repository, *MAPPED)
    sync(acme, repository, since=instant(NOON))
    assert entries(acme) == []


# --- any way to the same file -----------------------------------------------------------------

MAILMAPS = ("", AUGUSTA, "Ada King <ada@example.com>\n<ada@example.com> <grace@example.com>\n",
            "# nobody\n", "<g@x> Grace Hopper <grace@example.com>\n")  # fmt: skip

branches = st.lists(
    st.tuples(
        st.sampled_from(MAILMAPS), st.sampled_from([ADA, GRACE]), st.integers(0, 9), st.booleans()
    ),
    min_size=1,
    max_size=5,
)
ways = st.sampled_from(["whole", "window", "cut"])


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mailmaps")
    return (folder / f"{place}.git" for place in count())


@given(st.lists(st.tuples(branches, ways, st.integers(1, 9)), min_size=1, max_size=4))
@tried(3)
def test_whatever_the_branch_was_before_all_names_are_its_mailmaps(store, paths, steps):
    acme, globex = Organisation(store), Organisation(store)
    path = make(next(paths), *HISTORY)
    run(path, "config", "remote.origin.url", API)
    for branch, way, call in steps:
        rewrite(path, *works(branch))
        one_way(acme, path, way, call)
    sync(acme, path)
    sync(globex, path)
    assert records(acme) == records(globex)


def works(branch):
    return [
        on(
            day,
            files={".mailmap": text, "a": f"{day}\n"},
            author=author,
            parents=parents(place, on_top),
        )
        for place, (text, author, day, on_top) in enumerate(branch)
    ]


def parents(place, on_top):
    return None if on_top or not place else (0,)


def one_way(acme, path, way, call):
    if way == "window":
        sync(acme, path, since=instant(NOON + call * DAY))
    elif way == "whole":
        sync(acme, path)
    else:
        sink = Disturbed(acme.sink(), Countdown("write", call), [])
        with suppress(EndedError):
            asyncio.run(sync_git(sink, Local(path), batch_size=2))
