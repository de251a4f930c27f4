"""What lasts, at the end of days: a stock counts what has begun by then and has not ceased.

Something that ceases at midnight lasts to the end of the day before, as what begins at midnight
begins the new one. So each day's stock is the last one's, and what began, less what ceased.
"""

from datetime import date, timedelta
from typing import Final

import polars as pl

from devhealth.models.fields import DTYPES

ENDS: Final = pl.col("ends")
_NEVER: Final = date.max


def at_ends(
    records: pl.DataFrame,
    instants: tuple[str, str],
    bucket: pl.Expr,
    span: tuple[date, date] | None,
) -> pl.DataFrame:
    """Each record once for each bucket at whose end it lasts: the bucket as `day`, and `ends`.

    `instants` names from when and until when a record lasts, the second null while it does. A
    bucket ends with its last day within the span; `ends` is the midnight (UTC) after it. Without a
    span the days are those from the first instant that the records name to the last one.
    """
    begins, ceases = (records[name].dt.date() for name in instants)
    first, last = span or _known(begins, ceases)
    days = pl.DataFrame({"day": pl.date_range(first, last, eager=True)}).with_columns(at=bucket)
    buckets = days.group_by("at").agg(pl.col("day").max()).sort("day")
    places = records.with_columns(
        _since=buckets["day"].search_sorted(begins, side="left"),
        _until=buckets["day"].search_sorted(ceases.fill_null(_NEVER), side="left"),
    )
    each = places.filter(pl.col("_since") < pl.col("_until")).with_columns(
        _place=pl.int_ranges("_since", "_until")
    )
    lasting = each.explode("_place")
    midnight = pl.col("day") + timedelta(days=1)
    found = buckets.with_columns(ends=midnight.cast(DTYPES["instant"]))
    return lasting.drop("_since", "_until", "_place").with_columns(
        found.select(day="at", ends="ends")[lasting["_place"]].get_columns()
    )


def _known(begins: pl.Series, ceases: pl.Series) -> tuple[date, date]:
    told = pl.concat([begins, ceases]).drop_nulls()
    first, last = told.min(), told.max()
    nothing = date(1970, 1, 2), date(1970, 1, 1)
    return (first, last) if isinstance(first, date) and isinstance(last, date) else nothing
