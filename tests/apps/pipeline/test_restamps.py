"""Records follow the Directory: whatever ran while it changed, and whatever died on the way."""

import pytest
from django.db import connection

from apps.metrics import directory
from apps.pipeline.models import DirtyDays, Stamping
from apps.pipeline.services import restamps, syncs, targets
from devhealth import restamp as library
from devhealth.errors import Permanent
from devhealth.models.records import Commit
from devhealth.models.rollups import RepoDay
from devhealth.sinks.postgres import PostgresSink
from tests import work
from tests.apps.pipeline.test_any_order import Killed
from tests.apps.pipeline.worlds import ago


def change(world, *bots):
    """As a command does it: these are bots from now on."""
    with directory.changing() as settings:
        settings.bot_patterns = list(bots)
        directory.ask_for_restamp(world.tenant.organization.id)


def enter(world):
    """A worker's thread that dies leaves the tenant."""
    connection.set_tenant(world.tenant.organization)


def restamps_of(**where):
    return work.units(actor="pipeline.restamp", **where)


def actors(world):
    return set(world.sink().read(Commit)["actor_kind"])


def commits_of_people(world):
    rows = world.sink().latest(RepoDay, where={"population": "people", "is_empty": False})
    return rows["commits_count"].sum()


@pytest.fixture
def synced(world):
    world.sync(world.config())
    work.run_all()
    return world


def test_a_sync_stamps_by_the_directory(world):
    change(world, "ada@*")
    world.sync(world.config())
    work.run_all("sync")
    assert actors(world) == {"bot"}


def test_a_chunk_stamps_by_the_directory(world):
    change(world, "ada@*")
    world.backfill(world.config(), ago(7), ago(0))
    work.run_all("backfill")
    assert actors(world) == {"bot"}


def test_records_and_numbers_follow_a_change(synced):
    assert (actors(synced), commits_of_people(synced)) == ({"human"}, 30)
    change(synced, "ada@*")
    work.run_all()
    assert (actors(synced), commits_of_people(synced)) == ({"bot"}, 0)
    assert not DirtyDays.objects.exists()


def test_many_changes_make_one_restamp(synced):
    for _ in range(5):
        change(synced, "ada@*")
    assert len(restamps_of()) == 1


def test_no_compute_runs_beside_a_restamp(synced):
    change(synced, "ada@*")
    (restamp,) = restamps_of()
    assert restamp.slots == ["compute"]


def test_what_a_restamp_did_is_remembered(synced):
    change(synced, "ada@*")
    work.run_all()
    (last,) = Stamping.objects.all()
    kept = (last.directory_version, last.release, last.rows_written)
    assert kept == (1, library.RELEASE, 30 + 30 + 1)  # commits, their files, Ada


def test_a_second_restamp_writes_nothing(synced):
    for _ in range(2):
        change(synced, "ada@*")
        work.run_all()
    assert (Stamping.objects.get().directory_version, Stamping.objects.get().rows_written) == (2, 0)


# --- what runs meanwhile -------------------------------------------------------------------------


def meanwhile(monkeypatch, module, name, act):
    """Just before a function of the module is called for the first time, somebody does this."""
    called = getattr(module, name)

    def calling(*given, **more):
        monkeypatch.setattr(module, name, called)
        act()
        return called(*given, **more)

    monkeypatch.setattr(module, name, calling)


def afterwards(monkeypatch, module, name, act):
    """Just after a function of the module was called for the first time, somebody does this."""
    called = getattr(module, name)

    def calling(*given, **more):
        monkeypatch.setattr(module, name, called)
        answer = called(*given, **more)
        act()
        return answer

    monkeypatch.setattr(module, name, calling)


def test_a_sync_that_began_before_a_change_asks_for_another_restamp(world, monkeypatch):
    def act():
        change(world, "ada@*")
        work.run_all("metrics")

    afterwards(monkeypatch, targets, "reached", act)
    world.sync(world.config())
    work.run_all("sync")
    assert actors(world) == {"human"}
    assert len(restamps_of(state="pending")) == 1
    work.run_all()
    assert (actors(world), commits_of_people(world)) == ({"bot"}, 0)


def test_a_sync_that_fails_asks_likewise(world, monkeypatch):
    def fail():
        change(world, "ada@*")
        work.run_all("metrics")
        raise Permanent("gone")

    afterwards(monkeypatch, targets, "reached", fail)
    world.sync(world.config())
    work.run_all("sync")
    assert len(restamps_of(state="pending")) == 1


def test_a_sync_that_was_killed_remembers_which_directory_it_began_with(world, monkeypatch):
    """Its rows are of that one, whichever the next attempt stamps by."""

    def die():
        raise Killed

    meanwhile(monkeypatch, syncs.stages, "end", die)
    run = world.sync(world.config())
    with pytest.raises(Killed):
        work.run_all("sync")
    enter(world)
    change(world, "ada@*")
    work.run_all("metrics")
    work.take_back()
    work.run_all("sync")
    assert syncs.run_of(run.id, by=world.member).units.get().directory_version == 0
    assert len(restamps_of(state="pending")) == 1


def test_a_sync_without_a_change_asks_for_none(synced):
    assert restamps_of() == []


# --- what dies, and what fails -------------------------------------------------------------------


@pytest.mark.parametrize("is_written", [False, True])
def test_a_restamp_that_is_cut_goes_on(synced, monkeypatch, is_written):
    write = PostgresSink.write

    def write_and_die(sink, rows, cls=None):
        if is_written:
            write(sink, rows, cls)
        raise Killed

    change(synced, "ada@*")
    monkeypatch.setattr(PostgresSink, "write", write_and_die)
    with pytest.raises(Killed):
        work.run_all("metrics")
    monkeypatch.undo()
    enter(synced)
    work.take_back()
    work.run_all()
    assert (actors(synced), commits_of_people(synced)) == ({"bot"}, 0)
    assert not DirtyDays.objects.exists()


def test_what_a_restamp_wrote_before_it_failed_is_computed(synced, monkeypatch):
    def fail(*_, **__):
        raise Permanent("no more")

    change(synced, "ada@*")
    monkeypatch.setattr(library.people, "settle", fail)
    work.run_all()
    assert [unit.state for unit in restamps_of()] == ["failed"]
    assert commits_of_people(synced) == 0


def test_a_restamp_of_whom_the_lease_is_lost_is_done_once_more(synced, monkeypatch):
    def act():
        work.take_back()
        work.lose_leases()

    change(synced, "ada@*")
    meanwhile(monkeypatch, library.people, "settle", act)
    work.run_all()
    assert (actors(synced), commits_of_people(synced)) == ({"bot"}, 0)


# --- once a day ----------------------------------------------------------------------------------


def day_after():
    work.make_due()
    work.run_all()


def test_records_of_an_older_release_are_stamped_anew_within_a_day(synced, monkeypatch):
    day_after()
    before = Stamping.objects.get().release
    monkeypatch.setattr(restamps, "RELEASE", library.RELEASE + 1)
    day_after()
    assert before == library.RELEASE
    assert Stamping.objects.get().release == library.RELEASE + 1


def test_what_never_was_restamped_is_once_and_no_more(synced):
    for _ in range(3):
        day_after()
    assert [unit.state for unit in restamps_of()] == ["completed"]


def test_a_restamp_that_failed_is_tried_again_within_a_day(synced, monkeypatch):
    def fail(*_, **__):
        raise Permanent("no more")

    change(synced, "ada@*")
    with monkeypatch.context() as patched:
        patched.setattr(library.people, "settle", fail)
        work.run_all()
    day_after()
    assert [unit.state for unit in restamps_of()] == ["failed", "completed"]
