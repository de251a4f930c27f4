"""Whose lines are a pull request's, and whose stand alone."""

from datetime import date

import polars as pl
import pytest

from devhealth.metrics.investment_metrics_daily import METRIC
from devhealth.models.records import PullRequestCommit
from tests.devhealth.delivery.things import landed, pull
from tests.devhealth.metrics.worlds import API, at, frames

MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)


def lines(*things, span=(MONDAY, TUESDAY)):
    rows = METRIC.compute(frames([], others=things), span=span).filter(population="all")
    days = (MONDAY, TUESDAY)
    return {day: rows.filter(pl.col("day") == day)["invested_loc"].sum() for day in days}


def commit(moment):
    return landed("c1", moment, files={"a": (7, 0)})


def merged(moment, become=None):
    return pull(1, moment, become, loc_changed=7)


@pytest.mark.parametrize(
    "told",
    [
        [merged("2026-01-05 10:00", "c1")],
        [
            merged("2026-01-05 10:00"),
            PullRequestCommit(
                repo_id=API, number=1, hash="c1", committed_at=at("2026-01-05 09:00")
            ),
        ],
    ],
)
def test_lines_of_a_commit_that_is_a_pull_requests_count_with_it_once(told):
    assert lines(commit("2026-01-05 09:00"), *told) == {MONDAY: 7, TUESDAY: 0}


def test_lines_of_a_commit_of_none_count_for_themselves():
    assert lines(commit("2026-01-05 09:00"), merged("2026-01-05 10:00", "c2"))[MONDAY] == 14


def test_a_day_is_the_same_whatever_days_are_computed_with_it():
    """It became c1 a second after midnight: Monday cannot know, computed alone or with Tuesday."""
    told = commit("2026-01-05 23:59"), merged("2026-01-06 00:00", "c1")
    alone = lines(*told, span=(MONDAY, MONDAY))
    assert alone[MONDAY] == lines(*told)[MONDAY] == 7
