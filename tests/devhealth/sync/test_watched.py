"""What a run tells before it writes, and where it may be ended."""

import asyncio
from contextlib import suppress

import psutil
import pytest

from devhealth.connectors.local import Local
from devhealth.models.records import Commit, CommitFile
from devhealth.models.touches import Touches
from devhealth.sync import Watch, sync_git
from tests.devhealth.sync.disturbed import Countdown, EndedError
from tests.devhealth.sync.runs import (
    HISTORY,
    ONE_MORE,
    REWRITTEN,
    branch,
    everything,
    hashes,
    mark,
    sync,
)
from tests.repositories import add as rewrite

pytestmark = pytest.mark.disturbed


class Witness:
    """A sink and its watch: which days were known before their rows were written."""

    def __init__(self, sink):
        self._sink = sink
        self.noted = Touches()
        self.unknown = []

    def __getattr__(self, name):
        return getattr(self._sink, name)

    async def note(self, touches):
        self.noted |= touches

    def write(self, rows, cls=None):
        cls = cls or type(rows[0]) if len(rows) else None
        if cls in (Commit, CommitFile):
            dicts = rows.to_dicts() if hasattr(rows, "to_dicts") else map(vars_of, rows)
            self.unknown += [row for row in dicts if not self.knows(cls, row)]
        return self._sink.write(rows, cls)

    async def write_batch(self, rows):
        return self.write(rows)

    def amend(self, rows, cls):
        if cls in (Commit, CommitFile):
            by = "hash" if cls is Commit else "commit_hash"
            stored = self._sink.read(cls, where={by: rows[by].to_list()}, deleted=True).to_dicts()
            self.unknown += [row for row in stored if not self.knows(cls, row)]
        return self._sink.amend(rows, cls)

    def knows(self, cls, row):
        return row["committed_at"].date() in self.noted.days[cls, str(row["repo_id"])]


def vars_of(row):
    return {"repo_id": row.repo_id, "committed_at": row.committed_at}


def witnessed(acme, path):
    witness = Witness(acme.sink())
    synced = asyncio.run(
        sync_git(witness, Local(path), watch=Watch(noted=witness.note), batch_size=1)
    )
    synced.finish(witness)
    return witness, synced


def test_every_row_is_written_after_its_day_was_noted(acme, repository):
    """New rows, tombstones, and what comes back."""
    for works in (HISTORY, REWRITTEN, HISTORY):
        rewrite(repository, *works)
        witness, synced = witnessed(acme, repository)
        assert witness.unknown == []
        assert witness.noted == synced.touches
        assert synced.touches.days


def test_nothing_is_noted_where_nothing_is_touched(acme, repository):
    sync(acme, repository)
    witness, _ = witnessed(acme, repository)
    assert witness.noted.days == {}


def watch_of(countdown, told):
    async def noted(touches):
        countdown.pass_by("noted")

    return Watch(
        progress=lambda synced: told.append(countdown.left),
        noted=noted,
        checkpoint=lambda: countdown.pass_by("checkpoint"),
    )


def cut(acme, path, kind, call):
    """A run that ends at a call; whether it did, and what it told afterwards."""
    countdown, told = Countdown(kind, call), []
    with suppress(EndedError):
        sync(acme, path, finish=False, batch_size=2, watch=watch_of(countdown, told))
        return False, told
    return True, [left for left in told if left <= 0]


def test_what_noted_raises_ends_the_run_before_the_write(acme, repository):
    assert cut(acme, repository, "noted", 1) == (True, [])
    assert hashes(acme) == set()


def test_what_noted_raises_leaves_the_batches_before_it(acme, repository):
    assert cut(acme, repository, "noted", 3) == (True, [])
    assert len(hashes(acme)) == 2


def test_a_burying_that_nobody_could_note_does_not_happen(acme, repository):
    sync(acme, repository)
    before = everything(acme, versions=True)
    rewrite(repository, *HISTORY[:2])
    cut(acme, repository, "noted", 1)
    assert everything(acme, versions=True) == before


def test_after_a_checkpoint_that_raised_nothing_happens(acme, repository):
    call = 1
    while cut(acme, repository, "checkpoint", call)[0]:
        assert cut(acme, repository, "checkpoint", call)[1] == []
        call += 1
    assert call > 3 * 3  # each commit from the stream, and before both of its writes
    assert mark(acme) is None


@pytest.mark.parametrize("kind", ["checkpoint", "noted"])
def test_a_run_ended_anywhere_and_run_again_is_an_undisturbed_run(acme, repository, kind):
    for works in (HISTORY, REWRITTEN, ONE_MORE):
        rewrite(repository, *works)
        call = 1
        while cut(acme, repository, kind, call)[0]:
            call += 1
        sync(acme, repository)
        assert hashes(acme) == branch(repository)


async def git_after_the_end(sink, path, call):
    countdown = Countdown("checkpoint", call)
    with suppress(EndedError):
        await sync_git(sink, Local(path), watch=watch_of(countdown, []))
    return [each.pid for each in psutil.Process().children() if each.name() == "git"]


@pytest.mark.parametrize("call", range(1, 9))
def test_git_ends_with_the_run(acme, repository, call):
    assert asyncio.run(git_after_the_end(acme.sink(), repository, call)) == []
