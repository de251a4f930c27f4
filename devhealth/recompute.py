"""Where the other stages meet: records are read, rolled up, compared, and what changed is written.

A sync's writes are remembered as `Touches`; each metric's sources say how far a touch reaches.
Only those days are computed anew. A day that comes out as it is stored writes nothing; a key that
vanished from its day gets a newer, empty row.

Most tables are computed a partition (a repository) at a time. One whose class has no partition is
computed from the records of the whole organisation, `EVERYWHERE`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, timedelta

import polars as pl

from devhealth.loading import lasting
from devhealth.metrics import Frames, Metric, Source, Span, metrics, prepared, sources_of
from devhealth.models.fields import DTYPES, types_of
from devhealth.models.records import Record
from devhealth.models.rollups import Rollup
from devhealth.models.touches import EVERYWHERE, Touches
from devhealth.sinks import BATCH_SIZE, Sink, Where
from devhealth.sinks.query import measures_of

LONGEST_RUN = 366
LONGEST_RUN_EVERYWHERE = 92  # what it loads is as large as the organisation
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
        for source in _dated(metric):
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
    return spans.select("key", day=pl.date_ranges("first", "last")).explode("day")


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


def _dated(metric: Metric) -> list[Source]:
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
    """The last day with records before each gap in the rows that its window reaches into."""
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
    yield from owing.select(name, "active").iter_rows()


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


def _ahead(sink: Sink, today: date, partitions: Sequence[str]) -> Touches:
    """Days after today, of clocks that run ahead: no window reaches them, so all are looked at."""
    touches = Touches()
    for metric in metrics():
        among = partitions if metric.rollup.partition else None
        rows = _days_with_rows(sink, metric, today + ONE_DAY, None, among)
        for source in _dated(metric):
            _add(touches, source.cls, rows)
    return touches


def _computed_in(partition: str) -> list[Metric]:
    """The metrics of partitions, or those of the whole organisation."""
    return [each for each in metrics() if bool(each.rollup.partition) == (partition != EVERYWHERE)]


def _where(cls: type[Record | Rollup], partition: str) -> dict[str, str]:
    return {} if partition == EVERYWHERE else {cls.partition: partition}


def recompute(
    sink: Sink,
    touches: Touches,
    *,
    today: date,
    checkpoint: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Compute the touched days anew, and what is overdue beside them; rows written by table.

    The sink's version must have been fixed before this call, and only one compute may run for an
    organisation at a time. Raises `Transient` if another one did; the same call then succeeds.
    `checkpoint` is called before every read and every write; what it raises ends the compute there.
    """
    written = {metric.rollup.table: 0 for metric in metrics()}
    partitions = touches.partitions()
    checkpoint()
    by_time = overdue(sink, today, partitions) | _ahead(sink, today, partitions)
    due = touches | touches.everywhere() | by_time
    for partition in (*partitions, EVERYWHERE):
        for table, rows in _compute(sink, due, partition, today, checkpoint):
            written[table] += rows
    return written


def _compute(
    sink: Sink, due: Touches, partition: str, today: date, checkpoint: Callable[[], None]
) -> Iterator[tuple[str, int]]:
    """Rows written, by table, of one stretch of days after the other."""
    here = _computed_in(partition)
    dirty = {metric.rollup: dirty_days(metric, due, partition, today) for metric in here}
    longest = LONGEST_RUN_EVERYWHERE if partition == EVERYWHERE else LONGEST_RUN
    for first, last in runs(set().union(*dirty.values()), longest):
        checkpoint()
        frames = _read(sink, here, partition, first, last)
        for metric in here:
            cls = metric.rollup
            days = {day for day in dirty[cls] if first <= day <= last}
            new = _computed(metric, frames, days, (first, last), today)
            where, names = _where(cls, partition), new.columns
            stored = sink.latest(cls, first, last + ONE_DAY, where, columns=names)
            changed = _changed(cls, new, _of(days, stored))
            yield cls.table, _write(sink, changed, cls, checkpoint)


def dirty_days(metric: Metric, touches: Touches, partition: str, today: date) -> set[date]:
    """Days of one metric that must be computed anew; a window never reaches past today."""
    dirty: set[date] = set()
    for source in _dated(metric):
        touched = touches.days.get((source.cls, partition), set())
        dirty |= touched
        dirty.update(day for day in _reached(touched, source.window) if day <= today)
    return dirty


def _reached(touched: set[date], window: int) -> Iterator[date]:
    """Days in whose window a touched one lies, each once."""
    until = date.min
    for day in sorted(touched):
        since = max(day, until)
        until = day + window * ONE_DAY
        for ahead in range((until - since).days):
            yield since + ahead * ONE_DAY


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


def _read(sink: Sink, needed: Iterable[Metric], partition: str, first: date, last: date) -> Frames:
    """The records that any of the metrics needs for these days, each read once."""
    return {
        source.key: prepared(_read_source(sink, source, _where(source.cls, partition), first, last))
        for source in sources_of(part for metric in needed for part in metric.parts)
    }


def _read_source(sink: Sink, source: Source, where: Where, first: date, last: date) -> pl.DataFrame:
    (cls, at, ends), names = source.key, list(source.columns)
    until = last + ONE_DAY
    if ends:
        return lasting(sink, cls, (at, ends), (first, until), where, columns=names)
    if not at:
        return sink.read(cls, where=where, columns=names)
    since = first - (source.window - 1) * ONE_DAY
    names = list(dict.fromkeys([*names, at]))
    return sink.read(cls, since, until, where, at=at, columns=names)


def _computed(
    metric: Metric, frames: Frames, days: set[date], span: Span, today: date
) -> pl.DataFrame:
    """The rows of these days; of those after today only where a day has records of its own."""
    counted = [each for each in _dated(metric) if not each.until]
    recorded = pl.concat([frames[each.key][each.at].dt.date().unique() for each in counted])
    shown = {day for day in days if day <= today} | (days & set(recorded))
    return _of(shown, metric.compute(frames, span=span))


def _of(days: set[date], rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("day").is_in(list(days)))


def _changed(cls: type[Rollup], new: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """New rows that are not stored as they are, and empty ones for lost keys."""
    key = list(cls.key)
    values = [name for name in new.columns if name not in key]
    known = stored.with_columns(known=pl.lit(True))
    compared = new.join(known, on=key, how="left", suffix=" stored")
    differs = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"{name} stored")) for name in values
    )
    changed = compared.filter(pl.col("known").is_null() | differs).select(new.columns)
    lost = stored.join(new, on=key, how="anti").filter(~pl.col("is_empty"))
    return pl.concat([changed, lost.with_columns(_emptied(cls))])


def _emptied(cls: type[Rollup]) -> list[pl.Expr]:
    """Every measure as of nothing."""
    defaults, types = {spec.name: spec.default for spec in fields(cls)}, types_of(cls)
    return [
        pl.lit(True).alias("is_empty"),
        *(pl.lit(defaults[name], DTYPES[types[name][0]]).alias(name) for name in measures_of(cls)),
    ]


def _write(
    sink: Sink, rows: pl.DataFrame, cls: type[Rollup], checkpoint: Callable[[], None]
) -> int:
    written = 0
    for part in rows.iter_slices(BATCH_SIZE):
        checkpoint()
        written += sink.write(part, cls)
    return written
