"""Where the other stages meet: records are read, rolled up, compared, and what changed is written.

A sync's writes are remembered as `Touches`; each metric's sources say how far a touch reaches.
Only those days are computed anew. A day that comes out as it is stored writes nothing; a key that
vanished from its day gets a newer, empty row.

Most tables are read a partition (a repository) at a time, and computed for as many of them as have
some records worth it. One whose class has no partition is computed from the records of the whole
organisation, `EVERYWHERE`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

import polars as pl

from devhealth.due import LONGEST_RUN, ONE_DAY, ahead, dated, dirty_days, overdue, runs
from devhealth.loading import lasting
from devhealth.metrics import Frames, Metric, Source, Span, metrics, prepared, sources_of
from devhealth.models.fields import DTYPES, types_of
from devhealth.models.records import Record
from devhealth.models.rollups import Rollup
from devhealth.models.touches import EVERYWHERE, Touches
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sinks.query import measures_of

LONGEST_RUN_EVERYWHERE = 92  # what it loads is as large as the organisation
ENOUGH = 100_000  # records that are worth a compute; until then more of them are read


def _computed_in(partitions: Sequence[str]) -> list[Metric]:
    """The metrics of partitions, or those of the whole organisation."""
    return [
        each for each in metrics() if bool(each.rollup.partition) == (EVERYWHERE not in partitions)
    ]


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
    by_time = overdue(sink, today, partitions) | ahead(sink, today, partitions)
    due = touches | touches.everywhere() | by_time
    for among in (partitions, [EVERYWHERE]):
        for table, rows in _compute(sink, due, among, today, checkpoint):
            written[table] += rows
    return written


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A partition from one day to another: which of its days are dirty, of each table that has any
    in the partition, and what is needed to compute them."""

    partition: str
    span: Span
    dirty: Mapping[type[Rollup], set[date]]
    frames: Frames


def _compute(
    sink: Sink, due: Touches, partitions: list[str], today: date, checkpoint: Callable[[], None]
) -> Iterator[tuple[str, int]]:
    """Rows written, by table, of some stretches after the others."""
    here = _computed_in(partitions)
    for stretches in _together(sink, here, due, partitions, today, checkpoint):
        for metric in here:
            concerned = [each for each in stretches if metric.rollup in each.dirty]
            if not concerned:
                continue
            changed = _changed(metric.rollup, *_compared(sink, metric, concerned, today))
            yield metric.rollup.table, _write(sink, changed, metric.rollup, checkpoint)


def _together(
    sink: Sink,
    here: Sequence[Metric],
    due: Touches,
    partitions: Iterable[str],
    today: date,
    checkpoint: Callable[[], None],
) -> Iterator[list[_Stretch]]:
    """Stretches with enough records together that they are worth one compute."""
    stretches: list[_Stretch] = []
    height = 0
    for partition in partitions:
        all_days = {metric.rollup: dirty_days(metric, due, partition, today) for metric in here}
        dirty = {rollup: days for rollup, days in all_days.items() if days}
        needed = [metric for metric in here if metric.rollup in dirty]
        longest = LONGEST_RUN_EVERYWHERE if partition == EVERYWHERE else LONGEST_RUN
        for first, last in runs(set().union(*dirty.values()), longest):
            checkpoint()
            before = [each.span for each in stretches[-1:] if each.partition == partition]
            frames = _read(sink, needed, partition, (first, last), *before)
            days = {cls: {day for day in dirty[cls] if first <= day <= last} for cls in dirty}
            stretches.append(_Stretch(partition, (first, last), days, frames))
            height += sum(frame.height for frame in frames.values())
            if height >= ENOUGH:
                yield stretches
                stretches, height = [], 0
    if stretches:
        yield stretches


def _read(
    sink: Sink, needed: Iterable[Metric], partition: str, span: Span, before: Span | None = None
) -> Frames:
    """The records that any of the metrics needs for these days, each read once; those that the
    stretch `before` has are left out."""
    sources = sources_of(part for metric in needed for part in metric.parts)
    return {
        each.key: prepared(_read_source(sink, each, partition, span, before)) for each in sources
    }


def _read_source(
    sink: Sink, source: Source, partition: str, span: Span, before: Span | None
) -> pl.DataFrame:
    (cls, at, ends), names, (first, last) = source.key, list(source.columns), span
    where, until = _where(cls, partition), last + ONE_DAY
    if ends:
        rows = lasting(sink, cls, (at, ends), (first, until), where, columns=names)
        return rows.filter(~_lasts(at, ends, before)) if before else rows
    if not at:
        return sink.read(cls, where=where, columns=names, limit=0 if before else None)
    since = first - (source.window - 1) * ONE_DAY
    since = max(since, before[1] + ONE_DAY) if before else since
    names = list(dict.fromkeys([*names, at]))
    return sink.read(cls, since, until, where, at=at, columns=names)


def _lasts(at: str, ends: str, span: Span) -> pl.Expr:
    """Whether it does on a day of the span."""
    first, last = span
    is_over = pl.col(ends).is_not_null() & (pl.col(ends).dt.date() < first)
    return (pl.col(at).dt.date() <= last) & ~is_over


def _compared(
    sink: Sink, metric: Metric, stretches: Sequence[_Stretch], today: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the dirty days: as they should be, and as they are stored."""
    cls = metric.rollup
    frames = {
        source.key: pl.concat([stretch.frames[source.key].select(names) for stretch in stretches])
        for source in metric.sources
        for names in [_columns(source)]
    }
    firsts, lasts = zip(*(stretch.span for stretch in stretches), strict=True)
    new = metric.compute(frames, span=(min(firsts), max(lasts)))
    stored = pl.concat(_stored(sink, cls, stretch, new.columns) for stretch in stretches)
    dirty = [(stretch.partition, stretch.dirty[cls]) for stretch in stretches]
    shown = [(stretch.partition, _shown(metric, stretch, today)) for stretch in stretches]
    return _of(cls, shown, new), _of(cls, dirty, stored)


def _columns(source: Source) -> list[str]:
    """What a metric needs of its records: a stretch may hold more, which others need in it."""
    instants = (name for name in (source.at, source.until) if name)
    return list(dict.fromkeys([*source.columns, *instants]))


def _stored(sink: Sink, cls: type[Rollup], stretch: _Stretch, columns: list[str]) -> pl.DataFrame:
    first, last = stretch.span
    where = _where(cls, stretch.partition)
    return sink.latest(cls, first, last + ONE_DAY, where, columns=columns)


def _of(
    cls: type[Rollup], days: Iterable[tuple[str, set[date]]], rows: pl.DataFrame
) -> pl.DataFrame:
    """The rows of some days of some partitions."""
    if not cls.partition:
        return rows.filter(pl.col("day").is_in(list(set().union(*(some for _, some in days)))))
    places = pl.concat(
        pl.DataFrame({"day": list(some)}, schema={"day": pl.Date}).with_columns(
            pl.lit(partition).alias(cls.partition)
        )
        for partition, some in days
    )
    return rows.join(places, on=places.columns, how="semi")


def _shown(metric: Metric, stretch: _Stretch, today: date) -> set[date]:
    """The dirty days of a stretch; of those after today only the ones with records."""
    days = stretch.dirty[metric.rollup]
    yet_to_come = {day for day in days if day > today}
    for source in dated(metric) if yet_to_come else ():
        if not source.until:
            yet_to_come -= set(stretch.frames[source.key][source.at].dt.date())
    return days - yet_to_come


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
    for part in rows.sort(cls.key).iter_slices(BATCH_SIZE):  # near together in every store
        checkpoint()
        written += sink.write(part, cls)
    return written
