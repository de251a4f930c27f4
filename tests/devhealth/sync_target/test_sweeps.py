"""What the provider has no more becomes tombstones; whatever is doubtful stays."""

import pytest

from devhealth.errors import Transient
from devhealth.models.directory import Directory
from devhealth.models.records import (
    Comment,
    Deployment,
    Incident,
    PipelineRun,
    PullRequest,
    PullRequestCommit,
    Review,
)
from tests.devhealth.stores import Organisation
from tests.devhealth.sync_target.peer import TARGETS, day, furnished
from tests.devhealth.sync_target.runs import aside, keys, stored, sync

LATER = {"since": day(50), "is_sweep": True}
THINGS = {
    "prs": (PullRequest, "number"),
    "cicd": (PipelineRun, "run_id"),
    "deployments": (Deployment, "deployment_id"),
    "incidents": (Incident, "incident_id"),
}


@pytest.fixture
def peer():
    return furnished()


def lose(peer, target):
    """The second of its three things."""
    del peer.things[target][list(peer.things[target])[1]]


def test_what_is_gone_becomes_a_tombstone_in_every_store(any_store):
    acme, peer = Organisation(any_store), furnished()
    sync(acme, peer)
    for target in TARGETS:
        lose(peer, target)
    sync(acme, peer, **LATER)
    left = {target: len(keys(acme, *THINGS[target])) for target in TARGETS}
    assert left == dict.fromkeys(TARGETS, 2)


def test_a_pull_request_takes_along_all_that_belongs_to_it(acme, peer):
    done = sync(acme, peer, "prs")
    del peer.things["prs"][1]
    swept = sync(acme, peer, "prs", **LATER)
    assert keys(acme, PullRequest, "number") == [2, 3]
    assert keys(acme, Review, "review_id") == ["3"]
    assert keys(acme, Comment, "comment_id") == []
    assert len(keys(acme, PullRequestCommit, "hash")) == 3
    repo_id = str(done.repository.repo_id)
    assert swept.touches.days[Comment, repo_id] == {day(1.5).date(), day(1.6).date()}
    assert {day(1).date(), day(3).date()} <= swept.touches.days[PullRequest, repo_id]
    assert swept.written == 1 + 1 + 2 + 2


def test_what_comes_back_after_a_sweep_is_there_again(acme, peer):
    sync(acme, peer)
    once, told = stored(acme), peer.things["prs"].pop(1)
    sync(acme, peer, "prs", **LATER)
    peer.things["prs"][1] = told
    sync(acme, peer, "prs")
    assert stored(acme) == once


@pytest.mark.parametrize("target", TARGETS)
def test_a_sweep_of_what_is_all_there_changes_nothing(acme, peer, target):
    sync(acme, peer)
    before = stored(acme)
    done = sync(acme, peer, target, **LATER)
    assert (stored(acme), done.written) == (before, 0)
    assert peer.asked.count(f"ids of {target}") == 2  # two pages, once


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("page", [1, 2])
def test_a_sweep_that_is_not_complete_deletes_nothing(acme, peer, target, page):
    sync(acme, peer)
    before = stored(acme)
    peer.tell(target, "another", 60, next(iter(peer.things[target].values()))[1])
    lose(peer, target)
    peer.refuses[f"ids of {target}", page] = Transient("Later.")
    with pytest.raises(Transient):
        sync(acme, peer, target, since=day(70), is_sweep=True)
    assert stored(acme) == before


def test_where_one_id_cannot_be_read_nothing_is_gone(acme, peer):
    sync(acme, peer)
    before = stored(acme)
    lose(peer, "prs")
    peer.tell("prs", "broken", 1, {"id": "P8"})
    sync(acme, peer, "prs", **LATER)
    assert stored(acme) == before
    assert aside(acme) == [("pull request P8", "`number` is missing.")]


def test_what_a_shifting_list_loses_once_is_not_gone(acme, peer):
    sync(acme, peer)
    before, raws, lists = stored(acme), peer._raws, iter([1, 0])
    peer._raws = lambda target: [*raws(target)][next(lists, 0) :]
    sync(acme, peer, "prs", **LATER)
    assert (stored(acme), next(lists, None)) == (before, None)


def test_nothing_of_what_is_archived_is_gone(acme, peer):
    sync(acme, peer)
    peer.things["prs"].clear()
    peer.is_archived = True
    sync(acme, peer, "prs", **LATER)
    assert keys(acme, PullRequest, "number") == [1, 2, 3]
    assert "ids of prs" not in peer.asked


def test_runs_that_the_provider_forgot_are_not_gone(acme, peer):
    """The oldest of three is forgotten, the second deleted: the third alone is told."""
    sync(acme, peer)
    del peer.things["cicd"][1]
    sync(acme, peer, "cicd", **LATER)
    assert keys(acme, PipelineRun, "run_id") == ["1", "2", "3"]
    peer.things["cicd"].clear()
    sync(acme, peer, "cicd", **LATER)
    assert keys(acme, PipelineRun, "run_id") == ["1", "2", "3"]


def test_merges_that_count_as_deployments_are_no_ids_of_the_providers(acme, peer):
    directory = Directory(deployment_kinds=(("acme/api", "merge"),))
    sync(acme, peer, directory=directory)
    assert "merge:1" in keys(acme, Deployment, "deployment_id")
    sync(acme, peer, "deployments", directory=directory, **LATER)
    assert keys(acme, Deployment, "deployment_id") == ["D1", "D2", "D3", "merge:1"]
