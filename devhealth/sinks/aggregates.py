"""The additive kinds of measures as one statement: sums and stocks, per bucket and group."""

from collections.abc import Callable, Mapping
from datetime import date
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
    kinds = {plan.kind for plan in plans.values()}
    parts = [_sums(statement, query, org_id, atoms)] if kinds & SUMMED else []
    tables = ""
    if kinds & STOCKED:
        tables = f"changes as ({_changes(statement, query, org_id, atoms)}), "
        parts.append(_stocks(statement, query, atoms))
    adds = "".join(f", sum({atom}) as {atom}" for atom in atoms)
    measures = "".join(
        f", {_measure(dialect, query, name, plan)} as {name}" for name, plan in plans.items()
    )
    limit = f" limit {statement.bind(query.limit, 'int')}" if query.limit is not None else ""
    spans, joined = "", ""
    if "per_day" in kinds:
        spans, joined = f", {_spans(statement, query)}", " join spans using (bucket)"
    text = (
        f"with {tables}parts as ({' union all '.join(parts)}), "
        f"totals as (select {groups}{adds} from parts group by {groups}){spans} "
        f"select {_groups(dialect, query)}{measures} from totals{joined} "
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
    closed = statement.bind(query.closed_until(query.until), "date")
    adds: Adds = {
        "sum": lambda column: f"sum({column})",
        "closed": lambda column: f"sum(case when day < {closed} then {column} end)",
        "stock": lambda column: "null",
    }
    chosen = Selection(
        org_id=org_id,
        since=query.since,
        until=query.until,
        where=query.where,
        as_of=query.as_of,
    )
    added = "".join(f", {adds[way](column)} as {atom}" for atom, (column, way) in atoms.items())
    return (
        f"select {_bucket(statement, query, 'day')} as bucket{_by(query)}{added} "
        f"{rows(statement, query.rollup, chosen, rest=['not is_empty'])} group by 1{_by(query)}"
    )


def _changes(statement: Statement, query: Query, org_id: UUID, atoms: Atoms) -> str:
    """Each row of a stock holds until its key's next row: per bucket and group what begins to hold
    less what ends. So a row is looked at twice, however many buckets it holds through.

    What is added is taken away again, which is exact for whole numbers, as stocks are; a float
    keeps the rounding of the largest that it ever stood beside.
    """
    columns = _stocked(atoms)
    since, until = (statement.bind(each, "date") for each in (query.since, query.until))
    closed = statement.bind(query.closed_until(query.until), "date")
    key = ", ".join(name for name in query.rollup.key if name != "day")
    chosen = Selection(org_id=org_id, until=query.until, where=query.where, as_of=query.as_of)
    held = (
        f"select {', '.join([*query.by, 'day', 'is_empty', *columns])}, "
        f"lead(day, 1, {until}) over (partition by {key} order by day) as next_day "
        f"{rows(statement, query.rollup, chosen)}"
    )
    signs = statement.dialect.values(statement, {"sign": "int"}, [(1,), (-1,)])
    turns = (
        f"select {', '.join(['sign', *query.by, *columns])}, "
        "case when sign = 1 then day else next_day end as at "
        f"from ({held}) as held cross join ({signs}) as signs where not is_empty"
    )
    sums = "".join(
        f", sum(sign * {column}) as {column}, "
        f"sum(case when {column} is not null then sign end) as known_{column}"
        for column in columns
    )
    bucket = _bucket(statement, query, f"case when at < {since} then {since} else at end")
    return (
        f"select {bucket} as bucket{_by(query)}, sum(sign) as held{sums} "
        f"from ({turns}) as turns where at < {closed} group by 1{_by(query)}"
    )


def _stocks(statement: Statement, query: Query, atoms: Atoms) -> str:
    """What holds at the end of each bucket that has a closed day: all changes up to it."""
    ends = statement.dialect.values(statement, {"bucket": "date"}, _ends(query))
    groups = ""
    if query.by:
        groups = f" cross join (select distinct {', '.join(query.by)} from changes) as met"
    running = "".join(
        f", sum({name}) over so_far as {name}"
        for column in _stocked(atoms)
        for name in (column, f"known_{column}")
    )
    partition = f"partition by {', '.join(query.by)} " if query.by else ""
    held = (
        f"select bucket{_by(query)}, sum(held) over so_far as held{running} "
        f"from (select bucket{_by(query)} from ({ends}) as ends{groups}) as grid "
        f"left join changes using (bucket{_by(query)}) "
        f"window so_far as ({partition}order by bucket)"
    )
    added = "".join(
        f", case when known_{column} > 0 then {column} end as {atom}"
        if way == "stock"
        else f", null as {atom}"
        for atom, (column, way) in atoms.items()
    )
    return f"select bucket{_by(query)}{added} from ({held}) as held where held > 0"


def _stocked(atoms: Atoms) -> list[str]:
    return sorted({column for column, way in atoms.values() if way == "stock"})


def _by(query: Query) -> str:
    return "".join(f", {name}" for name in query.by)


def _bucket(statement: Statement, query: Query, day: str) -> str:
    """The name of the bucket that a day is in."""
    if query.bucket == "all":
        return statement.bind(query.since, "date")
    return day if query.bucket == "day" else statement.dialect.bucket(query.bucket, day)


def _ends(query: Query) -> list[tuple[date]]:
    """The buckets that have a closed day."""
    return [
        (query.bucket_of(start),)
        for start, end in query.buckets()
        if query.closed_until(end) > start
    ]


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
