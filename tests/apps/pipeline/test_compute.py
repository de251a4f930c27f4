from datetime import timedelta

import pytest

from apps.errors import BadRequest, Forbidden
from apps.pipeline.models import DirtyDays, Recompute
from apps.pipeline.services import compute, dirty_days
from apps.queue import services as queue
from devhealth.models.records import Commit
from devhealth.models.rollups import RepoDay
from devhealth.models.touches import Touches
from tests import work
from tests.apps.pipeline.worlds import ago


def computes(**where):
    return work.units(actor="pipeline.compute", **where)


def touched(day, partition="r"):
    touches = Touches()
    touches.days[Commit, partition].add(day)
    return touches


def test_a_viewer_asks_for_no_recompute(world):
    with pytest.raises(Forbidden):
        compute.request_recompute(Recompute(), by=world.as_role("viewer"))


def test_whoever_asks_before_it_begins_shares_one_compute(world):
    for _ in range(5):
        compute.request_recompute(Recompute(), by=world.member)
    assert len(computes()) == 1


def test_what_is_touched_while_it_runs_makes_the_next_one(world, monkeypatch):
    ready = dirty_days.ready
    asked = []

    def meanwhile():
        found = ready()
        if not asked:
            asked.append(dirty_days.ask_for_compute(world.tenant.organization.id))
        return found

    monkeypatch.setattr(dirty_days, "ready", meanwhile)
    compute.request_recompute(Recompute(), by=world.member)
    work.run_all("metrics")
    assert [unit.state for unit in computes()] == ["completed", "completed"]


def test_a_recompute_of_everything_writes_nothing_if_nothing_changed(world):
    world.sync(world.config())
    work.run_all()
    asked = compute.request_recompute(Recompute(), by=world.member)
    work.run_all()
    found = compute.recompute_of(asked.id, by=world.member)
    assert (found.state, found.rows_written) == ("completed", 0)


def test_a_recompute_mends_what_was_lost(world):
    world.sync(world.config())
    work.run_all()
    before = world.computed_days()
    lost = world.sink().latest(RepoDay, ago(10), ago(9))
    world.sink().write(lost.with_columns(commits_count=0), RepoDay)
    asked = compute.request_recompute(Recompute(since=ago(10), before=ago(9)), by=world.member)
    work.run_all()
    assert compute.recompute_of(asked.id, by=world.member).rows_written > 0
    assert world.computed_days() == before


def test_a_range_that_ends_before_it_begins_is_refused(world):
    with pytest.raises(BadRequest):
        compute.request_recompute(Recompute(since=ago(1), before=ago(2)), by=world.member)


def test_days_of_a_unit_that_still_writes_are_left_for_later(world):
    unit = queue.add("pipeline.sync", world.tenant.organization.id)
    with work.held(unit):
        dirty_days.note(unit, touched(ago(1)))
        assert dirty_days.ready()[0] == []
    assert len(dirty_days.ready()[0]) == 1


def test_notes_of_one_day_are_read_as_one(world):
    for unit in (1, 2):
        dirty_days.note(unit, touched(ago(1)))
        dirty_days.note(unit, touched(ago(2)))
    _, touches = dirty_days.ready()
    assert touches.days[Commit, "r"] == {ago(1), ago(2)}


def test_a_compute_that_was_frozen_before_its_write_is_done_again(world, monkeypatch):
    """While it was, another one found nothing to change; then the frozen one wrote what it knew."""

    def frozen(sink, touches, **more):
        monkeypatch.undo()
        work.take_back()
        work.run_all("metrics")
        stale = world.sink().latest(RepoDay).with_columns(commits_count=0)
        sink.write(stale, RepoDay)
        work.lose_leases()
        more["checkpoint"]()
        return {}

    world.sync(world.config())
    work.run_all()
    dirty_days.note(0, touched(ago(1), world.sink().read(Commit)["repo_id"][0]))
    dirty_days.ask_for_compute(world.tenant.organization.id)
    monkeypatch.setattr(compute, "recompute", frozen)
    work.run_all("metrics")
    assert ago(1) in world.computed_days()


def test_every_day_at_midnight_windows_move_on(world):
    """The bus factor of the last 30 days changes on days without a commit, too."""
    world.sync(world.config())
    work.run_all()
    (daily,) = work.units(actor="pipeline.daily")
    assert daily.not_before.date() == queue.now().date() + timedelta(days=1)
    work.make_due()
    work.run_all()
    (following,) = work.units(actor="pipeline.daily", state="pending")
    assert following.id != daily.id
    assert not DirtyDays.objects.exists()
