"""The additive kinds of measures as one statement: sums and stocks, per bucket and group."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from devhealth.models.fields import RollsUp
from devhealth.sinks.query import STOCKED, SUMMED, Query, measures_of, sources
from devhealth.sinks.sql import Asked, Dialect, Selection, Statement, ordered, rows
from devhealth.sinks.tables import Kind, table_of

# How a column is added up: over all days, over closed days only, as a stock.
Way = Literal["sum", "closed", "stock"]
# Partial sums: their name → the column and how it is added up.
Atoms = Mapping[str, tuple[str, Way]]
Adds = Mapping[Way, Callable[[str], str]]


def aggregate(dialect: Dialect, query: Query, org_id: UUID) -> Asked:
    """Two kinds of partial rows, sums and stocks, added up per bucket and group."""
    statement = Statement(dialect)
    plans = {name: measures_of(query.rollup)[name].rolls_up for name in query.measures}
    groups = ", ".join(("bucket", *query.by))
    atoms = _atoms(plans)
    parts = [
        build(statement, query, org_id, atoms)
        for build, kinds in ((_sums, SUMMED), (_stocks, STOCKED))
        if any(plan.kind in kinds for plan in plans.values())
    ]
    adds = "".join(f", sum({atom}) as {atom}" for atom in atoms)
    measures = "".join(
        f", {_measure(dialect, query, name, plan)} as {name}" for name, plan in plans.items()
    )
    limit = f" limit {statement.bind(query.limit, 'int')}" if query.limit is not None else ""
    text = (
        f"with parts as ({' union all '.join(parts)}), "
        f"totals as (select {groups}{adds} from parts group by {groups}), "
        f"{_spans(statement, query)} "
        f"select {_groups(dialect, query)}{measures} from totals join spans using (bucket) "
        f"order by {_ordered(dialect, query)}{limit}"
    )
    return text, statement.params


def _atoms(plans: Mapping[str, RollsUp]) -> Atoms:
    return {
        _atom(column, plan): (column, _way(plan))
        for name, plan in plans.items()
        for column in sources(name, plan)
    }


def _atom(column: str, plan: RollsUp) -> str:
    return f"{_way(plan)}_of_{column}"


def _way(plan: RollsUp) -> Way:
    if plan.kind in STOCKED:
        return "stock"
    return "closed" if plan.kind == "per_day" else "sum"


def _sums(statement: Statement, query: Query, org_id: UUID, atoms: Atoms) -> str:
    first = statement.bind(query.since, "date")
    bucket = (
        {"day": "day", "all": first}.get(query.bucket)
        or statement.dialect.bucket(query.bucket, "day")
    )  # fmt: skip
    closed = statement.bind(query.closed_until(query.until), "date")
    adds: Adds = {
        "sum": lambda column: f"sum({column})",
        "closed": lambda column: f"sum(case when day < {closed} then {column} end)",
        "stock": _nothing,
    }
    chosen = Selection(
        org_id=org_id,
        since=query.since,
        until=query.until,
        where=query.where,
        as_of=query.as_of,
    )
    by = "".join(f", {name}" for name in query.by)
    return (
        f"select {bucket} as bucket{by}{_added(atoms, adds)} "
        f"{rows(statement, query.rollup, chosen, rest=['not is_empty'])} group by 1{by}"
    )


def _stocks(statement: Statement, query: Query, org_id: UUID, atoms: Atoms) -> str:
    """Each row of a stock holds until its key's next row; a bucket takes its last closed day."""
    after_all = statement.bind(query.until, "date")
    chosen = Selection(org_id=org_id, until=query.until, where=query.where, as_of=query.as_of)
    key = [name for name in query.rollup.key if name != "day"]
    columns = sorted({column for column, way in atoms.values() if way == "stock"})
    held = (
        f"select {', '.join([*key, 'day', 'is_empty', *columns])}, "
        f"lead(day, 1, {after_all}) over (partition by {', '.join(key)} order by day) as next_day "
        f"{rows(statement, query.rollup, chosen)}"
    )
    adds: Adds = {
        "sum": _nothing,
        "closed": _nothing,
        "stock": lambda column: f"sum({column})",
    }
    by = "".join(f", {name}" for name in query.by)
    ends = statement.dialect.values(statement, {"bucket": "date", "last_day": "date"}, _ends(query))
    return (
        f"select bucket{by}{_added(atoms, adds)} from ({ends}) as ends "
        f"join ({held}) as held on day <= last_day and next_day > last_day "
        f"where not is_empty group by bucket{by}"
    )


def _added(atoms: Atoms, adds: Adds) -> str:
    return "".join(f", {adds[way](column)} as {atom}" for atom, (column, way) in atoms.items())


def _nothing(column: str) -> str:
    return "null"


def _ends(query: Query) -> list[tuple[date, date]]:
    """(bucket, its last closed day) of each bucket that has one."""
    lasts = ((start, query.closed_until(end) - timedelta(days=1)) for start, end in query.buckets())
    return [(query.bucket_of(start), last) for start, last in lasts if last >= start]


def _spans(statement: Statement, query: Query) -> str:
    """Each bucket's closed days, for what is counted per day."""
    days = [
        (query.bucket_of(start), max(0, (query.closed_until(end) - start).days))
        for start, end in query.buckets()
    ]
    columns: Mapping[str, Kind] = {"bucket": "date", "closed_days": "int"}
    return f"spans as ({statement.dialect.values(statement, columns, days)})"


def _ordered(dialect: Dialect, query: Query) -> str:
    table = table_of(query.rollup)
    return ordered(
        dialect, query.full_order, lambda name: "date" if name == "bucket" else table.kind(name)
    )


def _groups(dialect: Dialect, query: Query) -> str:
    table = table_of(query.rollup)
    named = [dialect.select(name, table.kind(name)) for name in query.by]
    return ", ".join([dialect.select("bucket", "date"), *named])


def _measure(dialect: Dialect, query: Query, name: str, plan: RollsUp) -> str:
    atoms = [_atom(column, plan) for column in sources(name, plan)]
    if plan.kind == "per_day":
        return f"coalesce({dialect.number(atoms[0])}, 0) / nullif(closed_days, 0)"
    if plan.denominator:
        return f"{dialect.number(atoms[0])} / nullif({atoms[1]}, 0)"
    cast: Callable[[str], str] = (
        dialect.integer if table_of(query.rollup).kind(name) == "int" else dialect.number
    )
    return cast(f"coalesce({atoms[0]}, 0)" if plan.kind == "sum" else atoms[0])
