"""Two measures over one dimension: a point for each group, and lines through the middle.

The lines are medians of the groups' values: half of the points lie on either side. They are no
number of everything together. People are told as in breakdowns (`parts`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from devhealth.analytics.answers import Answer
from devhealth.analytics.parts import Key, Privacy
from devhealth.analytics.questions import Dimension


@dataclass(frozen=True, slots=True)
class Step:
    """Where a group was in a bucket, by its first day; null: not measured then."""

    day: date
    x: float | None
    y: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """A group. `way`: where it was in each bucket in which there was anything of it."""

    key: Key
    x: float
    y: float
    way: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Quadrants:
    """Groups for which both are measured, and how many are not told.

    beyond      of more groups than are shown
    unmeasured  groups of which one of both is not measured: they have no place
    is_private  the groups are people who are too few to be told apart
    """

    places: Sequence[Place]
    median_x: float | None
    median_y: float | None
    beyond: int
    unmeasured: int
    is_private: bool


def quadrants(x: Answer, y: Answer, *, top: int, privacy: Privacy | None = None) -> Quadrants:
    """The groups with the largest `x` first, people by their ids; medians are of all groups."""
    of_x, of_y = _totals(x), _totals(y)
    both = sorted(of_x.keys() & of_y.keys())
    unmeasured = len(of_x.keys() | of_y.keys()) - len(both)
    by_person, privacy = x.question.dimension is Dimension.AUTHOR, privacy or Privacy()
    if by_person and any(privacy.hides_among(key[0] for key in each) for each in (of_x, of_y)):
        shown = [key for key in both if key[0] in privacy.own]
        hidden = len(of_x.keys() | of_y.keys()) - len(shown)
        places = _places(shown, of_x, of_y, x, y)
        return Quadrants(places, None, None, hidden, 0, is_private=hidden > 0)
    if not by_person:
        both = sorted(both, key=lambda key: (-of_x[key], key))
    return Quadrants(
        places=_places(both[:top], of_x, of_y, x, y),
        median_x=_median([of_x[key] for key in both]),
        median_y=_median([of_y[key] for key in both]),
        beyond=len(both[top:]),
        unmeasured=unmeasured,
        is_private=False,
    )


def _totals(answer: Answer) -> dict[Key, float]:
    rows = answer.totals().select(*answer.question.by, "value").drop_nulls("value").rows()
    return {tuple(key): value for *key, value in rows}


def _median(values: Sequence[float]) -> float | None:
    found = pl.Series(values, dtype=pl.Float64).quantile(0.5, interpolation="linear")
    return None if found is None else round(found, 6)


def _places(
    keys: Sequence[Key], of_x: dict[Key, float], of_y: dict[Key, float], x: Answer, y: Answer
) -> list[Place]:
    ways = _ways(x, y) if keys else {}
    return [Place(key, of_x[key], of_y[key], ways.get(key, [])) for key in keys]


def _ways(x: Answer, y: Answer) -> dict[Key, list[Step]]:
    """By day; of one bucket there is no way."""
    if x.question.bucket == "all":
        return {}
    of_x, of_y = _points(x), _points(y)
    found: dict[Key, list[Step]] = {}
    for day, key in sorted(of_x.keys() | of_y.keys()):
        step = Step(day, of_x.get((day, key), _nothing(x)), of_y.get((day, key), _nothing(y)))
        found.setdefault(key, []).append(step)
    return found


def _points(answer: Answer) -> dict[tuple[date, Key], float]:
    """Of buckets in which there was anything."""
    rows = answer.values().select("bucket", *answer.question.by, "value").rows()
    nothing = (None, _nothing(answer))
    return {(day, tuple(key)): value for day, *key, value in rows if value not in nothing}


def _nothing(answer: Answer) -> float | None:
    return 0.0 if answer.entry.kind == "sum" else None
