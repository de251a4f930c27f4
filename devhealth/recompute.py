"""Where the other stages meet: records are read, rolled up, compared, and what changed is written.

A sync's writes are remembered as `Touches`; each metric's sources say how far a touch reaches.
Only those days are computed anew. A day that comes out as it is stored writes nothing; a key that
vanished from its day gets a newer, empty row.

Most tables are read and computed for some partitions (repositories) at a time (`visits`). One whose
class has no partition is computed from the records of the whole organisation, `EVERYWHERE`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date

import polars as pl

from devhealth.due import ONE_DAY, ahead, dated, overdue
from devhealth.metrics import Metric, Source, metrics
from devhealth.models.fields import DTYPES, types_of
from devhealth.models.rollups import Rollup
from devhealth.models.touches import EVERYWHERE, Touches
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sinks.query import measures_of
from devhealth.visits import Stretch, Visit, visits


def _computed_in(partitions: Sequence[str]) -> list[Metric]:
    """The metrics of partitions, or those of the whole organisation."""
    return [
        each for each in metrics() if bool(each.rollup.partition) == (EVERYWHERE not in partitions)
    ]


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


def _compute(
    sink: Sink, due: Touches, partitions: list[str], today: date, checkpoint: Callable[[], None]
) -> Iterator[tuple[str, int]]:
    """Rows written, by table, of some stretches after the others."""
    here = _computed_in(partitions)
    for visit in visits(sink, here, due, partitions, today, checkpoint):
        for metric in here:
            if part := visit.of(metric.rollup):
                changed = _changed(metric.rollup, *_compared(sink, metric, part, today))
                yield metric.rollup.table, _write(sink, changed, metric.rollup, checkpoint)


def _compared(
    sink: Sink, metric: Metric, visit: Visit, today: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the dirty days: as they should be, and as they are stored."""
    cls, (first, last) = metric.rollup, visit.span
    new = metric.compute(visit.frames, span=visit.span)
    where = visit.where(cls)
    stored = sink.latest(cls, first, last + ONE_DAY, where, columns=new.columns)
    dirty = [(each.partition, each.dirty[cls]) for each in visit.stretches]
    shown = [(each.partition, _shown(metric, visit, each, today)) for each in visit.stretches]
    return _of(cls, shown, new), _of(cls, dirty, stored)


def _of(
    cls: type[Rollup], days: Iterable[tuple[str, set[date]]], rows: pl.DataFrame
) -> pl.DataFrame:
    """The rows of some days of some partitions."""
    if not cls.partition:
        return rows.filter(pl.col("day").is_in(list(set().union(*(some for _, some in days)))))
    each = [(partition, day) for partition, some in days for day in some]
    schema = {cls.partition: pl.String, "day": pl.Date}
    places = pl.DataFrame(each, schema=schema, orient="row")
    return rows.join(places, on=places.columns, how="semi")


def _shown(metric: Metric, visit: Visit, stretch: Stretch, today: date) -> set[date]:
    """The dirty days of a stretch; of those after today only the ones with records."""
    days = stretch.dirty[metric.rollup]
    yet_to_come = {day for day in days if day > today}
    for source in dated(metric) if yet_to_come else ():
        if not source.until:
            yet_to_come -= set(_days_of(stretch, source, visit.frames[source.key]))
    return days - yet_to_come


def _days_of(stretch: Stretch, source: Source, records: pl.DataFrame) -> pl.Series:
    if stretch.partition != EVERYWHERE:
        key = pl.col(source.cls.partition).cast(pl.String)
        records = records.filter(key == stretch.partition)
    return records[source.at].dt.date()


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
