"""A measure by two axes: dimensions, buckets of days, or the weekday and hour of its instants.

Every cell is the measure's own definition over what is in it, never a mean of others. A week by
weekdays has a day of the calendar in each cell; else weekdays and hours are told by the records
that count, as a clock showed them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from devhealth.analytics.answers import Answer
from devhealth.analytics.parts import Privacy
from devhealth.analytics.questions import Clock, Dimension, Unanswerable
from devhealth.sinks.query import Bucket


class Time(StrEnum):
    """What stands on an axis beside dimensions."""

    HOUR_OF_DAY = "hour_of_day"
    DAY_OF_WEEK = "day_of_week"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


Axis = Dimension | Time

CLOCKS: Final[dict[Axis, Clock]] = {Time.HOUR_OF_DAY: "hour", Time.DAY_OF_WEEK: "weekday"}
BUCKETS: Final[dict[Axis, Bucket]] = {Time.DAY: "day", Time.WEEK: "week", Time.MONTH: "month"}
WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
FULL: Final[dict[Axis, tuple[str, ...]]] = {
    Time.DAY_OF_WEEK: WEEKDAYS,
    Time.HOUR_OF_DAY: tuple(f"{hour:02}" for hour in range(24)),
}
ADDS_UP: Final = ("sum", "stock")

# Columns of the cells, each with its axis as text.
ROW: Final = "_row"
COLUMN: Final = "_column"


@dataclass(frozen=True, slots=True)
class Axes:
    """Rows and columns. Raises `Unanswerable` for two that do not go together."""

    rows: Axis
    columns: Axis

    def __post_init__(self) -> None:
        times = [each for each in self.both if isinstance(each, Time)]
        dated = [each for each in times if each in BUCKETS]
        if self.rows is self.columns or (dated and len(times) == 2 and not self.is_calendar):
            _refuse("The axes are two different ones; beside DAY, WEEK or MONTH a dimension.")
        if Dimension.FILE in self.both:
            _refuse("Files are too many for an axis.")
        if Dimension.AUTHOR in self.both and not times:
            _refuse("What people did is told apart by time alone.")

    @property
    def both(self) -> tuple[Axis, Axis]:
        return self.rows, self.columns

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        return tuple(each for each in self.both if isinstance(each, Dimension))

    @property
    def is_calendar(self) -> bool:
        """A cell is a day."""
        return {*self.both} == {Time.WEEK, Time.DAY_OF_WEEK}

    @property
    def clock(self) -> tuple[Clock, ...]:
        """As a question has it."""
        found = tuple(CLOCKS[each] for each in self.both if each in CLOCKS)
        return () if self.is_calendar else found

    @property
    def bucket(self) -> Bucket:
        """As a question has it."""
        if self.is_calendar:
            return "day"
        return next((BUCKETS[each] for each in self.both if each in BUCKETS), "all")


@dataclass(frozen=True, slots=True)
class Cell:
    """`value` null: not measured. Where nothing happened there is no cell."""

    row: str
    column: str
    value: float | None
    sample: int | None


@dataclass(frozen=True, slots=True)
class Heatmap:
    """What stands on both axes, in order, and the cells.

    beyond      groups for which there was no room
    is_private  they are people who are too few to be told apart
    """

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Cell]
    beyond: int
    is_private: bool


def heatmap(answer: Answer, axes: Axes, *, top: int, privacy: Privacy) -> Heatmap:
    """The `top` groups of each dimension: by value or sample, people by their ids."""
    values = answer.values()
    if answer.entry.kind == "sum":
        values = values.filter(pl.col("value") != 0)
    found = values.with_columns(
        _text(axes.rows, axes).alias(ROW), _text(axes.columns, axes).alias(COLUMN)
    )
    weight = pl.col("value" if answer.entry.kind in ADDS_UP else "n").sum()
    every = [
        _ordered(found, axis, name, weight)
        for axis, name in zip(axes.both, (ROW, COLUMN), strict=True)
    ]
    rows, columns = (
        _shown(keys, axis, top, privacy) for keys, axis in zip(every, axes.both, strict=True)
    )
    kept = found.filter(pl.col(ROW).is_in(rows), pl.col(COLUMN).is_in(columns)).sort(ROW, COLUMN)
    return Heatmap(
        rows=rows,
        columns=columns,
        cells=[Cell(*each) for each in kept.select(ROW, COLUMN, "value", "n").rows()],
        beyond=sum(map(len, every)) - len(rows) - len(columns),
        is_private=any(
            axis is Dimension.AUTHOR and privacy.hides_among(keys) and len(some) < len(keys)
            for axis, keys, some in zip(axes.both, every, (rows, columns), strict=True)
        ),
    )


def _shown(keys: list[str], axis: Axis, top: int, privacy: Privacy) -> list[str]:
    if axis is Dimension.AUTHOR and privacy.hides_among(keys):
        return [key for key in keys if key in privacy.own]
    return keys[:top] if isinstance(axis, Dimension) else keys


def _ordered(found: pl.DataFrame, axis: Axis, name: str, weight: pl.Expr) -> list[str]:
    if axis in FULL:
        return list(FULL[axis]) if found.height else []
    keys = found.group_by(name).agg(weight.alias("_weight"))
    if axis is Dimension.AUTHOR or isinstance(axis, Time):
        return sorted(keys[name].to_list())
    return keys.sort("_weight", name, descending=[True, False], nulls_last=True)[name].to_list()


def _text(axis: Axis, axes: Axes) -> pl.Expr:
    bucket = pl.col("bucket")
    if axis is Time.DAY_OF_WEEK:
        number = bucket.dt.weekday() if axes.is_calendar else pl.col("weekday").cast(pl.Int8)
        return number.replace_strict(dict(enumerate(WEEKDAYS, 1)), return_dtype=pl.String)
    if axis is Time.HOUR_OF_DAY:
        return pl.col("hour")
    if isinstance(axis, Dimension):
        return pl.col(axis.columns[-1])
    return (bucket.dt.truncate("1w") if axes.is_calendar else bucket).cast(pl.String)


def _refuse(reason: str) -> None:
    raise Unanswerable(reason, code="invalid_axes")
