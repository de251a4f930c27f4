"""team_metrics_daily: what a team's work came to on a day, and when its members worked.

Two groupings meet in a row. Delivery is counted for the team that owns the repository, `team_id` of
a commit; what is about people for the author's team at that instant, `author_team_id`. Grouped by
anything else than the team, both count the same commits.

A commit in several copies of a history counts once. The day is `committed_at`'s UTC day, the clock
the author's own (`processors.calendar`).
"""

from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, Part, Source
from devhealth.metrics.copies import REPOSITORIES, commits_of
from devhealth.metrics.populations import per_population
from devhealth.models.records import Commit
from devhealth.models.rollups import TeamDay

OWNED: Final = Source(
    Commit, "committed_at", ("repo_id", "hash", "author_id", "actor_kind", "team_id")
)
OF_MEMBERS: Final = Source(
    Commit,
    "committed_at",
    ("repo_id", "hash", "author_id", "actor_kind", "author_team_id", "time_of_week"),
)

# Commits that count, by measure.
OUTSIDE = {
    "after_hours_commits_count": pl.col("time_of_week") == "after_hours",
    "weekend_commits_count": pl.col("time_of_week") == "weekend",
}
BY_MEMBERS = {
    "active_members_count": pl.col("author_id").n_unique(),
    "member_commits_count": pl.len(),
    **{name: which.sum() for name, which in OUTSIDE.items()},
}


def over_owned(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Commits to what a team owns, whoever made them."""
    return per_population(commits_of(frames, grouping), grouping.row, {"commits_count": pl.len()})


def over_members(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Commits by those who were in a team, wherever they made them."""
    return per_population(commits_of(frames, grouping), grouping.row, BY_MEMBERS)


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
    ),
)
