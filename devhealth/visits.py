"""What a compute reads: stretches of dirty days, as many at a time as are worth it.

One read of each source serves them all, for a read of a few records costs as much as one of some
thousands, and so does a compute of them. How many rows there will be, nobody knows before they are
read: the first few are taken on trust, those after them by what the ones before them had.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from devhealth.due import LONGEST_RUN, ONE_DAY, dirty_days, runs
from devhealth.metrics import Frames, Key, Metric, Source, Span, prepared, sources_of
from devhealth.models.records import Record
from devhealth.models.rollups import Rollup
from devhealth.models.touches import EVERYWHERE, Touches
from devhealth.sinks import Sink
from devhealth.sinks.spells import Spell

LONGEST_RUN_EVERYWHERE = 92  # what it loads is as large as the organisation
ENOUGH = 400_000  # records that are worth a compute
# Days of a partition that are read at first, and what the days before them count as.
FIRST, FIRST_EVERYWHERE, MARGIN = 4_000, 100, 8


@dataclass(frozen=True, slots=True)
class Stretch:
    """A partition from one day to another, and which of its days are dirty, of each table that has
    any in the partition."""

    partition: str
    span: Span
    dirty: Mapping[type[Rollup], set[date]]


@dataclass(frozen=True, slots=True)
class Visit:
    """Stretches, and what is needed to compute them."""

    stretches: Sequence[Stretch]
    frames: Frames = field(default_factory=dict)

    @property
    def span(self) -> Span:
        firsts, lasts = zip(*(each.span for each in self.stretches), strict=True)
        return min(firsts), max(lasts)

    @property
    def cost(self) -> int:
        """Days of a partition that are read, as far as they count."""
        first, last = self.span
        partitions = {each.partition for each in self.stretches}
        return len(partitions) * ((last - first).days + 1 + MARGIN)

    def of(self, cls: type[Rollup]) -> "Visit | None":
        """The part of it in which days of the table are dirty. None: nowhere."""
        concerned = [each for each in self.stretches if cls in each.dirty]
        return replace(self, stretches=concerned) if concerned else None

    def where(self, cls: type[Record | Rollup]) -> dict[str, list[str]]:
        """Which rows of a class are of its partitions."""
        partitions = sorted({each.partition for each in self.stretches})
        return {} if EVERYWHERE in partitions else {cls.partition: partitions}


def visits(
    sink: Sink,
    here: Sequence[Metric],
    due: Touches,
    partitions: Sequence[str],
    today: date,
    checkpoint: Callable[[], None],
) -> Iterator[Visit]:
    """All that is dirty of these metrics in these partitions, with what is needed of records."""
    found = (each for one in partitions for each in _stretches(here, due, one, today))
    stretches = sorted(found, key=lambda each: (each.span, each.partition))
    cost = FIRST_EVERYWHERE if EVERYWHERE in partitions else FIRST
    while stretches:
        visit = Visit(stretches[: _fitting(stretches, cost)])
        stretches = stretches[len(visit.stretches) :]
        checkpoint()
        read = replace(visit, frames=_read(sink, here, visit))
        height = sum(frame.height for frame in read.frames.values())
        cost = visit.cost * ENOUGH // max(height, 1)
        yield read


def _stretches(
    here: Sequence[Metric], due: Touches, partition: str, today: date
) -> Iterator[Stretch]:
    all_days = {metric.rollup: dirty_days(metric, due, partition, today) for metric in here}
    longest = LONGEST_RUN_EVERYWHERE if partition == EVERYWHERE else LONGEST_RUN
    for first, last in runs(set().union(*all_days.values()), longest):
        within = {
            cls: {day for day in days if first <= day <= last} for cls, days in all_days.items()
        }
        dirty = {cls: days for cls, days in within.items() if days}
        yield Stretch(partition, (first, last), dirty)


def _fitting(stretches: Sequence[Stretch], most: int) -> int:
    """How many of the first ones are read together: at least one, at most so many days of theirs,
    and no more than twice their own."""
    own, partitions = 0, set[str]()
    first, last = stretches[0].span
    for count, each in enumerate(stretches):
        since, until = each.span
        first, last = min(first, since), max(last, until)
        partitions.add(each.partition)
        own += (until - since).days + 1 + MARGIN
        cost = len(partitions) * ((last - first).days + 1 + MARGIN)
        if count and cost > min(most, 2 * own):
            return count
    return len(stretches)


def _read(sink: Sink, here: Iterable[Metric], visit: Visit) -> Frames:
    """The records that any of the metrics needs there, those of a class read once for all."""
    needed = [metric for metric in here if visit.of(metric.rollup)]
    by_class = defaultdict[type[Record], list[Source]](list)
    for source in sources_of(part for metric in needed for part in metric.parts):
        by_class[source.cls].append(source)
    found: dict[Key, pl.DataFrame] = {}
    for cls, sources in by_class.items():
        found |= _read_class(sink, cls, sources, visit)
    return found


def _read_class(
    sink: Sink, cls: type[Record], sources: Sequence[Source], visit: Visit
) -> dict[Key, pl.DataFrame]:
    spells = {source.key: _spell(source, visit.span) for source in sources}
    asked = {
        source.key: [*dict.fromkeys((*source.columns, *(name for name in source.key[1:] if name)))]
        for source in sources
    }
    rows = sink.read(
        cls,
        where=visit.where(cls),
        columns=[*dict.fromkeys(name for names in asked.values() for name in names)],
        spells=[spell for spell in spells.values() if spell] if all(spells.values()) else (),
    )
    ready = prepared(rows)
    return {
        key: (spell.of(ready.select(asked[key])) if spell else ready.select(asked[key]))
        for key, spell in spells.items()
    }


def _spell(source: Source, span: Span) -> Spell | None:
    """When the records of a source are that have a say in a span. None: whenever they are."""
    (_, at, ends), (first, last) = source.key, span
    if not at:
        return None
    since = first if ends else first - (source.window - 1) * ONE_DAY
    return Spell(at, since, last + ONE_DAY, ends)
