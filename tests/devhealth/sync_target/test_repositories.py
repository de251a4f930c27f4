"""A repository is the same one whatever it is called, and whoever tells of it."""

import asyncio
from dataclasses import replace

import pytest

from devhealth.connectors.local import Local
from devhealth.models.records import Commit, PullRequest, Repository
from devhealth.processors import local as of_git
from devhealth.repositories import GIT, address_of, merged
from devhealth.sync import sync_git
from devhealth.sync_blame import sync_blame
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import HISTORY, ONE_MORE, branch, hashes
from tests.devhealth.sync.runs import mark as mark_of
from tests.devhealth.sync_target.peer import day, furnished
from tests.devhealth.sync_target.runs import addresses, stored, sync
from tests.repositories import add, make, run

TOLD = of_git.repository(
    {
        "path": "/srv/api",
        "name": "api",
        "remote_url": "git@github.com:Acme/Api.git",
        "root_hash": "a" * 40,
        "default_branch": "trunk",
        "head_hash": "b" * 40,
    }
)
BY_API = replace(
    TOLD,
    provider="github",
    native_id="1",
    full_name="acme/api",
    default_branch="main",
    is_fork=True,
    is_archived=True,
    created_at=day(-100),
    root_hash=None,
)
MARKED = {"head_hash": "b" * 40, "mailmap_hash": ""}


@pytest.fixture
def path(tmp_path):
    made = make(tmp_path / "api.git", *HISTORY)
    run(made, "config", "remote.origin.url", "https://github.com/acme/api.git")
    return made


def git(acme, path, *, sink=None):
    sink = sink or acme.sink()
    synced = asyncio.run(sync_git(sink, Local(path)))
    synced.finish(sink)
    return synced


def repositories(acme):
    return [
        (row["provider"], row["native_id"], row["full_name"]) for row in acme.records(Repository)
    ]


# --- field by field ------------------------------------------------------------------------------


def test_what_nobody_told_before_is_as_it_is_told():
    assert merged(None, TOLD) == TOLD
    assert merged(None, BY_API) == BY_API


def test_an_api_outranks_git_and_the_hashes_stay_gits():
    stored_one = replace(TOLD, **MARKED)
    found = merged(stored_one, BY_API)
    assert found == replace(BY_API, root_hash=TOLD.root_hash, **MARKED)


def test_git_leaves_what_an_api_told():
    told = replace(TOLD, **MARKED)
    assert merged(BY_API, told) == replace(BY_API, root_hash=TOLD.root_hash, **MARKED)


def test_it_does_not_matter_who_tells_first():
    told = replace(TOLD, **MARKED)
    assert merged(merged(None, told), BY_API) == merged(merged(None, BY_API), told)


def test_git_alone_says_everything_anew():
    told = replace(TOLD, full_name="Acme/API", **MARKED)
    assert merged(TOLD, told) == told


def test_an_api_says_all_but_the_hashes_anew():
    stored_one = merged(replace(TOLD, **MARKED), BY_API)
    told = replace(BY_API, full_name="acme/core", is_fork=False, is_archived=False)
    assert merged(stored_one, told) == replace(told, root_hash=TOLD.root_hash, **MARKED)


def test_what_is_kept_keeps_its_id():
    other = replace(BY_API, repo_id=address_id("x"))
    assert merged(TOLD, other).repo_id == TOLD.repo_id


def address_id(text):
    return of_git.uuid5(of_git.REPOSITORIES, text)


# --- git and an API in turn ----------------------------------------------------------------------


def test_git_and_an_api_store_one_repository_whoever_comes_first(store, path):
    acme, globex = Organisation(store), Organisation(store)
    git(acme, path)
    sync(acme, furnished())
    sync(globex, furnished())
    git(globex, path)
    assert stored(acme) == stored(globex)
    assert repositories(acme) == [("github", "1", "acme/api")]


def test_a_sync_of_git_after_an_api_writes_nothing_new(acme, path):
    git(acme, path)
    sync(acme, furnished(), "prs")
    before = acme.records(Repository, versions=True)
    git(acme, path)
    assert acme.records(Repository, versions=True) == before


def test_an_api_that_tells_nothing_new_leaves_the_version_of_the_mark(acme, path):
    sync(acme, furnished(), "prs")
    git(acme, path)
    before = acme.records(Repository, versions=True)
    sync(acme, furnished())
    assert acme.records(Repository, versions=True) == before


def test_the_mark_moves_along_where_nothing_waits_to_be_settled(acme, path, hours_later):
    git(acme, path)
    hours_later()
    sync(acme, furnished(), "prs")
    assert mark_of(acme) == run(path, "rev-parse", "main").strip()


def test_the_mark_is_withdrawn_where_a_run_of_git_was_cut(acme, path):
    """What the cut run wrote is newer than the mark; the next run settles all of it."""
    git(acme, path)
    add(path, *ONE_MORE)
    asyncio.run(sync_git(acme.sink(), Local(path)))  # nobody finishes it
    add(path, *HISTORY)
    sync(acme, furnished(), "prs")
    assert mark_of(acme) is None
    synced = git(acme, path)
    assert hashes(acme) == branch(path)
    assert day(3).date() in synced.touches.days[Commit, str(synced.repository.repo_id)]
    assert mark_of(acme) is not None


def test_what_an_api_told_while_git_ran_stays(acme, path):
    sink = acme.sink()
    synced = asyncio.run(sync_git(sink, Local(path)))
    sync(acme, furnished(), "prs")
    synced.finish(acme.sink())
    assert repositories(acme) == [("github", "1", "acme/api")]
    assert mark_of(acme) is not None


def test_blame_finds_the_repository_that_an_api_has_moved(acme, path):
    peer = furnished()
    git(acme, path)
    sync(acme, peer, "prs")
    peer.full_name = "acme/core"
    sync(acme, peer, "prs")
    run(path, "config", "remote.origin.url", "https://github.com/acme/core")
    blamed = asyncio.run(sync_blame(acme.sink(), Local(path)))
    assert (blamed.files, len(acme.records(Repository))) == (2, 1)


def test_that_it_is_a_fork_after_all_touches_the_days_of_its_commits(acme, path):
    git(acme, path)
    peer = furnished()
    peer.is_fork = True
    done = sync(acme, peer, "prs", since=day(90))
    days = done.touches.days[Commit, str(done.repository.repo_id)]
    assert days == {row["committed_at"].date() for row in acme.records(Commit)}
    assert len(days) == 3


# --- renames and reuse ---------------------------------------------------------------------------


def test_the_address_is_remembered_from_when_it_was_seen_on(acme):
    sync(acme, furnished())
    sync(acme, furnished())
    assert addresses(acme) == [("github.com/acme/api", True, "1")]


def test_a_renamed_repository_keeps_its_id_in_every_store(any_store):
    acme, peer = Organisation(any_store), furnished()
    before = sync(acme, peer, "prs")
    peer.full_name = "Other/Core"
    after = sync(acme, peer, "prs")
    assert (after.repository.repo_id, after.is_renamed) == (before.repository.repo_id, True)
    assert repositories(acme) == [("github", "1", "Other/Core")]
    assert addresses(acme) == [
        ("github.com/acme/api", False, "1"),
        ("github.com/other/core", True, "1"),
    ]
    assert not sync(acme, peer, "prs").is_renamed


def test_a_rename_is_told_until_it_is_finished(acme):
    peer = furnished()
    sync(acme, peer, "prs")
    peer.full_name = "acme/core"
    assert sync(acme, peer, "prs", finish=False).is_renamed
    assert sync(acme, peer, "prs").is_renamed
    assert not sync(acme, peer, "prs").is_renamed


def test_a_repository_that_comes_back_to_its_name_has_been_there_twice(acme):
    peer = furnished()
    for name in ("acme/api", "acme/core", "acme/api"):
        peer.full_name = name
        sync(acme, peer, "prs")
    assert [(where, is_open) for where, is_open, _ in addresses(acme)] == [
        ("github.com/acme/api", False),
        ("github.com/acme/api", True),
        ("github.com/acme/core", False),
    ]


def test_another_repository_under_the_same_name_is_another_one_in_every_store(any_store):
    acme, peer = Organisation(any_store), furnished()
    first = sync(acme, peer, "prs").repository
    peer.native_id = 2
    second = sync(acme, peer, "prs").repository
    assert second.repo_id == address_id(f"{address_of(first)} 2")
    assert sync(acme, peer, "prs").repository.repo_id == second.repo_id
    assert len(acme.records(Repository)) == 2
    assert len(acme.records(PullRequest)) == 6
    assert addresses(acme) == [
        ("github.com/acme/api", False, "1"),
        ("github.com/acme/api", True, "2"),
    ]


def test_a_name_that_is_free_again_may_be_anothers(acme):
    peer = furnished()
    first = sync(acme, peer, "prs").repository
    peer.full_name = "acme/old-api"
    sync(acme, peer, "prs")
    peer.full_name, peer.native_id = "acme/api", 2
    second = sync(acme, peer, "prs").repository
    peer.full_name, peer.native_id = "acme/old-api", 1
    assert sync(acme, peer, "prs").repository.repo_id == first.repo_id != second.repo_id


def test_git_finds_a_clone_by_its_old_name_and_by_its_new_one(acme, path):
    peer = furnished()
    repo_id = sync(acme, peer, "prs").repository.repo_id
    peer.full_name = "acme/core"
    sync(acme, peer, "prs")
    assert git(acme, path).repository.repo_id == repo_id
    run(path, "config", "remote.origin.url", "https://github.com/acme/core")
    assert git(acme, path).repository.repo_id == repo_id
    assert repositories(acme) == [("github", "1", "acme/core")]


def test_git_follows_a_name_to_whom_it_belongs_now(acme, path):
    peer = furnished()
    sync(acme, peer, "prs")
    peer.native_id = 2
    second = sync(acme, peer, "prs").repository
    assert git(acme, path).repository.repo_id == second.repo_id


def test_what_has_no_remote_is_nobody_elses(acme, path):
    run(path, "config", "--unset", "remote.origin.url")
    sync(acme, furnished(), "prs")
    assert git(acme, path).repository.source_id == GIT
    assert len(acme.records(Repository)) == 2
