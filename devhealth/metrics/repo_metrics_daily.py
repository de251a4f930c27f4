"""repo_metrics_daily: what happened in a repository on a day, and over the 30 days up to it.

Ownership: bus factor as the fewest authors who together made half of the changed lines (the
"truck factor" of Avelino et al. 2016, read on recent changes), Gini coefficient after Gini (1912)
in its rank form. Rework is read as churn on files that more than one commit touched in the window.
"""

from typing import Final

import polars as pl

from devhealth.metrics import DAY, Frames, Source, Span, completed, counted_on, share
from devhealth.metrics.windows import (
    concentration,
    distinct,
    every_day,
    has_top_author,
    key_of,
    moved,
    place,
    repeated,
    states,
    totals,
)
from devhealth.models.records import Commit, CommitFile
from devhealth.models.rollups import RepoDay

WINDOW: Final = 30

rollup = RepoDay
sources = (
    Source(
        Commit,
        "committed_at",
        (
            "repo_id", "hash", "author_id", "actor_kind", "parent_count", "loc_added",
            "loc_deleted", "loc_changed", "size_bucket", "is_revert",
        ),
    ),
    Source(
        CommitFile,
        "committed_at",
        ("repo_id", "path", "author_id", "actor_kind", "loc_added", "loc_deleted"),
        window=WINDOW,
        shown_by="files_changed",
    ),
)  # fmt: skip

ROW = ("repo_id", "population", "day")

ONE: Final = pl.lit(1, pl.Int64).alias("commits")

# What no bot has to do with, a file or an author, is the same in both populations: counted once.
BOTH, ALL, PEOPLE = range(3)
TAGS: Final = 3
MEANING: Final = pl.DataFrame(
    {"tag": [BOTH, BOTH, ALL, PEOPLE], "population": ["all", "people", "all", "people"]}
)

OF_COMMITS = {
    "commits_count": pl.len(),
    "authors_count": pl.col("author_id").n_unique(),
    "loc_added": pl.col("loc_added").sum(),
    "loc_deleted": pl.col("loc_deleted").sum(),
    "commit_size_loc_p50": pl.col("loc_changed")
    .filter(pl.col("parent_count") < 2)
    .quantile(0.5, interpolation="linear"),
    "commit_size_n": (pl.col("parent_count") < 2).sum(),
    "large_commits_count": (pl.col("size_bucket") == "large").sum(),
    "reverts_count": pl.col("is_revert").sum(),
}

# Over the files of a window, each with the commits and lines it has in it.
OF_FILES = {
    "files_changed_30d": pl.lit(1, pl.Int64),
    "rework_loc_30d": pl.when(pl.col("commits") > 1).then("lines").otherwise(0),
    "single_owner_files_30d": pl.col("has_top_author").cast(pl.Int64),
}


def compute(frames: Frames, bucket: pl.Expr = DAY, span: Span | None = None) -> pl.DataFrame:
    """Commits and their files → one row per repository, population and bucket.

    By day, windows reach 29 days back; any other bucket is its own window.
    """
    window = WINDOW if bucket.meta.eq(DAY) else None
    commits = counted_on(frames[Commit], "committed_at", bucket)
    files = counted_on(frames[CommitFile], "committed_at", bucket)
    changes = files.select(
        "day",
        repo=pl.col("repo_id").to_physical().cast(pl.Int64),
        path=pl.col("path").to_physical(),
        author=pl.col("author_id").to_physical().cast(pl.Int64),
        is_human=pl.col("actor_kind") == "human",
        lines=pl.col("loc_added") + pl.col("loc_deleted"),
    )
    meaning = _meaning(files["repo_id"])
    rows = _over_commits(commits)
    on_day, in_window = _over_files(changes, window, span)
    for part in (
        _summed(on_day, meaning),
        _summed(in_window, meaning),
        _over_authors(changes, window, span, meaning),
    ):
        rows = rows.join(part, on=ROW, how="full", coalesce=True)
    ratios = {
        "rework_churn_ratio_30d": share("rework_loc_30d", "changed_loc_30d"),
        "single_owner_file_ratio_30d": share("single_owner_files_30d", "files_changed_30d"),
    }
    return completed(RepoDay, rows.with_columns(**ratios))


def _over_commits(commits: pl.DataFrame) -> pl.DataFrame:
    """Every commit counts for `all`, and for `people` unless a bot made it."""
    populations = {"all": commits, "people": commits.filter(pl.col("actor_kind") == "human")}
    return pl.concat(
        part.group_by("repo_id", "day").agg(**OF_COMMITS).with_columns(population=pl.lit(name))
        for name, part in populations.items()
    )


def _over_files(
    changes: pl.DataFrame, window: int | None, span: Span | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a day and its window say of the files that were changed, per scope."""
    keyed, scopes = _keyed(changes, "path")
    events = keyed.select("lines", place=place(pl.col("key"))).sort("place").with_columns(ONE)
    by_file = states(events, window, "commits", span)
    authors = changes.select(pl.col("author").max() + 1).item()
    pairs = keyed.select(place=place(pl.col("key") * authors + pl.col("author")))
    several = repeated(pairs.sort("place"), window).with_columns(ONE)
    by_author = states(several, window, "commits", span)
    files = key_of(by_author["place"]) // authors
    held = by_file.with_columns(has_top_author=has_top_author(by_file, by_author, files))
    in_window = held.select("place", "until", **OF_FILES)
    return (
        distinct(events, scopes).rename({"count": "files_changed"}),
        totals(in_window, scopes.gather(key_of(by_file["place"])), "files_changed_30d"),
    )


def _over_authors(
    changes: pl.DataFrame, window: int | None, span: Span | None, meaning: pl.DataFrame
) -> pl.DataFrame:
    """What a window says of the authors who changed lines, per row."""
    by_day = changes.group_by("repo", "author", "is_human", "day").agg(pl.col("lines").sum())
    events, scopes = _keyed(by_day, "author")
    entering = events.select("lines", place=place(pl.col("key"))).sort("place")
    by_author = states(entering, window, "lines", span)
    lines = every_day(by_author)
    of_rows = lines.with_columns(scope=scopes.gather(key_of(lines["place"]))).join(
        meaning, on="scope"
    )
    per_row = of_rows.select("lines", place=moved(pl.col("place"), pl.col("row")))
    names = meaning.select("repo_id", "population", key="row").unique()
    return concentration(per_row).join(names, on="key").drop("key")


def _keyed(changes: pl.DataFrame, name: str) -> tuple[pl.DataFrame, pl.Series]:
    """Changes under the `key` that they count under, and each key's scope, by the key as index.

    A scope is what a repository's keys of one tag have in common; keys are numbers from 0 on.
    """
    both = pl.col("repo") * 2**32 + pl.col(name)
    numbered = changes.select(
        "day", "author", "is_human", "lines", key=both.rank("dense").cast(pl.Int64) - 1
    )
    repositories = changes.select(both.unique().sort() // 2**32).to_series()
    bots = numbered.filter(~pl.col("is_human"))["key"].unique().implode()
    is_mixed = pl.col("key").is_in(bots)
    mixed = numbered.filter(is_mixed)
    parts = {BOTH: numbered.filter(~is_mixed), ALL: mixed, PEOPLE: mixed.filter("is_human")}
    count = repositories.len()
    tagged = [part.with_columns(pl.col("key") + tag * count) for tag, part in parts.items()]
    return pl.concat(tagged), pl.concat([repositories * TAGS + tag for tag in parts])


def _meaning(repo_ids: pl.Series) -> pl.DataFrame:
    """The rows that each scope stands for, by their names and as a number."""
    repo = pl.col("repo_id").to_physical().cast(pl.Int64)
    return (
        repo_ids.unique()
        .to_frame()
        .join(MEANING, how="cross")
        .select(
            "repo_id",
            "population",
            scope=repo * TAGS + pl.col("tag"),
            row=repo * 2 + (pl.col("population") == "people"),
        )
    )


def _summed(counts: pl.DataFrame, meaning: pl.DataFrame) -> pl.DataFrame:
    """Numbers per scope and day as numbers of the rows that the scopes stand for."""
    rows = counts.join(meaning, on="scope")
    return rows.group_by(*ROW).agg(pl.exclude(*ROW, "scope", "row").sum())
