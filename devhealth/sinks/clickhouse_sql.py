"""ClickHouse's types, and how it writes what `sql` leaves open.

Records are read with FINAL: of rows with one key the newest version, of equal versions the last
written. Rollups stand twice: every version in `<table>_versions`, and each key's newest row in
`<table>`, which a materialised view feeds; there, too, FINAL decides among what is not merged yet.
So the latest rows cost the same however many versions there are, and only `as_of` reads them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from devhealth.sinks.query import Bucket
from devhealth.sinks.sql import ALIVE, ORG, Selection, Statement
from devhealth.sinks.tables import Column, Kind, Table
from devhealth.sinks.values import EARLIEST, LATEST, plain

TYPES: dict[Kind, str] = {
    "uuid": "UUID",
    "text": "String",
    "int": "Int64",
    "float": "Float64",
    "bool": "Bool",
    "instant": "DateTime64(3, 'UTC')",
    "date": "Date32",
    "texts": "Array(String)",
}
FIELD_BYTES = 100_000  # of a parameter; ClickHouse's http_max_field_value_size is 131,072
VERSIONS = "_versions"
PRECEDENCE = "precedence"


def type_of(column: Column) -> str:
    """A list cannot be null in ClickHouse: the null list is [null], which no list of texts is."""
    if not column.nullable:
        return TYPES[column.kind]
    return (
        "Array(Nullable(String))" if column.kind == "texts" else f"Nullable({TYPES[column.kind]})"
    )


def quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


class ClickHouse:
    """The dialect, in one database."""

    def __init__(self, database: str) -> None:
        self.database = quoted(database)

    def placeholder(self, name: str, kind: Kind) -> str:
        return f"{{{name}:{TYPES[kind]}}}"

    def value(self, value: Any, kind: Kind) -> Any:
        """As text: what the driver makes of an instant depends on time zones and loses its ms."""
        if kind == "instant":
            return f"{_held(value.date())} {value.time().isoformat('milliseconds')}"
        if kind == "date":
            return str(_held(value))
        return str(value).lower() if kind == "bool" else value

    def table(self, name: str) -> str:
        return f"{self.database}.{name}"

    def newest(
        self,
        statement: Statement,
        table: Table,
        chosen: Selection,
        of_key: Sequence[str],
        rest: Sequence[str],
    ) -> str:
        if table.is_rollup and chosen.as_of is not None:
            return self._as_of(statement, table, chosen.as_of, of_key, rest)
        alive = [] if table.is_rollup or chosen.deleted else [ALIVE]
        tests = [*of_key, *rest, *alive]
        return f"from {self.table(table.name)} final where {' and '.join(tests)}"

    def _as_of(
        self,
        statement: Statement,
        table: Table,
        moment: datetime,
        of_key: Sequence[str],
        rest: Sequence[str],
    ) -> str:
        """Whole rows: a newest value per column would skip nulls and mix versions."""
        key = ", ".join((ORG, *table.key))
        tests = [*of_key, f"{table.version} <= {statement.bind(moment, 'instant')}"]
        newest = (
            f"select * from {self.table(table.name + VERSIONS)} where {' and '.join(tests)} "
            f"order by {key}, {PRECEDENCE} desc limit 1 by {key}"
        )
        return f"from ({newest}) where {' and '.join(rest or ['true'])}"

    def select(self, column: str, kind: Kind) -> str:
        return self.sorts(column, kind)

    def sorts(self, expression: str, kind: Kind) -> str:
        # UUIDs compare by their second half first.
        return f"toString({expression})" if kind == "uuid" else expression

    def among(self, statement: Statement, column: str, kind: Kind, values: Sequence[Any]) -> str:
        cells = [self.value(value, kind) for value in values]
        return f"{column} in {_array(statement, TYPES[kind], cells)}"

    def has(self, column: str, bound: str) -> str:
        return f"positionCaseInsensitive({column}, {bound}) > 0"

    def keys_in(self, statement: Statement, table: Table, keys: Sequence[Sequence[Any]]) -> str:
        kinds = [table.kind(name) for name in table.key]
        wanted = [tuple(map(plain, key, kinds)) for key in keys]
        # A constant beside the key, since one column alone is no tuple.
        rows = self._tuples(statement, ["bool", *kinds], [(True, *key) for key in wanted])
        return f"(true, {', '.join(table.key)}) in {rows}"

    def values(
        self, statement: Statement, columns: Mapping[str, Kind], rows: Sequence[tuple[Any, ...]]
    ) -> str:
        names = ", ".join(f"given.{place} as {name}" for place, name in enumerate(columns, start=1))
        given = self._tuples(statement, list(columns.values()), rows)
        return f"select {names} from (select arrayJoin({given}) as given)"

    def _tuples(
        self, statement: Statement, kinds: Sequence[Kind], rows: Sequence[tuple[Any, ...]]
    ) -> str:
        cells = [tuple(map(self.value, row, kinds)) for row in rows]
        return _array(statement, f"Tuple({', '.join(TYPES[kind] for kind in kinds)})", cells)

    def bucket(self, bucket: Bucket, column: str) -> str:
        return f"date_trunc('{bucket}', {column})"

    def integer(self, expression: str) -> str:
        return f"cast({expression} as Nullable(Int64))"

    def number(self, expression: str) -> str:
        return f"cast({expression} as Nullable(Float64))"


def _array(statement: Statement, kind: str, cells: Sequence[Any]) -> str:
    """Many values as few parameters, none of which is longer than a server takes."""
    held = [f"{{{statement.hold(piece)}:Array({kind})}}" for piece in _pieces(cells)]
    return held[0] if len(held) == 1 else f"arrayConcat({', '.join(held)})"


def _pieces(cells: Sequence[Any]) -> Iterator[list[Any]]:
    piece: list[Any] = []
    length = 0
    for cell in cells:
        size = 2 * len(str(cell).encode()) + 4  # as much as escaping can make of it
        if piece and length + size > FIELD_BYTES:
            yield piece
            piece, length = [], 0
        piece.append(cell)
        length += size
    yield piece


def _held(day: date) -> date:
    """But for the last of these days, a question about others is one about the outermost."""
    return min(max(day, EARLIEST), LATEST)
