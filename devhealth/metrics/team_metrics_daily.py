"""team_metrics_daily: what a team's work came to on a day, and when its members worked.

Two groupings meet in a row. Delivery is counted for the team that owns the repository, `team_id` of
a record; what is about people for their own team at that instant, `author_team_id` of a commit, a
pull request or a comment, `reviewer_team_id` of a review. Grouped by anything else than the team,
both count the same commits.

A commit in several copies of a history counts once. The day is `committed_at`'s UTC day, the clock
the author's own (`processors.calendar`).
"""

from dataclasses import replace
from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, Part, Source
from devhealth.metrics.copies import REPOSITORIES, commits_of
from devhealth.metrics.populations import per_population
from devhealth.metrics.pull_requests import MERGED, OPENED
from devhealth.metrics.reviews import COMMENTS, REVIEWS
from devhealth.models.records import Commit, Review
from devhealth.models.rollups import TeamDay

OWNED: Final = Source(
    Commit, "committed_at", ("repo_id", "hash", "author_id", "actor_kind", "team_id")
)
OF_MEMBERS: Final = Source(
    Commit,
    "committed_at",
    ("repo_id", "hash", "author_id", "actor_kind", "author_team_id", "time_of_week"),
)

# Read of the whole organisation, so nothing is that rows are not made of.
DELIVERED: Final = replace(MERGED, columns=("author_id", "actor_kind", "team_id"))
OPENED_BY_MEMBERS: Final = replace(OPENED, columns=("author_id", "actor_kind", "author_team_id"))
REVIEWED: Final = replace(REVIEWS, columns=("reviewer_id", "actor_kind", "team_id", "is_own"))
BY_REVIEWERS: Final = replace(REVIEWED, columns=(*REVIEWED.columns, "reviewer_team_id"))
COMMENTED: Final = replace(COMMENTS, columns=("author_id", "actor_kind", "author_team_id"))

# Commits that count, by measure.
OUTSIDE = {
    "after_hours_commits_count": pl.col("time_of_week") == "after_hours",
    "weekend_commits_count": pl.col("time_of_week") == "weekend",
}
BY_MEMBERS = {
    "member_commits_count": pl.len(),
    **{name: which.sum() for name, which in OUTSIDE.items()},
}


def over_owned(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Commits to what a team owns, whoever made them."""
    return per_population(commits_of(frames, grouping), grouping.row, {"commits_count": pl.len()})


def over_members(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Commits by those who were in a team, wherever they made them."""
    return per_population(commits_of(frames, grouping), grouping.row, BY_MEMBERS)


def over_active(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Those who did anything that is told, each once."""
    others = (frames[each.key] for each in (OPENED_BY_MEMBERS, BY_REVIEWERS, COMMENTED))
    who = list(dict.fromkeys([*grouping.row, "author_id", "actor_kind"]))
    done = [rows.select(who) for rows in (commits_of(frames, grouping), *others)]
    active = {"active_members_count": pl.col("author_id").n_unique()}
    return per_population(pl.concat(done), grouping.row, active)


def over_merged(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Pull requests into what a team owns, whoever made them."""
    return per_population(frames[DELIVERED.key], grouping.row, {"prs_merged": pl.len()})


def over_reviews(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Reviews of pull requests into what a team owns, whoever gave them."""
    return per_population(frames[REVIEWED.key], grouping.row, {"reviews_count": pl.len()})


METRIC = Metric(
    rollup=TeamDay,
    parts=(
        Part(sources=(OWNED, REPOSITORIES), gives=("commits_count",), over=over_owned),
        Part(
            sources=(OF_MEMBERS, REPOSITORIES),
            gives=tuple(BY_MEMBERS),
            over=over_members,
            evidence=OUTSIDE,
            team="author_team_id",
        ),
        Part(
            sources=(OF_MEMBERS, OPENED_BY_MEMBERS, BY_REVIEWERS, COMMENTED, REPOSITORIES),
            gives=("active_members_count",),
            over=over_active,
            team="author_team_id",
            named={Review: ("reviewer_team_id", "reviewer_id")},
        ),
        Part(sources=(DELIVERED,), gives=("prs_merged",), over=over_merged),
        Part(
            sources=(REVIEWED,),
            gives=("reviews_count",),
            over=over_reviews,
            person="reviewer_id",
        ),
    ),
)
