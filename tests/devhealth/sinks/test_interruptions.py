"""What breaks off leaves nothing half-written, and the next write works."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random
from time import monotonic

import psycopg
import pytest

from devhealth.errors import Permanent, Transient
from devhealth.sinks.tables import DTYPES
from tests.devhealth.sinks.classes import GardenDay, Note
from tests.devhealth.sinks.rows import ROSES, at, day, garden, note, read

only_postgresql = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
only_clickhouse = pytest.mark.parametrize("kind", ["clickhouse", "chdb"], indirect=True)


class Breaking(list):
    """Rows that end in an error."""

    def __iter__(self):
        yield from super().__iter__()
        raise ZeroDivisionError


def test_rows_that_break_off_write_nothing(acme):
    with pytest.raises(ZeroDivisionError):
        acme.write(Breaking([note(1), note(2)]))
    assert read(acme, Note) == []


def test_a_bad_row_writes_nothing_of_its_batch(acme):
    with pytest.raises(Permanent):
        acme.write([note(1), note(2, pages="many")])
    assert read(acme, Note) == []


def test_a_write_that_failed_does_not_make_an_organisation(acme, store):
    with pytest.raises(Permanent):
        acme.write([note(1, pages="many")])
    assert acme.org_id not in store.orgs()


def test_after_a_write_that_broke_off_the_next_works(acme):
    with pytest.raises(ZeroDivisionError):
        acme.write(Breaking([note(1)]))
    acme.write([note(2)])
    assert read(acme, Note) == [note(2)]


def test_a_write_that_broke_off_leaves_what_stood(acme, versions):
    acme.write([garden(picked=1)])
    with pytest.raises(ZeroDivisionError):
        versions(1).write(Breaking([garden(picked=2)]))
    assert acme.latest(GardenDay)["picked"].to_list() == [1]


@only_postgresql
def test_a_key_that_no_index_can_hold_never_passes_and_says_so(acme):
    random = Random(7)
    key = "".join(chr(random.randrange(0x4E00, 0x9FFF)) for _ in range(1000))
    with pytest.raises(Permanent, match="The store refused a value: index row"):
        acme.write([garden(bed=key)])


# --- PostgreSQL: a writer is kept waiting by a session of ours


INSERT = (
    "insert into devhealth.garden_days (org_id, computed_at, garden_id, bed, population, day, "
    "is_empty, picked, ripe, picked_a_day, plants, ill, height_n) "
    "values (%s, %s, %s, 'north', 'people', %s, false, 99, 0, 0, 0, 0, 0)"
)


@pytest.fixture
def rival(uri, acme):
    """A session in a transaction that has written acme's newest row of a key, unseen as yet."""
    with psycopg.connect(uri) as connection:
        connection.execute("select set_config('devhealth.org', %s, false)", (str(acme.org_id),))
        connection.execute(INSERT, (acme.org_id, at(5), ROSES, day(0)))
        yield connection
        connection.rollback()


@pytest.fixture
def waiting(acme):
    """acme writes the same key in a thread, and waits for the rival."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda: pool.submit(acme.write, [garden(picked=1)])


def session_that_waits(administrator):
    """The process of a session that waits for a lock; asked for until there is one."""
    until = monotonic() + 30
    while monotonic() < until:
        found = administrator.execute("select pid from pg_locks where not granted").fetchone()
        if found:
            return found[0]
    raise AssertionError("nobody waits")


@only_postgresql
def test_who_meets_another_newest_row_is_told_to_try_again(acme, rival, waiting, administrator):
    write = waiting()
    session_that_waits(administrator)
    rival.commit()
    with pytest.raises(Transient, match="Another writer wrote the same keys at once"):
        write.result()


@only_postgresql
def test_after_trying_again_none_is_lost(acme, rival, waiting, administrator):
    write = waiting()
    session_that_waits(administrator)
    rival.commit()
    assert isinstance(write.exception(), Transient)
    acme.write([garden(picked=1)])
    shown = [acme.latest(GardenDay, as_of=at(each))["picked"].to_list() for each in (0, 5)]
    assert shown == [[1], [99]]


@only_postgresql
def test_a_killed_session_is_transient_and_leaves_nothing(acme, rival, waiting, administrator):
    write = waiting()
    administrator.execute("select pg_terminate_backend(%s)", (session_that_waits(administrator),))
    with pytest.raises(Transient):
        write.result()
    rival.rollback()
    assert acme.latest(GardenDay).is_empty()


@only_postgresql
def test_after_a_killed_session_the_next_write_works(acme, rival, waiting, administrator):
    write = waiting()
    administrator.execute("select pg_terminate_backend(%s)", (session_that_waits(administrator),))
    assert isinstance(write.exception(), Transient)
    rival.rollback()
    acme.write([garden(picked=1)])
    assert acme.latest(GardenDay)["picked"].to_list() == [1]


@only_postgresql
def test_idle_sessions_that_were_killed_are_not_met(open_uri, uri, administrator, acme):
    store = open_uri(uri)
    with store.connection() as connection:
        pid = connection.info.backend_pid
    administrator.execute("select pg_terminate_backend(%s, 5000)", (pid,))
    assert store.for_org(acme.org_id).read(Note).is_empty()


@only_postgresql
def test_a_writer_waits_only_so_long(open_uri, uri, acme, rival):
    impatient = open_uri(uri, patience=0.05).for_org(acme.org_id, version=at(0))
    with pytest.raises(Transient, match="Another writer"):
        impatient.write([garden(picked=1)])


# --- SQLite: a writer finds the file in use


@only_sqlite
def test_a_writer_that_finds_the_file_in_use_is_told_to_try_again(open_uri, uri, acme):
    acme.write([note(1)])
    store = open_uri(uri, patience=0.05)
    sink = store.for_org(acme.org_id)
    with (
        store.transaction(store.file_of(acme.org_id), write=True),
        pytest.raises(Transient, match="in use by another writer"),
    ):
        sink.write([note(2)])


@only_sqlite
def test_a_reader_does_not_wait_for_a_writer(open_uri, uri, acme):
    acme.write([note(1)])
    store = open_uri(uri, patience=0.05)
    with store.transaction(store.file_of(acme.org_id), write=True) as connection:
        connection.execute("delete from notes")
        assert read(acme, Note) == [note(1)]


KILLED = """
import sys, uuid
from pathlib import Path
from devhealth.sinks.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]))
with store.transaction(store.file_of(uuid.UUID(sys.argv[2])), write=True) as connection:
    connection.execute("delete from notes")
    print("in the middle", flush=True)
    sys.stdin.read()
"""


@only_sqlite
def test_a_process_killed_in_the_middle_leaves_what_stood(store, acme):
    acme.write([note(1)])
    command = [sys.executable, "-c", KILLED, str(store.path), str(acme.org_id)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.kill()
    acme.write([note(2)])
    assert read(acme, Note) == [note(1), note(2)]


@only_sqlite
def test_a_file_erased_by_another_process_is_not_written_into(open_uri, uri, acme):
    """A connection that is kept open would still reach the file that has no name any more."""
    acme.write([note(1)])
    other = open_uri(uri)
    other.for_org(acme.org_id).erase()
    other.for_org(acme.org_id, version=at(0)).write([note(2)])
    acme.write([note(3)])
    assert read(acme, Note) == [note(2), note(3)]


# --- ClickHouse: an answer breaks off in the middle

BREAKS_OFF = "select throwIf(number = 200000) from numbers(300000)"


@only_clickhouse
def test_what_a_failed_read_had_answered_is_in_no_other_answer(acme):
    """The embedded engine keeps it on its one handle."""
    acme.write([note(1)])

    def act(number):
        if number % 2:
            return read(acme, Note)
        with pytest.raises(Permanent):
            acme.fetch((BREAKS_OFF, {}), {"n": DTYPES["int"]})

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(act, range(16))) == [None, [note(1)]] * 8
