"""How far back a whole run reaches, and what it leaves alone below."""

from contextlib import suppress
from datetime import date

import pytest

from devhealth.errors import Transient
from devhealth.models.records import Commit, CommitFile
from tests.devhealth.sync.runs import (
    DAY,
    HISTORY,
    REWRITTEN,
    branch,
    dirty,
    everything,
    files,
    hashes,
    mark,
    on,
    sync,
)
from tests.repositories import NOON, instant, run
from tests.repositories import add as rewrite

FLOOR = instant(NOON + 2 * DAY)
PAST = {"since": instant(NOON), "before": FLOOR}


def lose(path, *works):
    """Another history; what the branch leaves behind is thrown away."""
    rewrite(path, *works)
    run(path, "prune", "--expire=now")


def days(acme):
    return sorted(row["committed_at"].day for row in acme.records(Commit))


# --- what is taken --------------------------------------------------------------------------------


def test_a_floor_leaves_older_commits_out(acme, repository):
    assert sync(acme, repository, floor=FLOOR).expected == 1
    assert days(acme) == [3]


def test_a_run_with_a_floor_is_whole_and_moves_the_mark(acme, repository):
    assert sync(acme, repository, floor=FLOOR).is_whole
    assert mark(acme) == run(repository, "rev-parse", "main")


def test_a_floor_above_everything_moves_the_mark_all_the_same(acme, repository):
    sync(acme, repository, floor=instant(NOON + 9 * DAY))
    assert (days(acme), mark(acme)) == ([], run(repository, "rev-parse", "main"))


def test_a_second_run_with_the_floor_moves_no_version(acme, repository):
    sync(acme, repository, floor=FLOOR)
    before = everything(acme, versions=True)
    assert sync(acme, repository, floor=FLOOR).touches.days == {}
    assert everything(acme, versions=True) == before


def test_what_lands_with_an_old_date_is_taken_down_to_the_floor(acme, repository):
    sync(acme, repository, floor=FLOOR)
    rewrite(repository, *HISTORY, on(0, files={"d": "1\n"}), on(2, files={"e": "1\n"}))
    sync(acme, repository, floor=FLOOR)
    assert days(acme) == [3, 3]


def test_a_lower_floor_takes_nothing_of_what_is_marked(acme, repository):
    """The windows that brought the floor down did."""
    sync(acme, repository, floor=FLOOR)
    assert sync(acme, repository, floor=instant(NOON)).commits == 0


def test_a_window_below_and_a_run_with_a_floor_are_the_whole_in_any_order(acme, repository):
    sync(acme, repository, floor=FLOOR)
    sync(acme, repository, **PAST)
    assert hashes(acme) == branch(repository)


# --- what is left alone, buried and brought back --------------------------------------------------


def test_the_first_run_leaves_what_windows_took_below_its_floor(acme, repository):
    sync(acme, repository, **PAST)
    synced = sync(acme, repository, floor=FLOOR)
    assert (hashes(acme), synced.vanished) == (branch(repository), 0)


def test_the_first_run_touches_what_windows_took_for_nobody_knows_it_was_computed(acme, repository):
    sync(acme, repository, **PAST)
    assert [day.day for day in dirty(sync(acme, repository, floor=FLOOR))] == [1, 2, 3]


def test_the_first_run_buries_what_a_window_took_of_another_branch(acme, repository):
    sync(acme, repository, **PAST)
    rewrite(repository, HISTORY[0], *REWRITTEN[2:])
    sync(acme, repository, floor=FLOOR)
    assert hashes(acme) == branch(repository)


def test_a_rewrite_buries_what_windows_took_below_the_floor(acme, repository):
    sync(acme, repository, floor=FLOOR)
    sync(acme, repository, **PAST)
    rewrite(repository, HISTORY[0], *REWRITTEN[2:])
    assert [day.day for day in dirty(sync(acme, repository, floor=FLOOR))] == [1, 2, 3]
    assert hashes(acme) == branch(repository)


def test_what_a_rewrite_lost_below_the_floor_comes_back_with_it(acme, repository):
    sync(acme, repository, **PAST)
    sync(acme, repository, floor=FLOOR)
    before = [acme.records(Commit), files(acme)]
    rewrite(repository, HISTORY[0], *REWRITTEN[2:])
    sync(acme, repository, floor=FLOOR)
    rewrite(repository, *HISTORY)
    assert [day.day for day in dirty(sync(acme, repository, floor=FLOOR))] == [2, 3]
    assert [acme.records(Commit), files(acme)] == before


def test_with_the_mark_gone_too_what_windows_took_stays(acme, repository):
    sync(acme, repository, **PAST)
    sync(acme, repository, floor=FLOOR)
    lose(repository, *REWRITTEN)
    synced = sync(acme, repository, floor=FLOOR)
    assert (hashes(acme), synced.vanished) == (branch(repository), 1)


def test_with_the_mark_gone_too_what_the_branch_lost_below_the_floor_is_buried(
    acme, repository, hours_later
):
    sync(acme, repository, **PAST)
    hours_later()
    sync(acme, repository, floor=FLOOR)
    lose(repository, HISTORY[0], *REWRITTEN[2:])
    synced = sync(acme, repository, floor=FLOOR)
    assert (hashes(acme), synced.vanished) == (branch(repository), 2)
    assert {row["commit_hash"] for row in acme.records(CommitFile)} == branch(repository)


def test_with_the_mark_gone_too_tombstones_below_the_floor_come_back(acme, repository):
    sync(acme, repository, **PAST)
    sync(acme, repository, floor=FLOOR)
    before = [acme.records(Commit), files(acme)]
    lose(repository, HISTORY[0], *REWRITTEN[2:])
    sync(acme, repository, floor=FLOOR)
    lose(repository, *HISTORY)
    sync(acme, repository, floor=FLOOR)
    assert [acme.records(Commit), files(acme)] == before


def test_with_the_mark_gone_what_is_long_computed_and_still_there_is_not_touched(
    acme, repository, hours_later
):
    sync(acme, repository, **PAST)
    sync(acme, repository, floor=FLOOR)
    lose(repository, *REWRITTEN)
    hours_later()
    sync(acme, repository, floor=FLOOR)
    lose(repository, *HISTORY)
    assert dirty(sync(acme, repository, floor=FLOOR)) == [date(2026, 1, 3)]


@pytest.mark.parametrize("write", range(1, 9))
def test_a_first_run_with_a_floor_that_was_cut_short_is_made_good(acme, repository, write):
    sync(acme, repository, **PAST)
    with suppress(Transient):
        sync(acme, repository, floor=FLOOR, finish=False, batch_size=1, fail_at=write)
    sync(acme, repository, floor=FLOOR)
    assert hashes(acme) == branch(repository)
    assert sorted(files(acme)) == [("a", 1), ("a", 2), ("b", 1), ("b", 1), ("c", 0)]


# --- anew -----------------------------------------------------------------------------------------


def test_a_run_that_begins_anew_takes_what_an_earlier_floor_left_out(acme, repository):
    sync(acme, repository, floor=FLOOR)
    sync(acme, repository, is_anew=True)
    assert days(acme) == [1, 2, 3]


def test_a_run_that_begins_anew_buries_nothing_below_its_floor(acme, repository):
    sync(acme, repository)
    sync(acme, repository, floor=FLOOR, is_anew=True)
    assert days(acme) == [1, 2, 3]
