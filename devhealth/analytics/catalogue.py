"""Every measure, read off the rollup classes: a field there is an entry here.

A same-named field in several tables is one measure at several grains.
"""

from dataclasses import dataclass
from functools import cache

from devhealth.analytics.questions import Dimension, Question, Unanswerable
from devhealth.metrics import Metric, Part, metrics
from devhealth.models.fields import ADDITIVE, Better, Kind, Measure
from devhealth.models.records import Commit, CommitFile
from devhealth.models.rollups import Rollup
from devhealth.sinks.query import measures_of

HUMAN = "human"
OF_COMMITS = (Commit, CommitFile)


@dataclass(frozen=True, slots=True)
class Grain:
    """A measure in one table."""

    name: str
    metric: Metric
    measure: Measure

    @property
    def rollup(self) -> type[Rollup]:
        return self.metric.rollup

    @property
    def is_additive(self) -> bool:
        return self.measure.rolls_up.kind in ADDITIVE

    @property
    def is_of_commits(self) -> bool:
        """Its rows count a copied commit once for each of its repositories."""
        parts = self.metric.parts_of([self.name])
        return any(source.cls in OF_COMMITS for part in parts for source in part.sources)

    @property
    def is_of_people(self) -> bool:
        """Somebody made what its rows count, a human or a bot."""
        parts = self.metric.parts_of([self.name])
        return any(
            part.kind in source.cls.__dataclass_fields__
            for part in parts
            for source in part.sources
        )

    def has(self, columns: frozenset[str]) -> bool:
        """Whether rows are told apart by these; persons by whose numbers they are."""
        others = {"author_id"} if self.rollup.person != "author_id" else set()
        return columns <= set(self.rollup.key) - {"day", "population"} - others


@dataclass(frozen=True, slots=True)
class Entry:
    """A measure: what it means, and where its numbers come from.

    grains      its tables, the smallest first
    dimensions  what it may be grouped by and filtered on
    sources     tables of the records behind it
    """

    name: str
    unit: str
    definition: str
    better: Better
    kind: Kind
    version: int
    sample: str | None
    grains: tuple[Grain, ...]
    dimensions: tuple[Dimension, ...]
    sources: tuple[str, ...]

    def part(self, columns: frozenset[str]) -> tuple[Metric, Part] | None:
        """Where its expression over records is that can be grouped by these; None: nowhere."""
        for grain in self.grains:
            for part in grain.metric.parts_of([self.name]):
                if part.can_group(self.name, columns):
                    return grain.metric, part
        return None


@cache
def catalogue() -> dict[str, Entry]:
    """By name, in the order in which the tables declare them."""
    found: dict[str, list[Grain]] = {}
    for metric in metrics():
        for name, measure in measures_of(metric.rollup).items():
            found.setdefault(name, []).append(Grain(name, metric, measure))
    return {name: _entry(name, sorted(grains, key=_size)) for name, grains in found.items()}


def entry_of(name: str) -> Entry:
    """Raises `Unanswerable`."""
    if (entry := catalogue().get(name)) is None:
        raise Unanswerable(f"There is no measure `{name}`.", code="unknown_measure")
    return entry


def require_groupable(entry: Entry, question: Question) -> None:
    """Raises `Unanswerable` naming the dimension at fault, and what there is instead."""
    for dimension in (*(name for name, _ in question.where), *question.dimensions):
        if dimension not in entry.dimensions:
            known = ", ".join(entry.dimensions) or "nothing"
            raise Unanswerable(
                f"{entry.name} cannot be told apart by {dimension}; it can by {known}.",
                code="not_groupable",
            )


def _entry(name: str, grains: list[Grain]) -> Entry:
    told = grains[0].measure
    parts = [part for grain in grains for part in grain.metric.parts_of([name])]
    sources = [source.cls.table for part in parts for source in part.sources if source.at]
    dimensions = [each for each in Dimension if _can_tell(grains, parts, each)]
    return Entry(
        name=name,
        unit=told.unit,
        definition=told.definition,
        better=told.better,
        kind=told.rolls_up.kind,
        version=told.version,
        sample=told.sample or told.rolls_up.denominator or None,
        grains=tuple(grains),
        dimensions=tuple(dimensions),
        sources=tuple(dict.fromkeys(sources)),
    )


def _can_tell(grains: list[Grain], parts: list[Part], dimension: Dimension) -> bool:
    name = grains[0].name
    columns = frozenset(dimension.columns)
    return any(grain.is_additive and grain.has(columns) for grain in grains) or any(
        part.can_group(name, columns) for part in parts
    )


def _size(grain: Grain) -> tuple[int, bool]:
    """Fewer columns in the key, fewer rows; the organisation's tables have the fewest."""
    return len(grain.rollup.key), bool(grain.rollup.partition)
