"""Every column of every table against plain Python, over random small worlds."""

import random
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.metrics import DAY, metrics
from devhealth.metrics.file_metrics_daily import METRIC as OF_FILES
from devhealth.metrics.repo_metrics_daily import METRIC as OF_REPOSITORIES
from devhealth.metrics.team_metrics_daily import METRIC as OF_TEAMS
from devhealth.metrics.user_metrics_daily import METRIC as OF_USERS
from tests.devhealth.metrics.by_hand import (
    BUCKETS,
    every_table,
    file_days,
    repo_days,
    team_days,
    user_days,
)
from tests.devhealth.metrics.worlds import (
    DOCS,
    GRACE,
    at,
    copied_worlds,
    frames,
    known_repositories,
    later,
    work,
    worlds,
)
from tests.examples import tried

each_metric = pytest.mark.parametrize("metric", metrics(), ids=lambda metric: metric.rollup.table)


def rows(metric, world, bucket=DAY, repositories=(), **asked):
    return metric.compute(frames(world, repositories), bucket, **asked).to_dicts()


def every(world, bucket=DAY):
    """The rows of each table, in the order of the list of metrics."""
    return [rows(metric, world, bucket) for metric in metrics()]


@given(worlds)
@tried(17)
def test_repository_days_are_what_plain_python_counts(world):
    assert rows(OF_REPOSITORIES, world) == repo_days(world)


@given(worlds)
@tried(10)
def test_user_days_are_what_plain_python_counts(world):
    assert rows(OF_USERS, world) == user_days(world)


@given(copied_worlds, known_repositories)
@tried(10)
def test_team_days_are_what_plain_python_counts(world, known):
    assert rows(OF_TEAMS, world, repositories=known) == team_days(world, known)


@given(worlds)
@tried(17)
def test_file_days_are_what_plain_python_counts(world):
    assert rows(OF_FILES, world) == file_days(world)


@given(worlds, st.sampled_from(sorted(BUCKETS)))
@tried(10)
def test_any_other_bucket_is_its_own_window(world, name):
    bucket, by_python = BUCKETS[name]
    assert every(world, bucket) == every_table(world, by_python)


def test_a_day_that_is_spelled_out_has_the_windows_of_a_day():
    world = [work("2026-01-05 10:00", {"a": (1, 0)})]
    assert every(world, pl.col("day")) == every(world)


# --- what changes nothing ------------------------------------------------------------------------


@given(worlds, st.randoms(use_true_random=False))
@tried(4)
def test_the_order_of_records_changes_nothing(world, rng: random.Random):
    shuffled = rng.sample(world, len(world))
    assert every(shuffled) == every(world)


@given(worlds, st.integers(-60, 60))
@tried(4)
def test_whole_weeks_later_every_row_is_the_same_whole_weeks_later(world, weeks):
    ahead = timedelta(weeks=weeks)
    moved = [[row | {"day": row["day"] + ahead} for row in found] for found in every(world)]
    assert every(later(world, ahead)) == moved


@pytest.mark.parametrize("metric", [OF_REPOSITORIES, OF_USERS, OF_FILES])
@given(world=worlds)
@tried(4)
def test_another_repository_changes_nothing(metric, world):
    more = [work("2024-02-01 10:00", {"a": (5, 5), "b": (1, 0)}, by=GRACE, repo=DOCS)]
    kept = [row for row in rows(metric, more + world) if row["repo_id"] != str(DOCS)]
    assert kept == rows(metric, world)


@given(worlds)
@tried(4)
def test_another_teams_work_changes_nothing_of_a_team(world):
    more = [work("2024-02-01 10:00", by=GRACE, repo=DOCS, owner="docs", team="docs")]
    kept = [row for row in rows(OF_TEAMS, more + world) if row["team_id"] != "docs"]
    assert kept == rows(OF_TEAMS, world)


# --- parts of the days ---------------------------------------------------------------------------


@each_metric
@given(world=worlds, days=st.integers(1, 60))
@tried(4)
def test_a_span_in_two_halves_is_the_span(metric, world, days):
    """The second half is given what its windows reach back for, as a recompute reads it."""
    cut = at("2024-01-20 00:00") + timedelta(days=days)
    first = [one for one in world if one[0].committed_at < cut]
    second = [one for one in world if one[0].committed_at >= cut - timedelta(days=29)]
    halves = [row for row in rows(metric, first) if row["day"] < cut.date()]
    halves += [row for row in rows(metric, second) if row["day"] >= cut.date()]
    key = metric.rollup.key
    assert sorted(halves, key=lambda row: [row[name] for name in key]) == rows(metric, world)


def a_span(start, length):
    first = date(2024, 1, 1) + timedelta(days=start)
    return first, first + timedelta(days=length)


spans = st.builds(a_span, st.integers(0, 60), st.integers(0, 40))


@each_metric
@given(world=worlds, span=spans)
@tried(4)
def test_days_that_somebody_asks_for_are_those_of_all_days(metric, world, span):
    whole = metric.compute(frames(world))
    asked = metric.compute(frames(world), span=span)
    inside = pl.col("day").is_between(*span)
    assert asked.filter(inside).equals(whole.filter(inside))


@each_metric
@given(world=worlds, span=spans, name=st.sampled_from(sorted(BUCKETS)))
@tried(4)
def test_buckets_of_a_span_hold_its_days_alone(metric, world, span, name):
    """Even where its first day is in the middle of a week."""
    bucket, _ = BUCKETS[name]
    inside = [one for one in world if span[0] <= one[0].committed_at.date() <= span[1]]
    assert rows(metric, world, bucket, span=span) == rows(metric, inside, bucket)


def test_nothing_gives_no_rows():
    assert every([]) == [[] for _ in metrics()]
