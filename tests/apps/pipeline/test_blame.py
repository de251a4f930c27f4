"""The target blame: after git, by a mark of its own; git's work stands whatever becomes of it."""

from dataclasses import replace

import polars as pl
import pytest

from apps.errors import Unprocessable
from apps.metrics.store import store
from apps.pipeline.models import DirtyDays, SyncUnit, SyncWatermark
from apps.pipeline.services import syncs, targets
from devhealth.connectors.git_blame import WORTH_A_GRAPH
from devhealth.errors import Permanent, Transient
from devhealth.models.records import BlameFile, BlameMark
from tests import work
from tests.apps.pipeline.worlds import ago, history, on

BOTH = ["blame", "git"]


@pytest.fixture
def config(world):
    return world.config(targets=BOTH, options={"initial_days": 30})


def lines(world):
    """Standing lines by path."""
    rows = world.sink().read(BlameFile)
    return dict(rows.group_by("path").agg(pl.col("lines").sum()).iter_rows())


def marks():
    return dict(SyncWatermark.objects.values_list("target", "synced_through"))


def fails(monkeypatch, error):
    """Blame ends so, once; git is done by then."""

    async def fail(*_, **__):
        monkeypatch.undo()
        raise error

    monkeypatch.setattr(targets, "sync_blame", fail)


def around(monkeypatch, name, *, before=None, after=None):
    """Something happens once, just before or just after a target is fetched."""
    target = targets.TARGETS[name]

    def fetch(source):
        monkeypatch.undo()
        if before:
            before()
        done = target.fetch(source)
        if after:
            after()
        return done

    monkeypatch.setitem(targets.TARGETS, name, replace(target, fetch=fetch))


def test_globex_sees_no_line_of_acme(world, config, tenants):
    world.sync(config)
    work.run_all()
    assert store().for_org(tenants["globex"].organization.id).read(BlameFile).is_empty()


@pytest.mark.parametrize("wrong", [["blame"], ["blame", "prs"]])
def test_blame_alone_is_refused(world, wrong):
    with pytest.raises(Unprocessable) as caught:
        world.config(targets=wrong)
    assert caught.value.errors[0]["pointer"] == "/body/targets"


def test_blame_comes_after_git_however_the_config_names_them(world, config):
    run = world.sync(config)
    work.run_all()
    assert syncs.run_of(run.id, by=world.member).state == "completed"
    assert lines(world) == {"a": 1}


def test_each_target_has_its_own_watermark_and_blame_has_no_past(world, config):
    world.sync(config)
    work.run_all()
    found = dict(SyncWatermark.objects.values_list("target", "covered_since"))
    assert found == {"git": ago(30), "blame": None}


def test_rows_written_are_of_all_targets_and_records_are_gits(world, config):
    """30 commits with a file each, and one file of one person."""
    run = world.sync(config)
    work.run_all()
    unit = syncs.run_of(run.id, by=world.member).units.get()
    assert (unit.records_fetched, unit.rows_written) == (30, 60 + 1)


def test_blame_that_is_named_later_begins_with_the_next_run(world):
    config = world.config()
    world.sync(config)
    work.run_all()
    git = marks()["git"]
    config.targets = BOTH
    config.save()
    run = world.sync(config)
    work.run_all()
    assert (lines(world), marks()["git"] > git) == ({"a": 1}, True)
    assert run.units.get().records_fetched == 0


def test_the_second_run_asks_only_for_what_changed(world, config):
    world.sync(config)
    work.run_all()
    world.rewrite([*history(50), on(ago(0), files={"b": "1\n2\n"})])
    run = world.sync(config)
    work.run_all()
    assert (lines(world), run.units.get().rows_written) == ({"a": 1, "b": 2}, 2 + 1)


def test_blame_that_fails_leaves_what_git_did(world, config, monkeypatch):
    fails(monkeypatch, Permanent("No such thing."))
    run = world.sync(config)
    work.run_all()
    unit = run.units.get()
    assert (unit.state, unit.error, unit.records_fetched) == ("failed", "No such thing.", 30)
    assert (marks().keys(), lines(world)) == ({"git"}, {})
    assert (world.computed_days(), DirtyDays.objects.count()) == (set(world.days()), 0)


def test_the_run_after_a_failed_blame_goes_on_with_it(world, config, monkeypatch):
    fails(monkeypatch, Permanent("No such thing."))
    world.sync(config)
    work.run_all()
    run = world.sync(config)
    work.run_all()
    assert (run.units.get().records_fetched, lines(world)) == (0, {"a": 1})
    assert marks().keys() == {"git", "blame"}


def test_what_is_put_off_counts_gits_rows_once(world, config, monkeypatch):
    fails(monkeypatch, Transient("Later."))
    run = world.sync(config)
    work.run_all()
    assert run.units.get().state == "pending"
    work.make_due()
    work.run_all()
    unit = run.units.get()
    assert (unit.state, unit.records_fetched, unit.rows_written) == ("completed", 30, 61)


def test_a_canceled_blame_keeps_gits_mark_and_comes_again(world, config, monkeypatch):
    def cancel():
        for unit in work.units(actor="pipeline.sync", state="running"):
            type(unit).objects.filter(id=unit.id).update(stop_requested=True)
        work.lose_leases()

    around(monkeypatch, "blame", before=cancel)
    run = world.sync(config)
    work.run_all()
    assert (run.units.get().state, marks().keys()) == ("canceled", {"git"})
    world.sync(config)
    work.run_all()
    assert (lines(world), marks().keys()) == ({"a": 1}, {"git", "blame"})


def test_a_blame_of_whom_the_lease_is_lost_is_done_by_the_next(world, config, monkeypatch):
    def lose():
        work.take_back()
        work.lose_leases()

    around(monkeypatch, "blame", before=lose)
    run = world.sync(config)
    work.run_all()
    unit = run.units.get()
    assert (unit.state, unit.attempts, unit.rows_written) == ("completed", 2, 61)
    assert lines(world) == {"a": 1}


def test_metrics_of_git_do_not_wait_for_blame(world, config, monkeypatch):
    computed = []

    def compute():
        work.run_all("metrics")
        computed.append(world.computed_days())

    around(monkeypatch, "blame", before=compute)
    world.sync(config)
    work.run_all("sync")
    assert computed == [set(world.days())]


def test_who_lost_the_lease_while_git_ended_keeps_nothing(world, config, monkeypatch):
    """Somebody else has the unit by now, begins with git, and alone counts."""
    around(monkeypatch, "git", after=work.take_back)  # the worker has not heard of it yet
    world.sync(config)
    work.run_all("sync")
    unit = SyncUnit.objects.get()
    assert (unit.attempts, unit.records_fetched, unit.rows_written) == (2, 30, 61)


def test_blame_touches_no_day(world, config, monkeypatch):
    world.sync(config)
    work.run_all()
    seen = []
    around(monkeypatch, "blame", after=lambda: seen.append(DirtyDays.objects.count()))
    world.sync(config)
    work.run_all("sync")
    assert (seen, DirtyDays.objects.count()) == ([0], 0)


def test_a_backfill_fetches_git_alone(world, config):
    job = world.backfill(config, ago(20), ago(10))
    work.run_all()
    assert (world.job(job).state, world.job(job).records_fetched) == ("completed", 10)
    assert world.sink().read(BlameMark).is_empty()


def test_the_graph_is_kept_where_the_operator_says(world, config, settings, tmp_path):
    settings.GIT_CACHE = str(tmp_path / "cache")
    names = [f"{number}.py" for number in range(WORTH_A_GRAPH)]
    there_and_back = [
        on(ago(days), files=dict.fromkeys(names, text))
        for days, text in [(3, "1\n"), (2, "2\n"), (1, "1\n")]
    ]
    world.rewrite(there_and_back)  # for git blame alone to find out
    world.sync(config)
    work.run_all()
    (graph,) = (tmp_path / "cache").rglob("commit-graph")
    assert graph.is_relative_to(tmp_path / "cache" / str(world.tenant.organization.id))
