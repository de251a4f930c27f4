"""Where something goes: the groups of a measure along a path, as bands whose widths add up.

What comes into a group goes out of it: where a chart has no room for all groups or bands, whole
ways from the first group to the last are left out, so that both sides of each group stay equal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import polars as pl

from devhealth.analytics.answers import Answer
from devhealth.analytics.parts import Key
from devhealth.analytics.questions import Dimension, Unanswerable
from devhealth.models.directory import UNASSIGNED, UNCLASSIFIED

ADDS_UP: Final = ("sum", "stock")
UNKNOWN: Final = {Dimension.TEAM: UNASSIGNED, Dimension.THEME: UNCLASSIFIED}
MOST_STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A group, and how much goes through it."""

    dimension: Dimension
    key: Key
    value: float


@dataclass(frozen=True, slots=True)
class Band:
    """How much goes from one group to another."""

    source: Node
    target: Node
    value: float


@dataclass(frozen=True, slots=True)
class Flow:
    """Groups and bands, the widest first. `dropped`: of ways for which there was no room."""

    nodes: Sequence[Node]
    bands: Sequence[Band]
    total: float
    dropped: float

    @property
    def is_truncated(self) -> bool:
        return self.dropped > 0

    def known_share(self, dimension: Dimension) -> float | None:
        """What is of a known team or theme. Null: it is not on the path, or nothing goes."""
        mine = [node for node in self.nodes if node.dimension is dimension]
        whole = sum(node.value for node in mine)
        known = sum(node.value for node in mine if node.key != (UNKNOWN[dimension],))
        return round(known / whole, 6) if whole else None


def require_path(path: Sequence[Dimension]) -> None:
    """Raises `Unanswerable` for what is no path, or tells people apart."""
    if not 2 <= len(set(path)) == len(path) <= MOST_STEPS:
        raise Unanswerable(
            f"A path has 2 to {MOST_STEPS} dimensions, each once.", code="invalid_path"
        )
    for each in (Dimension.AUTHOR, Dimension.FILE):
        if each in path:
            raise Unanswerable(f"A path does not lead through {each}s.", code="not_groupable")


def flow(
    answer: Answer, path: Sequence[Dimension], *, most_nodes: int = 100, most_bands: int = 500
) -> Flow:
    """Of a measure that adds up over groups. Raises `Unanswerable` for any other."""
    if answer.entry.kind not in ADDS_UP:
        raise Unanswerable(
            f"{answer.entry.name} does not add up over groups: it has no flow.",
            code="not_additive",
        )
    names = [name for each in path for name in each.columns]
    ways = answer.values().select(*names, "value").filter(pl.col("value") > 0)
    total = _sum(ways)
    kept = _among(ways, [[each] for each in path], most_nodes)
    kept = _among(kept, list(pairwise(path)), most_bands)
    nodes = {
        (each, key): Node(each, key, value)
        for each in path
        for (key,), value in _widths(kept, [each])
    }
    bands = [
        Band(nodes[source, out], nodes[target, into], value)
        for source, target in pairwise(path)
        for (out, into), value in _widths(kept, [source, target])
    ]
    return Flow(list(nodes.values()), bands, total, round(total - _sum(kept), 6))


def _among(ways: pl.DataFrame, stations: Iterable[Sequence[Dimension]], most: int) -> pl.DataFrame:
    """The ways that lead through the `most` widest of these alone."""
    stations = [list(each) for each in stations]
    found = [
        (place, keys, value)
        for place, station in enumerate(stations)
        for keys, value in _widths(ways, station)
    ]
    widest = sorted(found, key=lambda each: (-each[2], each[0], each[1]))[:most]
    for place, station in enumerate(stations):
        names = _names(station)
        cells = [[cell for key in keys for cell in key] for at, keys, _ in widest if at == place]
        some = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")
        ways = ways.join(some, on=names, how="semi")
    return ways


def _widths(
    ways: pl.DataFrame, station: Sequence[Dimension]
) -> list[tuple[tuple[Key, ...], float]]:
    """The keys of each group or pair of groups, and how much goes there; the widest first."""
    names = _names(station)
    sums = ways.group_by(names).agg(pl.col("value").sum().round(6))
    rows = sums.sort("value", *names, descending=[True, *(False for _ in names)]).rows()
    return [(_keys(row, station), row[-1]) for row in rows]


def _keys(row: Sequence[str], station: Sequence[Dimension]) -> tuple[Key, ...]:
    cells = iter(row)
    return tuple(tuple(next(cells) for _ in each.columns) for each in station)


def _names(station: Sequence[Dimension]) -> list[str]:
    return [name for each in station for name in each.columns]


def _sum(ways: pl.DataFrame) -> float:
    return round(float(ways["value"].sum()), 6)
