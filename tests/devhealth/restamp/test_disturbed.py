"""Restamps that are cut short, that meet others' writes, and what they tell before they write."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from polars.testing import assert_frame_equal

from devhealth.connectors.local import Local
from devhealth.models.directory import Directory
from devhealth.models.records import Commit, CommitFile
from devhealth.models.touches import Touches
from devhealth.restamp import restamp
from devhealth.sync import Watch, sync_git
from tests.devhealth.restamp.runs import (
    ADA_ID,
    HOME,
    LIVES,
    ONE_PERSON,
    people,
    restamped,
    stamps,
)
from tests.devhealth.sync.disturbed import Countdown, Disturbed, EndedError
from tests.devhealth.sync.runs import branch, everything, hashes, on, sync
from tests.devhealth.sync.test_watched import Witness, watch_of
from tests.repositories import ADA, GRACE, NOON, instant
from tests.repositories import add as rewrite

pytestmark = pytest.mark.disturbed

DAY = 86_400


def cut(acme, kind, call):
    """A restamp that ends at its n-th checkpoint, noted or write; whether it did."""
    countdown = Countdown(kind, call)
    watch = watch_of(countdown, [])
    sink = Disturbed(acme.sink(), countdown, [])
    with suppress(EndedError):
        asyncio.run(restamp(sink, ONE_PERSON, watch=watch, batch_size=1))
        return False
    return True


# --- cut short ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["checkpoint", "noted", "write"])
def test_a_run_that_was_cut_anywhere_is_completed_by_the_next(synced, globex, repository, kind):
    sync(globex, repository, directory=ONE_PERSON)
    call = 1
    while cut(synced, kind, call):
        call += 1
    assert call > 2
    assert everything(synced) == everything(globex)


@pytest.mark.parametrize("kind", ["checkpoint", "noted", "write"])
def test_one_full_run_after_any_cut_is_enough(acme, globex, repository, kind):
    sync(acme, repository)
    sync(globex, repository, directory=ONE_PERSON)
    for call in range(1, 12):
        restamped(acme, Directory())
        cut(acme, kind, call)
        restamped(acme, ONE_PERSON)
        assert everything(acme) == everything(globex)


class Guarded:
    """A sink that wants to be asked for leave before each read and write."""

    def __init__(self, sink):
        self._sink = sink
        self._may = False
        self.calls = 0

    def allow(self):
        self._may = True

    def __getattr__(self, name):
        if name in ("read", "get", "write", "amend"):
            assert self._may, name
            self._may = False
            self.calls += 1
        return getattr(self._sink, name)


def test_a_checkpoint_goes_before_every_read_and_write(synced):
    sink = Guarded(synced.sink())
    asyncio.run(restamp(sink, ONE_PERSON, watch=Watch(checkpoint=sink.allow), batch_size=1))
    assert sink.calls > 20


# --- told before ----------------------------------------------------------------------------------


def test_every_row_is_written_after_its_day_was_noted(synced):
    witness = Witness(synced.sink())
    done = asyncio.run(restamp(witness, ONE_PERSON, watch=Watch(noted=witness.note), batch_size=1))
    assert witness.unknown == []
    assert witness.noted == done.touches
    assert {cls for cls, _ in done.touches.days} == {Commit, CommitFile}


def test_nothing_is_noted_where_nothing_is_written(synced):
    witness = Witness(synced.sink())
    asyncio.run(restamp(witness, Directory(), watch=Watch(noted=witness.note)))
    assert witness.noted == Touches()


# --- others' writes -------------------------------------------------------------------------------


def late(acme, path, write, **options):
    """A sync that is frozen before its n-th write; what it would have written."""
    held = []
    sink = Disturbed(acme.sink(), Countdown("frozen", write), held)
    with suppress(EndedError):
        asyncio.run(sync_git(sink, Local(path), **options))
    return held[0]


@pytest.mark.parametrize("write", [2, 3])
def test_a_sync_of_before_that_writes_after_changes_no_stamp(acme, globex, repository, write):
    """With the Directory of then: commits, or files."""
    thaw = late(acme, repository, write)
    sync(acme, repository)
    restamped(acme, ONE_PERSON)
    thaw()
    sync(globex, repository, directory=ONE_PERSON)
    assert everything(acme) == everything(globex)


def test_files_that_come_after_their_commit_was_stamped_are_stamped_by_the_next(acme, repository):
    thaw = late(acme, repository, 3)
    restamped(acme, ONE_PERSON)
    assert (len(stamps(acme, "hash")), acme.records(CommitFile)) == (6, [])
    thaw()
    restamped(acme, ONE_PERSON)
    assert {row["author_id"] for row in acme.records(CommitFile)[:-2]} >= {ADA_ID}
    assert restamped(acme, ONE_PERSON).rows["commit_files"] == 0


def test_a_person_whom_a_running_sync_has_brought_is_not_taken_for_gone(synced, repository):
    """The commit came after the restamp had read, the identity before it wrote identities."""
    eve = b"Eve <eve@example.com>"

    async def bring(touches):
        rewrite(repository, *LIVES, on(6, author=eve, files={"c": "1\n"}))
        await sync_git(synced.sink(), Local(repository))

    sink = synced.store.for_org(synced.org_id)  # newer than all
    asyncio.run(restamp(sink, ONE_PERSON, watch=Watch(noted=once(bring))))
    assert "Eve" in people(synced).values()


def once(told):
    left = [told]

    async def noted(touches):
        if left:
            await left.pop()(touches)

    return noted


# --- tombstones -----------------------------------------------------------------------------------


def test_a_tombstone_stays_one_and_keeps_its_reason(synced, repository):
    rewrite(repository, *LIVES[:3])
    sync(synced, repository)
    before = dead(synced)
    restamped(synced, ONE_PERSON)
    assert_frame_equal(dead(synced), before)
    assert before.height == 3


def dead(acme):
    rows = acme.sink().read(Commit, deleted=True).drop_nulls("deleted_at")
    return rows.select("hash", "deleted_at", "deleted_reason").sort("hash")


@pytest.mark.parametrize("day", range(1, 7))
def test_a_commit_that_comes_back_after_a_restamp_has_its_stamps(acme, globex, repository, day):
    """Below the floor no walk finds it: its row is brought back as it stands."""
    floor = instant(NOON + day * DAY)
    sync(acme, repository, since=instant(NOON), before=floor)
    sync(acme, repository, floor=floor)
    rewrite(repository, on(0, files={"z": "1\n"}))
    sync(acme, repository, floor=floor)
    restamped(acme, ONE_PERSON)
    rewrite(repository, *LIVES)
    sync(acme, repository, floor=floor, directory=ONE_PERSON)
    sync(globex, repository, directory=ONE_PERSON)
    assert everything(acme)[:2] == everything(globex)[:2]
    assert people(acme).items() >= people(globex).items()


# --- the next sync --------------------------------------------------------------------------------


def test_a_sync_after_a_restamp_finds_nothing_to_settle(synced, repository):
    restamped(synced, ONE_PERSON)
    assert sync(synced, repository).touches.days == {}


def test_after_another_one_soon_it_settles_once(synced, repository):
    """What is a little older than the mark could be late: its rows may not be hidden."""
    restamped(synced, ONE_PERSON)
    restamped(synced, Directory())
    sync(synced, repository)
    assert sync(synced, repository).touches.days == {}


@pytest.mark.parametrize("author", [ADA, HOME])
@pytest.mark.parametrize("options", [{"finish": False}, {"since": instant(NOON + 6 * DAY)}])
def test_what_a_cut_sync_or_a_window_left_is_settled_after_a_restamp_too(
    synced, repository, hours_later, author, options
):
    """Whether it was stamped anew or not."""
    rewrite(repository, *LIVES, on(6, files={"c": "1\n"}, author=author))
    sync(synced, repository, **options)
    hours_later()
    restamped(synced, ONE_PERSON)
    rewrite(repository, *LIVES)
    sync(synced, repository, directory=ONE_PERSON)
    assert hashes(synced) == branch(repository)


def test_a_late_lost_commit_is_buried_after_a_restamp_too(synced, repository):
    """It was written late, with a version that is a little older than the mark."""
    rewrite(repository, *LIVES, on(6, files={"c": "1\n"}, author=GRACE))
    thaw = late(synced, repository, 1)
    rewrite(repository, *LIVES[:5])
    sync(synced, repository)
    thaw()
    restamped(synced, Directory(bots=("grace@*",)))
    sync(synced, repository)
    assert hashes(synced) == branch(repository)


def burial(acme, repository, finish):
    """A sync that began before, and buries what the branch has lost."""
    older = acme.sink()

    async def bury(_=None):
        rewrite(repository, *LIVES[:3])
        running = await sync_git(older, Local(repository))
        if finish:
            running.finish(older)

    return bury


@pytest.mark.parametrize("finish", [True, False])
def test_what_a_sync_buries_while_a_restamp_runs_stays_buried(synced, repository, finish):
    watch = Watch(noted=once(burial(synced, repository, finish)))
    asyncio.run(restamp(synced.sink(), ONE_PERSON, watch=watch))
    assert hashes(synced) == branch(repository)
    sync(synced, repository, directory=ONE_PERSON)
    assert hashes(synced) == branch(repository)


class Whole:
    """A sink that writes rows whole, as where a store changes no column; it is slow to do so."""

    def __init__(self, sink, meanwhile):
        self._sink = sink
        self._meanwhile = meanwhile

    def __getattr__(self, name):
        return getattr(self._sink, name)

    def amend(self, rows, cls):
        key = [name for name in cls.key if name in rows.columns]
        given = [name for name in rows.columns if name not in key]
        stored = self._sink.read(cls, deleted=True).drop(given).join(rows, on=key)
        with ThreadPoolExecutor() as pool:
            pool.submit(asyncio.run, self._meanwhile()).result()
        return self._sink.write(stored, cls)


@pytest.mark.parametrize("finish", [True, False])
def test_a_restamp_that_had_read_what_a_sync_buries_brings_nothing_back(synced, repository, finish):
    """It buries between the store's read and its write."""
    bury = once(burial(synced, repository, finish))
    sink = Whole(synced.sink(), lambda: bury(None))
    asyncio.run(restamp(sink, ONE_PERSON))
    assert hashes(synced) != branch(repository)
    sync(synced, repository, directory=ONE_PERSON)
    assert hashes(synced) == branch(repository)


@pytest.mark.parametrize("works", [LIVES, LIVES[:4]])
def test_a_commit_that_a_cut_sync_brought_meanwhile_is_settled(synced, repository, works):
    older = synced.sink()

    async def bring(touches):
        rewrite(repository, *LIVES, on(6, files={"c": "1\n"}, author=ADA))
        await sync_git(older, Local(repository))

    asyncio.run(restamp(synced.sink(), ONE_PERSON, watch=Watch(noted=once(bring)), batch_size=1))
    rewrite(repository, *works)
    sync(synced, repository, directory=ONE_PERSON)
    assert hashes(synced) == branch(repository)
