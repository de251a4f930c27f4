"""Whose work counts: everybody's, `all`, or that of `people`, bots left out."""

from collections.abc import Mapping, Sequence

import polars as pl

IS_HUMAN = pl.col("actor_kind") == "human"


def per_population(
    records: pl.DataFrame, row: Sequence[str], counts: Mapping[str, pl.Expr]
) -> pl.DataFrame:
    """A row for each of `row` and each population that has records there; never added together."""
    populations = {"all": records, "people": records.filter(IS_HUMAN)}
    return pl.concat(
        part.group_by(row).agg(**counts).with_columns(population=pl.lit(name))
        for name, part in populations.items()
    )
