"""investment_metrics_daily: what was done on a day, by the kind of work that it was.

Items of a project of a tracker stand under its id, in the place of a repository's. A commit is of a
pull request that has it among its own, or became it; both are looked for on the commit's own day.
"""

from typing import Final

import polars as pl

from devhealth.metrics import CATEGORIES, Frames, Grouping, Metric, Part, Source
from devhealth.metrics.populations import per_population
from devhealth.metrics.work_items import EVENTS, IS_DONE
from devhealth.models.directory import UNCLASSIFIED
from devhealth.models.records import Commit, PullRequest, PullRequestCommit
from devhealth.models.rollups import InvestmentDay

KIND: Final = ("work_theme", "work_subcategory")
MERGED: Final = Source(
    PullRequest,
    "merged_at",
    (
        "repo_id", "number", "author_id", "actor_kind", "team_id", *KIND, "loc_changed",
    ),
)  # fmt: skip
COMMITTED: Final = Source(
    Commit,
    "committed_at",
    ("repo_id", "hash", "author_id", "actor_kind", "team_id", "loc_changed"),
)
BROUGHT: Final = Source(PullRequestCommit, "committed_at", ("repo_id", "hash"), is_beside=True)

# A merged pull request is closed as it is merged.
BECAME: Final = Source(PullRequest, "closed_at", ("repo_id", "merge_commit_hash"), is_beside=True)

COMMIT: Final = ("repo_id", "hash")


def over_items(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Of both populations the same: an item is nobody's in particular."""
    done = frames[EVENTS.key].filter(IS_DONE)
    if "repo_id" in grouping.by:
        scope = pl.col("work_scope_id").cast(CATEGORIES["repo_id"])
        done = done.with_columns(repo_id=scope)
    rows = done.group_by(grouping.row).agg(
        items_completed=pl.len(), story_points_completed=pl.col("story_points").sum()
    )
    each = (rows.with_columns(population=pl.lit(name)) for name in ("all", "people"))
    return pl.concat(each)


def over_merged(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    return per_population(frames[MERGED.key], grouping.row, {"prs_merged": pl.len()})


def over_lines(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Of pull requests, and of commits that are of none."""
    lines = ["actor_kind", *grouping.row, "loc_changed"]
    both = pl.concat([frames[MERGED.key].select(lines), _direct(frames).select(lines)])
    return per_population(both, grouping.row, {"invested_loc": pl.col("loc_changed").sum()})


def _direct(frames: Frames) -> pl.DataFrame:
    """Commits of no pull request of their own day, whatever other days are computed with it."""
    became = frames[BECAME.key].select("repo_id", _on(BECAME), hash="merge_commit_hash")
    brought = frames[BROUGHT.key].select("repo_id", _on(BROUGHT), "hash")
    ours = pl.concat([brought, became.drop_nulls()])
    return (
        frames[COMMITTED.key]
        .with_columns(_on(COMMITTED))
        .join(ours, on=[*COMMIT, "_on"], how="anti")
    )


def _on(source: Source) -> pl.Expr:
    """The day itself, where `day` is its bucket."""
    return pl.col(source.at).dt.date().alias("_on")


GROUPS: Final = ("repo_id", "author_id", "team_id", *KIND)

METRIC: Final = Metric(
    rollup=InvestmentDay,
    parts=(
        Part(
            sources=(EVENTS,),
            gives=("items_completed", "story_points_completed"),
            over=over_items,
            evidence={
                "items_completed": IS_DONE,
                "story_points_completed": IS_DONE & (pl.col("story_points") != 0),
            },
            groups=("team_id", *KIND, "provider", "work_scope_id", "item_type"),
            person="",
            kind="",
        ),
        Part(sources=(MERGED,), gives=("prs_merged",), over=over_merged, groups=GROUPS),
        Part(
            sources=(MERGED, COMMITTED, BROUGHT, BECAME),
            gives=("invested_loc",),
            over=over_lines,
            groups=GROUPS,
            constant={Commit: dict.fromkeys(KIND, UNCLASSIFIED)},
        ),
    ),
)
