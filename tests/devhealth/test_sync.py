"""Local git into a store, from real repositories: complete, safe to run again, never half wrong."""

import asyncio
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devhealth.connectors.local import Local
from devhealth.errors import Permanent, Transient
from devhealth.models.directory import parse_directory
from devhealth.models.records import Commit, CommitFile, Identity, Repository
from devhealth.recompute import overdue
from devhealth.sinks import open_store
from devhealth.sync import sync_git
from tests.devhealth.stores import Organisation
from tests.repositories import GRACE, NOON, Work, instant, make, run
from tests.repositories import add as rewrite

DAY = 86_400
TODAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'facts.db'}")
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def acme(store):
    return Organisation(store)


@pytest.fixture
def repository(tmp_path):
    return make(tmp_path / "api.git", *HISTORY)


def on(day, **fields):
    """A commit at noon, so many days after 1 January 2026."""
    return Work(at=NOON + day * DAY, **fields)


HISTORY = (
    on(0, files={"a": "1\n2\n", "b": "1\n"}),
    on(1, files={"a": "1\n2\n3\n"}, author=GRACE),
    on(2, files={"b": "2\n"}, renames={"a": "c"}),
)
ONE_MORE = (*HISTORY, on(3, files={"d": "1\n"}))
REWRITTEN = (*HISTORY[:2], on(2, files={"b": "other\n"}))


class Failing:
    """A sink that loses its connection at its n-th write."""

    def __init__(self, sink, writes):
        self._sink = sink
        self._left = writes

    def __getattr__(self, name):
        return getattr(self._sink, name)

    def write(self, rows, cls=None):
        self._left -= 1
        if self._left == 0:
            raise Transient("The connection was lost.")
        return self._sink.write(rows, cls)

    async def write_batch(self, rows):
        return self.write(rows)


def sync(acme, path, *, finish=True, fail_at=0, **options):
    sink = Failing(acme.sink(), fail_at)
    synced = asyncio.run(sync_git(sink, Local(path), **options))
    if finish:
        synced.finish(sink)
    return synced


def files(acme):
    return [(row["path"], row["loc_added"]) for row in acme.records(CommitFile)]


def hashes(acme):
    return {row["hash"] for row in acme.records(Commit)}


def branch(path):
    return set(run(path, "rev-list", "main").split())


def mark(acme):
    (row,) = acme.records(Repository)
    return row["head_hash"]


def everything(acme, *, versions=False):
    return [
        acme.records(cls, versions=versions) for cls in (Commit, CommitFile, Identity, Repository)
    ]


def dirty(synced):
    return sorted(synced.touches.days[Commit, str(synced.repository.repo_id)])


# --- what is taken ---------------------------------------------------------------------------


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
    sync(acme, repository, batch_size=1, progress=lambda synced: told.append(synced.commits))
    assert told == [0, 1, 2, 3, 3, 3]  # the start, three batches, the empty last one, the end


def test_an_empty_repository_is_a_permanent_error_and_leaves_nothing(acme, tmp_path):
    with pytest.raises(Permanent, match="no commit yet"):
        sync(acme, make(tmp_path / "empty.git"))
    assert acme.records(Repository) == []


# --- who it was ------------------------------------------------------------------------------


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


# --- rewritten branches ----------------------------------------------------------------------


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


# --- windows ---------------------------------------------------------------------------------


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


# --- runs that were cut short ----------------------------------------------------------------


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


# --- any way to the same branch --------------------------------------------------------------

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
@settings(max_examples=15, deadline=None)
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


# --- two organisations -----------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request, tmp_path):
    if request.param == "sqlite":
        store = open_store(f"sqlite:///{tmp_path / 'facts.db'}")
    else:
        store = open_store(request.getfixturevalue("services").database_uri)
    store.migrate()
    yield store
    store.close()


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
