"""Whose today's code is: lines of a repository, a directory or a file by who last changed them.

Pure functions of blame rows (`blame_files`); they say how it was when their repository's mark was
set (`blame_marks`), for sets that are older were still right then. The bus factor is read as in
`repo_metrics_daily`: the fewest authors who together have at least half of the lines (the "truck
factor" of Avelino et al. 2016, read on lines that stand). Paths are compared, people are not: they
come in the order of their ids, and only for one place at a time.
"""

from typing import Final

import polars as pl

from devhealth.metrics import share
from devhealth.metrics.windows import concentration, place

_PLACE: Final = ["repo_id", "path"]
_PLACES: Final = pl.Schema(
    {
        "repo_id": pl.String(),
        "path": pl.String(),
        "files": pl.Int64(),
        "lines": pl.Int64(),
        "authors": pl.Int64(),
        "bus_factor": pl.Int64(),
        "top_share": pl.Float64(),
        "oldest_at": pl.Datetime("ms", "UTC"),
        "newest_at": pl.Datetime("ms", "UTC"),
    }
)


def standing(rows: pl.DataFrame, population: str = "people") -> pl.DataFrame:
    """Rows that count: of each file the newest whole set, bots left out where people are meant."""
    newest = pl.col("blamed_at") == pl.col("blamed_at").max().over(_PLACE)
    counted = rows.filter(newest, pl.col("deleted_at").is_null())
    return counted if population == "all" else counted.filter(pl.col("actor_kind") == "human")


def under(rows: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Of a directory, of a file, or ('') of everything."""
    place = prefix.strip("/")
    inside = pl.col("path").str.starts_with(f"{place}/")
    return rows.filter((pl.col("path") == place) | inside) if place else rows


def owners(rows: pl.DataFrame) -> pl.DataFrame:
    """Standing rows of one place → `author_id`, `lines`, `share` of all, by author_id.

    For who may see persons told apart (METRICS §1.10).
    """
    return owners_of_places(rows.with_columns(place=pl.lit(""))).drop("place", "is_person")


def owners_of_places(rows: pl.DataFrame) -> pl.DataFrame:
    """Standing rows, each with its `place`, → the same of each place, by place and author_id.

    `is_person`: no bot. For who may see persons told apart, too.
    """
    lines = rows.group_by("place", "author_id").agg(
        pl.col("lines").sum(), is_person=(pl.col("actor_kind") == "human").any()
    )
    whole = lines.with_columns(whole=pl.col("lines").sum().over("place"))
    shared = whole.with_columns(share=share("lines", "whole").round(6))
    return shared.select("place", "author_id", "lines", "share", "is_person").sort(
        "place", "author_id"
    )


def by_path(rows: pl.DataFrame, prefix: str = "") -> pl.DataFrame:
    """Standing rows → a row for each repository and what lies directly under `prefix`, by path.

    Directories end in `/`. `files` are those with lines, `authors` who has any of these,
    `top_share` the part that the author with the most has; instants are commits'. A file is its own
    row.
    """
    return of_places(placed(rows, prefix))


def placed(rows: pl.DataFrame, prefix: str = "") -> pl.DataFrame:
    """Rows under `prefix`, each with the `place` directly under it that it counts for."""
    start = f"{prefix.strip('/')}/".lstrip("/")
    rest = pl.col("path").str.strip_prefix(start)
    is_deeper = rest.str.contains("/", literal=True) & pl.col("path").str.starts_with(start)
    child = pl.lit(start) + rest.str.split("/").list.first() + "/"
    return under(rows, prefix).with_columns(place=pl.when(is_deeper).then(child).otherwise("path"))


def of_repositories(rows: pl.DataFrame) -> pl.DataFrame:
    """Standing rows → a row for each repository; its path is ''."""
    return of_places(rows.with_columns(place=pl.lit("")))


def of_places(rows: pl.DataFrame) -> pl.DataFrame:
    """Standing rows, each with its `place`, → a row for each of these as its path."""
    if rows.is_empty():
        return pl.DataFrame(schema=_PLACES)
    numbered = rows.with_columns(
        key=pl.struct("repo_id", "place").rank("dense").cast(pl.Int64), day=pl.date(1970, 1, 1)
    )
    places = numbered.group_by("repo_id", "key", path="place").agg(
        pl.col("lines").sum(),
        pl.col("oldest_at").min(),
        pl.col("newest_at").max(),
        files=pl.col("path").n_unique(),
    )
    lines = numbered.group_by("key", "author_id", "day").agg(pl.col("lines").sum())
    top = lines.group_by("key").agg(top=pl.col("lines").max())
    few = concentration(lines.select("lines", place=place(pl.col("key"))))
    measured = few.select("key", authors="authors_30d", bus_factor="bus_factor_30d")
    whole = places.join(measured, on="key").join(top, on="key")
    shared = whole.with_columns(top_share=share("top", "lines").round(6))
    return shared.select(pl.col(name).cast(kind) for name, kind in _PLACES.items()).sort(_PLACE)
