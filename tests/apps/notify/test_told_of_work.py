"""What syncs, backfills and computes tell, and that it is told with them or not at all."""

import pytest

from apps.notify.models import Event
from apps.pipeline.services import compute
from devhealth.errors import Transient
from tests import work
from tests.apps.notify.registered import register
from tests.apps.pipeline.worlds import World, ago, forget_tiers, history, inside
from tests.repositories import make


@pytest.fixture
def world(committed, tenants, tmp_path, settings, receiver):
    settings.LOCAL_REPO_ROOTS = [str(tmp_path)]
    path = make(tmp_path / "repo", *history(12))
    register(tenants["acme"], receiver.url)
    with inside(tenants["acme"]):
        yield World(tenants["acme"], path)
    forget_tiers()


@pytest.fixture
def heard(world, receiver):
    """What acme was told of one kind so far."""

    def heard(event):
        work.run_all()
        return [each.json["data"] for each in receiver.told if each.json["type"] == event]

    return heard


def test_a_compute_that_changed_rows_tells_so_once(world, heard):
    world.sync(world.config())
    (told,) = heard(Event.METRICS_UPDATED)
    assert told["rows_written"] == sum(told["tables"].values()) > 0
    assert told["tables"]["repo_metrics_daily"] > 0


def test_a_compute_that_changed_nothing_tells_nothing(world, heard):
    config = world.config()
    world.sync(config)
    before = len(heard(Event.METRICS_UPDATED))
    world.sync(config)
    assert len(heard(Event.METRICS_UPDATED)) == before


def test_a_run_that_failed_tells_which_sources_and_why(world, heard):
    config = world.config()
    run = world.sync(config)
    world.path.rename(world.path.with_name("moved"))
    (told,) = heard(Event.SYNC_FAILED)
    assert (told["run_id"], told["config_name"]) == (str(run.id), "main")
    assert told["links"]["run"].endswith(f"/api/v1/runs/{run.id}")
    (source,) = told["sources"]
    assert source["source"] == str(world.path)
    assert source["error"]


def test_a_run_that_went_well_or_was_canceled_is_no_failure(world, heard):
    world.sync(world.config())
    assert heard(Event.SYNC_FAILED) == []


def test_a_backfill_that_is_through_tells_so_once(world, heard):
    world.pay_for("enterprise")
    job = world.backfill(world.config(), ago(12), ago(0))
    (told,) = heard(Event.BACKFILL_COMPLETED)
    assert (told["backfill_id"], told["since"]) == (str(job.id), str(ago(12)))
    assert (told["chunks"], told["rows_written"] > 0) == (job.chunks.count(), True)


def test_a_backfill_that_failed_is_not_completed(world, heard):
    world.backfill(world.config(), ago(12), ago(0))
    world.path.rename(world.path.with_name("moved"))
    assert heard(Event.BACKFILL_COMPLETED) == []


def test_what_a_compute_wrote_that_was_cut_short_is_told_by_the_next(world, heard, monkeypatch):
    world.sync(world.config())
    work.run_all("sync")
    computed = compute.recompute

    def cut_short(*args, **more):
        """All is written, and then nobody hears of it."""
        monkeypatch.undo()
        computed(*args, **more)
        raise Transient("The store was lost.")

    monkeypatch.setattr(compute, "recompute", cut_short)
    assert heard(Event.METRICS_UPDATED) == []
    work.make_due()
    (told,) = heard(Event.METRICS_UPDATED)
    assert told["rows_written"] == 0
