"""The same expressions under other columns than a table's key: one for the whole organisation, for
a person, for a group that has no name."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.metrics import DAY, metrics
from devhealth.metrics.file_metrics_daily import METRIC as OF_FILES
from devhealth.metrics.repo_metrics_daily import METRIC as OF_REPOSITORIES
from devhealth.metrics.team_metrics_daily import METRIC as OF_TEAMS
from devhealth.metrics.user_metrics_daily import METRIC as OF_USERS
from tests.devhealth.metrics.by_hand import BUCKETS, every_table, team_days
from tests.devhealth.metrics.worlds import API, GRACE, WEB, copied, frames, work, worlds
from tests.examples import tried

by_day_or_another = st.sampled_from([(DAY, None), *BUCKETS.values()])


def as_one(world):
    """The same works in one repository and for one team; a path tells where it was."""
    return [
        (
            replace(commit, repo_id=API, team_id="x", author_team_id="x"),
            [
                replace(change, repo_id=API, path=f"{change.repo_id}/{change.path}")
                for change in changes
            ],
        )
        for commit, changes in world
    ]


def without(found, *columns):
    return [{name: cell for name, cell in row.items() if name not in columns} for row in found]


def rows(metric, world, bucket=DAY, **asked):
    return metric.compute(frames(world), bucket, **asked).to_dicts()


@given(worlds, by_day_or_another)
@tried(7)
def test_an_organisation_is_as_one_repository_and_one_team(world, asked):
    bucket, by_python = asked
    of_repositories, _, of_teams, *_ = every_table(as_one(world), by_python)
    assert rows(OF_REPOSITORIES, world, bucket, by=()) == without(of_repositories, "repo_id")
    assert rows(OF_TEAMS, world, bucket, by=()) == without(of_teams, "team_id")


@given(worlds, by_day_or_another)
@tried(7)
def test_a_person_is_one_in_all_repositories(world, asked):
    bucket, by_python = asked
    _, of_people, *_ = every_table(as_one(world), by_python)
    found = rows(OF_USERS, world, bucket, by=("author_id",))
    assert without(found, "team_id") == without(of_people, "repo_id", "team_id")


@given(worlds)
@tried(5)
def test_wellbeing_of_users_by_team_is_that_of_the_team(world):
    """For the team that they were in, whoever owns what they worked on."""
    names = ["after_hours_commits_count", "weekend_commits_count"]
    by_users = rows(OF_USERS, world, by=("team_id",), measures=names)
    of_team = {(row["team_id"], row["day"]): row for row in team_days(world) if is_of_all(row)}
    for row in by_users:
        team = of_team[row["team_id"], row["day"]]
        assert [row[name] for name in names] == [team[name] for name in names]


def is_of_all(row):
    return row["population"] == "all"


def test_by_person_delivery_and_membership_are_the_same_commits():
    works = [work("2026-01-05 20:00", by=GRACE, owner="web", team="api")]
    found = rows(OF_TEAMS, works, by=("author_id",))
    assert {row["author_id"] for row in found} == {str(GRACE)}
    assert [(row["commits_count"], row["member_commits_count"]) for row in found] == [(1, 1)] * 2


def test_copies_count_in_each_repository_and_once_for_the_organisation():
    works = [work("2026-01-05 10:00", repo=API, name="c")]
    works += copied(works, WEB)
    for by, counts in ((("repo_id",), [1, 1]), ((), [1])):
        found = OF_TEAMS.compute(frames(works), by=by).filter(population="all")
        assert found["commits_count"].to_list() == counts


def group(partition, nameless):
    return pl.when(pl.col(partition) != str(API)).then(partition).otherwise(pl.lit(nameless))


@pytest.mark.parametrize("metric", metrics(), ids=lambda metric: metric.rollup.table)
@given(world=worlds, asked=by_day_or_another)
@tried(5)
def test_a_group_without_a_name_is_a_group(metric, world, asked):
    """As where people who are too few are told together."""
    bucket, _ = asked

    def grouped(nameless):
        return {
            key: frame.with_columns(group_id=group(key[0].partition, nameless))
            for key, frame in frames(world).items()
        }

    found, expected = (
        metric.compute(grouped(nameless), bucket, by=("group_id",)) for nameless in (None, "")
    )
    assert found.with_columns(pl.col("group_id").fill_null("")).equals(expected)


def test_hotspots_of_a_span_are_told_by_file():
    """Of 5 to 7 January, as one bucket: a twice with 4 lines, b once with 10."""
    works = [
        work("2026-01-04 10:00", {"a": (99, 0)}),
        work("2026-01-05 10:00", {"a": (1, 1)}),
        work("2026-01-06 10:00", {"a": (2, 0), "b": (10, 0)}),
    ]
    first = date(2026, 1, 5)
    found = OF_FILES.compute(
        frames(works),
        bucket=pl.lit(first),
        span=(first, date(2026, 1, 7)),
        by=("repo_id", "path"),
        measures=["hotspot_score_30d"],
    )
    scores = dict(found.select("path", "hotspot_score_30d").iter_rows())
    assert scores == {"a": 3.218876, "b": 2.397895}  # 2 · ln 5, 1 · ln 11
