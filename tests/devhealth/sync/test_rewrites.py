"""Branches that lose commits, runs that are cut short, and every order of these."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.due import overdue
from devhealth.errors import Transient
from devhealth.models.records import Commit, CommitFile, Repository
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import (
    DAY,
    HISTORY,
    ONE_MORE,
    REWRITTEN,
    TODAY,
    branch,
    dirty,
    everything,
    hashes,
    mark,
    on,
    sync,
)
from tests.examples import tried
from tests.repositories import GRACE, NOON, instant, make, run
from tests.repositories import add as rewrite

# --- rewritten branches ---------------------------------------------------------------------------


def test_what_a_rewrite_leaves_behind_becomes_tombstones(acme, repository):
    sync(acme, repository)
    rewrite(repository, *REWRITTEN)
    synced = sync(acme, repository)
    assert hashes(acme) == branch(repository)
    assert (synced.commits, synced.vanished) == (1, 1)
    assert {row["commit_hash"] for row in acme.records(CommitFile)} <= branch(repository)


def test_tombstones_say_why(acme, repository):
    sync(acme, repository)
    rewrite(repository, *REWRITTEN)
    synced = sync(acme, repository)
    where = {"repo_id": synced.repository.repo_id}
    sink = acme.sink()
    for cls in (Commit, CommitFile):
        dead = sink.read(cls, where=where, deleted=True).drop_nulls("deleted_at")
        assert dead["deleted_reason"].unique().to_list() == ["no longer on the default branch"]
        assert dead["deleted_at"].to_list() == dead["synced_at"].to_list()


def test_a_vanished_commit_dirties_its_day(acme, repository):
    sync(acme, repository)
    rewrite(repository, *HISTORY[:2])
    assert dirty(sync(acme, repository)) == [date(2026, 1, 3)]


def test_a_restored_commit_comes_back(acme, repository):
    sync(acme, repository)
    before = everything(acme)
    rewrite(repository, *REWRITTEN)
    sync(acme, repository)
    rewrite(repository, *HISTORY)
    assert dirty(sync(acme, repository)) == [date(2026, 1, 3)]
    assert everything(acme) == before


def test_a_branch_whose_old_end_is_gone_is_walked_whole(acme, repository):
    sync(acme, repository)
    rewrite(repository, *REWRITTEN)
    run(repository, "reflog", "expire", "--expire=now", "--all")
    run(repository, "gc", "--quiet", "--prune=now")
    synced = sync(acme, repository)
    assert hashes(acme) == branch(repository)
    assert (synced.commits, synced.vanished) == (3, 1)


def test_a_branch_that_went_on_while_its_old_end_is_gone_loses_nothing(acme, repository):
    sync(acme, repository)
    rewrite(repository, *REWRITTEN)
    run(repository, "gc", "--quiet", "--prune=now")
    sync(acme, repository)
    assert sync(acme, repository).touches.days == {}


# --- runs that were cut short ---------------------------------------------------------------------


def test_the_mark_moves_when_the_caller_says_so(acme, repository):
    synced = sync(acme, repository, finish=False)
    assert mark(acme) is None
    synced.finish(acme.sink())
    assert mark(acme) == run(repository, "rev-parse", "main")


def test_a_run_that_was_not_finished_is_found_again(acme, repository):
    unfinished = sync(acme, repository, finish=False)
    assert dirty(sync(acme, repository)) == dirty(unfinished)


def test_a_loss_that_was_not_finished_is_found_again(acme, repository):
    sync(acme, repository)
    rewrite(repository, *HISTORY[:2])
    sync(acme, repository, finish=False)
    assert dirty(sync(acme, repository)) == [date(2026, 1, 3)]


def test_a_loss_by_a_whole_walk_that_was_not_finished_is_found_again(acme, repository):
    sync(acme, repository, finish=False)
    rewrite(repository, *HISTORY[:2])
    sync(acme, repository, finish=False)
    assert date(2026, 1, 3) in dirty(sync(acme, repository))


def test_a_loss_that_was_undone_before_it_was_finished_is_no_loss(acme, repository):
    sync(acme, repository)
    before = everything(acme)
    rewrite(repository, *HISTORY[:2])
    sync(acme, repository, finish=False)
    rewrite(repository, *HISTORY)
    assert dirty(sync(acme, repository)) == [date(2026, 1, 3)]
    assert everything(acme) == before


def test_commits_of_a_run_that_was_not_finished_vanish_with_their_branch(acme, repository):
    """They are reachable neither from the mark nor from where the branch stands now."""
    sync(acme, repository)
    rewrite(repository, *ONE_MORE)
    sync(acme, repository, finish=False)
    rewrite(repository, *HISTORY)
    assert dirty(sync(acme, repository)) == [date(2026, 1, 4)]
    assert hashes(acme) == branch(repository)


def test_what_was_settled_is_not_settled_again(acme, repository):
    sync(acme, repository)
    rewrite(repository, *ONE_MORE)
    sync(acme, repository, finish=False)
    rewrite(repository, *HISTORY)
    sync(acme, repository)
    assert sync(acme, repository).touches.days == {}


@pytest.mark.parametrize("write", range(1, 9))
def test_a_run_cut_short_and_run_again_is_an_undisturbed_run(acme, store, repository, write):
    with pytest.raises(Transient):
        sync(acme, repository, batch_size=1, fail_at=write)
    sync(acme, repository)
    globex = Organisation(store)
    sync(globex, repository)
    assert everything(acme) == everything(globex)


# --- any way to the same branch -------------------------------------------------------------------

BRANCHES = (
    HISTORY,
    ONE_MORE,
    REWRITTEN,
    (*REWRITTEN, on(5, files={"a": "9\n"}, author=GRACE), on(40, files={"a": "8\n"})),
    HISTORY[:1],
    (on(0, files={"z": "another root\n"}), on(1, files={"y": "1\n"})),
)


@pytest.fixture(scope="module")
def branches(tmp_path_factory):
    """A repository of many pasts, and the commits that main may stand at."""
    path = make(tmp_path_factory.mktemp("branches") / "api.git")
    run(path, "config", "remote.origin.url", "https://example.com/acme/api.git")
    ends = []
    for works in BRANCHES:
        rewrite(path, *works)
        ends.append(run(path, "rev-parse", "main"))
    return path, ends


ways = st.one_of(st.sampled_from(["finished", "computed", "synced", "window"]), st.integers(1, 9))


@given(st.lists(st.tuples(st.integers(0, len(BRANCHES) - 1), ways), min_size=1, max_size=6))
@tried(2)
def test_whatever_happened_before_a_whole_sync_makes_it_right(store, branches, steps):
    """Rewrites, windows, syncs that were cut short, not computed or not finished, in any order."""
    path, ends = branches
    acme, globex = Organisation(store), Organisation(store)
    for end, way in steps:
        run(path, "update-ref", "refs/heads/main", ends[end])
        one_way(acme, path, way)
    one_way(acme, path, "finished")
    one_way(globex, path, "finished")
    assert everything_but_names(acme) == everything_but_names(globex)
    assert acme.rollups() == globex.rollups()
    assert sync(acme, path).touches.days == {}


def one_way(acme, path, way):
    if isinstance(way, int):
        with suppress(Transient):
            sync(acme, path, finish=False, batch_size=2, fail_at=way)
        return
    window = {"since": instant(NOON + DAY), "before": instant(NOON + 3 * DAY)}
    synced = sync(acme, path, finish=False, **(window if way == "window" else {}))
    if way != "synced":
        acme.compute(synced.touches | overdue(acme.sink(), TODAY), TODAY)
    if way == "finished":
        synced.finish(acme.sink())


def everything_but_names(acme):
    """Identities stay: somebody may have been met on a branch that is gone."""
    return [acme.records(cls) for cls in (Commit, CommitFile, Repository)]
