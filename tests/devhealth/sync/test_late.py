"""Workers that were frozen before a write, and write when a newer run has moved the mark."""

import asyncio
from contextlib import suppress
from datetime import date

import pytest

from devhealth.connectors.local import Local
from devhealth.models.records import Commit, CommitFile
from devhealth.repositories import LATE
from devhealth.sync import sync_git
from tests.devhealth.sync.disturbed import Countdown, Disturbed, EndedError
from tests.devhealth.sync.runs import (
    HISTORY,
    ONE_MORE,
    REWRITTEN,
    branch,
    dirty,
    everything,
    files,
    hashes,
    sync,
)
from tests.repositories import add as rewrite

LOST = date(2026, 1, 4)  # of what ONE_MORE has more


def freeze(acme, path, write):
    """A run that is frozen before its n-th write; call what comes back, and it is written."""
    held = []
    sink = Disturbed(acme.sink(), Countdown("frozen", write), held)
    with suppress(EndedError):
        asyncio.run(sync_git(sink, Local(path)))
    return held[0]


@pytest.fixture
def marked(acme, repository):
    """The branch had one commit more, which somebody is about to write; it lost it, and a newer
    run has marked that."""
    sync(acme, repository)
    rewrite(repository, *ONE_MORE)
    thaw = freeze(acme, repository, 1)
    rewrite(repository, *HISTORY[:2])
    sync(acme, repository)
    return thaw


def test_a_lost_commit_that_is_written_late_is_buried_by_the_next_run(acme, repository, marked):
    marked()
    assert hashes(acme) != branch(repository)
    assert dirty(sync(acme, repository)) == [LOST]
    assert hashes(acme) == branch(repository)


def test_it_is_found_however_often_the_mark_moved(acme, repository, marked):
    for works in (REWRITTEN, HISTORY[:2]):
        rewrite(repository, *works)
        sync(acme, repository)
    marked()
    sync(acme, repository)
    assert hashes(acme) == branch(repository)


def test_what_is_right_and_not_much_older_than_the_mark_is_not_touched(acme, repository, marked):
    assert sync(acme, repository).touches.days == {}


def test_what_was_written_late_is_settled_once(acme, repository, marked):
    marked()
    sync(acme, repository)
    assert sync(acme, repository).touches.days == {}


def test_nobody_looks_for_what_is_older_than_late_may_be(acme, repository, marked, hours_later):
    """A worker that was frozen for longer must not write: its machine has to see to that."""
    hours_later()
    rewrite(repository, *REWRITTEN)
    sync(acme, repository)
    marked()
    sync(acme, repository)
    assert hashes(acme) - branch(repository)
    assert LATE.total_seconds() == 3600


def test_files_that_come_after_their_commit_was_buried_are_buried_too(acme, repository):
    sync(acme, repository)
    rewrite(repository, *ONE_MORE)
    thaw = freeze(acme, repository, 2)
    rewrite(repository, *HISTORY)
    sync(acme, repository)
    thaw()
    assert ("d", 1) in files(acme)
    assert dirty(sync(acme, repository)) == [LOST]
    assert ("d", 1) not in files(acme)


@pytest.mark.parametrize("write", [1, 2])
def test_a_burying_that_comes_when_the_branch_has_it_again_is_undone(acme, repository, write):
    """Half of it, of commits or of files, in time or not."""
    rewrite(repository, *ONE_MORE)
    sync(acme, repository)
    before = [acme.records(Commit), acme.records(CommitFile)]
    rewrite(repository, *HISTORY)
    thaw = freeze(acme, repository, write)
    rewrite(repository, *ONE_MORE)
    sync(acme, repository)
    thaw()
    sync(acme, repository)
    assert [acme.records(Commit), acme.records(CommitFile)] == before


def test_a_late_write_of_what_is_right_changes_nothing(acme, repository):
    thaw = freeze(acme, repository, 2)
    sync(acme, repository)
    before = everything(acme, versions=True)
    thaw()
    assert everything(acme, versions=True) == before
