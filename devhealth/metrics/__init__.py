"""How records become rollups: one module per table, pure `compute(frames, bucket) → frame`.

Each module names its `rollup`, its `sources` (which records, by which instant, over which window)
and `compute`. Frames in, frame out; no clock, no connection. The bucket is an argument, so that a
day, a week and a group share one definition.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from importlib import import_module
from typing import Protocol

import polars as pl

from devhealth.models.fields import DTYPES, types_of
from devhealth.models.records import Record
from devhealth.models.rollups import Rollup

METRICS: tuple[str, ...] = (
    "devhealth.metrics.repo_metrics_daily",
    "devhealth.metrics.user_metrics_daily",
)

Frames = Mapping[type[Record], pl.DataFrame]

Span = tuple[date, date]

DAY = pl.col("day")

# Each numbered from 0 on by itself; polars forgets the numbers with the last frame that has them.
CATEGORIES = {
    name: pl.Categorical(pl.Categories(name, "devhealth"))
    for name in ("repo_id", "author_id", "path")
}


@dataclass(frozen=True, slots=True)
class Source:
    """Records that a metric reads.

    at       the instant whose UTC day they count on, and by which they are loaded
    columns  what `compute` needs of them, beside that instant
    window   days that one record has a say in: its own and those after it
    shown_by the measure that is not 0 on a day with such records; a window needs one
    """

    cls: type[Record]
    at: str
    columns: tuple[str, ...]
    window: int = 1
    shown_by: str = ""


class Metric(Protocol):
    """What a module of this stage offers."""

    rollup: type[Rollup]
    sources: tuple[Source, ...]

    def compute(
        self, frames: Frames, bucket: pl.Expr = DAY, span: Span | None = None
    ) -> pl.DataFrame:
        """Every row of the rollup that the records give, each column of the class filled.

        `span` is the first and last day that anybody asks for: others may be left out.
        """
        ...


def metrics() -> tuple[Metric, ...]:
    return tuple(import_module(name) for name in METRICS)


def prepared(frame: pl.DataFrame) -> pl.DataFrame:
    """Records with ids and paths as categories: they are only compared, and that very often.

    Done once for all metrics, where several read the same records.
    """
    return frame.with_columns(
        pl.col(name).cast(dtype) for name, dtype in CATEGORIES.items() if name in frame.columns
    )


def counted_on(frame: pl.DataFrame, at: str, bucket: pl.Expr) -> pl.DataFrame:
    """Prepared records under the bucket of the UTC day of an instant, named `day`."""
    return (
        prepared(frame)
        .with_columns(pl.col(at).dt.date().alias("day"))
        .with_columns(bucket.alias("day"))
    )


def share(part: str, whole: str) -> pl.Expr:
    """A ratio in [0, 1]; null where the whole is nothing."""
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def completed(cls: type[Rollup], rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as the class declares them, sorted by key; what nobody counted is its field's default.

    Floats are rounded to 6 decimals, so that the same records always give the same row.
    """
    columns = []
    for spec in fields(cls):
        kind, _ = types_of(cls)[spec.name]
        cell = pl.col(spec.name) if spec.name in rows.columns else pl.lit(None)
        cell = cell.cast(DTYPES[kind])
        if kind == "float":
            cell = cell.round(6)
        if spec.default is not MISSING and spec.default is not None:
            cell = cell.fill_null(spec.default)
        columns.append(cell.alias(spec.name))
    return rows.select(columns).sort(cls.key)
