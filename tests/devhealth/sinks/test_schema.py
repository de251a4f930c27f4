"""Tables follow their classes: `migrate` adds what is missing, from any state, at any time."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from threading import Barrier
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

import clickhouse_connect
import psycopg
import pytest

from devhealth.errors import Permanent
from devhealth.models.fields import SUM, column, measure
from devhealth.models.records import RECORDS, Record
from devhealth.models.rollups import ROLLUPS
from devhealth.sinks import open_store, sqlite
from devhealth.sinks.aggregates import aggregate
from devhealth.sinks.clickhouse_address import address
from devhealth.sinks.query import Query
from devhealth.sinks.tables import CLASSES, table_of
from tests.devhealth.sinks.classes import TEST_CLASSES, GardenDay, Note
from tests.devhealth.sinks.rows import day, garden, note, read

ORG = UUID(int=0)
THREADS = 4


@dataclass(slots=True, kw_only=True)
class Shoe(Record):
    """How it began."""

    table: ClassVar[str] = "shoes"
    key: ClassVar[tuple[str, ...]] = ("shoe_id",)
    partition: ClassVar[str] = "shoe_id"

    shoe_id: UUID = column("The shoe.")


@dataclass(slots=True, kw_only=True)
class LaterShoe(Shoe):
    """What became of it: a column of each kind, and one with a default of its own."""

    instants: ClassVar[tuple[str, ...]] = ("made_at",)

    maker_id: UUID = column("By whom.")
    name: str = column("Its name.")
    size: int = column("Its size.")
    weight: float = column("kg.")
    is_left: bool = column("Left or right.")
    made_at: datetime = column("When.")
    worn_on: date = column("First.")
    stains: list[str] = column("All.")
    colour: str = column("Its colour.", "it's black")
    holes: int | None = column("Null: not counted.", None)


@dataclass(slots=True, kw_only=True)
class LaterGardenDay(GardenDay):
    """One more thing that is counted."""

    weeds: int = measure("plants", "Pulled out.", SUM)


@pytest.fixture
def place(new_uri):
    """A place where no store has been yet."""
    return new_uri()


@pytest.fixture
def sql(place):
    """A session of our own in that place."""

    def execute(statement):
        return SESSIONS[urlsplit(place).scheme](place, statement)

    return execute


def in_sqlite(place, statement):
    with sqlite3.connect(urlsplit(place).path.removeprefix("/")) as connection:
        connection.execute(statement)
    connection.close()


def in_postgresql(place, statement):
    with psycopg.connect(place, options="-c search_path=devhealth") as connection:
        connection.execute(statement)


def in_clickhouse(place, statement):
    found = address(place)
    client = clickhouse_connect.get_client(**found.options, database=found.layout.database)
    client.command(statement)
    client.close()


SESSIONS = {
    "sqlite": in_sqlite,
    "postgresql": in_postgresql,
    "clickhouse": in_clickhouse,
    "chdb": in_clickhouse,
}


@pytest.fixture
def fresh(place, open_uri):
    return open_uri(place)


def test_the_stores_keep_what_the_stages_declare():
    assert (*RECORDS, *ROLLUPS) == CLASSES


def test_classes_of_tests_are_no_tables_of_production():
    assert {Note, GardenDay}.isdisjoint(CLASSES)


def test_no_two_classes_share_a_table():
    assert len({table_of(cls).name for cls in TEST_CLASSES}) == len(TEST_CLASSES)


def test_a_store_is_current_once_it_is_migrated(fresh):
    before = fresh.is_current()
    fresh.migrate()
    assert (before, fresh.is_current()) == (False, True)


def test_migrating_again_changes_nothing(fresh):
    fresh.migrate()
    fresh.for_org(ORG).write([note(1)])
    fresh.migrate()
    assert (fresh.is_current(), read(fresh.for_org(ORG), Note)) == (True, [note(1)])


def test_the_public_door_opens_the_tables_of_production(place):
    store = open_store(place)
    store.migrate()
    read_all = [store.for_org(ORG).read(cls).height for cls in CLASSES]
    store.close()
    assert read_all == [0] * len(CLASSES)


def test_a_store_of_fewer_classes_is_not_current_for_more(place, open_uri):
    open_uri(place, CLASSES).migrate()
    assert not open_uri(place, TEST_CLASSES).is_current()


@pytest.mark.parametrize("opened", [1, THREADS], ids=["one store", "a store each"])
def test_migrations_at_once_all_succeed(place, open_uri, opened):
    stores = [open_uri(place) for _ in range(opened)]
    start = Barrier(THREADS)

    def migrate(thread):
        start.wait()
        stores[thread % opened].migrate()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(migrate, range(THREADS)))
    assert all(store.is_current() for store in stores)


@pytest.mark.parametrize("name", ["title", "pages", "tags", "deleted_reason"])
def test_a_nullable_column_that_is_missing_is_added_as_null(fresh, sql, name):
    fresh.migrate()
    fresh.for_org(ORG).write([note(1, title="a", pages=2, tags=["b"], deleted_reason="c")])
    sql(f"alter table notes drop column {name}")
    before = fresh.is_current()
    fresh.migrate()
    rest = {"title": "a", "pages": 2, "tags": ["b"], "deleted_reason": "c"} | {name: None}
    after = fresh.is_current(), read(fresh.for_org(ORG), Note)
    assert (before, *after) == (False, True, [note(1, **rest)])


def test_a_measure_that_is_missing_is_added_as_zero_and_counted_from_then_on(place, open_uri):
    old, new = open_uri(place, (GardenDay,)), open_uri(place, (LaterGardenDay,))
    old.migrate()
    old.for_org(ORG).write([garden(0)])
    new.migrate()
    new.for_org(ORG).write([LaterGardenDay(**asdict(garden(1)), weeds=7)])
    frame = new.for_org(ORG).latest(LaterGardenDay).sort("day")
    assert frame["weeds"].to_list() == [0, 7]


def test_older_rows_get_the_new_columns_defaults(place, open_uri):
    old, new = open_uri(place, (Shoe,)), open_uri(place, (LaterShoe,))
    old.migrate()
    old.for_org(ORG).write([Shoe(shoe_id=ORG)])
    new.migrate()
    assert read(new.for_org(ORG), LaterShoe) == [
        LaterShoe(
            shoe_id=ORG,
            maker_id=ORG,
            name="",
            size=0,
            weight=0.0,
            is_left=False,
            made_at=datetime(1970, 1, 1, tzinfo=UTC),
            worn_on=date(1970, 1, 1),
            stains=[],
        )
    ]


def test_older_code_goes_on_writing_to_a_newer_table(place, open_uri):
    old, new = open_uri(place, (Shoe,)), open_uri(place, (LaterShoe,))
    for store in (old, new):
        store.migrate()
    old.for_org(ORG).write([Shoe(shoe_id=ORG)])
    assert read(new.for_org(ORG), LaterShoe)[0].colour == "it's black"


def test_a_connection_that_wrote_before_the_migration_writes_after_it(place, open_uri):
    old, new = open_uri(place, (Shoe,)), open_uri(place, (LaterShoe,))
    for store in (old, new):
        store.migrate()
        store.for_org(ORG).write([Shoe(shoe_id=ORG)])
    assert len(read(old.for_org(ORG), Shoe)) == 1


only_with_indexes = pytest.mark.parametrize("kind", ["postgresql", "sqlite"], indirect=True)
INDEXES = {
    "postgresql": "select indexname, indexdef from pg_indexes where schemaname = 'devhealth'",
    "sqlite": "select name, sql from sqlite_master where type = 'index'",
}


def indexes(store, kind):
    """The indexes of newest rows that sums can read: name → definition."""
    own = store.connection() if kind == "postgresql" else store.transaction(store.path)
    with own as connection:
        found = dict(connection.execute(INDEXES[kind]).fetchall())
    return {name: text for name, text in found.items() if "_newest_" in name or "_sums_" in name}


@only_with_indexes
def test_an_index_that_is_missing_is_made(fresh, sql, kind):
    fresh.migrate()
    made = indexes(fresh, kind)
    for name in made:
        sql(f"drop index {name}")
    fresh.migrate()
    assert indexes(fresh, kind) == made != {}


@only_with_indexes
def test_an_index_of_sums_follows_its_class_and_its_older_shape_goes(place, open_uri, kind):
    for cls in (GardenDay, LaterGardenDay):
        open_uri(place, (cls,)).migrate()
    (definition,) = indexes(open_uri(place, ()), kind).values()
    assert "weeds" in definition


def test_sqlite_sums_read_that_index_alone(tmp_path):
    store = sqlite.open_store(f"sqlite:///{tmp_path / 'facts.db'}", (GardenDay,))
    store.migrate()
    query = Query(rollup=GardenDay, measures=("picked",), since=day(0), until=day(7))
    text, params = aggregate(sqlite.Sqlite(), query, ORG)
    with store.transaction(store.file_of(ORG)) as connection:
        plan = str(connection.execute(f"explain query plan {text}", params).fetchall())
    assert "USING COVERING INDEX garden_days_sums_" in plan


@pytest.mark.parametrize("act", ["read", "orgs"])
def test_what_is_not_prepared_says_how(fresh, act):
    with pytest.raises(Permanent, match="is not prepared: run `dev-hops migrate`"):
        fresh.orgs() if act == "orgs" else fresh.for_org(ORG).read(Note)


def test_a_column_that_is_not_there_yet_says_how(place, open_uri):
    open_uri(place, (Shoe,)).migrate()
    with pytest.raises(Permanent, match="is not prepared: run `dev-hops migrate`"):
        open_uri(place, (LaterShoe,)).for_org(ORG).read(LaterShoe)
