"""repo_metrics_daily: what happened in a repository on a day, and over the 30 days up to it.

Ownership: bus factor as the fewest authors who together made half of the changed lines (the
"truck factor" of Avelino et al. 2016, read on recent changes), Gini coefficient after Gini (1912)
in its rank form. Rework is read as churn on files that more than one commit touched in the window.
"""

from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, Part, Source, Span, pull_requests, reviews
from devhealth.metrics.populations import IS_HUMAN, per_population
from devhealth.metrics.statistics import quantile
from devhealth.metrics.windows import (
    PLACE,
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
    with_close_keys,
)
from devhealth.models.records import Commit, CommitFile
from devhealth.models.rollups import RepoDay

WINDOW: Final = 30

OF_COMMIT = Source(
    Commit,
    "committed_at",
    (
        "repo_id", "hash", "author_id", "actor_kind", "parent_count", "loc_added", "loc_deleted",
        "loc_changed", "size_bucket", "is_revert",
    ),
)  # fmt: skip
OF_FILE = Source(
    CommitFile,
    "committed_at",
    ("repo_id", "path", "author_id", "actor_kind", "loc_added", "loc_deleted"),
    window=WINDOW,
    shown_by="files_changed",
)

ONE: Final = pl.lit(1, pl.Int64).alias("commits")

# What no bot has to do with, a file or an author, is the same in both populations: counted once.
BOTH, ALL, PEOPLE = range(3)
TAGS: Final = 3
MEANING: Final = pl.DataFrame(
    {"tag": [BOTH, BOTH, ALL, PEOPLE], "population": ["all", "people", "all", "people"]}
)

IS_SIZED = pl.col("parent_count") < 2  # merges have no size

# Commits that count, by measure.
COUNTED = {
    "commit_size_n": IS_SIZED,
    "large_commits_count": pl.col("size_bucket") == "large",
    "reverts_count": pl.col("is_revert"),
}
OF_COMMITS = {
    "commits_count": pl.len(),
    "authors_count": pl.col("author_id").n_unique(),
    "loc_added": pl.col("loc_added").sum(),
    "loc_deleted": pl.col("loc_deleted").sum(),
    "commit_size_loc_p50": quantile(pl.col("loc_changed").filter(IS_SIZED), 0.5),
    **{name: which.sum() for name, which in COUNTED.items()},
}

# Over the files of a window, each with the commits and lines it has in it.
OF_FILES = {
    "files_changed_30d": pl.lit(1, pl.Int64),
    "rework_loc_30d": pl.when(pl.col("commits") > 1).then("lines").otherwise(0),
    "single_owner_files_30d": pl.col("has_top_author").cast(pl.Int64),
}
OF_AUTHORS = ("changed_loc_30d", "bus_factor_30d", "ownership_gini_30d", "authors_30d")


def over_commits(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Every commit counts for `all`, and for `people` unless a bot made it."""
    return per_population(frames[OF_COMMIT.key], grouping.row, OF_COMMITS)


def over_files(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """What a day, and a day's window, say of the files that were changed and of who did it."""
    changes, groups = _changes(frames[OF_FILE.key], grouping.by)
    window, within, meaning = grouping.window(WINDOW), grouping.rows_within, _meaning(groups)
    row = [*grouping.by, "population", "day"]
    rows, in_window = (_summed(part, meaning, row) for part in _by_file(changes, window, within))
    for other in (in_window, _by_author(changes, window, within, meaning)):
        rows = rows.join(other, on=row, how="full", coalesce=True, nulls_equal=True)
    return rows


def _changes(files: pl.DataFrame, by: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Changes with all that is compared as numbers from 0 on, and each group by its number.

    A path means another file in another repository.
    """
    repo, path = (pl.col(name).to_physical().cast(pl.Int64) for name in ("repo_id", "path"))
    groups = files.select(*by, _=pl.lit(0)).unique(maintain_order=True).with_row_index("group")
    numbered = files.join(groups, on=by, nulls_equal=True) if by else files.with_columns(group=0)
    changes = numbered.select(
        "day",
        group=pl.col("group").cast(pl.Int64),
        path=path if "repo_id" in by else (repo * 2**32 + path).rank("dense").cast(pl.Int64) - 1,
        author=pl.col("author_id").to_physical().cast(pl.Int64),
        is_human=IS_HUMAN,
        lines=pl.col("loc_added") + pl.col("loc_deleted"),
    )
    return changes, groups.drop("_")


def _by_file(
    changes: pl.DataFrame, window: int | None, span: Span | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a day and its window say of the files that were changed, per scope."""
    keyed, scopes = _keyed(changes, "path")
    events = keyed.select("lines", "place", ONE)
    by_file = states(events, window, "commits", span)
    authors = changes.select(pl.col("author").max() + 1).item()
    pairs = keyed.select(moved(PLACE, key_of(PLACE) * authors + pl.col("author")))
    several = repeated(pairs.sort("place"), window).with_columns(ONE)
    by_author = states(several, window, "commits", span)
    files = key_of(by_author["place"]) // authors
    held = by_file.with_columns(has_top_author=has_top_author(by_file, by_author, files))
    in_window = held.select("place", "until", **OF_FILES)
    return (
        distinct(events, scopes).rename({"count": "files_changed"}),
        totals(in_window, scopes.gather(key_of(by_file["place"])), "files_changed_30d"),
    )


def _by_author(
    changes: pl.DataFrame, window: int | None, span: Span | None, meaning: pl.DataFrame
) -> pl.DataFrame:
    """What a window says of the authors who changed lines, per row."""
    by_day = changes.group_by("group", "author", "is_human", "day").agg(pl.col("lines").sum())
    events, scopes = _keyed(by_day, "author")
    by_author = states(events.select("lines", "place"), window, "lines", span)
    lines = every_day(by_author)
    of_rows = lines.with_columns(scope=scopes.gather(key_of(lines["place"]))).join(
        meaning, on="scope"
    )
    per_row = of_rows.select("lines", place=moved(pl.col("place"), pl.col("row")))
    names = meaning.select(pl.exclude("scope", "row"), key="row").unique()
    return concentration(per_row).join(names, on="key").drop("key")


def _keyed(changes: pl.DataFrame, name: str) -> tuple[pl.DataFrame, pl.Series]:
    """Changes by the `place` that they count at, and each key's scope, by the key as index.

    A scope is what a group's keys of one tag have in common; keys are numbers from 0 on.
    """
    width = changes.select(pl.col(name).max().fill_null(0) + 1).item()
    key = pl.col("group") * width + pl.col(name)
    placed = changes.select("author", "is_human", "lines", place=place(key)).sort("place")
    groups = key_of(placed["place"]).unique(maintain_order=True) // width
    numbered = with_close_keys(placed)
    bots = key_of(numbered.filter(~pl.col("is_human"))["place"]).unique().implode()
    is_mixed = key_of(PLACE).is_in(bots)
    mixed = numbered.filter(is_mixed)
    parts = {BOTH: numbered.filter(~is_mixed), ALL: mixed, PEOPLE: mixed.filter("is_human")}
    count = groups.len()
    tagged = [
        part.with_columns(moved(PLACE, key_of(PLACE) + tag * count)) for tag, part in parts.items()
    ]
    return pl.concat(tagged), pl.concat([groups * TAGS + tag for tag in parts])


def _meaning(groups: pl.DataFrame) -> pl.DataFrame:
    """The rows that each scope stands for, by their names and as a number."""
    group = pl.col("group").cast(pl.Int64)
    return groups.join(MEANING, how="cross").select(
        pl.exclude("group", "tag"),
        scope=group * TAGS + pl.col("tag"),
        row=group * 2 + (pl.col("population") == "people"),
    )


def _summed(counts: pl.DataFrame, meaning: pl.DataFrame, row: list[str]) -> pl.DataFrame:
    """Numbers per scope and day as numbers of the rows that the scopes stand for."""
    rows = counts.join(meaning, on="scope")
    return rows.group_by(row).agg(pl.exclude(*row, "scope", "row").sum())


METRIC = Metric(
    rollup=RepoDay,
    parts=(
        Part(
            sources=(OF_COMMIT,),
            gives=tuple(OF_COMMITS),
            over=over_commits,
            evidence={**COUNTED, "commit_size_loc_p50": IS_SIZED},
        ),
        Part(
            sources=(OF_FILE,),
            gives=("files_changed", *OF_FILES, *OF_AUTHORS),
            over=over_files,
        ),
        *pull_requests.PARTS,
        reviews.PART,
    ),
    ratios={
        "rework_churn_ratio_30d": ("rework_loc_30d", "changed_loc_30d"),
        "single_owner_file_ratio_30d": ("single_owner_files_30d", "files_changed_30d"),
    },
)
