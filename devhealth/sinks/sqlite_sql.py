"""How SQLite writes what `sql` leaves open, and one row: as an upsert, as a newer version, or as a
change of a few columns.
"""

import json
from collections.abc import Sequence
from typing import Any

from devhealth.sinks.query import Bucket
from devhealth.sinks.sql import ORG, SUPERSEDED, Intervals, Statement
from devhealth.sinks.sqlite_schema import cell
from devhealth.sinks.tables import Kind, Table
from devhealth.sinks.values import plain


class Sqlite(Intervals):
    """How SQLite writes what `sql` leaves open."""

    def placeholder(self, name: str, kind: Kind) -> str:
        return f":{name}"

    def value(self, value: Any, kind: Kind) -> Any:
        return cell(value, kind)

    def table(self, name: str) -> str:
        return name

    def select(self, column: str, kind: Kind) -> str:
        return column

    def among(self, statement: Statement, column: str, kind: Kind, values: Sequence[Any]) -> str:
        bound = statement.bind(json.dumps([cell(value, kind) for value in values]), "text")
        return f"{column} in (select value from json_each({bound}))"

    def has(self, column: str, bound: str) -> str:
        return f"instr(lower({column}), lower({bound})) > 0"

    def keys_in(self, statement: Statement, table: Table, keys: Sequence[Sequence[Any]]) -> str:
        rows = [
            [
                cell(plain(value, table.kind(name)), table.kind(name))
                for name, value in zip(table.key, key, strict=True)
            ]
            for key in keys
        ]
        cells = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(table.key)))
        bound = statement.bind(json.dumps(rows), "text")
        return f"({', '.join(table.key)}) in (select {cells} from json_each({bound}))"

    def bucket(self, bucket: Bucket, column: str) -> str:
        if bucket == "week":
            return f"date({column}, 'weekday 0', '-6 days')"
        return f"date({column}, 'start of month')"

    def integer(self, expression: str) -> str:
        return f"cast({expression} as integer)"

    def number(self, expression: str) -> str:
        return f"cast({expression} as real)"


def _places(table: Table) -> dict[str, str]:
    """The numbered parameter of each column of a written row: organisation, version, the rest."""
    names = (ORG, table.version, *table.names)
    return {name: f"?{place}" for place, name in enumerate(names, start=1)}


def _insert(table: Table, extra: str = "", value: str = "") -> str:
    places = _places(table)
    return (
        f"insert into {table.name} ({', '.join(places)}{extra}) "
        f"values ({', '.join(places.values())}{value}) "
    )


def upsert(table: Table) -> str:
    """Records: the newer version wins, whatever the order of arrival."""
    sets = ", ".join(
        f"{name} = excluded.{name}"
        for name in (*table.names, table.version)
        if name not in table.key
    )
    return (
        f"{_insert(table)} on conflict ({', '.join((ORG, *table.key))}) do update set {sets} "
        f"where {table.name}.{table.version} <= excluded.{table.version}"
    )


def amend(part: Table) -> str:
    places = _places(part)
    values = [name for name in part.names if name not in part.key]
    sets = ", ".join(f"{name} = {places[name]}" for name in (part.version, *values))
    differs = " or ".join(f"{name} is not {places[name]}" for name in values)
    return (
        f"update {part.name} set {sets} where {_same(part)} "
        f"and {part.version} <= {places[part.version]} and ({differs})"
    )


def _same(table: Table) -> str:
    places = _places(table)
    return " and ".join(f"{name} = {places[name]}" for name in (ORG, *table.key))


def end(table: Table) -> str:
    """Rollups: the row before ends where this one begins."""
    version = _places(table)[table.version]
    return (
        f"update {table.name} set {SUPERSEDED} = {version} where {_same(table)} "
        f"and {table.version} < {version} "
        f"and ({SUPERSEDED} is null or {SUPERSEDED} > {version})"
    )


def begin(table: Table) -> str:
    """This row holds until the next version, if that came first."""
    version = _places(table)[table.version]
    until = (
        f", (select min({table.version}) from {table.name} "
        f"where {_same(table)} and {table.version} > {version})"
    )
    key = ", ".join((ORG, *table.key, table.version))
    return f"{_insert(table, f', {SUPERSEDED}', until)} on conflict ({key}) do nothing"
