"""Statistics of a sample, as every measure has them."""

import polars as pl


def quantile(of: str, sample: pl.Expr, share: float) -> pl.Expr:
    """Linear at rank (n − 1) · share; null where the sample is empty."""
    return pl.col(of).filter(sample).quantile(share, interpolation="linear")
