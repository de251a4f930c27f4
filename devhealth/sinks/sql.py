"""One statement builder for every store that speaks SQL; a `Dialect` says where they differ.

Values are always bound, never written into the text. Every statement filters the organisation
itself, whatever locks the store has beside it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from devhealth.errors import Permanent
from devhealth.sinks.conditions import AtLeast, Has
from devhealth.sinks.query import MANY, Bucket, Order
from devhealth.sinks.spells import Spell
from devhealth.sinks.tables import Column, Kind, Row, Table, table_of
from devhealth.sinks.values import plain

ORG = "org_id"
SUPERSEDED = "superseded_at"
ALIVE = "deleted_at is null"

Asked = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Statement:
    """SQL with named parameters, grown piece by piece."""

    dialect: "Dialect"
    params: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any, kind: Kind) -> str:
        """Bind one value; returns its placeholder."""
        return self.dialect.placeholder(
            self.hold(self.dialect.value(plain(value, kind), kind)), kind
        )

    def hold(self, parameter: Any) -> str:
        """Keep what the driver will be given; returns its name."""
        name = f"p{len(self.params)}"
        self.params[name] = parameter
        return name


class Dialect(Protocol):
    """Where the stores differ. Text pieces only; nothing here touches a connection."""

    def placeholder(self, name: str, kind: Kind) -> str: ...

    def value(self, value: Any, kind: Kind) -> Any:
        """A Python value as the driver wants it."""
        ...

    def table(self, name: str) -> str:
        """Where a class's newest rows are, perhaps among others."""
        ...

    def newest(
        self,
        statement: Statement,
        table: Table,
        chosen: "Selection",
        of_key: Sequence[str],
        rest: Sequence[str],
    ) -> str:
        """`from … where …`: of each key the newest row, where it passes all tests.

        Tests `of_key` hold for all versions of a key or for none, so they may be asked early;
        the `rest` is asked of the newest row only.
        """
        ...

    def select(self, column: str, kind: Kind) -> str:
        """How a column is read so that a frame can hold it."""
        ...

    def sorts(self, expression: str, kind: Kind) -> str:
        """The expression to compare and order by, so that all stores have one order."""
        ...

    def values(
        self, statement: Statement, columns: Mapping[str, Kind], rows: Sequence[tuple[Any, ...]]
    ) -> str:
        """A small table of bound values, as a select; without rows an empty one."""
        ...

    def among(self, statement: Statement, column: str, kind: Kind, values: Sequence[Any]) -> str:
        """The predicate that a column is one of these, none of which is null."""
        ...

    def has(self, column: str, bound: str) -> str:
        """The predicate that a bound text stands in a column's, as `conditions.Has` says."""
        ...

    def keys_in(self, statement: Statement, table: Table, keys: Sequence[Sequence[Any]]) -> str:
        """The predicate that a row's key is one of these."""
        ...

    def bucket(self, bucket: Bucket, column: str) -> str:
        """The first day of the week or month that a day is in."""
        ...

    def integer(self, expression: str) -> str: ...

    def number(self, expression: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows of a class: a window on one of its instants, any of some spells, a filter, a
    moment."""

    org_id: UUID
    since: date | datetime | None = None
    until: date | datetime | None = None
    at: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    as_of: datetime | None = None
    deleted: bool = False
    spells: Sequence[Spell] = ()


def select(
    dialect: Dialect,
    cls: type[Row],
    chosen: Selection,
    columns: Sequence[str] | None = None,
    limit: int | None = None,
) -> Asked:
    """`read` and `latest`."""
    statement = Statement(dialect)
    found = f"select {_columns(dialect, table_of(cls), columns)} {rows(statement, cls, chosen)}"
    if limit is not None:
        found += f" limit {statement.bind(limit, 'int')}"
    return found, statement.params


def get(dialect: Dialect, cls: type[Row], org_id: UUID, keys: Sequence[Sequence[Any]]) -> Asked:
    statement = Statement(dialect)
    table = table_of(cls)
    wanted = dialect.keys_in(statement, table, keys)
    found = rows(statement, cls, Selection(org_id=org_id), of_key=[wanted])
    return f"select {_columns(dialect, table, None)} {found}", statement.params


def page(
    dialect: Dialect,
    cls: type[Row],
    chosen: Selection,
    order: Sequence[Order],
    after: Sequence[Any] | None,
    limit: int,
) -> Asked:
    """Rows in a total order, after a row's values of that order. No OFFSET: keysets only."""
    if limit < 0:
        raise Permanent(f"A page has no {limit} rows.")
    statement = Statement(dialect)
    table = table_of(cls)
    following = [] if after is None else [_following(statement, table, order, after)]
    return (
        f"select {_columns(dialect, table, None)} {rows(statement, cls, chosen, rest=following)} "
        f"order by {ordered(dialect, order, table.kind)} limit {statement.bind(limit, 'int')}",
        statement.params,
    )


def of_partition(dialect: Dialect, cls: type[Row], org_id: UUID, partition: UUID | str) -> Asked:
    """The predicate of all rows of a partition, of whatever version. Raises `Permanent`."""
    if not cls.partition:
        raise Permanent(f"{cls.table} has no partitions: its rows are of the whole organisation.")
    statement = Statement(dialect)
    owned = f"{ORG} = {statement.bind(org_id, 'uuid')}"
    here = statement.bind(partition, table_of(cls).kind(cls.partition))
    return f"{owned} and {cls.partition} = {here}", statement.params


def newest_version(dialect: Dialect, cls: type[Row], org_id: UUID) -> Asked:
    statement = Statement(dialect)
    table = table_of(cls)
    newest = dialect.select(f"max({table.version})", "instant")
    return (
        f"select {newest} as {table.version} from {dialect.table(table.name)} "
        f"where {ORG} = {statement.bind(org_id, 'uuid')}",
        statement.params,
    )


def _columns(dialect: Dialect, table: Table, columns: Sequence[str] | None) -> str:
    names = [*table.names, table.version] if columns is None else columns
    if not names:
        raise Permanent(f"A read of {table.name} asks for one column at least.")
    unknown = set(names) - {*table.names, table.version}
    if unknown:
        raise Permanent(f"{table.name} has no column {', '.join(sorted(unknown))}.")
    return ", ".join(dialect.select(name, table.kind(name)) for name in names)


def rows(
    statement: Statement,
    cls: type[Row],
    chosen: Selection,
    *,
    of_key: Sequence[str] = (),
    rest: Sequence[str] = (),
) -> str:
    """`from … where …`: of each key the newest row, where it is chosen and passes more tests."""
    table = table_of(cls)
    key = {ORG, *table.key}
    tests = [
        (ORG, f"{ORG} = {statement.bind(chosen.org_id, 'uuid')}"),
        *_window(statement, table, chosen),
        *(
            (name, _matches(statement, name, _kind(table, name), value))
            for name, value in chosen.where.items()
        ),
    ]
    early = [test for name, test in tests if name in key]
    late = [test for name, test in tests if name not in key] + _spells(statement, table, chosen)
    return statement.dialect.newest(statement, table, chosen, [*early, *of_key], [*late, *rest])


def _window(statement: Statement, table: Table, chosen: Selection) -> Iterable[tuple[str, str]]:
    if chosen.since is None and chosen.until is None:
        return
    at = _instant(table, chosen.at or next(iter(table.instants), None))
    for sign, end in ((">=", chosen.since), ("<", chosen.until)):
        if end is not None:
            yield at, f"{at} {sign} {statement.bind(end, table.kind(at))}"


def _instant(table: Table, at: str | None) -> str:
    if at is None or at not in (*table.instants, table.version):
        raise Permanent(f"{table.name} is not read by {f'`{at}`' if at else 'an instant'}.")
    return at


def _spells(statement: Statement, table: Table, chosen: Selection) -> list[str]:
    """One test, that a row is of any of the spells; none where one of them takes all."""
    choices = [_spell(statement, table, spell) for spell in chosen.spells]
    return [f"({' or '.join(dict.fromkeys(choices))})"] if choices and all(choices) else []


def _spell(statement: Statement, table: Table, spell: Spell) -> str:
    at, *ends = (_instant(table, name) for name in spell.instants)
    tests = []
    if spell.until is not None:
        tests.append(f"{at} < {statement.bind(spell.until, 'instant')}")
    if spell.since is not None:
        since = statement.bind(spell.since, "instant")
        tests.append(f"({ends[0]} >= {since} or {ends[0]} is null)" if ends else f"{at} >= {since}")
    return f"({' and '.join(tests)})" if tests else ""


def _kind(table: Table, name: str) -> Kind:
    if name not in table.names:
        raise Permanent(f"{table.name} has no column `{name}` to filter on.")
    kind = table.kind(name)
    if kind == "texts":
        raise Permanent(f"{table.name} cannot be filtered on the list `{name}`.")
    return kind


def _matches(statement: Statement, name: str, kind: Kind, value: Any) -> str:
    if value is None:
        return f"{name} is null"
    if isinstance(value, AtLeast):
        return f"{name} >= {statement.bind(value.value, kind)}"
    if isinstance(value, Has):
        return statement.dialect.has(name, statement.bind(value.text, kind))
    if not isinstance(value, MANY):
        return f"{name} = {statement.bind(value, kind)}"
    given = [plain(each, kind) for each in value if each is not None]
    choices = [statement.dialect.among(statement, name, kind, given)] if given else []
    if None in value:
        choices.append(f"{name} is null")
    return f"({' or '.join(choices)})" if choices else "1 = 0"


def ordered(dialect: Dialect, order: Iterable[Order], kind: Callable[[str], Kind]) -> str:
    return ", ".join(
        f"{dialect.sorts(name, kind(name))} {direction} nulls last" for name, direction in order
    )


def _following(
    statement: Statement, table: Table, order: Sequence[Order], after: Sequence[Any]
) -> str:
    """Lexicographic "comes after", nulls last in both directions."""
    columns = {column.name: column for column in table.columns}
    asked = [columns[name] for name, _ in order]
    for column, value in zip(asked, after, strict=True):
        if value is None and not column.nullable:
            raise Permanent(f"A page of {table.name} cannot go on after no {column.name}.")
    directions = {direction for _, direction in order}
    if len(directions) == 1 and not any(column.nullable for column in asked):
        names = ", ".join(_sorted_by(statement, column) for column in asked)
        values = ", ".join(
            _sorted_by(statement, column, value) for column, value in zip(asked, after, strict=True)
        )
        return f"({names}) {'>' if directions == {'asc'} else '<'} ({values})"
    return _lexicographic(statement, order, asked, after)


def _lexicographic(
    statement: Statement, order: Sequence[Order], asked: Sequence[Column], after: Sequence[Any]
) -> str:
    choices: list[str] = []
    equal: list[str] = []
    for (name, direction), column, value in zip(order, asked, after, strict=True):
        beyond = _beyond(statement, direction, column, value)
        if beyond:
            choices.append(" and ".join([*equal, beyond]))
        equal.append(_matches(statement, name, column.kind, value))
    return f"({' or '.join(f'({choice})' for choice in choices)})"


def _beyond(statement: Statement, direction: str, column: Column, value: Any) -> str | None:
    if value is None:
        return None
    sign = ">" if direction == "asc" else "<"
    beyond = f"{_sorted_by(statement, column)} {sign} {_sorted_by(statement, column, value)}"
    return f"({beyond} or {column.name} is null)" if column.nullable else beyond


def _sorted_by(statement: Statement, column: Column, value: Any = None) -> str:
    """A column, or a value of it, as it is compared."""
    bare = column.name if value is None else statement.bind(value, column.kind)
    return statement.dialect.sorts(bare, column.kind)


class Intervals:
    """What dialects share whose stores keep a row's validity with it: [version, superseded)."""

    def newest(
        self,
        statement: Statement,
        table: Table,
        chosen: Selection,
        of_key: Sequence[str],
        rest: Sequence[str],
    ) -> str:
        tests = [*of_key, *rest, *_valid(statement, table, chosen)]
        return f"from {statement.dialect.table(table.name)} where {' and '.join(tests)}"

    def sorts(self, expression: str, kind: Kind) -> str:
        return expression

    def values(
        self, statement: Statement, columns: Mapping[str, Kind], rows: Sequence[tuple[Any, ...]]
    ) -> str:
        # No `union all` of selects: SQLite allows 500.
        names = ", ".join(f"column{place} as {name}" for place, name in enumerate(columns, start=1))
        kinds = list(columns.values())
        given = rows or [(None,) * len(kinds)]
        bound = ", ".join(f"({', '.join(map(statement.bind, row, kinds))})" for row in given)
        return f"select {names} from (values {bound}) as given{'' if rows else ' where 1 = 0'}"


def _valid(statement: Statement, table: Table, chosen: Selection) -> Iterable[str]:
    if not table.is_rollup:
        if not chosen.deleted:
            yield ALIVE
    elif chosen.as_of is None:
        yield f"{SUPERSEDED} is null"
    else:
        moment = statement.bind(chosen.as_of, "instant")
        yield f"{table.version} <= {moment}"
        yield f"({SUPERSEDED} is null or {SUPERSEDED} > {moment})"
