"""user_metrics_daily: what one person did in one repository on a day.

Pull requests count for their author, reviews for who gave them and for whose work they were of,
comments for who wrote them. After hours and weekends go by the author's own clock, as each commit
was stamped (`processors.calendar`); a commit counts on the UTC day of its `committed_at`.
"""

from dataclasses import replace

import polars as pl

from devhealth.metrics import (
    CATEGORIES,
    Frames,
    Grouping,
    Metric,
    Part,
    Source,
    acting,
    pull_requests,
)
from devhealth.metrics.populations import IS_HUMAN
from devhealth.metrics.pull_requests import WHOSE
from devhealth.metrics.reviews import ASKS_FOR_CHANGES, COMMENTS, REVIEWS
from devhealth.models.records import Commit, CommitFile
from devhealth.models.rollups import UserDay

OF_COMMIT = Source(
    Commit,
    "committed_at",
    (
        "repo_id", "hash", "author_id", "author_team_id", "loc_added", "loc_deleted",
        "size_bucket", "time_of_week",
    ),
)  # fmt: skip
OF_FILE = Source(CommitFile, "committed_at", ("repo_id", "path", "author_id"))
NAMED = Source(Commit, "committed_at", ("repo_id", "hash", "co_author_ids"))

OPENED = replace(pull_requests.OPENED, columns=WHOSE)
MERGED = replace(pull_requests.MERGED, columns=WHOSE)
GIVEN = replace(REVIEWS, columns=(*REVIEWS.columns, "reviewer_team_id", "state"))
RECEIVED = replace(REVIEWS, columns=(*REVIEWS.columns, "author_id", "author_kind"))

HAS_CO_AUTHORS = pl.col("co_author_ids").list.len() > 0
IS_LARGE = pl.col("size_bucket") == "large"
OUTSIDE = {
    "after_hours_commits_count": pl.col("time_of_week") == "after_hours",
    "weekend_commits_count": pl.col("time_of_week") == "weekend",
}
OF_COMMITS = {
    "commits_count": pl.len(),
    "loc_added": pl.col("loc_added").sum(),
    "loc_deleted": pl.col("loc_deleted").sum(),
    "large_commits_count": IS_LARGE.sum(),
}


OF_REVIEWS = {
    "reviews_given": pl.len(),
    "changes_requested_given": ASKS_FOR_CHANGES.sum(),
}


def over_commits(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """What a person committed."""
    return frames[OF_COMMIT.key].group_by(grouping.row).agg(**OF_COMMITS)


def over_outside(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """What a person committed outside of working hours: of their own team, whoever owns it."""
    counts = {name: which.sum() for name, which in OUTSIDE.items()}
    return frames[OF_COMMIT.key].group_by(grouping.row).agg(**counts)


def over_co_authored(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """What others committed and named a person for. Who has no commit of their own on that day
    has a row of a human whose team is not known: a commit tells its author's alone."""
    people = pl.col("co_author_ids").alias("author_id")
    named = frames[NAMED.key].filter(HAS_CO_AUTHORS).with_columns(people).explode("author_id")
    known = named.with_columns(pl.col("author_id").cast(CATEGORIES["author_id"]))
    return known.group_by(grouping.row).agg(co_authored_commits_count=pl.len())


def over_files(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Distinct files; a path means another file in another repository."""
    file = pl.col("path") if "repo_id" in grouping.by else pl.struct("repo_id", "path")
    return frames[OF_FILE.key].group_by(grouping.row).agg(files_changed=file.n_unique())


def over_opened(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    return frames[OPENED.key].group_by(grouping.row).agg(prs_opened=pl.len())


def over_merged(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Of a person's pull requests, whoever merged them."""
    return frames[MERGED.key].group_by(grouping.row).agg(prs_merged=pl.len())


def over_given(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    return frames[GIVEN.key].group_by(grouping.row).agg(**OF_REVIEWS)


def over_received(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """By people: what a bot says of each push is no review that somebody waited for."""
    reviews = frames[RECEIVED.key].filter(IS_HUMAN)
    return reviews.group_by(grouping.row).agg(reviews_received=pl.len())


def over_comments(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    return frames[COMMENTS.key].group_by(grouping.row).agg(comments_given=pl.len())


METRIC = Metric(
    rollup=UserDay,
    parts=(
        Part(
            sources=(OF_COMMIT,),
            gives=tuple(OF_COMMITS),
            over=over_commits,
            evidence={"large_commits_count": IS_LARGE},
        ),
        Part(
            sources=(OF_COMMIT,),
            gives=tuple(OUTSIDE),
            over=over_outside,
            evidence=OUTSIDE,
            team="author_team_id",
        ),
        Part(
            sources=(NAMED,),
            gives=("co_authored_commits_count",),
            over=over_co_authored,
            evidence={"co_authored_commits_count": HAS_CO_AUTHORS},
            groups=("repo_id", "author_id"),
            person="",
        ),
        Part(sources=(OF_FILE,), gives=("files_changed",), over=over_files),
        Part(sources=(OPENED,), gives=("prs_opened",), over=over_opened),
        Part(sources=(MERGED,), gives=("prs_merged",), over=over_merged),
        Part(
            sources=(GIVEN,),
            gives=tuple(OF_REVIEWS),
            over=over_given,
            evidence={"changes_requested_given": ASKS_FOR_CHANGES},
            team="reviewer_team_id",
            person="reviewer_id",
        ),
        Part(
            sources=(RECEIVED,),
            gives=("reviews_received",),
            over=over_received,
            evidence={"reviews_received": IS_HUMAN},
            groups=("repo_id", "author_id"),
            kind="author_kind",
        ),
        Part(
            sources=(COMMENTS,),
            gives=("comments_given",),
            over=over_comments,
            team="author_team_id",
        ),
        acting.PART,
    ),
)
