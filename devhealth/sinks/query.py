"""One query value for every store.

A rollup class states how each measure adds up; a `Query` asks for some of them by bucket and
group. `sql` turns it into one statement, `reference` (the oracle of all stores) into polars.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, Literal, get_args

import polars as pl

from devhealth.errors import Permanent
from devhealth.models.fields import ADDITIVE, Kind, Measure, RollsUp
from devhealth.models.rollups import Rollup
from devhealth.sinks.tables import Row, table_of
from devhealth.sinks.values import plain

Bucket = Literal["day", "week", "month", "all"]
Order = tuple[str, Literal["asc", "desc"]]

SUMMED: frozenset[Kind] = frozenset({"sum", "ratio", "per_day"})
STOCKED: frozenset[Kind] = frozenset({"stock", "stock_ratio"})

MANY = (list, tuple, set, frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Additive measures of one rollup over days [since, until).

    bucket  day, ISO week, month (named by its first day) or all (named by `since`)
    by      columns of the rollup's key to group by, `day` apart
    where   column of the key, or for what is summed one of the rollup's labels → value or list of
            values; a rollup with populations counts `people` unless it says otherwise
    order   measures, `bucket` or columns of `by`; ends in bucket and `by`; nulls last, always
    closed  first day that is not over yet: `per_day` and `stock` do not look beyond it
    """

    rollup: type[Rollup]
    measures: tuple[str, ...]
    since: date
    until: date
    bucket: Bucket = "all"
    by: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    order: tuple[Order, ...] = ()
    limit: int | None = None
    as_of: datetime | None = None
    closed: date | None = None

    def __post_init__(self) -> None:
        groups = set(self.rollup.key) - {"day"}
        _require(set(self.by) <= groups, self, "group by", set(self.by) - groups)
        filters = groups if self._has_stocks() else groups | set(self.rollup.labels)
        _require(set(self.where) <= filters, self, "filter on", set(self.where) - filters)
        declared = {name for name, _ in additive_measures(self.rollup)}
        _require(set(self.measures) <= declared, self, "add up", set(self.measures) - declared)
        sortable = {"bucket", *self.by, *self.measures}
        named = {name for name, _ in self.order}
        _require(named <= sortable, self, "order by", named - sortable)
        require_directions(self.order)
        self._require_shape()
        self._choose_population(groups)

    def _has_stocks(self) -> bool:
        """A stock holds until its key's next row, whatever label that one has."""
        plans = dict(additive_measures(self.rollup))
        return any(plans[name].kind in STOCKED for name in self.measures if name in plans)

    def _require_shape(self) -> None:
        if not self.measures:
            raise Permanent("A query asks for one measure at least.")
        if self.bucket not in get_args(Bucket):
            raise Permanent(f"`{self.bucket}` is no bucket: day, week, month or all.")
        if len(set(self.by)) < len(self.by):
            raise Permanent("A query groups by each column once.")
        if self.limit is not None and self.limit < 0:
            raise Permanent(f"An answer has no {self.limit} rows.")

    def _choose_population(self, groups: set[str]) -> None:
        """Populations overlap: they are shown side by side, never added together."""
        if "population" not in groups or "population" in self.by:
            return
        chosen = self.where.get("population", "people")
        alone = not isinstance(chosen, MANY) or len(set(chosen)) < 2
        _require(alone, self, "add up", {"several populations"})
        object.__setattr__(self, "where", {**self.where, "population": chosen})

    @property
    def full_order(self) -> tuple[Order, ...]:
        named = {name for name, _ in self.order}
        rest: list[Order] = [(name, "asc") for name in ("bucket", *self.by) if name not in named]
        return (*self.order, *rest)

    def buckets(self) -> list[tuple[date, date]]:
        """(first day, day after the last) of each bucket, cut to [since, until)."""
        spans: list[tuple[date, date]] = []
        day = self.since
        while day < self.until:
            end = min(next_bucket(day, self.bucket) or self.until, self.until)
            spans.append((day, end))
            day = end
        return spans

    def bucket_of(self, day: date) -> date:
        """The name of a day's bucket: its first day, even where `since` cuts it."""
        return bucket_of(day, self.bucket, self.since)

    def closed_until(self, end: date) -> date:
        return end if self.closed is None else min(end, self.closed)


def bucket_of(day: date, bucket: Bucket, since: date) -> date:
    """The first day of a day's bucket; of the one bucket that holds all, `since`."""
    if bucket == "week":
        return day - timedelta(days=day.weekday())
    if bucket == "month":
        return day.replace(day=1)
    return day if bucket == "day" else since


def next_bucket(day: date, bucket: Bucket) -> date | None:
    """The first day after a day's bucket. Null: all days are one bucket."""
    if bucket == "day":
        return day + timedelta(days=1)
    if bucket == "week":
        return day + timedelta(days=7 - day.weekday())
    if bucket == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return None


def additive_measures(cls: type[Rollup]) -> list[tuple[str, RollsUp]]:
    """The measures that add up from rows, with how."""
    return [
        (name, measure.rolls_up)
        for name, measure in measures_of(cls).items()
        if measure.rolls_up.kind in ADDITIVE
    ]


def measures_of(cls: type[Rollup]) -> dict[str, Measure]:
    """Every measure of a rollup by its field's name."""
    definitions = {
        name: spec.metadata.get("definition") for name, spec in cls.__dataclass_fields__.items()
    }
    return {name: spec for name, spec in definitions.items() if isinstance(spec, Measure)}


def page_order(cls: type[Row], order: Sequence[Order] = ()) -> tuple[Order, ...]:
    """A total order: the asked columns, then what is left of the key. Nulls come last, always.

    Raises `Permanent` for a column that the class does not have, or that holds lists.
    """
    sortable = {column.name for column in table_of(cls).columns if column.kind != "texts"}
    for name, _ in order:
        if name not in sortable:
            raise Permanent(f"{cls.table} has no column `{name}` to order by.")
    require_directions(order)
    named = {name for name, _ in order}
    return (*order, *((name, "asc") for name in cls.key if name not in named))


def require_directions(order: Sequence[Order]) -> None:
    for _, way in order:
        if way not in ("asc", "desc"):
            raise Permanent(f"`{way}` is no direction: asc or desc.")


# --- the reference ---------------------------------------------------------------------------


def reference(query: Query, rows: pl.DataFrame) -> pl.DataFrame:
    """What `aggregate` must answer, given the rollup's newest rows (as of `query.as_of`).

    The oracle of all stores, the implementation where a store cannot aggregate, and the place
    where several sources are joined.
    """
    plans = {name: measures_of(query.rollup)[name].rolls_up for name in query.measures}
    rows = _filtered(query, rows)
    groups = ["bucket", *query.by]
    summed = _summed(query, rows)
    stocks = _stocked(query, rows)
    parts = [
        part.group_by(groups).agg(*_totals(query, plans, kinds))
        for part, kinds in ((summed, SUMMED), (stocks, STOCKED))
        if any(plan.kind in kinds for plan in plans.values())
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.join(part, on=groups, how="full", coalesce=True, nulls_equal=True)
    answer = joined.with_columns(_finished(query, plans)).select(*groups, *plans)
    names, ways = zip(*query.full_order, strict=True)
    ordered = answer.sort(names, descending=[way == "desc" for way in ways], nulls_last=True)
    return ordered if query.limit is None else ordered.head(query.limit)


def _filtered(query: Query, rows: pl.DataFrame) -> pl.DataFrame:
    table = table_of(query.rollup)
    for name, value in query.where.items():
        asked = value if isinstance(value, MANY) else [value]
        cells = [plain(each, table.kind(name)) for each in asked]
        held = [cell if cell is None else str(cell) for cell in cells]
        rows = rows.filter(pl.col(name).is_in(held, nulls_equal=True))
    return rows


def _summed(query: Query, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the window, each under its bucket."""
    inside = rows.filter(
        pl.col("day") >= query.since, pl.col("day") < query.until, ~pl.col("is_empty")
    )
    names = {day: query.bucket_of(day) for day in inside["day"].unique()}
    return inside.with_columns(
        pl.col("day").replace_strict(names, return_dtype=pl.Date).alias("bucket")
    )


def _stocked(query: Query, rows: pl.DataFrame) -> pl.DataFrame:
    """Per bucket and key the newest row at or before the bucket's last closed day."""
    key = [name for name in query.rollup.key if name != "day"]
    held = []
    for start, end in query.buckets():
        last = query.closed_until(end) - timedelta(days=1)
        if last >= start:
            newest = rows.filter(pl.col("day") <= last).sort("day").unique(key, keep="last")
            held.append(newest.with_columns(pl.lit(query.bucket_of(start)).alias("bucket")))
    nothing = rows.clear().with_columns(pl.lit(None, pl.Date).alias("bucket"))
    return pl.concat([nothing, *held]).filter(~pl.col("is_empty"))


def _totals(
    query: Query, plans: Mapping[str, RollsUp], kinds: frozenset[Kind]
) -> Iterator[pl.Expr]:
    is_closed = pl.col("day") < query.closed_until(query.until)
    for name, plan in plans.items():
        for source in sources(name, plan) if plan.kind in kinds else []:
            column = pl.col(source).filter(is_closed) if plan.kind == "per_day" else pl.col(source)
            total = pl.when(column.count() > 0).then(column.sum())  # of nothing: null, as in SQL
            yield total.alias(f"{source} of {name}")


def _finished(query: Query, plans: Mapping[str, RollsUp]) -> list[pl.Expr]:
    days = {
        query.bucket_of(start): max(0, (query.closed_until(end) - start).days)
        for start, end in query.buckets()
    }
    closed = pl.col("bucket").replace_strict(days, default=0, return_dtype=pl.Int64)
    return [_finish(name, plan, closed).alias(name) for name, plan in plans.items()]


def _finish(name: str, plan: RollsUp, closed: pl.Expr) -> pl.Expr:
    totals = [pl.col(f"{source} of {name}") for source in sources(name, plan)]
    if plan.kind == "stock":
        return totals[0]
    if plan.kind == "sum":
        return totals[0].fill_null(0)
    under = closed if plan.kind == "per_day" else totals[1]
    over = totals[0].fill_null(0) if plan.kind == "per_day" else totals[0]
    return pl.when(under != 0).then(over.cast(pl.Float64) / under)


def sources(name: str, plan: RollsUp) -> list[str]:
    """The columns that a measure adds up: its own, or its numerator and denominator."""
    return [column for column in (plan.numerator, plan.denominator) if column] or [name]


def summed_columns(cls: type[Rollup]) -> list[str]:
    """All columns that the additive measures are made of."""
    made_of = (sources(name, plan) for name, plan in additive_measures(cls))
    return list(dict.fromkeys(chain.from_iterable(made_of)))


def _require(holds: bool, query: Query, act: str, wrong: set[str]) -> None:
    if not holds:
        names = ", ".join(sorted(wrong))
        raise Permanent(f"not_groupable: {query.rollup.table} rows cannot {act} {names}.")
