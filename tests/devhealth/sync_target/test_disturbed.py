"""A run that was cut short anywhere and run again is a run that nobody disturbed."""

import pytest

from devhealth.models.records import PullRequest, QuarantinedRecord, SourceCoverage
from devhealth.models.touches import Touches
from devhealth.sync import Watch
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.disturbed import Countdown, Disturbed, EndedError
from tests.devhealth.sync_target.peer import TARGETS, furnished, pull_request
from tests.devhealth.sync_target.runs import addresses, stored, sync

pytestmark = pytest.mark.disturbed


def changed(peer):
    """Something left, something is new, something is gone, and the repository has moved."""
    peer.tell("prs", 1, 10, pull_request(1, 1, 10, merged=3, hashes=("e",)))
    peer.tell("prs", 4, 11, pull_request(4, 10, 11, hashes=("g",)))
    peer.tell("prs", 5, 11, {"number": 5})
    for target, known_by in (("prs", 3), ("deployments", "D1"), ("incidents", 2), ("cicd", 2)):
        del peer.things[target][known_by]
    peer.full_name = "acme/core"
    return peer


def cut(acme, peer, target, kind, call):
    """A run that ends at a call; whether it did, and what had been noted before each write."""
    countdown, noted = Countdown(kind, call), Touches()

    async def note(touches):
        countdown.pass_by("noted")
        for key, days in touches.days.items():
            noted.days[key] |= days

    watch = Watch(noted=note, checkpoint=lambda: countdown.pass_by("checkpoint"))
    sink = Disturbed(acme.sink(), countdown, [])
    try:
        sync(acme, peer, target, sink=sink, watch=watch, batch_size=3, is_sweep=True)
    except EndedError:
        return True
    return False


def everything(acme):
    return stored(acme), stored(acme, QuarantinedRecord), addresses(acme)


def undisturbed(store):
    acme = Organisation(store)
    sync(acme, furnished())
    sync(acme, changed(furnished()), is_sweep=True)
    return acme


@pytest.mark.parametrize("kind", ["checkpoint", "noted", "write"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_run_ended_anywhere_and_run_again_is_an_undisturbed_run(store, target, kind):
    globex = Organisation(store)
    sync(globex, furnished())
    sync(globex, changed(furnished()), target, is_sweep=True)
    acme, call = Organisation(store), 1
    sync(acme, furnished())
    while cut(acme, changed(furnished()), target, kind, call):
        call += 1
    assert call > 2
    sync(acme, changed(furnished()), target, is_sweep=True)
    assert without_instants(everything(acme)) == without_instants(everything(globex))


def without_instants(found):
    """When it was found, or put aside, depends on how often it was tried."""
    tables, quarantined, places = found
    rows = [{**row, "found_at": None} for row in quarantined["quarantined_records"]]
    return tables, rows, places


def test_the_day_of_every_row_was_noted_before_it_was_written(store):
    """A run ends before each of its writes in turn: what was noted by then covers what is there."""
    call, is_cut = 1, True
    while is_cut:
        acme, noted = Organisation(store), Touches()
        countdown = Countdown("write", call)

        async def note(touches, noted=noted):
            for key, days in touches.days.items():
                noted.days[key] |= days

        try:
            sink = Disturbed(acme.sink(), countdown, [])
            sync(acme, furnished(), "prs", sink=sink, watch=Watch(noted=note), batch_size=3)
            is_cut = False
        except EndedError:
            call += 1
        for row in acme.records(PullRequest):
            days = noted.days[PullRequest, str(row["repo_id"])]
            assert {row["created_at"].date(), row["updated_at"].date()} <= days
    assert call > 5


def test_whoever_lost_the_lease_leaves_no_coverage(acme):
    assert cut(acme, furnished(), "prs", "checkpoint", 4)
    assert acme.records(SourceCoverage) == []


def test_a_frozen_write_that_comes_late_changes_nothing_that_is_newer(store):
    call, held = 1, [None]
    while held:
        acme, held = Organisation(store), []
        sync(acme, furnished())
        peer = changed(furnished())
        sink = Disturbed(acme.sink(), Countdown("frozen", call), held)
        try:
            sync(acme, peer, "prs", sink=sink, batch_size=3)
        except EndedError:
            call += 1
        peer.tell("prs", 4, 12, pull_request(4, 10, 12, hashes=("g", "h")))
        sync(acme, peer, "prs")
        newest = stored(acme)
        for write in held:
            write()
        assert stored(acme) == newest
    assert call > 5
