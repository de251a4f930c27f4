"""ClickHouse has no transactions: a migration may end anywhere, and is then done again."""

from dataclasses import asdict
from uuid import UUID

import pytest

from devhealth.errors import Unusable
from devhealth.sinks import clickhouse_schema as schema
from devhealth.sinks.clickhouse_schema import Layout
from devhealth.sinks.tables import table_of
from tests.devhealth.sinks.classes import GardenDay
from tests.devhealth.sinks.rows import at, garden
from tests.devhealth.sinks.test_schema import LaterGardenDay

pytestmark = pytest.mark.parametrize("kind", ["chdb"], indirect=True)
ORG = UUID(int=0)
CHANGES = 3  # two columns, one view


class EndedError(Exception):
    """The process that migrates is gone."""


class Dying:
    """The store, until it has been told so many `alter`s."""

    def __init__(self, store, alters):
        self.rows = store.rows
        self._store, self._left = store, alters

    def command(self, statement):
        if statement.startswith("alter"):
            if not self._left:
                raise EndedError
            self._left -= 1
        self._store.command(statement)


@pytest.fixture
def stores(new_uri, open_uri):
    """A place with rows of an older class, opened by older and by newer code."""
    place = new_uri()
    old, new = open_uri(place, (GardenDay,)), open_uri(place, (LaterGardenDay,))
    old.migrate()
    old.for_org(ORG, version=at(0)).write([garden(0)])
    return old, new


def weeds(store, **asked):
    return store.for_org(ORG).latest(LaterGardenDay, **asked).sort("day")["weeds"].to_list()


def write_weeds(store):
    store.for_org(ORG, version=at(1)).write([LaterGardenDay(**asdict(garden(1)), weeds=7)])


@pytest.mark.parametrize("alters", range(CHANGES))
def test_a_migration_that_ended_anywhere_is_not_current_and_done_again_is_whole(stores, alters):
    _, new = stores
    with pytest.raises(EndedError):
        schema.migrate(Dying(new, alters), new.address.layout, new.classes)
    before = new.is_current()
    new.migrate()
    write_weeds(new)
    assert (before, new.is_current()) == (False, True)
    assert weeds(new) == weeds(new, as_of=at(9)) == [0, 7]


def test_a_migration_beside_one_that_has_stopped_is_whole_too(stores):
    _, new = stores
    with pytest.raises(EndedError):
        schema.migrate(Dying(new, CHANGES - 1), new.address.layout, new.classes)
    new.migrate()  # another process's
    schema.migrate(Dying(new, 0), new.address.layout, new.classes)  # has nothing to alter any more
    write_weeds(new)
    assert weeds(new) == [0, 7]


def test_older_code_that_migrates_later_takes_nothing_from_newer_code(stores):
    old, new = stores
    new.migrate()
    old.migrate()
    write_weeds(new)
    old.for_org(ORG, version=at(1)).write([garden(2)])
    assert weeds(new) == [0, 7, 0]


def test_tables_that_stand_in_another_layout_are_not_taken_for_ones_own(stores):
    old, _ = stores
    sharded = Layout(old.address.layout.database, cluster="main", sharded=True)
    told = table_of(GardenDay).name
    with pytest.raises(Unusable, match=f"^{told} stands in .* with `sharded=0`: say so"):
        schema._require_layout(old, sharded, old.classes)
