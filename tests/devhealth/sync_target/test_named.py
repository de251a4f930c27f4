"""A few things that are asked for by name leave what a run that is told everything leaves."""

import pytest

from devhealth.models.records import PipelineRun, PullRequest, SourceCoverage, WorkItem
from tests.devhealth.stores import Organisation
from tests.devhealth.sync_target.peer import TARGETS, furnished, pull_request, run
from tests.devhealth.sync_target.runs import TOLD, covered, keys, stored, sync


@pytest.fixture
def peer():
    return furnished()


def named(acme, peer, target, *names):
    return sync(acme, peer, target, names=names, run_id=None)


def names_of(peer, target):
    return [str(each) for each in peer.things[target]]


def test_named_one_by_one_all_is_stored_as_if_listed(store, peer):
    listed, one_by_one = Organisation(store), Organisation(store)
    for acme in (listed, one_by_one):
        sync(acme, peer, "prs", "deployments")  # which commit a run is of must be known before
    sync(listed, peer)
    for target in TARGETS:
        for name in names_of(peer, target):
            named(one_by_one, peer, target, name)
    assert stored(one_by_one, *TOLD) == stored(listed, *TOLD)


def test_nothing_else_is_asked_for(acme, peer):
    named(acme, peer, "prs", "2")
    assert peer.asked == ["repository", "named prs"]
    assert keys(acme, PullRequest, "number") == [2]


def test_it_says_nothing_of_coverage(acme, peer):
    sync(acme, peer, "prs")
    before = covered(acme, "prs")
    named(acme, peer, "prs", "2")
    assert acme.records(SourceCoverage) == [before]


def test_what_changed_is_counted_and_told_again_it_is_not(acme, peer):
    sync(acme, peer, "prs")
    peer.tell("prs", 2, 11, pull_request(2, 2, 11, hashes=("b", "c", "e")))
    assert named(acme, peer, "prs", "1", "2").changed == 1
    assert named(acme, peer, "prs", "1", "2").changed == 0
    assert sync(acme, peer, "prs").changed == 0


def test_of_what_is_new_everything_is_counted(acme, peer):
    assert sync(acme, peer, "prs").changed == 3


def test_an_older_telling_that_comes_late_is_overtaken(acme, peer):
    sync(acme, peer, "prs")
    peer.tell("prs", 2, 11, pull_request(2, 2, 11, title="Two"))
    named(acme, peer, "prs", "2")
    assert keys(acme, PullRequest, "title") == ["One", "Two", "One"]


def test_a_run_that_is_gone_is_buried(acme, peer):
    sync(acme, peer, "cicd")
    del peer.things["cicd"][2]
    assert named(acme, peer, "cicd", "2").changed == 1
    assert keys(acme, PipelineRun, "run_id") == ["1", "3"]


def test_what_was_not_over_is_not_asked_for_beside(acme, peer):
    going = run(9, 9) | {"status": "in_progress", "conclusion": None}
    peer.tell("cicd", 9, 9, going)
    sync(acme, peer, "cicd")
    named(acme, peer, "cicd", "1")
    assert list(peer.unfinished["cicd"]) == []


def test_nothing_of_it_is_work_without_a_place_of_work(acme, peer):
    named(acme, peer, "prs", "1")
    assert acme.records(WorkItem) == []
