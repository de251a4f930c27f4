"""A read that takes longer than its sink allows is ended by the store itself.

What is slow here would take for ever, or stays behind a lock that is never let go.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from uuid import UUID, uuid4

import psycopg
import pytest

from devhealth.errors import Permanent, TooSlow, Unusable
from devhealth.sinks.query import Query
from devhealth.sinks.tables import DTYPES
from tests.devhealth.sinks.classes import GardenDay, Note
from tests.devhealth.sinks.rows import SHELF, at, day, garden, note, read

SCHEMA = {"n": DTYPES["int"]}
NUMBERS = "select sum(number) from system.numbers"
ENDLESS = {
    "postgresql": "select 1 from pg_sleep(86400)",
    "sqlite": "with recursive n(i) as (select 1 union all select 1 from n) select sum(i) from n",
    "clickhouse": NUMBERS,
    "chdb": NUMBERS,
}
PICKED = Query(rollup=GardenDay, measures=("picked",), since=day(0), until=day(9))
READS = {
    "read": lambda sink: sink.read(Note, where={"number": [1, 2]}),
    "latest": lambda sink: sink.latest(GardenDay),
    "latest as of": lambda sink: sink.latest(GardenDay, as_of=at(9)),
    "aggregate": lambda sink: sink.aggregate(PICKED),
    "page": lambda sink: sink.page(Note, order=[("title", "desc")]),
    "get": lambda sink: sink.get(Note, [(SHELF, 1)]),
    "newest version": lambda sink: sink.newest_version(Note),
}
TABLES = "devhealth.notes, devhealth.garden_days"

every_read = pytest.mark.parametrize("name", READS)
only_postgresql = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
only_clickhouse = pytest.mark.parametrize("kind", ["clickhouse", "chdb"], indirect=True)


@pytest.fixture
def hurried(store, acme):
    """acme, with a row and little time for a read."""
    acme.write([garden()])
    return store.for_org(acme.org_id, read_timeout=0.05)


@pytest.fixture
def patient(store, acme):
    """acme, with more time for a read than any takes."""
    return store.for_org(acme.org_id, read_timeout=600)


@pytest.fixture(scope="module")
def many(store):
    """An organisation of more notes than any store reads in a millisecond."""
    sink = store.for_org(uuid4(), version=at(0))
    sink.write([note(each) for each in range(20_000)])
    return sink


def go_on_for_ever(kind, sink):
    sink.fetch((ENDLESS[kind], {}), SCHEMA)


def test_a_read_without_an_end_is_ended(kind, hurried):
    told = r"This takes longer than 0\.05 s: ask for fewer days, or group by less\."
    with pytest.raises(TooSlow, match=told):
        go_on_for_ever(kind, hurried)


def test_a_read_of_many_rows_is_ended(store, many):
    with pytest.raises(TooSlow):
        store.for_org(many.org_id, read_timeout=0.001).read(Note)


def test_without_a_limit_it_is_not(many):
    assert many.read(Note).height == 20_000


def test_after_it_the_next_read_works(kind, acme, hurried):
    acme.write([note(1)])
    with pytest.raises(TooSlow):
        go_on_for_ever(kind, hurried)
    assert read(acme, Note) == [note(1)]


def test_after_it_the_next_read_has_its_own_time(kind, many, hurried):
    with pytest.raises(TooSlow):
        go_on_for_ever(kind, hurried)
    assert many.read(Note).height == 20_000


def test_after_it_the_next_write_works(kind, acme, hurried):
    with pytest.raises(TooSlow):
        go_on_for_ever(kind, hurried)
    acme.write([note(1)])
    assert read(acme, Note) == [note(1)]


def test_those_that_read_at_the_same_time_go_on(kind, acme, hurried):
    acme.write([note(1)])

    def act(number):
        if number % 2:
            return read(acme, Note)
        with pytest.raises(TooSlow):
            go_on_for_ever(kind, hurried)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(act, range(16))) == [None, [note(1)]] * 8


@every_read
def test_a_read_that_is_fast_enough_answers_the_same(acme, patient, name):
    acme.write([note(1), note(2)])
    acme.write([garden(picked=1)])
    one, other = (str(READS[name](sink)) for sink in (acme, patient))
    assert one == other


def test_a_write_has_no_limit(store, acme):
    sink = store.for_org(acme.org_id, version=at(0), read_timeout=0.001)
    sink.write([note(each) for each in range(5_000)])
    assert acme.read(Note).height == 5_000


@pytest.mark.parametrize("seconds", [0, 0.0009, -1, 86_401, float("inf"), float("nan")])
def test_a_limit_that_is_none_is_refused(store, seconds):
    with pytest.raises(Permanent, match=r"A read is given from 0.001 s to a day, not"):
        store.for_org(UUID(int=7), read_timeout=seconds)


# --- PostgreSQL


@contextmanager
def locked(uri):
    """Nobody else reads the tables."""
    with psycopg.connect(uri) as connection:
        connection.execute(f"lock table {TABLES} in access exclusive mode")
        yield
        connection.rollback()


@only_postgresql
@every_read
def test_every_read_is_ended(uri, hurried, name):
    with locked(uri), pytest.raises(TooSlow):
        READS[name](hurried)


@only_postgresql
def test_the_connection_of_an_ended_read_serves_the_next(uri, open_uri):
    store = open_uri(uri)
    pids = []
    for _ in range(2):
        with store.connection() as connection:
            pids.append(connection.info.backend_pid)
        with suppress(TooSlow):
            go_on_for_ever("postgresql", store.for_org(UUID(int=7), read_timeout=0.05))
    assert pids[0] == pids[1]


@only_postgresql
def test_without_a_limit_the_servers_own_holds(uri, open_uri):
    store = open_uri(f"{uri}?options=-c%20statement_timeout%3D20")
    with pytest.raises(Unusable, match="ended a statement: canceling statement due to statement"):
        go_on_for_ever("postgresql", store.for_org(UUID(int=7)))


# --- ClickHouse


@only_clickhouse
@every_read
def test_every_read_says_its_limit(patient, caplog, name):
    with caplog.at_level("DEBUG", logger="devhealth.sinks"):
        READS[name](patient)
    ends = " settings max_execution_time = 600.000, timeout_overflow_mode = 'throw'"
    assert [record.getMessage().endswith(ends) for record in caplog.records] == [True]
