"""acme and globex hold the same keys: neither ever meets the other's rows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from uuid import UUID

import pytest

from devhealth.sinks.query import Query
from tests.devhealth.sinks.classes import GardenDay, Note
from tests.devhealth.sinks.rows import SHELF, at, day, garden, note

THREADS, TURNS = 8, 15
NIL = UUID(int=0)

PICKED = Query(rollup=GardenDay, measures=("picked",), since=day(0), until=day(9))
READS = {
    "read": lambda sink: sink.read(Note)["title"].to_list(),
    "read with tombstones": lambda sink: sink.read(Note, deleted=True)["title"].to_list(),
    "read by filter": lambda sink: sink.read(Note, where={"number": [1, 2]})["title"].to_list(),
    "get": lambda sink: sink.get(Note, [(SHELF, 1), (SHELF, 2)])["title"].to_list(),
    "page": lambda sink: sink.page(Note)["title"].to_list(),
    "second page": lambda sink: sink.page(Note, after=[SHELF, 0])["title"].to_list(),
    "latest": lambda sink: [str(each) for each in sink.latest(GardenDay)["picked"]],
    "latest as of": lambda sink: [
        str(each) for each in sink.latest(GardenDay, as_of=at(9))["picked"]
    ],
    "aggregate": lambda sink: [str(each) for each in sink.aggregate(PICKED)["picked"]],
}
OWN = {"acme": ["1"], "globex": ["2"]}


@pytest.fixture
def both(acme, globex):
    return {"acme": written(acme, 1), "globex": written(globex, 2)}


@pytest.fixture
def unlocked(new_uri, open_uri):
    """Both in a store whose tables are not under row-level security."""
    store = open_uri(new_uri())
    store.migrate()
    with store.connection() as connection:
        for cls in (Note, GardenDay):
            connection.execute(f"alter table devhealth.{cls.table} disable row level security")
    sinks = [store.for_org(UUID(int=number), version=at(0)) for number in (1, 2)]
    return {"acme": written(sinks[0], 1), "globex": written(sinks[1], 2)}


def written(sink, number):
    """The same keys for each, with its own number in every value."""
    sink.write([note(1, title=str(number))])
    sink.write([garden(picked=number)])
    return sink


@pytest.mark.parametrize("name", READS)
def test_a_stranger_sees_nothing(both, store, name):
    stranger = store.for_org(UUID(int=0xFFFF))
    assert READS[name](stranger) == []


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("who", OWN)
def test_each_sees_its_own(both, who, name):
    assert READS[name](both[who]) == OWN[who]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_each_sees_its_own_without_the_databases_lock(unlocked):
    seen = {who: [READS[name](sink) for name in READS] for who, sink in unlocked.items()}
    assert seen == {who: [rows] * len(READS) for who, rows in OWN.items()}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_erasing_one_leaves_the_other_without_the_databases_lock(unlocked):
    unlocked["acme"].erase()
    assert READS["read"](unlocked["globex"]) == ["2"]


def test_the_newest_version_is_ones_own(both, store):
    store.for_org(both["globex"].org_id, version=at(5)).write([note(1)])
    assert both["acme"].newest_version(Note) == at(0)


def test_a_newer_version_of_another_does_not_win(both, store):
    store.for_org(both["globex"].org_id, version=at(5)).write([note(1, title="newer")])
    assert READS["read"](both["acme"]) == ["1"]


def test_a_newer_compute_of_another_ends_no_row(both, store):
    store.for_org(both["globex"].org_id, version=at(5)).write([garden(picked=3)])
    assert READS["latest"](both["acme"]) == ["1"]


def test_erasing_one_leaves_the_other_whole(both):
    both["acme"].erase()
    seen = {who: [READS[name](sink) for name in READS] for who, sink in both.items()}
    assert seen == {"acme": [[]] * len(READS), "globex": [["2"]] * len(READS)}


def test_the_erased_may_write_again(both):
    both["acme"].erase()
    both["acme"].write([note(1, title="again")])
    assert READS["read"](both["acme"]) == ["again"]


def test_the_store_knows_who_wrote(both, store):
    assert {sink.org_id for sink in both.values()} <= set(store.orgs())


def test_the_erased_are_not_known_any_more(both, store):
    both["acme"].erase()
    known = set(store.orgs())
    assert (both["acme"].org_id in known, both["globex"].org_id in known) == (False, True)


def test_who_only_read_is_not_known(acme, store):
    acme.read(Note)
    assert acme.org_id not in store.orgs()


def test_the_organisation_without_a_name_is_one_like_others(both, store):
    nameless = store.for_org(NIL, version=at(0))
    nameless.write([note(1, title="nameless")])
    seen = READS["read"](nameless), READS["read"](both["acme"]), NIL in store.orgs()
    nameless.erase()
    assert (seen, READS["read"](nameless)) == ((["nameless"], ["1"], True), [])


def test_nobody_has_written_to_a_new_store(new_uri, open_uri):
    store = open_uri(new_uri())
    store.migrate()
    assert store.orgs() == []


def test_a_sink_without_a_version_takes_the_clock(store, acme):
    before = datetime.now(UTC).replace(microsecond=0)
    sink = store.for_org(acme.org_id)
    assert before <= sink.version <= datetime.now(UTC)


def test_threads_that_take_turns_see_their_own(both):
    start = Barrier(THREADS)

    def seen(thread):
        start.wait()
        for turn in range(TURNS):
            name = sorted(READS)[(thread + turn) % len(READS)]
            for who, sink in both.items():
                yield (who, READS[name](sink))
                if turn % 5 == 0:
                    sink.write([note(1, title=OWN[who][0])])

    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(lambda thread: list(seen(thread)), range(THREADS))
        wrong = [each for part in found for each in part if each[1] != OWN[each[0]]]
    assert wrong == []
