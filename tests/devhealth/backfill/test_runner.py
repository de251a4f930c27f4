"""Windows one after the other, and what they leave alone."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from devhealth.backfill.runner import run, run_window
from devhealth.connectors.local import Local
from devhealth.models.records import Commit
from devhealth.sync import Watch
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import branch, everything, hashes, mark, on, sync
from tests.repositories import add
from tests.repositories import run as git

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 16)


def backfill(acme, path, since=FIRST, before=LAST, **options):
    return asyncio.run(run(acme.sink(), Local(path), since, before, **options))


def window(acme, path, since, before):
    return asyncio.run(run_window(acme.sink(), Local(path), since, before))


def days(acme):
    return sorted(row["committed_at"].day for row in acme.records(Commit))


def test_all_windows_are_the_whole(acme, store, repository):
    backfill(acme, repository)
    globex = Organisation(store)
    sync(globex, repository, finish=False)
    assert everything(acme) == everything(globex)


def test_a_window_takes_its_days_and_no_others(acme, repository):
    window(acme, repository, date(2026, 1, 7), date(2026, 1, 14))
    assert days(acme) == [7, 8]


def test_a_window_of_no_days_takes_nothing(acme, repository):
    assert window(acme, repository, FIRST, FIRST).commits == 0


def test_a_window_takes_what_is_older_than_the_floor_of_the_marked_run(acme, repository):
    sync(acme, repository, floor=datetime(2026, 1, 14, tzinfo=UTC))
    window(acme, repository, date(2026, 1, 7), date(2026, 1, 14))
    assert days(acme) == [7, 8, 14, 15]


def test_windows_leave_the_mark_where_it_was(acme, repository):
    sync(acme, repository)
    old = mark(acme)
    add(repository, on(0, files={"a": "0\n"}), on(8, files={"b": "1\n"}))
    backfill(acme, repository)
    assert mark(acme) == old


def test_a_window_takes_what_the_branch_may_have_again_below_the_floor(acme, repository):
    """The mark stands on it, so no later run would walk there."""
    sync(acme, repository, floor=datetime(2026, 1, 14, tzinfo=UTC))
    end = git(repository, "rev-parse", "main")
    git(repository, "update-ref", "refs/heads/main", "main~3")
    assert window(acme, repository, date(2026, 1, 7), date(2026, 1, 14)).commits == 2
    assert days(acme) == [7, 14, 15]
    git(repository, "update-ref", "refs/heads/main", end)
    sync(acme, repository, floor=datetime(2026, 1, 7, tzinfo=UTC))
    assert days(acme) == [7, 8, 14, 15]


def test_a_window_withdraws_a_mark_whose_commit_is_gone(acme, repository):
    sync(acme, repository)
    add(repository, on(0, files={"a": "0\n"}), on(8, files={"b": "1\n"}))
    git(repository, "prune", "--expire=now")
    window(acme, repository, FIRST, LAST)
    assert mark(acme) is None


def test_windows_set_no_mark(acme, repository):
    backfill(acme, repository)
    assert mark(acme) is None


def test_a_window_may_be_run_again(acme, repository):
    backfill(acme, repository)
    backfill(acme, repository)
    assert hashes(acme) == branch(repository)


def test_a_window_whose_branch_went_on_since_takes_what_is_new(acme, repository):
    window(acme, repository, FIRST, LAST)
    add(repository, on(3, files={"b": "1\n"}))
    assert window(acme, repository, FIRST, LAST).commits == 1


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_windows_come_in_the_order_that_was_asked_for(acme, repository, order):
    told = []
    backfill(
        acme, repository, order=order, done=lambda since, before, synced: told.append(since.day)
    )
    assert told == sorted([1, 8, 15], reverse=order == "newest")


def test_each_window_tells_what_it_did(acme, repository):
    told = {}
    backfill(
        acme,
        repository,
        done=lambda since, before, synced: told.update({(since.day, before.day): synced.commits}),
    )
    assert told == {(1, 8): 2, (8, 15): 2, (15, 16): 1}


def test_touches_are_those_of_all_windows(acme, repository):
    touches = backfill(acme, repository)
    assert {day.day for found in touches.days.values() for day in found} == {1, 7, 8, 14, 15}


def test_what_a_checkpoint_raises_ends_all_windows(acme, repository):
    told = []

    def checkpoint():
        if told:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        backfill(
            acme,
            repository,
            watch=Watch(checkpoint=checkpoint),
            done=lambda *window: told.append(window),
        )
    assert days(acme) == [15]
