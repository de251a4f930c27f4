"""Whether a store holds the rollups that a made-up world should have, row by row and cell by cell.

A float's last decimal may fall either way where the exact number lies between two.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isclose
from typing import Any, Final

from devhealth.models.rollups import ROLLUPS, Rollup
from devhealth.sinks import Sink
from devhealth.synthetic.expected import expected
from devhealth.synthetic.world import World

Row = dict[str, Any]
Key = tuple[Any, ...]

LAST_DECIMAL: Final = 1.000_001e-6


@dataclass(frozen=True, slots=True)
class Difference:
    """`column`: the one whose cells differ; '' where the row is only in one place."""

    table: str
    key: Mapping[str, Any]
    column: str
    stored: Any
    expected: Any

    def __str__(self) -> str:
        place = ", ".join(f"{name} {value}" for name, value in self.key.items())
        if not self.column:
            return f"{self.table}: {place}: {'not stored' if self.expected else 'not expected'}"
        cells = f"{self.stored!r} is stored, {self.expected!r} expected"
        return f"{self.table}.{self.column}: {place}: {cells}"


@dataclass(slots=True)
class Verdict:
    """Of one table: how many rows and cells are expected and stored alike, and what is not."""

    table: str
    rows: int = 0
    cells: int = 0
    differences: list[Difference] = field(default_factory=list)


def verify(sink: Sink, world: World, today: date | None = None) -> Iterator[Verdict]:
    """Of each table, what is stored against what follows from the world.

    `today`: when the rollups were computed last; None: on the world's last day.
    """
    should = expected(world, today)
    for rollup in ROLLUPS:
        yield compared(rollup, stored(sink, rollup), should[rollup.table])


def computed_on(sink: Sink) -> date | None:
    """The day on which anything was computed last. None: nothing ever was."""
    versions = [found for rollup in ROLLUPS if (found := sink.newest_version(rollup))]
    return max(versions).date() if versions else None


def stored(sink: Sink, rollup: type[Rollup]) -> list[Row]:
    """The newest rows by key; those that are empty left out."""
    rows = sink.latest(rollup).drop("computed_at").to_dicts()
    return [row for row in rows if not row["is_empty"]]


def compared(rollup: type[Rollup], rows: Iterable[Row], should: Iterable[Row]) -> Verdict:
    verdict = Verdict(rollup.table)
    there, wanted = _by_key(rollup, rows), _by_key(rollup, should)
    for key in sorted({*there, *wanted}):
        found = [*_differing(rollup, key, there.get(key), wanted.get(key))]
        verdict.differences += found
        if key in there and key in wanted:
            verdict.rows += not found
            verdict.cells += len(wanted[key]) - len(found)
    return verdict


def _by_key(rollup: type[Rollup], rows: Iterable[Row]) -> dict[Key, Row]:
    return {tuple(row[name] for name in rollup.key): row for row in rows}


def _differing(
    rollup: type[Rollup], key: Key, there: Row | None, wanted: Row | None
) -> Iterator[Difference]:
    place = dict(zip(rollup.key, key, strict=True))
    if there is None or wanted is None:
        yield Difference(rollup.table, place, "", there, wanted)
        return
    for name in sorted({*there, *wanted}):
        cells = there.get(name), wanted.get(name)
        if name not in there or name not in wanted or not _is_same(*cells):
            yield Difference(rollup.table, place, name, *cells)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=0, abs_tol=LAST_DECIMAL)
    return type(one) is type(other) and bool(one == other)
