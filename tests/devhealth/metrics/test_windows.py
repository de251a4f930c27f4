"""Every column of both tables against plain Python, over random small worlds."""

import random
from datetime import timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from devhealth.metrics import DAY, repo_metrics_daily, user_metrics_daily
from tests.devhealth.metrics.by_hand import repo_days, user_days
from tests.devhealth.metrics.worlds import DOCS, GRACE, at, frames, later, work, worlds

BUCKETS = {
    "1mo": lambda day: day.replace(day=1),
    "1w": lambda day: day - timedelta(days=day.weekday()),
}


def repo_rows(world, bucket=DAY):
    return repo_metrics_daily.METRIC.compute(frames(world), bucket).to_dicts()


def user_rows(world, bucket=DAY):
    return user_metrics_daily.METRIC.compute(frames(world), bucket).to_dicts()


def both(world):
    return [repo_rows(world), user_rows(world)]


@given(worlds)
@settings(max_examples=80, deadline=None)
def test_repository_days_are_what_plain_python_counts(world):
    assert repo_rows(world) == repo_days(world)


@given(worlds)
@settings(max_examples=40, deadline=None)
def test_user_days_are_what_plain_python_counts(world):
    assert user_rows(world) == user_days(world)


@given(worlds, st.sampled_from(sorted(BUCKETS)))
@settings(max_examples=40, deadline=None)
def test_any_other_bucket_is_its_own_window(world, bucket):
    first_day = pl.col("day").dt.truncate(bucket)
    assert repo_rows(world, first_day) == repo_days(world, 1, BUCKETS[bucket])
    assert user_rows(world, first_day) == user_days(world, BUCKETS[bucket])


def test_a_day_that_is_spelled_out_has_the_windows_of_a_day():
    world = [work("2026-01-05 10:00", {"a": (1, 0)})]
    assert repo_rows(world, pl.col("day")) == repo_rows(world)


@given(worlds, st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_records_changes_nothing(world, rng: random.Random):
    shuffled = rng.sample(world, len(world))
    assert both(shuffled) == both(world)


@given(worlds, st.integers(-60, 60))
@settings(max_examples=15, deadline=None)
def test_whole_weeks_later_every_row_is_the_same_whole_weeks_later(world, weeks):
    ahead = timedelta(weeks=weeks)
    moved = [[row | {"day": row["day"] + ahead} for row in rows] for rows in both(world)]
    assert both(later(world, ahead)) == moved


@given(worlds)
@settings(max_examples=15, deadline=None)
def test_another_repository_changes_nothing(world):
    more = [work("2024-02-01 10:00", {"a": (5, 5), "b": (1, 0)}, by=GRACE, repo=DOCS)]
    kept = [[row for row in rows if row["repo_id"] != str(DOCS)] for rows in both(more + world)]
    assert kept == both(world)


@given(worlds, st.integers(1, 60))
@settings(max_examples=15, deadline=None)
def test_a_span_in_two_halves_is_the_span(world, days):
    """The second half is given what its windows reach back for, as a recompute reads it."""
    cut = at("2024-01-20 00:00") + timedelta(days=days)
    first = [one for one in world if one[0].committed_at < cut]
    second = [one for one in world if one[0].committed_at >= cut - timedelta(days=29)]
    halves = [row for row in repo_rows(first) if row["day"] < cut.date()]
    halves += [row for row in repo_rows(second) if row["day"] >= cut.date()]
    assert by_key(halves) == repo_rows(world)


@given(worlds, st.integers(0, 60), st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_days_that_somebody_asks_for_are_those_of_all_days(world, start, length):
    first = at("2024-01-01 00:00").date() + timedelta(days=start)
    span = (first, first + timedelta(days=length))
    for metric in (repo_metrics_daily.METRIC, user_metrics_daily.METRIC):
        whole = metric.compute(frames(world))
        asked = metric.compute(frames(world), span=span)
        inside = pl.col("day").is_between(*span)
        assert asked.filter(inside).equals(whole.filter(inside))


def by_key(rows):
    return sorted(rows, key=lambda row: (row["repo_id"], row["population"], row["day"]))


def test_nothing_gives_no_rows():
    assert both([]) == [[], []]
