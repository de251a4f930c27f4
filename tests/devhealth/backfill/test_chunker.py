"""How a range of days is cut."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.backfill.chunker import chunk_date_range
from devhealth.errors import Permanent

FIRST = date(2026, 1, 1)


def after(days):
    return FIRST + timedelta(days=days)


@pytest.mark.parametrize(
    ("length", "windows"),
    [
        (0, []),
        (1, [(0, 1)]),
        (7, [(0, 7)]),
        (8, [(0, 7), (7, 8)]),
        (20, [(0, 7), (7, 14), (14, 20)]),
    ],
)
def test_windows_are_weeks_and_the_last_may_be_shorter(length, windows):
    found = list(chunk_date_range(FIRST, after(length)))
    assert found == [(after(first), after(end)) for first, end in windows]


@given(st.dates(), st.integers(0, 800), st.integers(1, 40))
def test_every_day_is_in_one_window(since, length, days):
    before = min(since + timedelta(days=min(length, (date.max - since).days)), date.max)
    covered = [
        first + timedelta(days=each)
        for first, end in chunk_date_range(since, before, days)
        for each in range((end - first).days)
    ]
    assert covered == [since + timedelta(days=each) for each in range((before - since).days)]


@given(st.integers(0, 100), st.integers(1, 40))
def test_newest_first_gives_the_same_windows_from_the_other_end(length, days):
    oldest = list(chunk_date_range(FIRST, after(length), days))
    newest = list(chunk_date_range(FIRST, after(length), days, order="newest"))
    assert newest == oldest[::-1]


def test_a_range_that_ends_before_it_begins_is_a_sentence():
    with pytest.raises(Permanent, match="ends after it begins"):
        chunk_date_range(FIRST, after(-1))


@pytest.mark.parametrize("days", [0, -7])
def test_windows_of_less_than_a_day_are_a_sentence(days):
    with pytest.raises(Permanent, match="give 1 or more"):
        chunk_date_range(FIRST, after(7), days)
