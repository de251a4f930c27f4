"""Which days must be computed: those that were touched, as far as each metric reaches, and those
that time itself touches, for a day may end in a window, or something may last at its end.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import polars as pl

from devhealth.loading import lasting
from devhealth.metrics import Metric, Source, metrics, sources_of
from devhealth.models.records import Record
from devhealth.models.touches import EVERYWHERE, Touches
from devhealth.sinks import Sink, Where

LONGEST_RUN = 366
ONE_DAY = timedelta(days=1)


def everything(
    sink: Sink,
    since: date | None = None,
    until: date | None = None,
    *,
    partition: str | None = None,
) -> Touches:
    """Every day in [since, until) that has records or rollup rows, as if all had been touched."""
    touches = Touches()
    for source in sources_of(part for metric in metrics() for part in metric.parts):
        if source.at:
            where = {source.cls.partition: partition} if partition else None
            _add(touches, source.cls, _days_with_records(sink, source, (since, until), where))
    for metric in metrics():
        rows = _days_with_rows(sink, metric, since, until, [partition] if partition else None)
        for source in dated(metric):
            _add(touches, source.cls, rows)
    return touches


def _days_with_records(
    sink: Sink, source: Source, days: tuple[date | None, date | None], where: Where | None
) -> pl.DataFrame:
    """`key` (the partition) and `day`; of what lasts every day of it, up to the run's own."""
    cls, at, ends = source.key
    name = cls.partition
    key, begun = pl.col(name).alias("key"), pl.col(at).dt.date()
    if not ends:
        rows = sink.read(cls, *days, where, at=at, columns=[name, at])
        return rows.select(key, begun.alias("day")).drop_nulls()  # without bounds, all are read
    since, until = days
    today = sink.version.date()
    last = min(until - ONE_DAY, today) if until else today
    rows = lasting(sink, cls, (at, ends), days, where, columns=[name])
    first = pl.max_horizontal(begun, pl.lit(since, pl.Date))
    end = pl.min_horizontal(pl.col(ends).dt.date(), pl.lit(last, pl.Date))
    spans = rows.select(key, first=first, last=end).filter(pl.col("first") <= pl.col("last"))
    each = _joined(spans).with_columns(day=pl.date_ranges("first", "last"))
    return each.select("key", "day").explode("day")


def _joined(spans: pl.DataFrame) -> pl.DataFrame:
    """Spans of days as few as possible: those that overlap are one."""
    known = pl.col("last").cum_max().shift(1).over("key")
    is_apart = (pl.col("first") > known).fill_null(True)
    numbered = spans.sort("key", "first").with_columns(stretch=is_apart.cum_sum().over("key"))
    return numbered.group_by("key", "stretch").agg(pl.col("first").min(), pl.col("last").max())


def _add(touches: Touches, cls: type[Record], days: pl.DataFrame) -> None:
    """Days by partition, however often they come."""
    for key, day in days.unique().iter_rows():
        touches.days[cls, key].add(day)


def _days_with_rows(
    sink: Sink,
    metric: Metric,
    since: date | None,
    until: date | None,
    partitions: Sequence[str] | None,
) -> pl.DataFrame:
    """`key` (the partition) and `day` of what is stored of a table."""
    name = metric.rollup.partition
    if name:
        where = None if partitions is None else {name: partitions}
        rows = sink.latest(metric.rollup, since, until, where, columns=[name, "day"])
        return rows.rename({name: "key"})
    if partitions is not None:
        return pl.DataFrame(schema={"key": pl.String, "day": pl.Date})
    rows = sink.latest(metric.rollup, since, until, columns=["day"])
    return rows.select(pl.lit(EVERYWHERE).alias("key"), "day")


def dated(metric: Metric) -> list[Source]:
    """What it reads by an instant: records that are only looked up touch no day."""
    return [source for source in metric.sources if source.at]


def overdue(sink: Sink, today: date, partitions: Sequence[str] | None = None) -> Touches:
    """What time itself has touched: days in whose windows a day lies that ended uncomputed.

    `recompute` adds them for what was touched otherwise; a new day asks for those of all.
    """
    touches = Touches()
    for metric in metrics():
        for source in metric.sources:
            if source.shown_by:
                owing = _lasting if source.until else _owing
                for key, day in owing(sink, metric, source, today, partitions):
                    touches.days[source.cls, key].add(day)
    return touches


def _owing(
    sink: Sink, metric: Metric, source: Source, today: date, partitions: Sequence[str] | None
) -> Iterator[tuple[str, date]]:
    """The first day of each gap in the rows that the window of a day with records reaches into."""
    name, missing = source.cls.partition, pl.col("day") + ONE_DAY
    is_active = pl.col(source.shown_by) > 0
    days = _shown(sink, metric, source, partitions).with_columns(
        active=pl.when(is_active).then(pl.col("day")).forward_fill().over(name)
    )
    owing = days.filter(
        pl.col("following").is_null() | (pl.col("following") > missing),
        missing <= today,
        missing < pl.col("active") + source.window * ONE_DAY,
    )
    yield from owing.select(name, missing).iter_rows()


def _lasting(
    sink: Sink, metric: Metric, source: Source, today: date, partitions: Sequence[str] | None
) -> Iterator[tuple[str, date]]:
    """The days without rows after one at whose end something lasted."""
    name, missing = source.cls.partition, pl.col("day") + ONE_DAY
    before = pl.min_horizontal(pl.col("following") - ONE_DAY, pl.lit(today))
    gaps = (
        _shown(sink, metric, source, partitions)
        .filter(pl.col(source.shown_by) > 0)
        .select(name, first=missing, last=before)
        .filter(pl.col("first") <= pl.col("last"))
    )
    yield from gaps.select(name, pl.date_ranges("first", "last")).explode("first").iter_rows()


def _shown(
    sink: Sink, metric: Metric, source: Source, partitions: Sequence[str] | None
) -> pl.DataFrame:
    """Days with rows: the most that any says of the source, and the `following` such day."""
    name = source.cls.partition
    rows = sink.latest(
        metric.rollup,
        where={"is_empty": False} | ({} if partitions is None else {name: partitions}),
        columns=[name, "day", source.shown_by],
    )
    return (
        rows.group_by(name, "day")
        .agg(pl.col(source.shown_by).max())
        .sort(name, "day")
        .with_columns(following=pl.col("day").shift(-1).over(name))
    )


def ahead(sink: Sink, today: date, partitions: Sequence[str]) -> Touches:
    """Days after today, of clocks that run ahead: no window reaches them, so all are looked at."""
    touches = Touches()
    for metric in metrics():
        among = partitions if metric.rollup.partition else None
        rows = _days_with_rows(sink, metric, today + ONE_DAY, None, among)
        for source in dated(metric):
            _add(touches, source.cls, rows)
    return touches


def dirty_days(metric: Metric, touches: Touches, partition: str, today: date) -> set[date]:
    """Days of one metric that must be computed anew; a window never reaches past today."""
    dirty: set[date] = set()
    for source in dated(metric):
        touched = touches.days.get((source.cls, partition), set())
        dirty |= touched
        if source.window > 1:
            dirty.update(day for day in _reached(touched, source.window) if day <= today)
    return dirty


def _reached(touched: set[date], window: int) -> Iterator[date]:
    """Days in whose window a touched one lies, each once."""
    until = date.min
    for day in sorted(touched):
        since = max(day, until)
        until = day + window * ONE_DAY
        for more in range((until - since).days):
            yield since + more * ONE_DAY


def runs(days: Iterable[date], longest: int = LONGEST_RUN) -> Iterator[tuple[date, date]]:
    """Days as (first, last) stretches that are worth one read: near together, none too long."""
    first = last = None
    for day in sorted(days):
        if first is None or last is None:
            first = last = day
        elif (day - last).days > 30 or (day - first).days >= longest:
            yield first, last
            first = last = day
        else:
            last = day
    if first is not None and last is not None:
        yield first, last
