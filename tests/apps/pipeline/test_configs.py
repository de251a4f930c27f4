from datetime import UTC, datetime, timedelta

import pytest

from apps.billing.services import TierLimit
from apps.errors import Conflict, Forbidden, NotFound, PreconditionFailed, Unprocessable
from apps.pipeline.models import SyncConfig, SyncRun
from apps.pipeline.services import configs
from apps.pipeline.services.configs import Schedule
from apps.queue import services as queue
from devhealth.errors import Permanent
from tests import repositories, work
from tests.apps.pipeline.worlds import ago

DAILY = "30 2 * * *"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def planned():
    return work.units(actor="pipeline.schedule", state="pending")


# --- who and what --------------------------------------------------------------------------------


def test_a_member_makes_no_config(world):
    with pytest.raises(Forbidden):
        configs.create(SyncConfig(name="x"), by=world.as_role("member"))


def test_a_config_that_is_not_there_is_not_found(world):
    config = world.config()
    configs.delete(config.id, by=world.member)
    with pytest.raises(NotFound):
        configs.config_of(config.id, by=world.member)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("provider", {"provider": "cvs"}),
        ("targets", {"targets": ["prs"]}),
        ("targets", {"targets": []}),
        ("sources", {"sources": []}),
        ("options", {"options": {"initial_days": 0}}),
        ("options", {"options": {"depth": 3}}),
        ("schedule_cron", {"schedule_cron": "every day"}),
        ("schedule_cron", {"schedule_cron": DAILY, "timezone": "Mars/Olympus"}),
        ("schedule_cron", {"schedule_cron": DAILY, "timezone": "../etc/passwd"}),
    ],
)
def test_what_is_wrong_is_named(world, field, wrong):
    with pytest.raises(Unprocessable) as caught:
        world.config(**wrong)
    assert caught.value.errors[0]["pointer"] == f"/body/{field}"


def test_a_source_twice_is_refused(world):
    with pytest.raises(Unprocessable):
        world.config(sources=[str(world.path)] * 2)


def test_a_path_outside_of_the_roots_is_refused(world, tmp_path_factory):
    elsewhere = repositories.make(tmp_path_factory.mktemp("other") / "repo")
    with pytest.raises(Permanent):
        world.config(sources=[str(elsewhere)])


def test_what_is_no_repository_is_refused(world, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(Permanent, match="no git repository"):
        world.config(sources=[str(tmp_path / "empty")])


def test_a_name_is_taken_once(world):
    world.config()
    with pytest.raises(Conflict, match="of this name"):
        world.config()


def test_a_config_under_way_is_not_deleted(world):
    config = world.config()
    world.backfill(config, ago(7), ago(0))
    with pytest.raises(Conflict, match="under way"):
        configs.delete(config.id, by=world.member)


def test_a_change_that_was_overtaken_is_refused(world):
    config = world.config()
    read = configs.version(config)
    configs.update(config.id, {"name": "first"}, by=world.member, unless_changed_since=read)
    with pytest.raises(PreconditionFailed):
        configs.update(config.id, {"name": "second"}, by=world.member, unless_changed_since=read)


# --- schedules -----------------------------------------------------------------------------------


def test_a_schedule_is_a_unit_that_waits(world):
    world.config(schedule_cron=DAILY, timezone="Europe/Berlin")
    (unit,) = planned()
    assert unit.not_before == Schedule(DAILY, "Europe/Berlin").after(queue.now())


def test_a_changed_schedule_replaces_the_old_one(world):
    config = world.config(schedule_cron=DAILY)
    configs.update(config.id, {"schedule_cron": "0 12 * * *"}, by=world.member)
    (unit,) = planned()
    assert unit.not_before.hour == 12


@pytest.mark.parametrize("off", [{"schedule_cron": ""}, {"is_active": False}])
def test_a_schedule_that_is_switched_off_plans_nothing(world, off):
    config = world.config(schedule_cron=DAILY)
    configs.update(config.id, off, by=world.member)
    assert planned() == []


def test_what_is_due_is_run_and_the_next_one_is_planned(world):
    config = world.config(schedule_cron=DAILY)
    (unit,) = planned()
    work.make_due()
    work.run_all()
    (run,) = SyncRun.objects.filter(config=config)
    (following,) = planned()
    assert (run.trigger, run.state, run.requested_by) == ("schedule", "completed", None)
    assert following.not_before >= unit.not_before


def test_runs_that_were_missed_are_caught_up_once(world):
    """As if no worker had been there for a week."""
    world.config(schedule_cron=DAILY)
    (unit,) = planned()
    type(unit).objects.filter(id=unit.id).update(not_before=queue.now() - timedelta(days=7))
    work.make_due()
    work.run_all()
    assert SyncRun.objects.count() == 1
    assert planned()[0].not_before > queue.now()


def test_a_run_that_is_under_way_is_not_started_twice(world):
    config = world.config(schedule_cron=DAILY)
    world.sync(config)
    type(planned()[0]).objects.filter(actor="pipeline.sync").update(state="canceled")
    work.make_due()
    work.run_all()
    assert SyncRun.objects.count() == 1


def test_a_tier_is_not_synced_more_often_than_it_may(world):
    with pytest.raises(TierLimit):
        world.config(schedule_cron="0 */6 * * *")
    world.pay_for("team")
    assert world.config(schedule_cron="0 */6 * * *").schedule_cron


def test_after_a_downgrade_a_schedule_runs_no_more_often_than_the_tier_may(world):
    world.pay_for("team")
    world.config(schedule_cron="0 */6 * * *")
    for _ in range(3):
        world.pay_for("community")
        work.make_due()
        work.run_all()
    assert SyncRun.objects.count() == 1


@pytest.mark.parametrize(
    ("cron", "after", "runs"),
    [
        # 29 March 2026: 02:00 becomes 03:00 in Berlin; 02:30 is missed and made up for at 03:00.
        (DAILY, "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
        # 25 October 2026: 03:00 becomes 02:00; 02:30 comes twice and is run once.
        (DAILY, "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        ("0 12 * * *", "2026-03-28T12:00", ["2026-03-29T10:00", "2026-03-30T10:00"]),
    ],
)
def test_daylight_saving_loses_no_run_and_makes_none_twice(cron, after, runs):
    schedule, instant, found = Schedule(cron, "Europe/Berlin"), utc(after), []
    for _ in runs:
        instant = schedule.after(instant)
        found.append(instant)
    assert found == [utc(run) for run in runs]


@pytest.mark.parametrize(
    ("cron", "hours"), [(DAILY, 23.5), ("0 */6 * * *", 5), ("0 8,9 * * *", 1), ("0 0 * * *", 23)]
)
def test_the_shortest_pause_is_in_the_night_that_begins_summer(cron, hours):
    pause = Schedule(cron, "Europe/Berlin").shortest_pause(utc("2026-01-01T00:00"))
    assert pause == timedelta(hours=hours)
