"""Records of several classes as frames, and what is said of them in the same words."""

from collections.abc import Mapping
from dataclasses import MISSING, fields

import polars as pl

from devhealth.models.fields import DTYPES, types_of
from devhealth.models.records import Record

Frames = Mapping[type[Record], pl.DataFrame]


def schema_of(cls: type[Record]) -> dict[str, pl.DataType]:
    """The columns of a record, without what the store adds."""
    return {name: DTYPES[kind] for name, (kind, _) in types_of(cls).items()}


def rows_of(cls: type[Record], frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in the columns of its class, in the order of its key; what it lacks is default."""
    given = {spec.name: spec.default for spec in fields(cls) if spec.default is not MISSING}
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(given[name])).cast(dtype).alias(name)
        for name, dtype in schema_of(cls).items()
    ).sort(cls.key)


def hours(since: str, until: str) -> pl.Expr:
    """From one instant to another; null where either is."""
    return ((pl.col(until) - pl.col(since)).dt.total_milliseconds() / 3_600_000).round(6)


def differing(cls: type[Record], before: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that are not stored as they are."""
    key = list(cls.key)
    stored = before.with_columns(known=pl.lit(True))
    both = rows.join(stored, on=key, how="left", suffix=" stored", maintain_order="left")
    differs = [
        pl.col(name).ne_missing(pl.col(f"{name} stored"))
        for name in rows.columns
        if name not in key
    ]
    is_other = pl.any_horizontal(pl.col("known").is_null(), *differs)
    return both.filter(is_other).select(rows.columns)
