"""Commits that several repositories hold, because one is a copy of the other.

In figures of teams, people and the organisation a commit counts once: in the first of its
repositories, forks after all others, then by id.
"""

import polars as pl


def kin(repositories: pl.DataFrame) -> list[str]:
    """Ids of the repositories that share their history with another one; sorted."""
    known = repositories.filter(pl.col("root_hash").is_not_null())
    shared = known.filter(pl.len().over("root_hash") > 1)
    return sorted(shared["repo_id"].cast(pl.String))


def counted_once(commits: pl.DataFrame, repositories: pl.DataFrame) -> pl.DataFrame:
    """Of the commits of one `hash`, the one in the first repository; in no order."""
    ranked = repositories.select(pl.col("repo_id").cast(pl.String), "is_fork").sort(
        "is_fork", "repo_id"
    )
    rank = ranked.select("repo_id", _rank=pl.int_range(pl.len()))
    found = commits.with_columns(_repo=pl.col("repo_id").cast(pl.String)).join(
        rank, left_on="_repo", right_on="repo_id", how="left"
    )
    first = found.sort("_rank", "_repo", nulls_last=True).unique("hash", keep="first")
    return first.select(commits.columns)
