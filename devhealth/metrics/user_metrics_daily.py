"""user_metrics_daily: what one author did in one repository on a day.

After hours and weekends go by the author's own clock, as each commit was stamped
(`processors.calendar`); the day that a commit counts on is `committed_at`'s UTC day.
"""

import polars as pl

from devhealth.metrics import CATEGORIES, Frames, Grouping, Metric, Part, Source
from devhealth.models.records import Commit, CommitFile
from devhealth.models.rollups import UserDay

OF_COMMIT = Source(
    Commit,
    "committed_at",
    (
        "repo_id", "hash", "author_id", "actor_kind", "author_team_id", "loc_added",
        "loc_deleted", "size_bucket", "time_of_week",
    ),
)  # fmt: skip
OF_FILE = Source(CommitFile, "committed_at", ("repo_id", "path", "author_id"))
NAMED = Source(Commit, "committed_at", ("repo_id", "hash", "co_author_ids"))

HAS_CO_AUTHORS = pl.col("co_author_ids").list.len() > 0
IS_LARGE = pl.col("size_bucket") == "large"
OUTSIDE = {
    "after_hours_commits_count": pl.col("time_of_week") == "after_hours",
    "weekend_commits_count": pl.col("time_of_week") == "weekend",
}
OF_COMMITS = {
    "actor_kind": pl.col("actor_kind").last(),
    "team_id": pl.col("author_team_id").last(),
    "commits_count": pl.len(),
    "loc_added": pl.col("loc_added").sum(),
    "loc_deleted": pl.col("loc_deleted").sum(),
    "large_commits_count": IS_LARGE.sum(),
}


def over_commits(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """What a person committed."""
    told = {name: each for name, each in OF_COMMITS.items() if name not in grouping.by}
    return frames[OF_COMMIT.key].sort("committed_at", "hash").group_by(grouping.row).agg(**told)


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
    ),
)
