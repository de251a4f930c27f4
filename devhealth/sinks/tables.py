"""A record or rollup class, read as a table: its columns, their kinds, its key.

About eight Python types carry every table; each store maps the kinds, nothing else.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any, TypeVar, cast
from uuid import UUID

import polars as pl

from devhealth.models.fields import DTYPES, types_of
from devhealth.models.fields import Type as Kind
from devhealth.models.records import RECORDS, Record
from devhealth.models.rollups import ROLLUPS, Rollup

__all__ = [
    "CLASSES",
    "DTYPES",
    "Column",
    "Kind",
    "Row",
    "Table",
    "objects",
    "table_of",
    "values_of",
]

Row = Record | Rollup
AnyRow = TypeVar("AnyRow", bound=Row)

CLASSES: tuple[type[Row], ...] = (*RECORDS, *ROLLUPS)

# What rows that stand already get in a column that is new, not null and without a default.
ZEROS: dict[Kind, Any] = {
    "uuid": UUID(int=0),
    "text": "",
    "int": 0,
    "float": 0.0,
    "bool": False,
    "instant": datetime(1970, 1, 1, tzinfo=UTC),
    "date": date(1970, 1, 1),
    "texts": [],
}


@dataclass(frozen=True, slots=True)
class Column:
    """`filler` is what it holds in rows that are older than itself."""

    name: str
    kind: Kind
    nullable: bool
    filler: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Table:
    """The shape that a class has in every store.

    columns  the class's own fields, key first; `org_id` and the version stand outside of them
    key      without `org_id`
    version  `synced_at` of a record, `computed_at` of a rollup
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    instants: tuple[str, ...]
    version: str
    is_rollup: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """What a frame read from it looks like: every column, then the version."""
        dtypes = {column.name: DTYPES[column.kind] for column in self.columns}
        return dtypes | {self.version: DTYPES["instant"]}

    def part(self, names: Collection[str]) -> "Table":
        """The same table as if it had only some of its columns."""
        return replace(
            self,
            columns=tuple(column for column in self.columns if column.name in names),
            key=tuple(name for name in self.key if name in names),
        )

    def kind(self, name: str) -> Kind:
        if name == self.version:
            return "instant"
        return next(column.kind for column in self.columns if column.name == name)


def table_of(cls: type[Row]) -> Table:
    if cls not in _TABLES:
        _TABLES[cls] = _read(cls)
    return _TABLES[cls]


def values_of(cls: type[Row]) -> Callable[[Row], tuple[Any, ...]]:
    """The function that turns a row object into the tuple of its columns."""
    return attrgetter(*table_of(cls).names)


_TABLES: dict[type[Row], Table] = {}


def _read(cls: type[Row]) -> Table:
    types = types_of(cls)
    given = {spec.name: spec.default for spec in fields(cls) if spec.default is not MISSING}
    ordered = [*cls.key, *(name for name in types if name not in cls.key)]
    return Table(
        name=cls.table,
        columns=tuple(_column(name, *types[name], given) for name in ordered),
        key=cls.key,
        instants=cls.instants,
        version=cls.version,
        is_rollup=issubclass(cls, Rollup),
    )


def _column(name: str, kind: Kind, nullable: bool, given: Mapping[str, Any]) -> Column:
    zero = None if nullable else ZEROS[kind]
    return Column(name, kind, nullable, filler=given.get(name, zero))


def objects(cls: type[AnyRow], frame: pl.DataFrame) -> list[AnyRow]:
    """A frame's rows as objects of their class."""
    table = table_of(cast("type[Row]", cls))
    uuids = {column.name for column in table.columns if column.kind == "uuid"}
    build: Callable[..., AnyRow] = cls
    return [
        build(
            **{name: UUID(cell) if name in uuids and cell else cell for name, cell in row.items()}
        )
        for row in frame.select(table.names).iter_rows(named=True)
    ]
