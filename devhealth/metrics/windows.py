"""Sliding windows without a copy per day: a window changes only when a day enters or leaves it.

What the window [d − 29, d] holds is the same for every day d on which nothing enters (its own day)
or leaves (30 days later). So each change is written twice, added and taken away, and running sums
over those change points are the windows of all days. A *state* is such a stretch: what the window
of a key holds, from its `place` to before `until`.

Keys are small numbers here. A key and a day together are one number, a `place`, that sorts like
both: everything below is a sort, a merge and a running sum of whole numbers.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, TypeVar

import polars as pl

from devhealth.metrics import Span

TOP_SHARE: Final = 0.75

_DAYS: Final = 2**18  # of a key's places: 358 years before and after 1970
_EPOCH: Final = date(1970, 1, 1)
PLACE: Final = pl.col("place")
_KEY: Final = PLACE // _DAYS
_DAY: Final = (PLACE % _DAYS - _DAYS // 2).cast(pl.Int32).cast(pl.Date)

Places = TypeVar("Places", pl.Expr, pl.Series)


def place(key: pl.Expr) -> pl.Expr:
    """The place of a key on the row's `day`."""
    return key * _DAYS + pl.col("day").to_physical() + _DAYS // 2


def key_of(places: Places) -> Places:
    return places // _DAYS


def moved(places: Places, keys: Places) -> Places:
    """The same days, under other keys."""
    return places % _DAYS + keys * _DAYS


def states(
    events: pl.DataFrame, window: int | None, lasting: str, span: Span | None = None
) -> pl.DataFrame:
    """The states of each key's window: `place`, `until` and the sums over it; sorted.

    `events` are whole numbers to be summed, sorted by the `place` where they enter. A state lasts
    while the sum of `lasting` is positive. Without a window each bucket is a state of its own.
    Only the part within `span` is given, where there is one.
    """
    sums = pl.exclude("place", "until")
    leaving = events.with_columns(PLACE + (1 if window is None else window), -sums)
    lasted = (
        events.merge_sorted(leaving, key="place")
        .with_columns(sums.cum_sum(), until=PLACE.shift(-1))
        .filter(pl.col("until") != PLACE, pl.col(lasting) > 0)
    )
    return lasted if span is None else _within(lasted, *span)


def _within(states: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    begin, end = (
        _KEY * _DAYS + (day - _EPOCH).days + _DAYS // 2 for day in (first, last + timedelta(days=1))
    )
    return states.filter(end > PLACE, pl.col("until") > begin).with_columns(
        pl.max_horizontal("place", begin), pl.min_horizontal("until", end)
    )


def in_order(frame: pl.DataFrame, by: Iterable[str]) -> pl.Series:
    """Each row's key: a number that sorts as the texts of these columns do, nulls first.

    What comes out by key need not be sorted as texts again, which is far dearer.
    """
    keys = pl.zeros(frame.height, pl.Int64, eager=True)
    for name in by:
        names = frame.select(pl.col(name).unique()).sort(pl.col(name).cast(pl.String))
        numbered = names.with_row_index("number")
        found = frame.select(name).join(
            numbered, on=name, how="left", nulls_equal=True, maintain_order="left"
        )
        keys = keys * names.height + found["number"]
    return keys


def with_close_keys(events: pl.DataFrame) -> pl.DataFrame:
    """Events, sorted by `place`, under the numbers from 0 on that sort as their keys do."""
    return events.with_columns(moved(PLACE, _KEY.rle_id().cast(pl.Int64)))


def days_of(places: pl.Series, span: Span | None = None) -> pl.DataFrame:
    """Each of some sorted places once, with the positions [since, until) at which it stands."""
    until = pl.int_range(1, pl.len() + 1)
    days = (
        places.to_frame("place")
        .select("place", until=until)
        .filter(PLACE.ne_missing(PLACE.shift(-1)))
        .with_columns(since=pl.col("until").shift(1, fill_value=0))
    )
    return days if span is None else days.filter(_DAY.is_between(*span))


def running(events: pl.DataFrame) -> pl.DataFrame:
    """Sums over the first n events, at n from 0 on: what lies between two is their difference."""
    return pl.concat([events.select(pl.all().cum_sum().shift(1, fill_value=0)), events.sum()])


def active(events: pl.DataFrame, who: str, at: pl.Series, window: int) -> pl.Series:
    """How many of the numbers in a column are among the events of each window, by its last place.

    An event keeps its number active for as long as a window holds it. So those that have begun to
    be so up to a place, less those that have ceased, are the ones which the window there holds.
    """
    count: int = events.select(pl.col(who).max().fill_null(0) + 1).item()
    each = events.select(moved(PLACE, _KEY * count + pl.col(who))).to_series().sort()
    is_begun = each.diff().fill_null(_DAYS) >= window
    is_last = is_begun.shift(-1, fill_value=True)
    begun, ceased = (
        moved(places, key_of(places) // count).sort().search_sorted(at, side="right")
        for places in (each.filter(is_begun), each.filter(is_last) + window)
    )
    return begun.cast(pl.Int64) - ceased.cast(pl.Int64)


def repeated(events: pl.DataFrame, window: int | None) -> pl.DataFrame:
    """Sorted events that some window holds together with another one of their key."""
    is_near = PLACE.diff().fill_null(_DAYS) < (window or 1)
    return events.filter(is_near | is_near.shift(-1, fill_value=False))


def totals(states: pl.DataFrame, scopes: pl.Series, count: str) -> pl.DataFrame:
    """What all the states of a scope hold together: a row per `scope` and `day` that has any.

    `scopes` has each state's scope, `count` names a column that is 1 in every state.
    """
    values = pl.exclude("place", "until")
    begun = states.with_columns(moved(states["place"], scopes), moved(states["until"], scopes))
    ended = begun.select(pl.col("until").alias("place"), -values)
    running = (
        pl.concat([begun.drop("until"), ended])
        .group_by("place")
        .agg(values.sum())
        .sort("place")
        .with_columns(values.cum_sum(), until=PLACE.shift(-1))
        .filter(pl.col(count) > 0)
    )
    return every_day(running).select(pl.exclude("place"), scope=_KEY, day=_DAY)


def distinct(events: pl.DataFrame, scopes: pl.Series) -> pl.DataFrame:
    """Keys with an event that day: a `count` for each `scope` and `day`.

    `events` are sorted by `place`, `scopes` has the scope of each key.
    """
    places = events["place"]
    once = places.filter(places != places.shift(1, fill_value=-1))
    return (
        moved(once, scopes.gather(key_of(once)))
        .to_frame()
        .group_by("place")
        .agg(count=pl.len())
        .select("count", scope=_KEY, day=_DAY)
    )


def every_day(states: pl.DataFrame) -> pl.DataFrame:
    """Each state once for each day that it lasts, `place` being that day's."""
    return states.with_columns(place=pl.int_ranges("place", "until")).explode("place").drop("until")


def has_top_author(by_file: pl.DataFrame, by_author: pl.DataFrame, files: pl.Series) -> pl.Series:
    """Of each state of a file: whether one author made at least 75 % of its `commits`.

    `by_author` has the states of authors with several commits to a file, `files` the file of each
    of these. A lone commit is its author's, so nothing else is looked at.
    """
    places = by_file["place"]
    several = by_author["commits"] > 1
    file, own = files.filter(several), by_author.filter(several)
    within = own.select(
        "commits",
        state=pl.int_ranges(
            places.search_sorted(moved(own["place"], file)),
            places.search_sorted(moved(own["until"], file)),
        ),
    ).explode("state")
    of_file = by_file["commits"].gather(within["state"])
    topped = within.filter(pl.col("commits") >= TOP_SHARE * of_file)["state"].implode()
    is_topped = (pl.col("commits") == 1) | pl.int_range(pl.len()).is_in(topped)
    return by_file.select(is_topped).to_series()


def concentration(lines: pl.DataFrame) -> pl.DataFrame:
    """How few authors the changed `lines` (> 0, one entry an author) at a `place` have.

    changed_loc_30d     all of them
    bus_factor_30d      fewest authors, by lines descending, with at least half of them
    ownership_gini_30d  2Σi·yᵢ/(nΣy) − (n+1)/n over yᵢ ascending; one author: 0
    authors_30d         n

    Places stand one after another, so a rank or running sum within one is that over all, less what
    stood before it.
    """
    ranked = lines.sort("place", "lines", descending=[False, True]).with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), running=pl.col("lines").cum_sum()
    )
    places = ranked.group_by("place", maintain_order=True).agg(
        n=pl.len().cast(pl.Int64),
        total=pl.col("lines").sum(),
        ranks=(pl.col("rank") * pl.col("lines")).sum(),
        before=pl.col("rank").first() - 1,
        run=pl.col("running").first() - pl.col("lines").first(),
    )
    n, total, before = pl.col("n"), pl.col("total"), pl.col("before")
    ascending = (n + 1) * total - (pl.col("ranks") - before * total)
    half = places.select(pl.col("run") + (total + 1) // 2).to_series()
    return places.select(
        key=_KEY,
        day=_DAY,
        authors_30d=n,
        changed_loc_30d=total,
        ownership_gini_30d=(2 * ascending - (n + 1) * total) / (n * total),
        bus_factor_30d=ranked["running"].search_sorted(half) + 1 - before,
    )
