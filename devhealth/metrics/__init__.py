"""How records become rollups: one module per table, pure functions from frames to frames.

Each module makes one `METRIC`: its `rollup`, and its `parts`, each of which names the records it
reads and the measures it gives. Frames in, frame out; no clock, no connection. What the rows are
grouped by is an argument, so that a day, a week, a team and a person share one definition.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from importlib import import_module

import polars as pl

from devhealth.metrics.stocks import at_ends
from devhealth.models.fields import DTYPES, Measure, types_of
from devhealth.models.records import Record
from devhealth.models.rollups import Rollup

METRICS: tuple[str, ...] = (
    "devhealth.metrics.repo_metrics_daily",
    "devhealth.metrics.user_metrics_daily",
    "devhealth.metrics.team_metrics_daily",
    "devhealth.metrics.file_metrics_daily",
    "devhealth.metrics.review_edges_daily",
    "devhealth.metrics.cicd_metrics_daily",
    "devhealth.metrics.deploy_metrics_daily",
    "devhealth.metrics.incident_metrics_daily",
    "devhealth.metrics.work_item_metrics_daily",
    "devhealth.metrics.work_item_state_durations_daily",
    "devhealth.metrics.investment_metrics_daily",
)

Key = tuple[type[Record], str, str]  # what one read of the store loads: see `Source`

Frames = Mapping[Key, pl.DataFrame]  # records by `Source.key`

Span = tuple[date, date]

DAY = pl.col("day")

# Each numbered from 0 on by itself; polars forgets the numbers with the last frame that has them.
CATEGORIES = {
    name: pl.Categorical(pl.Categories(name, "devhealth"))
    for name in ("repo_id", "author_id", "path")
}
CATEGORIES["reviewer_id"] = CATEGORIES["author_id"]  # the same people


@dataclass(frozen=True, slots=True)
class Source:
    """Records that a part reads.

    at       the instant whose UTC day they count on, and by which they are loaded; '' for records
             that are looked up, whatever their age
    until    the instant before which they cease, where they last from `at` on, null meaning that
             they still do. Those are loaded that last on one of the days, and given whole: the part
             counts them at the ends of buckets (`lasting_at_ends`), or through them (`through`)
    columns  what is needed of them, beside these instants
    unless   the column that is true of those which count nowhere
    window   days that one record has a say in: its own and those after it
    shown_by the measure that is not 0 on a day with such records; a window whose rows stand on
             days without records, too, needs one
    is_beside
             others are told by them: whatever is asked for, all of a repository's are looked at
    """

    cls: type[Record]
    at: str
    columns: tuple[str, ...]
    window: int = 1
    shown_by: str = ""
    until: str = ""
    unless: str = ""
    is_beside: bool = False

    @property
    def key(self) -> Key:
        return self.cls, self.at, self.until

    def __or__(self, other: "Source") -> "Source":
        """The same records, read for both."""
        columns = tuple(dict.fromkeys((*self.columns, *other.columns)))
        wider = max(self, other, key=lambda each: each.window)
        shown_by, unless = self.shown_by or other.shown_by, self.unless or other.unless
        return replace(wider, columns=columns, shown_by=shown_by, unless=unless)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Which rows are wanted of a part.

    by      columns of the records that make a row, beside its bucket
    bucket  from `day` to the bucket's name; by `DAY` windows reach back, any other is its own
    span    first and last day that anybody asks for: others may be left out
    """

    by: tuple[str, ...]
    bucket: pl.Expr = field(default_factory=lambda: DAY)
    span: Span | None = None

    @property
    def row(self) -> tuple[str, ...]:
        return (*self.by, "day")

    @property
    def is_by_day(self) -> bool:
        return self.bucket.meta.eq(DAY)

    def window(self, days: int) -> int | None:
        """Days that a row looks back over, its own included. None: exactly its bucket's."""
        return days if self.is_by_day else None

    @property
    def rows_within(self) -> Span | None:
        """The same as `span`, for days. Of other buckets no record beyond it is left."""
        return self.span if self.is_by_day else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Measures that the same walk over the same records gives.

    over      records, each with the bucket it counts on as `day`, its team as `team_id` and its
              person as `author_id`, → a row per `Grouping.row`, and per population where the rollup
              has them
    evidence  measure → which of the first source's records are behind it; default: all records of
              every source that is read by an instant. Of what lasts at ends they have `ends`
    is_through
              what lasts counts through days, not at their ends
    constant  columns that classes lack and count under all the same: what they say of them
    groups    columns that it can be grouped by and filtered on
    always    those of them that every grouping of it must have, but for measures that are `apart`
    apart     measures that are counted record by record, whatever these are put together by
    team      the column that says which team its records count for
    person    the column that says which person its records count for; '' where that is not one
    kind      the column that says whether that is a human or a bot
    named     classes whose team and person are other columns than these
    """

    sources: tuple[Source, ...]
    gives: tuple[str, ...]
    over: Callable[[Frames, Grouping], pl.DataFrame]
    evidence: Mapping[str, pl.Expr] = field(default_factory=dict)
    groups: tuple[str, ...] = ("repo_id", "author_id", "team_id")
    always: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    team: str = "team_id"
    person: str = "author_id"
    kind: str = "actor_kind"
    named: Mapping[type[Record], tuple[str, str]] = field(default_factory=dict)
    is_through: bool = False
    constant: Mapping[type[Record], Mapping[str, str]] = field(default_factory=dict)

    def team_of(self, cls: type[Record]) -> str:
        return self.named[cls][0] if cls in self.named else self.team

    def person_of(self, cls: type[Record]) -> str:
        return self.named[cls][1] if cls in self.named else self.person

    def can_group(self, measure: str, columns: Set[str]) -> bool:
        """Whether its records can be told apart by these, and found by them."""
        people = {"author_id"} if not self.person else set()
        always = set() if measure in self.apart else set(self.always)
        return always <= columns <= set(self.groups) - people

    def rows(self, counted: Frames, grouping: Grouping) -> pl.DataFrame:
        """What `over` makes of the records under the team and the person that they count for here.

        A column that is asked for by its own name stands beside them.
        """
        found = {}
        for key in (source.key for source in self.sources):
            names = {"team_id": self.team_of(key[0]), "author_id": self.person_of(key[0])}
            whole = self.with_constant(key[0], counted[key])
            found[key] = whole.with_columns(
                pl.col(own).alias(name)
                for name, own in names.items()
                if own in whole.columns and own not in (name, *grouping.by)
            )
        return self.over(found, grouping)

    def with_constant(self, cls: type[Record], rows: pl.DataFrame) -> pl.DataFrame:
        told = self.constant.get(cls, {})
        return rows.with_columns(pl.lit(value).alias(name) for name, value in told.items())


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A rollup table and how it is made.

    ratios  measures that are a share of two others of the same row: numerator, denominator;
            those that the class declares as ratios of sums are among them anyway
    made    measures that are made of others of the same row in another way, before the ratios are:
            of which, and how; what nobody counted of them is 0
    """

    rollup: type[Rollup]
    parts: tuple[Part, ...]
    ratios: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    made: Mapping[str, tuple[tuple[str, ...], pl.Expr]] = field(default_factory=dict)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Each read once."""
        return sources_of(self.parts)

    @cached_property
    def shares(self) -> Mapping[str, tuple[str, str]]:
        """Every ratio of the row."""
        declared = {
            spec.name: (plan.numerator, plan.denominator)
            for spec in fields(self.rollup)
            if isinstance(told := spec.metadata["definition"], Measure)
            and (plan := told.rolls_up).kind == "ratio"
        }
        return declared | dict(self.ratios)

    @property
    def by(self) -> tuple[str, ...]:
        """What makes a row of the table, beside population and day."""
        return tuple(name for name in self.rollup.key if name not in ("population", "day"))

    def sample_of(self, measure: str) -> str | None:
        """The measure that says how many things a statistic is of. None: it is no statistic."""
        told: Measure = self.rollup.__dataclass_fields__[measure].metadata["definition"]
        return told.sample or told.rolls_up.denominator or None

    def parts_of(self, measures: Iterable[str]) -> tuple[Part, ...]:
        """The parts that give these measures, or what they are shares of."""
        asked = list(measures)
        needed = {*asked, *(name for each in asked for name in self.shares.get(each, ()))}
        needed |= {sample for each in asked if (sample := self.sample_of(each))}
        needed |= {name for each in needed if each in self.made for name in self.made[each][0]}
        return tuple(part for part in self.parts if needed & set(part.gives))

    def compute(
        self,
        frames: Frames,
        bucket: pl.Expr = DAY,
        span: Span | None = None,
        *,
        by: tuple[str, ...] | None = None,
        measures: Collection[str] | None = None,
    ) -> pl.DataFrame:
        """Every row that the records give, each column of the class filled.

        `by` groups by other columns of the records than the class's key does; `measures` are then
        all that is told, beside the sizes of their samples.
        """
        grouping = Grouping(by=self.by if by is None else by, bucket=bucket, span=span)
        parts = self.parts if measures is None else self.parts_of(measures)
        counted = {
            source.key: counted_on(frames[source.key], source, grouping)
            for source in sources_of(parts)
        }
        row = [*grouping.row, *(["population"] if "population" in self.rollup.key else [])]
        rows, *others = (part.rows(counted, grouping) for part in parts)
        for other in (each for each in others if not each.is_empty()):
            rows = rows.join(other, on=row, how="full", coalesce=True, nulls_equal=True)
        rows = self._with_made(rows, {name for part in parts for name in part.gives})
        given = {
            name: share(*pair)
            for name, pair in self.shares.items()
            if set(pair) <= set(rows.columns)
        }
        asked = None if measures is None else self._with_samples(measures)
        return completed(self.rollup, rows.with_columns(**given), grouping.by, asked)

    def _with_samples(self, measures: Iterable[str]) -> set[str]:
        asked = set(measures)
        return asked | {sample for each in asked if (sample := self.sample_of(each))}

    def _with_made(self, rows: pl.DataFrame, counted_here: set[str]) -> pl.DataFrame:
        known = {name: told for name, told in self.made.items() if set(told[0]) <= counted_here}
        counted = {
            name: pl.col(name).fill_null(0) if name in rows.columns else pl.lit(0)
            for of, _ in known.values()
            for name in of
        }
        return rows.with_columns(**counted).with_columns(
            **{name: how for name, (_, how) in known.items()}
        )


def metrics() -> tuple[Metric, ...]:
    return tuple(import_module(name).METRIC for name in METRICS)


def sources_of(parts: Iterable[Part]) -> tuple[Source, ...]:
    found: dict[Key, Source] = {}
    for part in parts:
        for source in part.sources:
            known = found.get(source.key)
            found[source.key] = known | source if known else source
    return tuple(found.values())


def prepared(frame: pl.DataFrame) -> pl.DataFrame:
    """Records with ids and paths as categories: they are only compared, and that very often.

    Done once for all metrics, where several read the same records.
    """
    return frame.with_columns(
        pl.col(name).cast(dtype) for name, dtype in CATEGORIES.items() if name in frame.columns
    )


def counted_on(frame: pl.DataFrame, source: Source, grouping: Grouping) -> pl.DataFrame:
    """Prepared records that count, under the bucket of the UTC day of their instant, named `day`;
    what lasts is given whole.

    What no row of the span looks back to is left out.
    """
    ready = prepared(frame)
    if source.unless:
        ready = ready.filter(~pl.col(source.unless))
    if not source.at or source.until:
        return ready
    dated = ready.with_columns(pl.col(source.at).dt.date().alias("day"))
    if grouping.span is not None and grouping.window(source.window) in (1, None):
        dated = dated.filter(DAY.is_between(*grouping.span))
    return dated.with_columns(grouping.bucket.alias("day"))


def lasting_at_ends(records: pl.DataFrame, source: Source, grouping: Grouping) -> pl.DataFrame:
    """What lasts, once for each bucket at whose end it does (`stocks.at_ends`)."""
    return at_ends(records, (source.at, source.until), grouping.bucket, grouping.span)


def share(part: str, whole: str) -> pl.Expr:
    """A ratio in [0, 1]; null where the whole is nothing."""
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def completed(
    cls: type[Rollup], rows: pl.DataFrame, by: tuple[str, ...], asked: Collection[str] | None = None
) -> pl.DataFrame:
    """Rows as the class declares them, under other columns than its key's where it was asked.

    Sorted by what makes a row; what nobody counted is its field's default. Floats are rounded to 6
    decimals, so that the same records always give the same row. With `asked` only these measures.
    """
    populations = [name for name in ("population",) if name in cls.key]
    made_by = [*by, *populations, "day"]
    columns = [pl.col(name).cast(pl.String) for name in by if name not in cls.key]
    types = types_of(cls)
    for spec in fields(cls):
        if (spec.name in cls.key) != (spec.name in made_by):
            continue
        if asked is not None and spec.name not in asked and spec.name not in made_by:
            continue
        kind, _ = types[spec.name]
        cell = pl.col(spec.name) if spec.name in rows.columns else pl.lit(None)
        cell = cell.cast(DTYPES[kind])
        if kind == "float":
            cell = cell.round(6)
        if spec.default is not MISSING and spec.default is not None:
            cell = cell.fill_null(spec.default)
        columns.append(cell.alias(spec.name))
    return rows.select(columns).sort(made_by)
