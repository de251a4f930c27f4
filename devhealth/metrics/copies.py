"""Commits that several repositories hold, because one is a copy of the other.

In figures of teams, people and the organisation a commit counts once: in the first of its
repositories, forks after all others, then by id. In a repository's figures all of its own count.
"""

from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Source
from devhealth.models.records import Commit, Repository

COMMITS: Final = (Commit, "committed_at", "")
REPOSITORIES: Final = Source(Repository, "", ("repo_id", "is_fork"))


def kin(repositories: pl.DataFrame) -> list[str]:
    """Ids of the repositories that share their history with another one; sorted."""
    known = repositories.filter(pl.col("root_hash").is_not_null())
    shared = known.filter(pl.len().over("root_hash") > 1)
    return sorted(shared["repo_id"].cast(pl.String))


def commits_of(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """The commits that count in these rows."""
    commits = frames[COMMITS]
    if "repo_id" in grouping.by:
        return commits
    return counted_once(commits, frames[REPOSITORIES.key])


def counted_once(rows: pl.DataFrame, repositories: pl.DataFrame, of: str = "hash") -> pl.DataFrame:
    """Of the rows of one commit, named by the column `of`, those in the first repository.

    A repository that has no record of its own comes after those that have one.
    """
    ids = rows.select(pl.col("repo_id").unique()).with_columns(id=pl.col("repo_id").cast(pl.String))
    forks = repositories.select("is_fork", id=pl.col("repo_id").cast(pl.String))
    ranked = (
        ids.join(forks, on="id", how="left")
        .sort("is_fork", "id", nulls_last=True)
        .select("repo_id", rank=pl.int_range(pl.len()))
    )
    placed = rows.select(of, "repo_id").join(ranked, on="repo_id", maintain_order="left")
    is_first = placed.select(pl.col("rank") == pl.col("rank").min().over(of))
    return rows.filter(is_first.to_series())
