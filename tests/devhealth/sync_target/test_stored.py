"""What is stored of what a provider told: once, whatever order and windows it came in."""

import asyncio
from datetime import timedelta

import pytest

from devhealth.errors import Transient
from devhealth.models.directory import Directory
from devhealth.models.records import (
    Comment,
    Deployment,
    Identity,
    Incident,
    PipelineRun,
    PullRequest,
    PullRequestCommit,
    Repository,
    Review,
)
from devhealth.restamp import restamp
from tests.devhealth.stores import Organisation
from tests.devhealth.sync_target.peer import (
    comment,
    day,
    deployment,
    furnished,
    issue,
    pull_request,
    review,
    run,
)
from tests.devhealth.sync_target.runs import keys, stored, sync


def test_everything_that_is_told_is_stored_in_every_store(any_store):
    acme = Organisation(any_store)
    sync(acme, furnished())
    assert keys(acme, PullRequest, "number") == [1, 2, 3]
    assert keys(acme, Review, "review_id") == ["1", "2", "3"]
    assert keys(acme, Comment, "comment_id") == ["1", "2"]
    assert keys(acme, PullRequestCommit, "hash") == [each * 40 for each in "abcd"]
    assert keys(acme, PipelineRun, "run_id") == ["1", "2", "3"]
    assert keys(acme, Deployment, "deployment_id") == ["D1", "D2", "D3"]
    assert keys(acme, Incident, "incident_id") == ["1", "2", "3"]
    assert sorted(keys(acme, Identity, "handle")) == ["github:ada", "github:bob", "github:eve"]
    (repository,) = acme.records(Repository)
    assert (repository["provider"], repository["native_id"]) == ("github", "1")


def test_what_follows_from_reviews_is_stored_with_the_pull_request(acme):
    """Opened on day 1; Bob comments at 1.5, approves at 2; Eve reviews at 2.5; merged on day 3."""
    sync(acme, furnished(), "prs")
    first = acme.records(PullRequest)[0]
    assert (first["pickup_hours"], first["review_hours"], first["cycle_hours"]) == (12, 36, 48)
    assert (first["reviews_count"], first["approved_at"]) == (2, day(2))


def test_twice_is_once_in_every_store(any_store):
    acme = Organisation(any_store)
    sync(acme, furnished())
    once = stored(acme)
    done = sync(acme, furnished())
    assert stored(acme) == once
    assert not any(done.touches.days.values())


def test_a_second_run_touches_no_day(acme):
    peer = furnished()
    for target in peer.targets:
        assert any(sync(acme, peer, target).touches.days.values())
    for target in peer.targets:
        assert not any(sync(acme, peer, target).touches.days.values())


@pytest.mark.parametrize("cut", [0, 2.5, 4, 6.2, 9, 20])
def test_windows_in_any_order_are_one_whole_run(store, cut):
    acme, globex = Organisation(store), Organisation(store)
    sync(acme, furnished())
    sync(globex, furnished(), since=day(cut))
    sync(globex, furnished(), before=day(cut))
    assert stored(globex) == stored(acme)


def test_what_changes_meanwhile_comes_with_the_next_run(acme):
    peer = furnished()
    sync(acme, peer)
    peer.tell("prs", 2, 12, pull_request(2, 2, 12, merged=12, reviews=(review(9, "eve", 11),)))
    peer.tell("incidents", 3, 12, issue(3, 9.5, closed=12))
    sync(acme, peer, since=day(10))
    assert acme.records(PullRequest)[1]["state"] == "merged"
    assert acme.records(Incident)[2]["resolved_at"] == day(12)
    globex = Organisation(acme.store)
    sync(globex, peer)
    assert stored(acme) == stored(globex)


def test_only_days_of_what_differs_are_touched(acme):
    """It was open from day 2 on; that it was merged on day 12 takes the days from there on."""
    peer = furnished()
    done = sync(acme, peer, "prs")
    peer.tell("prs", 2, 12, pull_request(2, 2, 12, merged=12, hashes=("b", "c")))
    repo_id = str(done.repository.repo_id)
    touched = sync(acme, peer, "prs").touches.days[PullRequest, repo_id]
    assert {day(2).date(), day(4).date(), day(12).date()} <= touched
    assert day(1).date() not in touched


def test_a_thing_that_comes_twice_is_stored_as_it_was_told_last(acme):
    """By its own instant of change, not by the page that it stood on."""
    peer = furnished()
    newer = pull_request(2, 2, 6, title="Newer", reviews=(review(7, "bob", 5),))
    older = pull_request(2, 2, 4, title="Older")
    for place, raws in enumerate(((newer, older), (older, newer))):
        listed = [raws[0], *peer.listed("prs", None, None), raws[1]]
        peer.listed = lambda *_, listed=listed: listed
        globex = Organisation(acme.store)
        sync(globex, peer, "prs", batch_size=1 if place else 10_000)
        assert globex.records(PullRequest)[1]["title"] == "Newer"
        assert "7" in keys(globex, Review, "review_id")
        del peer.listed


@pytest.mark.parametrize("batch_size", [1, 10_000])
def test_a_run_that_comes_twice_is_stored_as_it_was_told_last(acme, batch_size):
    peer = furnished()
    peer.listed = lambda *_: [run(1, 2, conclusion="failure"), run(2, 4), run(1, 2)]
    sync(acme, peer, "cicd", batch_size=batch_size)
    assert keys(acme, PipelineRun, "status") == ["success", "success"]


def test_a_later_attempt_stands_beside_the_first_which_is_final_no_more(acme):
    peer = furnished()
    sync(acme, peer, "cicd")
    again = run(1, 7, attempt=2)
    peer.tell("cicd", 1, 7, again)
    sync(acme, peer, "cicd", since=day(6.5))
    first = [row for row in acme.records(PipelineRun) if row["run_id"] == "1"]
    assert [(row["attempt"], row["is_final_attempt"]) for row in first] == [(1, False), (2, True)]


@pytest.mark.parametrize("batch_size", [1, 10_000])
def test_what_left_a_pull_request_is_gone(acme, batch_size):
    peer = furnished()
    sync(acme, peer, "prs")
    kept = (comment(2, "ada", 1.6),)
    peer.tell("prs", 1, 10, pull_request(1, 1, 10, merged=3, comments=kept, hashes=("e",)))
    done = sync(acme, peer, "prs", batch_size=batch_size)
    assert keys(acme, Comment, "comment_id") == ["2"]
    assert keys(acme, Review, "review_id") == ["3"]
    assert "a" * 40 not in keys(acme, PullRequestCommit, "hash")
    assert acme.records(PullRequest)[0]["reviews_count"] == 0
    assert day(2).date() in done.touches.days[Review, str(done.repository.repo_id)]
    gone = acme.sink().read(Review, deleted=True).filter(review_id="1")
    assert gone["deleted_reason"].item() == "no longer part of it"


def test_what_comes_back_is_there_again(acme):
    peer = furnished()
    sync(acme, peer)
    once = stored(acme)
    told = peer.things["prs"][1]
    peer.tell("prs", 1, 10, pull_request(1, 1, 10, merged=3))
    sync(acme, peer, "prs")
    peer.things["prs"][1] = told
    sync(acme, peer, "prs")
    assert stored(acme) == once


def test_a_late_writer_of_old_pages_loses(acme):
    peer = furnished()
    late = acme.sink()
    sync(acme, peer, "prs", "deployments")
    newest = stored(acme)
    peer.tell("prs", 1, 1, pull_request(1, 1, 1, title="Old"))
    peer.tell("deployments", "D1", 3, deployment("D1", 3, state="FAILURE"))
    sync(acme, peer, "prs", "deployments", sink=late)
    assert stored(acme) == newest


def test_what_was_not_over_is_asked_for_again_however_long_ago_it_began(acme):
    peer = furnished()
    peer.tell("cicd", 7, 0, run(7, 0) | {"status": "in_progress", "conclusion": None})
    peer.tell("deployments", "D7", 0, deployment("D7", 0, state="IN_PROGRESS"))
    peer.tell("deployments", "D8", 0, deployment("D8", 0, state="IN_PROGRESS"))
    sync(acme, peer)
    peer.tell("cicd", 7, 0, run(7, 0))
    peer.tell("deployments", "D7", 0, deployment("D7", 0))
    del peer.things["deployments"]["D8"]
    sync(acme, peer, since=day(50))
    of_runs = {row["run_id"]: row["status"] for row in acme.records(PipelineRun)}
    deployed = {row["deployment_id"]: row["status"] for row in acme.records(Deployment)}
    assert (of_runs["7"], deployed["D7"]) == ("success", "success")
    assert "D8" not in deployed


def test_news_that_a_restamp_would_outdo_are_fetched_again(acme):
    peer = furnished()
    sync(acme, peer, "prs")
    late = acme.sink()
    asyncio.run(restamp(acme.sink(), Directory(aliases={"github:ada": "ada@example.com"})))
    peer.tell("prs", 1, 10, pull_request(1, 1, 10, title="New"))
    with pytest.raises(Transient, match="stamped anew while this run"):
        sync(acme, peer, "prs", sink=late)
    sync(acme, peer, "prs")
    assert "New" in keys(acme, PullRequest, "title")


def test_a_window_of_nothing_writes_only_the_repository(acme):
    done = sync(acme, furnished(), "prs", since=day(50), before=day(50) + timedelta(days=1))
    assert (done.fetched, done.written) == (0, 0)
    assert len(acme.records(Repository)) == 1
