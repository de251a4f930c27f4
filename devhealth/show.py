"""A metrics table on a terminal: per key each measure's course and its newest value. Ownership."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from devhealth.models.records import BlameMark, Identity, Repository, WorkScope
from devhealth.models.rollups import Rollup
from devhealth.sinks import Sink
from devhealth.sinks.query import measures_of

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 24


def rows(sink: Sink, rollup: type[Rollup], since: date, until: date, people: str) -> pl.DataFrame:
    """The newest rows of these days, one population, in the order of their key."""
    where = {"population": people} if "population" in rollup.key else {}
    return sink.latest(rollup, since, until, where).sort(rollup.key)


def print_table(
    sink: Sink, rollup: type[Rollup], rows: pl.DataFrame, since: date, until: date, limit: int
) -> None:
    console = Console()
    key = [name for name in rollup.key if name not in ("day", "population")]
    names = _names(sink, key, rows)
    groups = rows.filter(~pl.col("is_empty")).partition_by(key, as_dict=True)
    titled = sorted((_title(group, names), frame) for group, frame in groups.items())
    for title, frame in titled[:limit]:
        console.print(_table(rollup, title, frame, since, until))
    if not titled:
        console.print(f"{rollup.table} has no rows from {since} to before {until}.")
    if len(titled) > limit:
        console.print(f"{len(titled) - limit} more: --limit {len(titled)} shows all.")


def print_ownership(sink: Sink, rows: pl.DataFrame, path: str, limit: int) -> None:
    """Of each repository the places, as `metrics.ownership.by_path` gives them, by path."""
    console = Console()
    names = _names(sink, ["repo_id"], rows)
    marks = sink.get(BlameMark, [(each,) for each in rows["repo_id"].unique()])
    blamed_at = dict(marks.select("repo_id", "blamed_at").iter_rows())
    for (repo_id,), places in rows.group_by("repo_id", maintain_order=True):
        as_of = blamed_at.get(repo_id)
        when = f"{as_of:%Y-%m-%d %H:%M} UTC" if as_of else "a blame that is not finished"
        console.print(_places(f"{names.get(str(repo_id), repo_id)} as of {when}", places[:limit]))
        if places.height > limit:
            console.print(f"{places.height - limit} more: --limit {places.height} shows all.")
    if rows.is_empty():
        where = f" under {path}" if path else ""
        console.print(f"No lines are blamed{where}: run `dev-hops sync blame` first.")


def _places(title: str, rows: pl.DataFrame) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=0)
    table.add_column("path", overflow="fold")
    for name in ("files", "lines", "owners", "bus factor", "top share", "newest"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows.iter_rows(named=True):
        counts = (row[name] for name in ("files", "lines", "authors", "bus_factor"))
        table.add_row(
            escape(row["path"]),
            *map(_number, counts),
            f"{row['top_share']:.0%}",
            f"{row['newest_at']:%Y-%m-%d}",
        )
    return table


def sparkline(values: Sequence[float | None]) -> str:
    """One character a value, the highest full, zero the lowest; a space where there is none."""
    top = max((value for value in values if value), default=0)
    return "".join(
        " " if value is None else BARS[round(value / top * (len(BARS) - 1)) if top else 0]
        for value in values
    )


def _table(
    rollup: type[Rollup], title: str, frame: pl.DataFrame, since: date, until: date
) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=0)
    table.add_column("measure", no_wrap=True)
    table.add_column(f"{since} to {until - timedelta(days=1):%m-%d}", no_wrap=True, min_width=WIDTH)
    table.add_column(f"{frame['day'][-1]:%m-%d}", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True, max_width=13)
    for name, measure in measures_of(rollup).items():
        course = _course(frame, name, since, until, measure.rolls_up.kind == "sum")
        table.add_row(name, sparkline(course), _number(frame[name][-1]), measure.unit)
    return table


def _course(frame: pl.DataFrame, name: str, since: date, until: date, adds: bool) -> list[Any]:
    """A value for each of at most WIDTH stretches of days: sums of what adds up, else the last."""
    days = (until - since).days
    width = -(-days // WIDTH)
    place = (pl.col("day") - pl.lit(since)).dt.total_days() // width
    value = pl.col(name).sum() if adds else pl.col(name).drop_nulls().last()
    found = dict(frame.sort("day").group_by(place.alias("place")).agg(value).iter_rows())
    return [found.get(place) for place in range(-(-days // width))]


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _names(sink: Sink, key: Sequence[str], rows: pl.DataFrame) -> dict[str, str]:
    """What people call the ids of a key; an account without a name by its login."""
    names: dict[str, str] = {}
    for column, cls, told in (
        ("repo_id", Repository, ("full_name",)),
        ("repo_id", WorkScope, ("scope_key",)),  # work of a tracker's project has its id there
        ("work_scope_id", WorkScope, ("scope_key",)),
        ("author_id", Identity, ("name", "handle")),
    ):
        if column in key:
            found = sink.get(cls, [(each,) for each in rows[column].unique()])
            for each, *texts in found.select(*cls.key, *told).iter_rows():
                names.setdefault(each, next(filter(None, texts), ""))
    return names


def _title(group: Sequence[Any], names: dict[str, str]) -> str:
    return " · ".join(names.get(part) or str(part) for part in group)
