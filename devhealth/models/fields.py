"""How a field is declared: `column` for a fact, `measure` for a number with a way to add up.

The text given here is the field's definition everywhere: in the store's documentation, OpenAPI,
GraphQL and the catalogue. Units stand in it or beside it, instants are UTC.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_type_hints
from uuid import UUID

import polars as pl

Type = Literal["uuid", "text", "int", "float", "bool", "instant", "date", "texts"]

TYPES: dict[Any, Type] = {
    UUID: "uuid",
    str: "text",
    int: "int",
    float: "float",
    bool: "bool",
    datetime: "instant",
    date: "date",
    list[str]: "texts",
}

# What a column is in a frame. UUIDs are text there.
DTYPES: dict[Type, pl.DataType] = {
    "uuid": pl.String(),
    "text": pl.String(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "bool": pl.Boolean(),
    "instant": pl.Datetime("ms", "UTC"),
    "date": pl.Date(),
    "texts": pl.List(pl.String()),
}

Kind = Literal["sum", "ratio", "per_day", "stock", "stock_ratio", "record"]

ADDITIVE: frozenset[Kind] = frozenset({"sum", "ratio", "per_day", "stock", "stock_ratio"})


@dataclass(frozen=True, slots=True)
class RollsUp:
    """How a measure spans more than one row of its table (METRICS: "How numbers add up").

    sum          Σ of the rows
    ratio        Σ numerator / Σ denominator; null where the denominator is 0
    per_day      Σ numerator / closed days of the bucket
    stock        per key the newest row at or before the bucket's last closed day, then Σ
    stock_ratio  a ratio of two stocks
    record       not from rows: the daily expression again, over the records of the span
    """

    kind: Kind
    numerator: str = ""
    denominator: str = ""


SUM = RollsUp("sum")
STOCK = RollsUp("stock")
RECORD = RollsUp("record")


def ratio(numerator: str, denominator: str) -> RollsUp:
    return RollsUp("ratio", numerator, denominator)


def per_day(numerator: str) -> RollsUp:
    return RollsUp("per_day", numerator)


def stock_ratio(numerator: str, denominator: str) -> RollsUp:
    return RollsUp("stock_ratio", numerator, denominator)


@dataclass(frozen=True, slots=True)
class Column:
    """The definition of a field that is no measure."""

    definition: str


Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True)
class Measure:
    """The definition of a number.

    unit      what one of it is
    rolls_up  how it spans more than one row
    sample    the field that holds the size of a statistic's sample
    better    which way is good, as far as a number alone can say
    version   of the definition; it rises when the same records would give another number
    """

    unit: str
    definition: str
    rolls_up: RollsUp
    sample: str | None = None
    better: Better = "neither"
    version: int = 1


def column(
    definition: str, default: Any = MISSING, *, default_factory: Callable[[], Any] | None = None
) -> Any:
    """A fact of a row. Without a default the field must be given."""
    metadata = {"definition": Column(definition)}
    if default_factory is not None:
        return field(default_factory=default_factory, metadata=metadata)
    return field(default=default, metadata=metadata)


def measure(
    unit: str,
    definition: str,
    rolls_up: RollsUp,
    *,
    sample: str | None = None,
    better: Better = "neither",
    version: int = 1,
) -> Any:
    """A number of a rollup row (see `Measure`): 0 of nothing for what is summed or a stock, else
    null."""
    return field(
        default=None if sample or rolls_up.denominator else 0,
        metadata={"definition": Measure(unit, definition, rolls_up, sample, better, version)},
    )


def types_of(cls: type) -> Mapping[str, tuple[Type, bool]]:
    """Each field of a record or rollup class: its type, and whether it may be null."""
    if cls not in _known:
        hints = get_type_hints(cls)
        _known[cls] = {spec.name: _type(hints[spec.name]) for spec in fields(cls)}
    return _known[cls]


_known: dict[type, Mapping[str, tuple[Type, bool]]] = {}


def _type(hint: Any) -> tuple[Type, bool]:
    if not isinstance(hint, UnionType):
        return TYPES[hint], False
    return TYPES[next(arg for arg in get_args(hint) if arg is not NoneType)], True
