"""Every cell of every rollup of a world, by the pipeline and by plain Python from what is true."""

from datetime import date, timedelta

import pytest

from devhealth.models.rollups import ROLLUPS
from devhealth.sinks.query import measures_of
from devhealth.synthetic.expected import expected, last_day
from devhealth.synthetic.making import make
from tests.devhealth.synthetic.rollups import Told

pytestmark = pytest.mark.worlds

NOVEMBER = date(2026, 11, 1)
WORLDS = {
    "a quarter, and a new name": (7, 90, 3, 8, NOVEMBER),
    "a leap day": (3, 75, 2, 6, date(2024, 3, 20)),
    "a fork, an archive, releases and merges": (5, 120, 6, 12, date(2025, 12, 1)),
    "summer time ends": (9, 40, 4, 10, date(2026, 11, 10)),
    "few people and many days": (2, 200, 1, 5, NOVEMBER),
}


def world_of(name):
    *made, until = WORLDS[name]
    return make(*made, until=until)


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_what_is_computed_follows_from_what_is_true(store, name):
    told = Told(store, world_of(name))
    told.compute(told.tell())
    assert told.wrong() == []
    assert told.right == told.expected


def test_so_it_does_in_every_store(any_store, small):
    told, other = Told(any_store, small), Told(any_store, small)
    for each in (told, other):
        each.compute(each.tell())
    assert (told.wrong(), other.wrong()) == ([], [])


def test_so_it_does_long_after_everything_ended(store, small):
    """Windows empty and stocks stay, day after day."""
    told = Told(store, small)
    told.compute(told.tell())
    for days in (1, 20, 45):
        told.today += timedelta(days=days)
        told.compute()
        assert told.wrong() == []


@pytest.fixture(scope="module")
def rows():
    return expected(world_of("a fork, an archive, releases and merges"))


def test_rows_have_the_columns_of_their_tables(rows):
    for rollup in ROLLUPS:
        columns = {*rollup.key, *rollup.labels, *measures_of(rollup), "is_empty"}
        assert columns <= rows[rollup.table][0].keys()
        assert all(row.keys() == rows[rollup.table][0].keys() for row in rows[rollup.table])


def test_every_measure_is_more_than_nothing_somewhere(rows):
    """A world in which nothing of a kind happens proves nothing of it."""
    never = {
        f"{rollup.table}.{name}"
        for rollup in ROLLUPS
        for name in measures_of(rollup)
        if not any(row[name] for row in rows[rollup.table])
    }
    assert never == set()


def test_keys_are_there_once_in_their_order_and_no_day_is_to_come(rows):
    today = last_day(world_of("a fork, an archive, releases and merges"))
    for rollup in ROLLUPS:
        keys = [tuple(row[name] for name in rollup.key) for row in rows[rollup.table]]
        assert keys == sorted(set(keys))
        assert max(row["day"] for row in rows[rollup.table]) <= today
