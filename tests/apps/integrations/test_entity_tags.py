"""GitHub's lists of runs are asked for by entity tags, which are kept when what they are of is."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.pipeline.models import SyncWatermark
from apps.pipeline.services import targets
from apps.queue.work import LeaseLost
from devhealth.models.records import PipelineRun, SourceCoverage
from tests import work
from tests.apps.integrations.test_synced_by_an_integration import config_of, run_of
from tests.provider import faults
from tests.provider.github_things import run

RUNS = "/api/v3/repos/acme/api/actions/runs"


@pytest.fixture
def hub(hub):
    hub.world.runs = [run(1, on=on())]
    return hub


@pytest.fixture
def config(world, hub):
    """Synced, and once more: so its list is asked for from the same day on by every later run."""
    made = config_of(world, hub, targets=["cicd"], options={"initial_days": 14}).json()
    for _ in range(2):
        assert run_of(world, made)["state"] == "completed"
    return made


def on(minutes=0):
    """An instant some minutes ago, as GitHub tells them."""
    return f"{datetime.now(UTC) - timedelta(minutes=minutes):%Y-%m-%d %H:%M}"


def mark(world):
    with world.tenant.entered():
        return SyncWatermark.objects.values_list("synced_through", "etags").get()


def tags(world):
    return mark(world)[1]


def stored(world):
    return sorted(world.sink().read(PipelineRun)["run_id"].to_list())


def listed(hub):
    """The lists that were asked for, and whether by a tag."""
    return ["if-none-match" in each.headers for each in hub.peer.seen if each.path == RUNS]


def test_a_list_that_did_not_change_spends_no_quota(world, hub, config):
    assert listed(hub) == [False, False]
    assert run_of(world, config)["state"] == "completed"
    assert listed(hub) == [False, False, True]
    newest = world.sink().read(SourceCoverage).sort("finished_at").tail(1)
    assert (newest["fetched"].item(), newest["quota"].item()) == (0, 1)  # the repository's own
    assert stored(world) == ["1"]


def test_tags_are_kept_of_what_the_last_run_asked_for_only(world, hub, config):
    kept = tags(world)
    assert len(kept) == 1
    run_of(world, config)
    assert tags(world) == kept
    with world.tenant.entered():
        SyncWatermark.objects.update(etags={**kept, "another day's": {"etag": "x"}})
    run_of(world, config)
    assert tags(world) == kept


def test_what_was_told_and_not_written_is_told_again(world, hub, config):
    """A run is cut between the list's answer and its rows."""
    before = tags(world)
    hub.world.runs.append(run(2, on=on()))
    hub.peer.misbehave(faults.expired, times=9, path="/api/graphql")
    assert run_of(world, config)["state"] == "failed"
    assert (stored(world), tags(world)) == (["1"], before)
    hub.peer._faults.clear()
    assert run_of(world, config)["state"] == "completed"
    assert stored(world) == ["1", "2"]
    assert tags(world) != before


def test_tags_are_rolled_back_with_the_mark_they_belong_to(world, hub, config, monkeypatch):
    """The worker dies in the transaction that would have kept both."""
    before = mark(world)
    hub.world.runs.append(run(2, on=on()))

    def dies(*given, **more):
        monkeypatch.undo()
        raise LeaseLost

    monkeypatch.setattr(targets, "end", dies)
    world.tenant.send("POST", f"sync-configs/{config['id']}/runs")
    work.run_all("sync")
    assert (stored(world), mark(world)) == (["1", "2"], before)
    work.take_back()
    work.run_all()
    synced_through, kept = mark(world)
    assert synced_through > before[0]
    assert kept != before[1]
    assert listed(hub)[-2:] == [True, True]


def test_a_run_that_nobody_could_read_is_asked_for_until_somebody_can(world, hub, config):
    hub.world.runs[0]["updated_at"] = "nobody knows"
    assert run_of(world, config)["state"] == "completed"
    assert tags(world) == {}
    assert run_of(world, config)["state"] == "completed"
    assert listed(hub)[-2:] == [True, False]
