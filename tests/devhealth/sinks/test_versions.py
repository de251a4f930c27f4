"""Rollups: every version stays, the newest whole row of a key is read."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from threading import Barrier

import pytest

from devhealth.errors import Transient
from devhealth.sinks.values import frame_of
from tests.devhealth.sinks.classes import GardenDay
from tests.devhealth.sinks.rows import ROSES, at, day, garden, sorted_objects, stored_values


def latest(sink, **asked):
    return sorted_objects(GardenDay, sink.latest(GardenDay, **asked))


def test_the_newest_version_is_read(acme, versions):
    acme.write([garden(picked=1)])
    versions(1).write([garden(picked=2)])
    assert latest(acme) == [garden(picked=2)]


def test_read_shows_the_newest_version_too(acme, versions):
    acme.write([garden(picked=1)])
    versions(1).write([garden(picked=2)])
    assert acme.read(GardenDay)["picked"].to_list() == [2]


def test_a_late_older_compute_loses(acme, versions):
    versions(1).write([garden(picked=2)])
    acme.write([garden(picked=1)])
    assert latest(acme) == [garden(picked=2)]


def test_a_late_row_loses_where_others_of_its_write_are_the_newest(acme, versions):
    acme.write([garden(0, picked=1), garden(2, picked=1)])
    versions(2).write([garden(0, picked=3)])
    versions(1).write([garden(each, picked=2) for each in range(3)])
    assert [row.picked for row in latest(acme)] == [3, 2, 2]
    assert [row.picked for row in latest(acme, as_of=at(1))] == [2, 2, 2]


def test_a_frame_of_a_newer_version_is_the_newest(acme, versions):
    acme.write(frame_of(GardenDay, [garden(0, picked=1), garden(2, picked=1)]), GardenDay)
    newer = [garden(each, picked=2) for each in range(3)]
    versions(1).write(frame_of(GardenDay, newer), GardenDay)
    assert latest(acme) == newer


def test_the_newest_row_is_read_whole_nulls_included(acme, versions):
    acme.write([garden(picked=1, picked_kg=0.5, height_p50=12.5, height_n=3)])
    versions(1).write([garden(picked=0)])
    assert latest(acme) == [garden(picked=0)]


def test_a_key_that_was_not_computed_again_keeps_its_row(acme, versions):
    acme.write([garden(0, picked=1), garden(1, picked=1)])
    versions(1).write([garden(1, picked=2)])
    assert latest(acme) == [garden(0, picked=1), garden(1, picked=2)]


def test_the_same_version_twice_is_one_row_and_the_first_stays(acme):
    acme.write([garden(picked=1)])
    acme.write([garden(picked=2)])
    assert latest(acme) == [garden(picked=1)]


def test_an_older_version_written_again_changes_nothing(acme, versions):
    for minute in (0, 1, 0):
        versions(minute).write([garden(picked=minute)])
    assert [latest(acme, as_of=at(each)) for each in (0, 1)] == [
        [garden(picked=0)],
        [garden(picked=1)],
    ]


def test_rows_carry_the_instant_they_were_computed_at(acme, versions):
    versions(3).write([garden(0), garden(1)])
    assert stored_values(acme.latest(GardenDay), "computed_at") == [at(3), at(3)]


def test_the_newest_version_is_known(acme, versions):
    versions(2).write([garden(0)])
    acme.write([garden(1)])
    assert acme.newest_version(GardenDay) == at(2)


def test_an_empty_row_is_read_and_marked(acme):
    acme.write([garden(is_empty=True)])
    assert latest(acme) == [garden(is_empty=True)]


# --- as of an instant


@pytest.mark.parametrize("order", list(permutations((0, 2, 4))))
def test_as_of_shows_what_was_newest_then_whatever_the_order_of_writing(acme, versions, order):
    for minute in order:
        versions(minute).write([garden(picked=minute)])
    shown = [acme.latest(GardenDay, as_of=at(each))["picked"].to_list() for each in range(-1, 6)]
    assert shown == [[], [0], [0], [2], [2], [4], [4]]


def test_as_of_an_instant_with_microseconds(acme, versions):
    acme.write([garden(picked=1)])
    versions(1).write([garden(picked=2)])
    just_before = at(1).replace(minute=0, second=59, microsecond=999999)
    assert latest(acme, as_of=just_before) == [garden(picked=1)]


def test_pages_have_an_as_of(acme, versions):
    acme.write([garden(picked=1)])
    versions(1).write([garden(picked=2)])
    assert acme.page(GardenDay, as_of=at(0))["picked"].to_list() == [1]


# --- windows


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (None, None, [0, 1, 2]),
        (1, None, [1, 2]),
        (None, 1, [0]),
        (1, 2, [1]),
        (2, 2, []),
        (2, 1, []),
    ],
)
def test_a_window_is_half_open(acme, since, until, days):
    acme.write([garden(each) for each in range(3)])
    frame = acme.latest(
        GardenDay,
        since=None if since is None else day(since),
        until=None if until is None else day(until),
    )
    assert stored_values(frame, "day") == [day(each) for each in days]


def test_latest_filters_on_any_column(acme):
    acme.write([garden(0, picked=1), garden(1, picked=2), garden(2, picked=2)])
    frame = acme.latest(GardenDay, where={"picked": 2, "garden_id": ROSES})
    assert stored_values(frame, "day") == [day(1), day(2)]


def test_a_filter_applies_after_the_newest_version_is_chosen(acme, versions):
    acme.write([garden(picked=1)])
    versions(1).write([garden(picked=2)])
    assert acme.latest(GardenDay, where={"picked": 1}).is_empty()


def test_days_of_many_years_are_one_write(acme):
    acme.write([garden(each * 30, picked=1) for each in range(300)])
    assert acme.latest(GardenDay)["picked"].sum() == 300


# --- writers at once

WRITERS, ROUNDS = 4, 8


def test_of_writers_at_once_none_is_lost_and_one_row_is_current(acme, versions):
    start = Barrier(WRITERS)

    def write(writer):
        start.wait()
        for turn in range(ROUNDS):
            persist(versions(writer + turn * WRITERS), writer + turn * WRITERS)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    numbers = range(WRITERS * ROUNDS)
    shown = [acme.latest(GardenDay, as_of=at(each))["picked"].to_list() for each in numbers]
    assert shown == [[each] for each in numbers]
    assert acme.latest(GardenDay)["picked"].to_list() == [numbers[-1]]


def persist(sink, number):
    """Write until it is in, as the queue does."""
    while True:
        try:
            return sink.write([garden(picked=number)])
        except Transient:
            continue
