import pytest

from apps.billing.services import TierLimit
from apps.errors import BadRequest, Conflict, Forbidden, NotFound
from apps.pipeline.models import BackfillChunk, SyncWatermark
from apps.pipeline.services import backfills
from apps.queue import services as queue
from apps.queue.leases import leases
from apps.queue.models import QueueShare
from tests import work
from tests.apps.pipeline.worlds import DAY, ago, today


@pytest.fixture
def config(world):
    return world.config()


def chunks(job):
    return [(each.since, each.before) for each in job.chunks.order_by("index")]


def chunk_states(job):
    return [each.state for each in job.chunks.order_by("index")]


def stop_in_the_middle(world, monkeypatch, act):
    """Do something while a chunk is at work, just before its first write."""
    note = backfills.dirty_days.note
    done = []

    def noted(*given):
        if not done:
            done.append(act())
            leases.beat()
        note(*given)

    monkeypatch.setattr(backfills.dirty_days, "note", noted)


# --- asking --------------------------------------------------------------------------------------


def test_a_viewer_starts_no_backfill(world, config):
    asked = backfills.Asked(config.id, ago(7), today())
    with pytest.raises(Forbidden):
        backfills.start(asked, by=world.as_role("viewer"))


def test_a_backfill_is_cut_into_weeks_newest_first(world, config):
    job = world.backfill(config, ago(16), ago(0))
    assert chunks(job) == [(ago(2), ago(0)), (ago(9), ago(2)), (ago(16), ago(9))]


def test_oldest_first_on_request(world, config):
    job = world.backfill(config, ago(16), ago(0), order="oldest")
    assert chunks(job) == [(ago(16), ago(9)), (ago(9), ago(2)), (ago(2), ago(0))]


def test_the_tiers_last_day_is_allowed_and_the_day_before_is_not(world, config):
    world.backfill(config, ago(30), ago(29))
    with pytest.raises(TierLimit):
        world.backfill(config, ago(31), ago(30))


def test_a_split_range_gets_no_further(world, config):
    with pytest.raises(TierLimit):
        world.backfill(config, ago(32), ago(31))


def test_a_future_end_is_refused(world, config):
    with pytest.raises(BadRequest):
        world.backfill(config, ago(7), today() + 2 * DAY)


def test_today_may_be_asked_for(world, config):
    assert world.backfill(config, ago(1), today() + DAY).state == "pending"


@pytest.mark.parametrize(("since", "before"), [(5, 5), (3, 5)])
def test_a_backfill_has_days(world, config, since, before):
    with pytest.raises(BadRequest):
        world.backfill(config, ago(since), ago(before))


def test_a_preview_counts_what_the_tier_allows_and_what_the_next_would_add(world, config):
    """90 days: 30 of them make 5 windows, all 13; the last may be shorter."""
    found = backfills.preview(backfills.Asked(config.id, ago(90), ago(0)), by=world.member)
    assert (found.chunks, found.first_day, found.is_allowed) == (5, ago(30), False)
    assert (found.allowed_by, found.more) == ("team", backfills.More("team", ago(90), 8))


def test_a_preview_of_what_is_allowed_names_no_other_tier(world, config):
    found = backfills.preview(backfills.Asked(config.id, ago(14), ago(0)), by=world.member)
    assert (found.chunks, found.is_allowed, found.more) == (2, True, None)


# --- doing ---------------------------------------------------------------------------------------


def test_a_backfill_takes_its_days_and_no_others(world, config):
    job = world.job(world.backfill(config, ago(25), ago(10)))
    work.run_all()
    assert world.days() == [ago(back) for back in range(25, 10, -1)]
    assert world.job(job).state == "completed"


def test_a_backfill_tells_how_far_it_is(world, config):
    job = world.backfill(config, ago(21), ago(0))
    work.run_all()
    found = world.job(job)
    assert (found.total_chunks, found.completed_chunks, found.failed_chunks) == (3, 3, 0)
    assert (found.records_fetched, found.rows_written, found.attempts) == (21, 42, 3)


def test_what_a_backfill_took_is_computed(world, config):
    world.backfill(config, ago(21), ago(0))
    work.run_all()
    assert world.computed_days() == set(world.days())


def test_a_backfill_moves_no_mark(world, config):
    world.backfill(config, ago(21), ago(0))
    work.run_all()
    assert (world.mark(), list(SyncWatermark.objects.all())) == (None, [])


def test_a_job_has_one_chunk_at_a_time(world, config):
    world.backfill(config, ago(30), ago(0))
    assert len(work.units(actor="pipeline.backfill")) == 1


def test_a_backfill_runs_beside_no_sync_of_its_source(world, config):
    world.backfill(config, ago(7), ago(0))
    world.sync(config)
    assert {tuple(unit.slots) for unit in work.units() if unit.slots} == {
        (f"source:local:{world.path}",)
    }


def test_a_permanent_failure_ends_the_job_until_somebody_retries(world, config):
    job = world.backfill(config, ago(14), ago(0))
    gone = world.path.with_name("gone")
    world.path.rename(gone)
    work.run_all()
    assert (world.job(job).state, chunk_states(job)) == ("failed", ["failed", "pending"])
    gone.rename(world.path)
    backfills.retry(job.id, by=world.member)
    work.run_all()
    assert (world.job(job).state, len(world.days())) == ("completed", 14)


# --- steering ------------------------------------------------------------------------------------


def test_a_job_that_is_not_there_is_not_found(world, config):
    job = world.backfill(config, ago(7), ago(0))
    key = job.id
    job.delete()
    for act in (backfills.pause, backfills.resume, backfills.cancel, backfills.retry):
        with pytest.raises(NotFound):
            act(key, by=world.member)


def test_a_paused_job_does_nothing_until_it_is_resumed(world, config):
    job = world.backfill(config, ago(14), ago(0))
    backfills.pause(job.id, by=world.member)
    work.run_all()
    assert (world.job(job).state, world.days()) == ("paused", [])
    backfills.resume(job.id, by=world.member)
    work.run_all()
    assert (world.job(job).state, len(world.days())) == ("completed", 14)


def test_a_pause_in_mid_chunk_stops_before_the_next_write(world, config, monkeypatch):
    job = world.backfill(config, ago(14), ago(0))
    stop_in_the_middle(world, monkeypatch, lambda: backfills.pause(job.id, by=world.member))
    work.run_all()
    assert (world.job(job).state, chunk_states(job)) == ("paused", ["pending", "pending"])
    backfills.resume(job.id, by=world.member)
    work.run_all()
    assert (world.job(job).state, len(world.days())) == ("completed", 14)


def test_a_cancel_in_mid_chunk_stops_before_the_next_write(world, config, monkeypatch):
    job = world.backfill(config, ago(14), ago(0))
    stop_in_the_middle(world, monkeypatch, lambda: backfills.cancel(job.id, by=world.member))
    work.run_all()
    assert (world.job(job).state, chunk_states(job)) == ("canceled", ["canceled", "canceled"])
    assert world.days() == []


def test_a_canceled_job_is_taken_up_again_by_retry(world, config):
    job = world.backfill(config, ago(14), ago(0))
    backfills.cancel(job.id, by=world.member)
    backfills.retry(job.id, by=world.member)
    work.run_all()
    assert (world.job(job).state, len(world.days())) == ("completed", 14)


@pytest.mark.parametrize("verb", ["pause", "cancel", "resume", "retry"])
def test_a_completed_job_is_over(world, config, verb):
    job = world.backfill(config, ago(7), ago(0))
    work.run_all()
    with pytest.raises(Conflict, match="completed"):
        getattr(backfills, verb)(job.id, by=world.member)


# --- the tier while it runs ----------------------------------------------------------------------


@pytest.fixture
def deep_job(world):
    """48 days, asked for while the organisation paid for them."""
    world.pay_for("enterprise")
    return world.backfill(world.config(), ago(48), ago(0))


def test_a_downgrade_stops_what_lies_too_far_back_and_an_upgrade_brings_it(world, deep_job):
    world.pay_for("community")
    work.run_all()
    found = world.job(deep_job)
    assert (found.state, world.days()[0]) == ("canceled", ago(30))
    assert "beyond the tier" in found.error
    world.pay_for("team")
    backfills.retry(deep_job.id, by=world.member)
    work.run_all()
    assert (world.job(deep_job).state, len(world.days())) == ("completed", 48)


def test_even_a_chunk_that_nobody_canceled_is_split_at_its_claim(world, deep_job):
    from apps.billing.models import Entitlement

    Entitlement.objects.all().delete()  # behind the services' back
    work.run_all("backfill")
    assert world.days()[0] == ago(30)
    rest = BackfillChunk.objects.get(job=deep_job, before=ago(30))
    assert (rest.state, rest.is_beyond_tier) == ("canceled", True)


def test_a_clock_that_is_set_back_gets_no_further(world, config):
    """The last claim was five days ahead of what the database's clock says now."""
    world.backfill(config, ago(30), ago(0))
    QueueShare.objects.filter(queue="backfill").update(claimed_at=queue.now() + 5 * DAY)
    work.run_all("backfill")
    assert world.days()[0] == ago(25)


def test_a_downgrade_leaves_what_is_stored(world, deep_job):
    work.run_all()
    world.pay_for("community")
    work.run_all()
    assert len(world.days()) == 48


def test_a_retry_beyond_the_tier_says_who_allows_it(world, deep_job):
    world.pay_for("community")
    work.run_all()
    with pytest.raises(TierLimit):
        backfills.retry(deep_job.id, by=world.member)
