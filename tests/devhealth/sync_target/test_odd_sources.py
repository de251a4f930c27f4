"""What cannot be read or seen is told, deletes nothing, and keeps nobody from the rest."""

import pytest

from devhealth.errors import Permanent, Transient
from devhealth.http import Forbidden, Missing, Unauthorized
from devhealth.models.records import Incident, PullRequest, Review, SourceCoverage
from devhealth.repositories import at
from tests.devhealth.stores import Organisation
from tests.devhealth.sync_target.peer import TARGETS, day, furnished, pull_request
from tests.devhealth.sync_target.runs import RUN, aside, covered, keys, stored, sync

GONE = Missing("api.github.com", 404, "it is not there, or not for this credential.")
REFUSED = Forbidden("api.github.com", 403, "the credential may not read this.")


@pytest.fixture
def peer():
    return furnished()


# --- quarantine ----------------------------------------------------------------------------------


def test_what_cannot_be_read_is_put_aside_and_the_rest_is_stored(acme, peer):
    broken = pull_request(2, 2, 4)
    del broken["title"]
    peer.tell("prs", 2, 4, broken)
    done = sync(acme, peer, "prs")
    assert keys(acme, PullRequest, "number") == [1, 3]
    assert aside(acme) == [("https://github.com/acme/api/pull/2", "`title` is missing.")]
    assert (done.fetched, done.quarantined) == (2, 1)
    assert covered(acme, "prs")["quarantined"] == 1


@pytest.mark.parametrize("broken", [None, 7, [], {}, {"number": 2}, {"problems": ["TIMEOUT"]}])
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_a_provider_gives_ends_a_run(acme, peer, target, broken):
    peer.tell(target, "broken", 4, broken)
    done = sync(acme, peer, target)
    assert (done.fetched, done.quarantined) == (3, 1)


def test_what_was_put_aside_is_buried_once_it_can_be_read(acme, peer):
    right, broken = pull_request(2, 2, 4), {"url": "https://github.com/acme/api/pull/2"}
    peer.tell("prs", 2, 4, broken)
    sync(acme, peer, "prs")
    assert len(aside(acme)) == 1
    peer.tell("prs", 2, 4, right)
    sync(acme, peer, "prs")
    assert (aside(acme), keys(acme, PullRequest, "number")) == ([], [1, 2, 3])


def test_what_is_stored_stays_while_it_cannot_be_read(acme, peer):
    sync(acme, peer, "prs")
    peer.tell("prs", 2, 10, {"number": 2})
    sync(acme, peer, "prs")
    assert keys(acme, PullRequest, "number") == [1, 2, 3]


def test_a_repository_that_cannot_be_read_is_out_of_reach(acme, peer):
    peer.native_id = None
    assert sync(acme, peer, "prs").unreachable == "`id` is missing."
    assert (stored(acme, PullRequest), aside(acme)) == ({"pull_requests": []}, [])


# --- out of reach --------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [GONE, REFUSED])
@pytest.mark.parametrize("what", ["repository", "prs", "ids of prs"])
def test_a_source_out_of_reach_deletes_nothing_and_says_why(acme, peer, what, error):
    sync(acme, peer)
    before = stored(acme)
    peer.refuses[what, 1] = error
    done = sync(acme, peer, "prs", is_sweep=True)
    assert done.unreachable == str(error)
    assert covered(acme, "prs")["unreachable_reason"] == str(error)
    assert stored(acme) == before
    sync(acme, peer, "incidents")  # the others go on
    assert len(keys(acme, Incident, "incident_id")) == 3


def test_a_source_that_nobody_ever_saw_is_covered_by_its_name(acme, peer):
    peer.refuses["repository", 1] = GONE
    done = sync(acme, peer, "prs")
    row = covered(acme, "prs")
    assert (done.repository, row["source_id"]) == (None, "github.com")
    assert row["repo_id"] == str(at(acme.sink(), "github.com", "acme/api"))
    del peer.refuses["repository", 1]
    sync(acme, peer, "prs")
    (row,) = acme.records(SourceCoverage)
    assert row["unreachable_reason"] is None


def test_what_was_read_until_then_is_stored(acme, peer):
    peer.refuses["prs", 2] = GONE
    done = sync(acme, peer, "prs")
    assert keys(acme, PullRequest, "number") == [1, 2]
    assert keys(acme, Review, "is_own") == [False, False]
    assert (done.unreachable, done.fetched, done.pages) == (str(GONE), 2, 1)


@pytest.mark.parametrize(
    "error",
    [
        Transient("Later.", retry_after=90),
        Permanent("Somebody must act."),
        Unauthorized("api.github.com", 401, "connect again."),
    ],
)
@pytest.mark.parametrize("what", [("repository", 1), ("prs", 2)])
def test_every_other_error_ends_the_run_once_it_is_covered(acme, peer, what, error):
    peer.refuses[what] = error
    with pytest.raises(type(error)) as caught:
        sync(acme, peer, "prs")
    assert caught.value is error
    assert covered(acme, "prs")["unreachable_reason"] == str(error)


# --- coverage ------------------------------------------------------------------------------------


def test_a_row_of_coverage_says_what_was_seen_and_what_it_cost(acme, peer):
    done = sync(acme, peer, "prs", is_sweep=True)
    row = covered(acme, "prs")
    assert (row["fetched"], row["pages"], row["quarantined"]) == (3, 2, 0)
    assert row["requests"] == row["quota"] == done.requests == 1 + 2 + 2
    assert row["written"] == done.written == 3 + 4 + 3 + 2
    assert (row["oldest_at"], row["newest_at"]) == (day(1), day(9))
    assert row["run_id"] == str(RUN)


def test_what_one_connector_asked_for_several_targets_is_told_apart(acme, peer):
    sync(acme, peer, "prs", "incidents")
    assert covered(acme, "incidents")["requests"] == 1 + 2


def test_a_warm_run_asks_for_the_repository_and_one_page(acme, peer):
    sync(acme, peer, "prs")
    assert sync(acme, peer, "prs", since=day(10)).requests == 2


def test_every_store_takes_a_row_of_coverage_and_what_was_put_aside(any_store):
    acme, peer = Organisation(any_store), furnished()
    peer.tell("prs", 9, 9, {"number": 9})
    sync(acme, peer, "prs")
    assert (covered(acme, "prs")["quarantined"], len(aside(acme))) == (1, 1)
