"""user_metrics_daily: what one author did in one repository on a day.

After hours and weekends go by the author's own clock (`authored_at` and its offset); the day that
a commit counts on is `committed_at`'s UTC day.
"""

from typing import Final

import polars as pl

from devhealth.metrics import DAY, Frames, Source, Span, completed, counted_on
from devhealth.models.records import Commit, CommitFile
from devhealth.models.rollups import UserDay

OPENS: Final = 9
CLOSES: Final = 18
SATURDAY: Final = 6

rollup = UserDay
sources = (
    Source(
        Commit,
        "committed_at",
        (
            "repo_id", "hash", "author_id", "actor_kind", "team_id", "authored_at",
            "author_utc_offset_minutes", "loc_added", "loc_deleted", "size_bucket",
        ),
    ),
    Source(CommitFile, "committed_at", ("repo_id", "path", "author_id")),
)  # fmt: skip

ROW = ("repo_id", "author_id", "day")

_OWN_CLOCK = pl.col("authored_at") + pl.duration(
    minutes=pl.col("author_utc_offset_minutes").fill_null(0)
)
_WEEKEND = _OWN_CLOCK.dt.weekday() >= SATURDAY
_AFTER_HOURS = ~_WEEKEND & ~_OWN_CLOCK.dt.hour().is_between(OPENS, CLOSES, closed="left")

OF_COMMITS = {
    "actor_kind": pl.col("actor_kind").last(),
    "team_id": pl.col("team_id").last(),
    "commits_count": pl.len(),
    "loc_added": pl.col("loc_added").sum(),
    "loc_deleted": pl.col("loc_deleted").sum(),
    "large_commits_count": (pl.col("size_bucket") == "large").sum(),
    "after_hours_commits_count": _AFTER_HOURS.sum(),
    "weekend_commits_count": _WEEKEND.sum(),
}


def compute(frames: Frames, bucket: pl.Expr = DAY, span: Span | None = None) -> pl.DataFrame:
    """Commits and their files → one row per repository, author and bucket."""
    commits = counted_on(frames[Commit], "committed_at", bucket)
    files = counted_on(frames[CommitFile], "committed_at", bucket)
    if span is not None:
        commits, files = (each.filter(DAY.is_between(*span)) for each in (commits, files))
    rows = commits.sort("committed_at", "hash").group_by(*ROW).agg(**OF_COMMITS)
    touched = files.group_by(*ROW).agg(files_changed=pl.col("path").n_unique())
    return completed(UserDay, rows.join(touched, on=ROW, how="left"))
