"""Every column of every table against plain Python, where there are pull requests, too."""

import random
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.metrics import DAY, metrics
from devhealth.metrics.repo_metrics_daily import METRIC as OF_REPOSITORIES
from tests.devhealth.metrics.by_hand import BUCKETS, every_table
from tests.devhealth.metrics.pulls import later_pulls, many_pulls, pull, records, review
from tests.devhealth.metrics.pulls_by_hand import EARLIEST, LAST
from tests.devhealth.metrics.worlds import DOCS, GRACE, JOAN, few_works, frames, later
from tests.examples import tried

SPAN = (EARLIEST, LAST)
spans = st.builds(
    lambda start, length: (
        EARLIEST + timedelta(days=start),
        EARLIEST + timedelta(days=start + length),
    ),
    st.integers(0, 90),
    st.integers(0, 40),
)
each_metric = pytest.mark.parametrize("metric", metrics(), ids=lambda metric: metric.rollup.table)


def every(world, pulls, bucket=DAY, span=SPAN):
    """The rows of each table, in the order of the list of metrics."""
    found = frames(world, others=records(pulls))
    return [metric.compute(found, bucket, span).to_dicts() for metric in metrics()]


@given(few_works, many_pulls)
@tried(13)
def test_days_are_what_plain_python_counts(world, pulls):
    assert every(world, pulls) == every_table(world, pulls=pulls)


@given(few_works, many_pulls, st.sampled_from(sorted(BUCKETS)))
@tried(10)
def test_buckets_are_what_plain_python_counts(world, pulls, name):
    """Of a stock what is left at the end of a bucket's last day."""
    bucket, by_python = BUCKETS[name]
    assert every(world, pulls, bucket) == every_table(world, by_python, pulls)


@given(few_works, many_pulls, st.randoms(use_true_random=False))
@tried(4)
def test_the_order_of_records_changes_nothing(world, pulls, rng: random.Random):
    shuffled = [frames(world, others=order) for order in (records(pulls), _any(pulls, rng))]
    for metric in metrics():
        one, other = (metric.compute(found, span=SPAN) for found in shuffled)
        assert one.equals(other)


def _any(pulls, rng):
    told = records(pulls)
    return rng.sample(told, len(told))


@given(few_works, many_pulls, st.integers(-60, 60))
@tried(4)
def test_whole_weeks_later_every_row_is_the_same_whole_weeks_later(world, pulls, weeks):
    ahead = timedelta(weeks=weeks)
    moved = [[row | {"day": row["day"] + ahead} for row in rows] for rows in every(world, pulls)]
    span = (EARLIEST + ahead, LAST + ahead)
    assert every(later(world, ahead), later_pulls(pulls, ahead), span=span) == moved


@given(few_works, many_pulls)
@tried(4)
def test_another_repository_changes_nothing_of_the_others(world, pulls):
    more = pull(1, "2024-02-01 10:00", review("2024-02-02 10:00", JOAN), by=GRACE, repo=DOCS)
    for metric in metrics():
        if metric.rollup.partition:
            kept, alone = (
                metric.compute(frames(world, others=records(those)), span=SPAN)
                for those in ([more, *pulls], pulls)
            )
            assert kept.filter(pl.col(metric.rollup.partition) != str(DOCS)).equals(alone)


@each_metric
@given(world=few_works, pulls=many_pulls, span=spans)
@tried(4)
def test_days_that_somebody_asks_for_are_those_of_all_days(metric, world, pulls, span):
    found, inside = frames(world, others=records(pulls)), pl.col("day").is_between(*span)
    whole, asked = (metric.compute(found, span=days) for days in (SPAN, span))
    assert asked.filter(inside).equals(whole.filter(inside))


@given(many_pulls)
@tried(10)
def test_what_is_open_is_what_was_and_was_opened_less_what_was_closed(pulls):
    """Of a repository day by day, for as long as there are rows."""
    found = frames([], others=records(pulls))
    rows = OF_REPOSITORIES.compute(found, span=SPAN).to_dicts()
    open_before, last = {}, {}
    for row in rows:
        key = (row["repo_id"], row["population"])
        before = open_before.get(key, 0)
        closed = row["prs_merged"] + row["prs_closed_unmerged"]
        assert row["prs_open"] == before + row["prs_opened"] - closed
        assert not before or row["day"] == last[key] + timedelta(days=1)
        open_before[key], last[key] = row["prs_open"], row["day"]
