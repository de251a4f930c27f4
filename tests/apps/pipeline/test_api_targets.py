"""Targets of a provider's API: marks, backfills, sweeps, and sources that are out of reach."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import ANY

import pytest

from apps.errors import Unprocessable
from apps.pipeline.models import DirtyDays, SyncWatermark
from apps.pipeline.services import backfills, sources, syncs
from apps.pipeline.services.sources import Options, Provider
from devhealth.errors import Permanent, Transient
from devhealth.http import Missing
from devhealth.models.records import (
    Deployment,
    Incident,
    PipelineRun,
    PullRequest,
    Repository,
    SourceCoverage,
)
from tests import work
from tests.apps.integrations.connected import connected
from tests.apps.pipeline.worlds import ago
from tests.devhealth.sync_target.peer import (
    BEGIN,
    TARGETS,
    Peer,
    deployment,
    issue,
    pull_request,
    run,
)

GONE = Missing("api.github.com", 404, "it is not there.")


def back(days):
    """So many days ago, at noon, in the peer's own days."""
    noon = datetime.combine(ago(days), BEGIN.time(), UTC)
    return (noon - BEGIN) / timedelta(days=1)


def full(peer):
    """Forty, twenty and two days ago something of each."""
    for number, days in enumerate((40, 20, 2), 1):
        at = back(days)
        peer.tell("prs", number, at, pull_request(number, at - 1, at, merged=at))
        peer.tell("cicd", number, at, run(number, at))
        peer.tell("deployments", f"D{number}", at, deployment(f"D{number}", at))
        peer.tell("incidents", number, at, issue(number, at))
    return peer


@pytest.fixture
def peers(monkeypatch):
    """A provider whose sources are peers, opened and closed for each target."""
    found = {"acme/api": full(Peer()), "acme/web": full(Peer(native_id=2, full_name="acme/web"))}

    @asynccontextmanager
    async def opened(place, checkpoint, etags=None):
        yield found[place.name]

    provider = Provider("github", TARGETS, Options, 1, opened=opened)
    monkeypatch.setitem(sources.PROVIDERS, "github", provider)
    return found


@pytest.fixture
def peer(peers):
    return peers["acme/api"]


@pytest.fixture
def integration(world):
    return connected()


@pytest.fixture
def config(world, peers, integration):
    return world.config(
        provider="github",
        integration=integration,
        targets=list(TARGETS),
        sources=["acme/api"],
        options={"initial_days": 30},
    )


def marks():
    return dict(SyncWatermark.objects.values_list("target", "synced_through"))


def synced(world, config):
    run_of_config = world.sync(config)
    work.run_all()
    return syncs.run_of(run_of_config.id, by=world.member)


def stored(world):
    classes = {
        PullRequest: "number",
        PipelineRun: "run_id",
        Deployment: "deployment_id",
        Incident: "incident_id",
    }
    return [sorted(world.sink().read(cls)[name].to_list()) for cls, name in classes.items()]


def covered(world):
    rows = world.sink().read(SourceCoverage).to_dicts()
    return {(row["target"], row["unreachable_reason"]) for row in rows}


def weeks_pass():
    """As if the last run had been a week before. No mark can be moved back."""
    marks = list(SyncWatermark.objects.all())
    SyncWatermark.objects.all().delete()
    for mark in marks:
        mark.synced_through -= timedelta(days=7)
    SyncWatermark.objects.bulk_create(marks)


def test_a_first_run_reaches_back_as_far_as_the_config_says(world, config):
    done = synced(world, config)
    assert (done.state, done.units.get().records_fetched) == ("completed", 8)
    assert stored(world) == [[2, 3], ["2", "3"], ["D2", "D3"], ["2", "3"]]
    assert marks() == dict.fromkeys(TARGETS, ANY)
    assert covered(world) == {(target, None) for target in TARGETS}


def test_days_that_records_touch_are_noted_and_then_computed(world, config):
    world.sync(config)
    work.run_all("sync")
    noted = {table: set() for table in DirtyDays.objects.values_list("table", flat=True)}
    for each in DirtyDays.objects.all():
        noted[each.table] |= set(each.days)
    assert {ago(2), ago(3), ago(20), ago(21)} <= noted["pull_requests"]
    assert {ago(2), ago(20)} <= noted["pipeline_runs"] & noted["deployments"] & noted["incidents"]
    work.run_all()
    assert DirtyDays.objects.count() == 0


def test_the_next_run_asks_from_shortly_before_its_mark(world, config, peer):
    synced(world, config)
    asked, listed = {}, peer.listed

    def remember(target, since, before):
        asked[target] = (since, before)
        return listed(target, since, before)

    before, peer.listed = marks(), remember
    synced(world, config)
    overlaps = {target: before[target] - since for target, (since, _) in asked.items()}
    assert overlaps["prs"] == overlaps["incidents"] == timedelta(hours=1)
    assert overlaps["cicd"] == timedelta(days=3)
    assert overlaps["deployments"] == timedelta(days=7)
    assert {end for _, end in asked.values()} == {None}


def test_a_backfill_takes_all_targets_of_each_window(world, config, peers):
    world.pay_for("team")
    synced(world, config)
    before = marks()
    job = world.backfill(config, ago(50), ago(30))
    work.run_all()
    done = world.job(job)
    assert (done.state, done.records_fetched, done.completed_chunks) == ("completed", 4, 3)
    assert stored(world) == [[1, 2, 3], ["1", "2", "3"], ["D1", "D2", "D3"], ["1", "2", "3"]]
    assert marks() == before
    assert world.sink().read(SourceCoverage).height == 4 * (1 + 3)


def test_a_source_that_is_gone_fails_and_the_others_are_synced(world, config, peers):
    config.sources = ["acme/api", "acme/web"]
    config.save()
    peers["acme/api"].refuses["repository", 1] = GONE
    done = synced(world, config)
    units = {unit.source: (unit.state, unit.error) for unit in done.units.all()}
    words = " ".join(f"{target}: {GONE}" for target in TARGETS)
    assert units == {"acme/api": ("failed", words), "acme/web": ("completed", "")}
    assert (done.state, done.error) == ("failed", "1 of 2 sources were not synced.")
    assert set(SyncWatermark.objects.values_list("source", flat=True)) == {"acme/web"}
    assert covered(world) == {(target, why) for target in TARGETS for why in (None, str(GONE))}


def test_a_target_that_is_out_of_reach_keeps_its_mark_and_nobody_waits_for_it(world, config, peer):
    peer.refuses["incidents", 1] = GONE
    done = synced(world, config)
    unit = done.units.get()
    assert (unit.state, unit.error) == ("completed", f"incidents: {GONE}")
    assert marks().keys() == {"prs", "cicd", "deployments"}
    peer.refuses.clear()
    assert synced(world, config).units.get().error == ""
    assert stored(world)[3] == ["2", "3"]


def test_a_chunk_that_saw_nothing_failed_and_may_be_tried_again(world, config, peer):
    world.pay_for("team")
    peer.refuses["repository", 1] = GONE
    job = world.backfill(config, ago(47), ago(33))
    work.run_all()
    done = world.job(job)
    assert (done.state, done.failed_chunks) == ("failed", 2)
    assert done.error == "2 of 2 chunks failed: see them, then retry."
    peer.refuses.clear()
    backfills.retry(job.id, by=world.member)
    work.run_all()
    assert (world.job(job).state, stored(world)[0]) == ("completed", [1])


def test_what_is_put_off_keeps_the_marks_of_what_is_done(world, config, peer):
    peer.refuses["deployments", 1] = Transient("Later.", retry_after=90)
    done = synced(world, config)
    assert (done.units.get().state, marks().keys()) == ("pending", {"prs", "cicd"})
    assert ("deployments", "Later.") in covered(world)
    peer.refuses.clear()
    work.make_due()
    work.run_all()
    assert (done.units.get().state, marks().keys()) == ("completed", set(TARGETS))
    assert covered(world) == {(target, None) for target in TARGETS}


def test_once_a_week_a_run_looks_for_what_is_gone(world, config, peer):
    synced(world, config)
    del peer.things["prs"][3]
    synced(world, config)
    assert stored(world)[0] == [2, 3]
    weeks_pass()
    synced(world, config)
    assert stored(world)[0] == [2]
    assert peer.asked.count("ids of prs") == 2


def test_a_renamed_repository_is_stamped_anew(world, config, peer):
    synced(world, config)
    assert work.states(actor="pipeline.restamp") == []
    peer.full_name = "acme/core"
    synced(world, config)
    assert work.states(actor="pipeline.restamp") == ["completed"]
    assert world.sink().read(Repository)["full_name"].to_list() == ["acme/core"]
    synced(world, config)
    assert len(work.states(actor="pipeline.restamp")) == 1


def test_a_config_is_refused_for_a_source_that_nobody_sees(world, peers, integration):
    peers["acme/api"].refuses["repository", 1] = GONE
    with pytest.raises(Permanent):
        world.config(
            provider="github", integration=integration, targets=["prs"], sources=["acme/api"]
        )


def test_blame_needs_git_whatever_else_is_named(world, monkeypatch, integration):
    targets = ("git", "blame", *TARGETS)
    provider = Provider("github", targets, Options, 1, opened=sources.opened)
    monkeypatch.setitem(sources.PROVIDERS, "github", provider)
    with pytest.raises(Unprocessable) as caught:
        world.config(
            provider="github",
            integration=integration,
            targets=["blame", "prs"],
            sources=["acme/api"],
        )
    assert caught.value.errors[0]["pointer"] == "/body/targets"


@pytest.mark.parametrize("targets", [["git"], ["prs"]])
def test_what_a_provider_cannot_reach_is_said(world, monkeypatch, targets):
    monkeypatch.setitem(sources.PROVIDERS, "bare", Provider("bare", tuple(targets), Options, 1))
    with pytest.raises(Permanent, match="bare has no"):
        world.config(provider="bare", targets=targets, sources=["acme/api"])
