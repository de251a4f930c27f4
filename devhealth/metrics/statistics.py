"""Statistics of a sample, as every measure has them."""

import polars as pl


def quantile(of: pl.Expr, rank: float) -> pl.Expr:
    """At rank (n − 1) · `rank`, between two in proportion, of what is told. Null of none."""
    return of.quantile(rank, interpolation="linear")
