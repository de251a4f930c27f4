"""What a sync takes from the default branch, and what it leaves alone the next time."""

import asyncio
from datetime import date

import pytest

from devhealth.connectors.local import Local
from devhealth.errors import Permanent
from devhealth.models.records import Commit, CommitFile, Repository
from devhealth.sync import Watch, sync_git
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import (
    DAY,
    ONE_MORE,
    REWRITTEN,
    TODAY,
    branch,
    dirty,
    everything,
    files,
    hashes,
    mark,
    sync,
)
from tests.repositories import NOON, instant, make
from tests.repositories import add as rewrite

# --- two organisations ----------------------------------------------------------------------------


def test_two_organisations_with_one_repository_do_not_meet(any_store, repository):
    acme, globex = Organisation(any_store), Organisation(any_store)
    acme.compute(sync(acme, repository).touches, TODAY)
    before = [everything(acme, versions=True), acme.rollups()]
    rewrite(repository, *REWRITTEN)
    globex.compute(sync(globex, repository).touches, TODAY)
    assert [everything(acme, versions=True), acme.rollups()] == before
    assert hashes(globex) == branch(repository)
    for org in (acme, globex):
        org.sink().erase()


# --- what is taken --------------------------------------------------------------------------------


def test_every_commit_of_the_branch_is_taken(acme, repository):
    synced = sync(acme, repository)
    assert hashes(acme) == branch(repository)
    assert (synced.commits, synced.files, synced.vanished) == (3, 5, 0)


def test_every_file_is_taken_with_its_lines(acme, repository):
    sync(acme, repository)
    assert sorted(files(acme)) == [("a", 1), ("a", 2), ("b", 1), ("b", 1), ("c", 0)]


def test_commits_dirty_their_days_and_so_do_their_files(acme, repository):
    synced = sync(acme, repository)
    assert dirty(synced) == [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)]
    assert synced.touches.days[CommitFile, str(synced.repository.repo_id)] == set(dirty(synced))


def test_only_new_commits_are_taken_next_time(acme, repository):
    sync(acme, repository)
    rewrite(repository, *ONE_MORE)
    synced = sync(acme, repository)
    assert (synced.commits, synced.files, dirty(synced)) == (1, 1, [date(2026, 1, 4)])
    assert hashes(acme) == branch(repository)


def test_a_second_sync_moves_no_version(acme, repository):
    sync(acme, repository)
    before = everything(acme, versions=True)
    synced = sync(acme, repository)
    assert everything(acme, versions=True) == before
    assert (synced.commits, synced.touches.days) == (0, {})


def test_versions_are_the_runs_own(acme, repository):
    sink = acme.sink()
    asyncio.run(sync_git(sink, Local(repository)))
    assert sink.read(Commit)["synced_at"].unique().to_list() == [sink.version]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_batches_smaller_than_a_commit_are_enough(acme, store, repository, batch_size):
    sync(acme, repository, batch_size=batch_size)
    globex = Organisation(store)
    sync(globex, repository)
    assert everything(acme) == everything(globex)


def test_progress_is_told_at_both_ends_and_with_every_batch(acme, repository):
    told = []
    watch = Watch(progress=lambda synced: told.append(synced.commits))
    sync(acme, repository, batch_size=1, watch=watch)
    assert told == [0, 1, 2, 3, 3, 3]  # the start, three batches, the empty last one, the end


def test_an_empty_repository_is_a_permanent_error_and_leaves_nothing(acme, tmp_path):
    with pytest.raises(Permanent, match="no commit yet"):
        sync(acme, make(tmp_path / "empty.git"))
    assert acme.records(Repository) == []


# --- windows --------------------------------------------------------------------------------------


def test_a_window_is_half_open(acme, repository):
    sync(acme, repository, since=instant(NOON), before=instant(NOON + DAY))
    assert [row["committed_at"] for row in acme.records(Commit)] == [instant(NOON)]


def test_a_window_moves_no_mark(acme, repository):
    sync(acme, repository, since=instant(NOON))
    assert mark(acme) is None


def test_windows_and_then_the_whole_are_the_whole(acme, store, repository):
    sync(acme, repository, since=instant(NOON + DAY), before=instant(NOON + 2 * DAY))
    sync(acme, repository, since=instant(NOON + 2 * DAY))
    sync(acme, repository)
    globex = Organisation(store)
    sync(globex, repository)
    assert everything(acme) == everything(globex)


def test_a_window_after_the_mark_leaves_it_where_it_was(acme, repository):
    sync(acme, repository)
    old = mark(acme)
    rewrite(repository, *ONE_MORE)
    sync(acme, repository, since=instant(NOON + 3 * DAY))
    assert mark(acme) == old
    assert hashes(acme) == branch(repository)
