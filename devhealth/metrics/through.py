"""What lasts, through days: hours spent in each, and how many things were there.

Nothing is written out day by day: a span adds its part of the day it begins on, its part of the day
it ends on, and whole days in between as one that begins and one that ceases. Running sums over days
are the days themselves, so that the cost is of spans and of days, not of both together. They are
sums of whole milliseconds: such of hours would depend on the order in which they are added up.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import polars as pl

from devhealth.metrics import Grouping
from devhealth.models.fields import DTYPES

_INSTANT: Final = DTYPES["instant"]
_MS_PER_HOUR: Final = 3_600_000
_PARTS: Final = ("_part", "_whole", "_there", "_left", "_ceased")
_SUMMED: Final = ("_whole", "_there", "_left")  # from each bucket on
_AT: Final = pl.col("_at")
# A row is of the same thing and group as the one before it.
_AS_BEFORE: Final = pl.all_horizontal(
    pl.col(name) == pl.col(name).shift(1) for name in ("_thing", "_group")
)


def through(
    spans: pl.DataFrame, instants: tuple[str, str], thing: str, grouping: Grouping
) -> pl.DataFrame:
    """For each group and bucket: `hours` spent, `things` that were there, each once, and how many
    of them were `left` at its end.

    `instants` name from when and until when a span lasts, the second null while it does; `thing`
    names what lasts, never in two groups at once. Rows are of buckets with any of the three, and of
    such at whose first instant something ceased: else nothing would say that it is left no more.
    """
    by = list(grouping.by)
    buckets = _buckets(spans, instants, grouping)
    if buckets.is_empty():  # no day of the span is over
        return _nothing(spans, by)
    numbered, groups = _numbered(spans, thing, by)
    stretches = _stretches(numbered, instants, buckets)
    parts = pl.concat([*_parts(stretches, buckets), _ceased(numbered, instants, buckets)])
    rows = _running(parts, buckets).join(groups, on="_group")
    return rows.select(*by, "day", "hours", "things", "left")


def _numbered(
    spans: pl.DataFrame, thing: str, by: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Spans with `_thing` and `_group` as numbers, and what each group is: numbers are compared a
    hundred times as fast as texts."""
    groups = spans.select(*by, _=pl.lit(0)).unique().with_row_index("_group").drop("_")
    if by:
        numbered = spans.join(groups, on=by, nulls_equal=True, maintain_order="left")
    else:
        numbered = spans.with_columns(_group=pl.lit(0, pl.UInt32))
        groups = pl.DataFrame({"_group": pl.Series([0], dtype=pl.UInt32)})
    code = pl.col(thing).cast(pl.String).cast(pl.Categorical).to_physical()
    return numbered.with_columns(_thing=code), groups


def _nothing(spans: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    made = {"day": pl.Date, "hours": pl.Float64, "things": pl.Int64, "left": pl.Int64}
    cells = (pl.lit(None, dtype).alias(name) for name, dtype in made.items())
    return spans.select(*by, *cells).clear()


def _buckets(spans: pl.DataFrame, instants: tuple[str, str], grouping: Grouping) -> pl.DataFrame:
    """`day` (the bucket's name), `begins` and `ends`, in order."""
    first, last = grouping.span or _known(spans, instants)
    days = pl.DataFrame({"day": pl.date_range(first, last, eager=True)})
    named = days.with_columns(name=grouping.bucket)
    found = named.group_by("name").agg(begins=pl.col("day").min(), ends=pl.col("day").max())
    return found.sort("begins").select(
        day="name",
        begins=pl.col("begins").cast(_INSTANT),
        ends=(pl.col("ends") + timedelta(days=1)).cast(_INSTANT),
    )


def _known(spans: pl.DataFrame, instants: tuple[str, str]) -> tuple[date, date]:
    days = pl.concat([spans[name].dt.date() for name in instants]).drop_nulls()
    first, last = days.min(), days.max()
    if not isinstance(first, date) or not isinstance(last, date):
        first = last = date(1970, 1, 1)
    return first, last


def _stretches(
    spans: pl.DataFrame, instants: tuple[str, str], buckets: pl.DataFrame
) -> pl.DataFrame:
    """`_from` and `_to` within the buckets; what follows on itself in a group is one."""
    begins, ends = (pl.col(name) for name in instants)
    start, end = buckets["begins"][0], buckets["ends"][-1]
    told = spans.select(
        "_thing",
        "_group",
        _from=pl.max_horizontal(begins, pl.lit(start, _INSTANT)),
        _to=pl.min_horizontal(ends.fill_null(end), pl.lit(end, _INSTANT)),
    ).filter(pl.col("_from") < pl.col("_to"))
    follows = _AS_BEFORE & (pl.col("_from") == pl.col("_to").shift(1))
    joined = told.sort("_thing", "_group", "_from").with_columns(apart=~follows.fill_null(False))
    is_last = joined["apart"].shift(-1, fill_value=True)
    return joined.filter("apart").select(
        "_thing", "_group", "_from", _to=joined["_to"].filter(is_last)
    )


def _parts(stretches: pl.DataFrame, buckets: pl.DataFrame) -> list[pl.DataFrame]:
    """What each stretch adds, at the place (`_at`) of a bucket from which on it counts."""
    starts, ends = buckets["begins"], buckets["ends"]
    first = starts.search_sorted(stretches["_from"], side="right").cast(pl.Int64) - 1
    last = starts.search_sorted(stretches["_to"], side="left").cast(pl.Int64) - 1
    over = ends.search_sorted(stretches["_to"], side="right").cast(pl.Int64)
    placed = stretches.with_columns(
        _first=first, _last=last, _over=over, _end=ends.gather(first), _start=starts.gather(last)
    )
    is_short = pl.col("_first") == pl.col("_last")
    returned = (_AS_BEFORE & (pl.col("_last").shift(1) == pl.col("_first"))).fill_null(False)
    begin_part = _spent(pl.min_horizontal("_end", "_to") - pl.col("_from"))
    end_part = pl.when(~is_short).then(_spent(pl.col("_to") - pl.col("_start")))

    def adds(at: pl.Expr, **given: pl.Expr | int) -> pl.DataFrame:
        cells = {name: pl.lit(0) for name in _PARTS} | {
            name: each if isinstance(each, pl.Expr) else pl.lit(each)
            for name, each in given.items()
        }
        return placed.select(
            "_group",
            at.alias("_at"),
            *(each.cast(pl.Int64).alias(name) for name, each in cells.items()),
        )

    again = returned.cast(pl.Int64)
    return [
        adds(pl.col("_first"), _part=begin_part, _there=1 - again, _left=1),
        adds(pl.col("_last"), _part=end_part.fill_null(0)),
        adds(pl.col("_first") + 1, _whole=pl.when(is_short).then(0).otherwise(1), _there=again),
        adds(pl.col("_last"), _whole=pl.when(is_short).then(0).otherwise(-1)),
        adds(pl.col("_last") + 1, _there=-1),
        adds(pl.max_horizontal("_over", "_first"), _left=-1),
    ]


def _ceased(spans: pl.DataFrame, instants: tuple[str, str], buckets: pl.DataFrame) -> pl.DataFrame:
    """A mark at each bucket at whose first instant a span of its group ceased."""
    begins, ends = (pl.col(name) for name in instants)
    places = buckets.select("begins").with_row_index("_at")
    marked = spans.filter(begins < ends).join(places, left_on=instants[1], right_on="begins")
    others = (pl.lit(0, pl.Int64).alias(name) for name in _PARTS[:-1])
    return marked.select(
        "_group", _AT.cast(pl.Int64), *others, pl.lit(1, pl.Int64).alias("_ceased")
    )


def _spent(spent: pl.Expr) -> pl.Expr:
    return spent.dt.total_milliseconds()


def _running(parts: pl.DataFrame, buckets: pl.DataFrame) -> pl.DataFrame:
    """A row for each group and each bucket from its first part on, summed up to there."""
    places = buckets.with_row_index("_at").with_columns(
        _AT.cast(pl.Int64), _length=_spent(pl.col("ends") - pl.col("begins"))
    )
    added = parts.group_by("_group", "_at").agg(pl.col(_PARTS).sum())
    grid = added.select(pl.col("_group").unique()).join(
        places.select("_at", "day", "_length"), how="cross"
    )
    dense = grid.join(added, on=["_group", "_at"], how="left").sort("_group", "_at")
    running = [pl.col(name).fill_null(0).cum_sum().over("_group") for name in _SUMMED]
    summed = dense.with_columns(pl.col("_part", "_ceased").fill_null(0), *running)
    return summed.select(
        "_group",
        "day",
        hours=(pl.col("_part") + pl.col("_whole") * pl.col("_length")) / _MS_PER_HOUR,
        things="_there",
        left="_left",
        ceased="_ceased",
    ).filter(pl.any_horizontal(pl.col("hours", "things", "ceased") > 0))
