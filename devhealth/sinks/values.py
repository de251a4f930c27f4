"""Values as every store can hold them: whatever is written or asked for passes here.

text     NUL and halves of surrogate pairs become U+FFFD, since PostgreSQL holds neither
int      64 bits
float    finite
instant  UTC, cut to milliseconds; a day is its midnight; written: of the years 1900 to 2299,
         which is what ClickHouse holds
date     an instant is its UTC day; written: of the same years
uuid     or its text
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from math import isfinite
from operator import attrgetter
from types import NoneType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import polars as pl

from devhealth.errors import Permanent
from devhealth.sinks.tables import DTYPES, Column, Kind, Row, Table, table_of

MOST = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UTCS = {UTC, ZoneInfo("UTC")}  # ours, and what frames give
EARLIEST, LATEST = date(1900, 1, 1), date(2299, 12, 31)
YEARS = frozenset(range(EARLIEST.year, LATEST.year + 1))
UNHELD = re.compile("[\0\ud800-\udfff]")
NOUNS: Mapping[Kind, str] = {
    "uuid": "UUID",
    "text": "text",
    "int": "whole number of 64 bits",
    "float": "finite number",
    "bool": "truth value",
    "instant": "instant with a time zone",
    "date": "day",
    "texts": "list of texts",
}


def plain(value: Any, kind: Kind) -> Any:
    """One value as every store holds it. Raises `Permanent` for one of another kind."""
    if value is None:
        return None
    try:
        return CONVERT[kind](value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Permanent(f"`{str(value)[:50]}` is no {NOUNS[kind]}.") from error


def columns_of(table: Table, rows: Sequence[Row] | pl.DataFrame) -> list[Sequence[Any]]:
    """The columns of a batch as every store holds them. Raises `Permanent` naming the column."""
    if isinstance(rows, pl.DataFrame):
        missing = ", ".join(name for name in table.names if name not in rows.columns)
        if missing:
            raise Permanent(f"A frame of {table.name} lacks {missing}.")
        columns: Iterable[Sequence[Any]] = (rows[name].to_list() for name in table.names)
    else:
        columns = (list(map(attrgetter(name), rows)) for name in table.names)
    return [
        _held(table, column, values) for column, values in zip(table.columns, columns, strict=True)
    ]


def frame_of(cls: type[Row], rows: Sequence[Row]) -> pl.DataFrame:
    """Rows of a class as a frame, as every store will give them back: what is left out is the
    version. Raises `Permanent` naming the column that cannot be held."""
    table = table_of(cls)
    columns = columns_of(table, rows)
    return pl.DataFrame(
        {
            column.name: each_once(values, str) if column.kind == "uuid" else values
            for column, values in zip(table.columns, columns, strict=True)
        },
        schema={column.name: DTYPES[column.kind] for column in table.columns},
    )


def distinct(table: Table, columns: Sequence[Sequence[Any]]) -> Iterable[tuple[Any, ...]]:
    """One tuple per key, the last one given."""
    rows = zip(*columns, strict=True)
    key = len(table.key)
    return rows if _is_distinct(table, columns) else {row[:key]: row for row in rows}.values()


def distinct_columns(table: Table, columns: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """The same column by column; as they are given where no key comes twice."""
    if _is_distinct(table, columns):
        return columns
    return list(zip(*distinct(table, columns), strict=True))


def each_once(values: Sequence[Any], convert: Callable[[Any], Any]) -> Sequence[Any]:
    """A column converted, nulls apart; an object that comes again is converted once."""
    if not any(value is not None for value in values):
        return values
    places = list(map(id, values))
    known = dict(zip(places, values, strict=True))
    converted = {place: None if value is None else convert(value) for place, value in known.items()}
    return list(map(converted.__getitem__, places))


def milliseconds(instant: datetime) -> int:
    """Since 1970, of an instant that is cut to them."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _is_distinct(table: Table, columns: Sequence[Sequence[Any]]) -> bool:
    # Hashes, and one by one: ten thousand tuples at once have the garbage collector look through
    # all that is alive. Two keys of one hash only cost the longer way.
    keys = zip(*columns[: len(table.key)], strict=True)
    return len(set(map(hash, keys))) == len(columns[0])


def _held(table: Table, column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """A column, converted only where some value needs it: the test is far cheaper."""
    types = set(map(type, values))
    if NoneType in types and not column.nullable:
        raise Permanent(f"{table.name}.{column.name} cannot be null.")
    if types <= {NoneType}:
        return values
    if not types <= {HELD[column.kind], NoneType} or not FITS[column.kind](values):
        try:
            values = _converted(values, column.kind)
        except (TypeError, ValueError, OverflowError) as error:
            raise Permanent(
                f"{table.name}.{column.name} was given what is no {NOUNS[column.kind]}."
            ) from error
    if column.kind in ("instant", "date"):
        _require_years(table, column, values)
    return values


def _require_years(table: Table, column: Column, values: Iterable[Any]) -> None:
    years = set(map(attrgetter("year"), filter(None, values)))
    if not years <= YEARS:
        raise Permanent(
            f"{table.name}.{column.name} was given the year {min(years - YEARS)}: stores keep "
            f"{EARLIEST.year} to {LATEST.year}."
        )


def _converted(values: Sequence[Any], kind: Kind) -> Sequence[Any]:
    convert = CONVERT[kind]
    if kind == "uuid":
        known = {value: value if value is None else convert(value) for value in set(values)}
        return [known[value] for value in values]
    return [value if value is None else convert(value) for value in values]


# --- does a column fit as it is? Its values have the right type or are null ------------------


def _fits_text(values: Iterable[str | None]) -> bool:
    whole = "".join(filter(None, values))
    try:
        return b"\0" not in whole.encode()
    except UnicodeEncodeError:
        return False


def _fits_int(values: Iterable[int | None]) -> bool:
    return max(map(abs, filter(None, values)), default=0) <= MOST


def _fits_float(values: Iterable[float | None]) -> bool:
    return all(map(isfinite, filter(None, values)))


def _fits_instant(values: Iterable[datetime | None]) -> bool:
    instants = list(filter(None, values))
    if not set(map(attrgetter("tzinfo"), instants)) <= UTCS:
        return False
    return not any(each % 1000 for each in set(map(attrgetter("microsecond"), instants)))


def _fits_texts(values: Iterable[list[Any] | None]) -> bool:
    inside = list(chain.from_iterable(filter(None, values)))
    return set(map(type, inside)) <= {str} and _fits_text(inside)


def _fits(values: Iterable[Any]) -> bool:
    return True


HELD: Mapping[Kind, type] = {
    "uuid": UUID,
    "text": str,
    "int": int,
    "float": float,
    "bool": bool,
    "instant": datetime,
    "date": date,
    "texts": list,
}
FITS: Mapping[Kind, Callable[[Sequence[Any]], bool]] = {
    "uuid": _fits,
    "text": _fits_text,
    "int": _fits_int,
    "float": _fits_float,
    "bool": _fits,
    "instant": _fits_instant,
    "date": _fits,
    "texts": _fits_texts,
}

# --- one value; raises TypeError, ValueError or OverflowError --------------------------------


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else _uuid_of(value)


@lru_cache(maxsize=4096)  # the same few hundred are asked for in read after read
def _uuid_of(text: str) -> UUID:
    return UUID(_text(text))


def _text(value: Any) -> str:
    return UNHELD.sub("\ufffd", value)


def _int(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    if not -MOST - 1 <= value <= MOST:
        raise OverflowError
    return value


def _float(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not isfinite(number):
        raise ValueError
    return number


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime):
        day = _date(value)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    if value.tzinfo is None:
        raise ValueError
    utc = value.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return _instant(value).date()
    if not isinstance(value, date):
        raise TypeError
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return [_text(each) for each in value]


CONVERT: Mapping[Kind, Callable[[Any], Any]] = {
    "uuid": _uuid,
    "text": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "instant": _instant,
    "date": _date,
    "texts": _texts,
}
