"""Whose lines are a pull request's, and whose stand alone."""

from datetime import date

import polars as pl
import pytest

from devhealth.analytics.questions import Dimension
from devhealth.metrics.investment_metrics_daily import METRIC
from devhealth.models.records import PullRequestCommit, Repository
from tests.devhealth.analytics.asking import answered, by_records, question, told
from tests.devhealth.delivery.things import landed, pull
from tests.devhealth.metrics.worlds import API, WEB, at, copied, frames, work
from tests.devhealth.stores import Organisation

MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)


def repository(repo_id, *, is_fork=False):
    return Repository(
        repo_id=repo_id, source_id="github.com", provider="github", full_name=f"acme/{repo_id}",
        url="", root_hash="r", is_fork=is_fork,
    )  # fmt: skip


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


def test_lines_are_told_by_theme_where_forks_share_commits(store):
    """Rows count a shared commit in each repository, so records are asked: 5 lines, once."""
    acme = Organisation(store)
    own = [work("2026-01-05 10:00", {"a": (5, 0)}, repo=API)]
    acme.compute(acme.take([*own, *copied(own, WEB)]), date(2026, 1, 6))
    acme.know([repository(API), repository(WEB, is_fork=True)])
    asked = question(
        "invested_loc", Dimension.THEME, days=(date(2026, 1, 1), date(2026, 1, 8)), bucket="all"
    )
    found = answered(acme.sink(), asked)
    assert (found.basis, told(found)) == ("records", {(asked.since, "unclassified"): 5.0})


def test_lines_of_another_theme_are_not_those_of_commits(store):
    acme = Organisation(store)
    acme.compute(acme.take([work("2026-01-05 10:00", {"a": (5, 0)}, repo=API)]), date(2026, 1, 6))
    days = (date(2026, 1, 1), date(2026, 1, 8))
    for theme, lines in (("quality", 0.0), ("unclassified", 5.0)):
        asked = question("invested_loc", days=days, where={Dimension.THEME: [theme]})
        by = by_records(acme.sink(), asked, days[1])
        assert sum(told(by).values()) == lines
