from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.errors import Conflict, Forbidden, NotFound
from apps.pipeline.models import DirtyDays, SyncRun, SyncWatermark
from apps.pipeline.services import dirty_days, syncs
from tests import work
from tests.apps.pipeline.worlds import ago, history, on, today
from tests.repositories import run as git


def test_a_viewer_starts_no_run(world):
    config = world.config()
    with pytest.raises(Forbidden):
        syncs.start_run(config.id, by=world.as_role("viewer"))


def test_a_config_that_is_not_there_is_not_found(world):
    config = world.config()
    config.delete()
    with pytest.raises(NotFound):
        world.sync(config)


def test_a_first_sync_takes_as_many_days_as_the_tier_has(world):
    world.sync(world.config())
    work.run_all()
    assert world.days() == [ago(back) for back in range(30, 0, -1)]


def test_a_first_sync_takes_no_more_than_the_config_asks_for(world):
    world.sync(world.config(options={"initial_days": 5}))
    work.run_all()
    assert world.days() == [ago(back) for back in range(5, 0, -1)]


def test_an_unlimited_tier_takes_everything(world):
    world.pay_for("enterprise")
    world.sync(world.config())
    work.run_all()
    assert len(world.days()) == 50


def test_every_day_that_was_written_is_computed(world):
    world.sync(world.config())
    work.run_all()
    assert world.computed_days() == set(world.days())
    assert not DirtyDays.objects.exists()


def test_a_run_tells_what_it_did(world):
    run = world.sync(world.config())
    work.run_all()
    found = syncs.run_of(run.id, by=world.member)
    (unit,) = found.units.all()
    assert (found.state, unit.state, unit.attempts) == ("completed", "completed", 1)
    assert (unit.records_fetched, unit.rows_written) == (30, 60)


def test_a_second_run_takes_only_what_is_new(world):
    config = world.config()
    world.sync(config)
    work.run_all()
    world.rewrite([*history(50), on(today(), files={"b": "1\n"})])
    run = world.sync(config)
    work.run_all()
    assert syncs.run_of(run.id, by=world.member).units.get().records_fetched == 1


def test_a_config_has_one_run_at_a_time(world):
    config = world.config()
    world.sync(config)
    with pytest.raises(Conflict, match="under way"):
        world.sync(config)


def test_a_config_that_is_switched_off_starts_nothing(world):
    config = world.config(is_active=False)
    with pytest.raises(Conflict, match="switched off"):
        world.sync(config)


def test_a_watermark_is_when_the_unit_was_claimed(world):
    world.sync(world.config())
    work.run_all()
    (mark,), (unit,) = SyncWatermark.objects.all(), work.units(actor="pipeline.sync")
    assert (mark.synced_through, mark.covered_since) == (unit.claimed_at, ago(30))


def test_the_database_lets_no_watermark_go_back(world):
    world.sync(world.config())
    work.run_all()
    mark = SyncWatermark.objects.get()
    with pytest.raises(IntegrityError, match="never goes back"), transaction.atomic():
        SyncWatermark.objects.update(synced_through=mark.synced_through - timedelta(seconds=1))


def test_what_lands_late_on_a_covered_day_is_taken(world):
    """The sync after a backfill reaches as far back as that did, however little the first took."""
    world.pay_for("team")
    config = world.config(options={"initial_days": 5})
    world.sync(config)
    world.backfill(config, ago(40), ago(30))
    work.run_all()
    late = [*history(50), on(ago(35), files={"late": "1\n"}), on(ago(45), files={"older": "1\n"})]
    world.rewrite(late)
    world.sync(config)
    work.run_all()
    assert (world.days().count(ago(35)), world.days().count(ago(45))) == (2, 0)


def test_another_config_of_the_same_source_takes_what_it_asks_for(world):
    world.sync(world.config(options={"initial_days": 5}))
    work.run_all()
    world.sync(world.config(name="deeper", options={"initial_days": 10}))
    work.run_all()
    assert world.days()[0] == ago(10)


def test_a_first_sync_takes_what_landed_late_on_days_that_were_filled_before_it(world):
    world.rewrite(history(20))
    config = world.config(options={"initial_days": 6})
    world.backfill(config, ago(9), ago(0))
    work.run_all()
    world.rewrite([*history(20), on(ago(8), files={"late": "1\n"})])
    world.sync(config)
    work.run_all()
    assert world.days().count(ago(8)) == 2


def test_what_a_frozen_worker_may_have_written_late_is_computed_again(world, monkeypatch):
    note = dirty_days.note

    def frozen(*given):
        monkeypatch.undo()
        note(*given)
        work.take_back()
        work.run_all()
        work.lose_leases()

    world.sync(world.config())
    monkeypatch.setattr(dirty_days, "note", frozen)
    work.run_all("sync")
    assert len(DirtyDays.objects.get(table="commits").days) == 30
    work.run_all()
    assert (world.computed_days(), DirtyDays.objects.count()) == (set(world.days()), 0)


def test_a_repository_that_is_gone_fails_with_a_sentence(world):
    run = world.sync(world.config())
    world.path.rename(world.path.with_name("elsewhere"))
    work.run_all()
    found = syncs.run_of(run.id, by=world.member)
    assert (found.state, found.error) == ("failed", "1 of 1 sources were not synced.")
    assert found.units.get().error


def test_a_failed_source_leaves_the_others_alone(world, tmp_path):
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", "--bare", str(world.path), str(other))
    run = world.sync(world.config(sources=[str(world.path), str(other)]))
    other.rename(tmp_path / "gone")
    work.run_all()
    found = syncs.run_of(run.id, by=world.member)
    assert sorted(unit.state for unit in found.units.all()) == ["completed", "failed"]


def test_a_source_outside_of_the_roots_is_not_read_even_if_it_was_once_inside(world, settings):
    run = world.sync(world.config())
    settings.LOCAL_REPO_ROOTS = []
    work.run_all()
    assert (syncs.run_of(run.id, by=world.member).state, world.days()) == ("failed", [])


def test_a_config_that_was_deleted_leaves_its_unit_nothing_to_do(world):
    config = world.config()
    world.sync(config)
    SyncRun.objects.all().delete()
    work.run_all()
    assert work.states(actor="pipeline.sync") == ["completed"]
