"""Answers in the shape in which they are shown: series over time, breakdowns into groups.

People are not ranked: groups that are persons come in the order of their ids unless somebody asks
for another, and where there are fewer of them than the privacy threshold, they are one group
(METRICS §1.10). Who asks always sees their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

import polars as pl

from devhealth.analytics.answers import Answer
from devhealth.analytics.questions import Dimension, Question
from devhealth.sinks.query import bucket_of

Key = tuple[str, ...]
Order = Literal["value_desc", "value_asc", "key"]

EVERYTHING: Key = ()
LOW_SAMPLE: Final = 5


@dataclass(frozen=True, slots=True)
class Privacy:
    """Fewer people than the threshold are not told apart; `own` is who asks, if it is known.

    `bots` are no people: they do not make up the number.
    """

    threshold: int = 5
    own: frozenset[str] = frozenset()
    bots: frozenset[str] = frozenset()

    def hides(self, people: int) -> bool:
        """So few are not told apart."""
        return people < self.threshold

    def hides_among(self, ids: Iterable[str]) -> bool:
        """Of these, bots among them, none is told apart."""
        return self.hides(len(set(ids) - self.bots))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which groups are shown, and in what order; the first `top` of them (None: all).

    The order is by the value over all buckets, nulls last; None: by key for persons, else the
    largest first.
    """

    top: int | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A bucket by its first day (UTC); value null: not measured."""

    day: date
    value: float | None
    sample: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """One group over time. `key` None: all groups that are not told apart."""

    key: Key | None
    points: Sequence[Point]
    total: float | None
    prior: float | None


@dataclass(frozen=True, slots=True)
class Item:
    """One group. `share` is of the sum of all groups; null for what is no sum."""

    key: Key
    value: float | None
    sample: int | None
    share: float | None
    prior: float | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Groups, and what is left when they are told: `others`, of `folded` more groups.

    is_private  the others are people who are too few to be told apart
    """

    items: Sequence[Item]
    others: float | None
    folded: int
    is_private: bool


@dataclass(frozen=True, slots=True)
class _Chosen:
    keys: Sequence[Key]
    hidden: int
    is_private: bool = False


def change(value: float | None, prior: float | None) -> float | None:
    """In percent. Null: one of them is not measured, or there was nothing before."""
    if value is None or not prior:
        return None
    return round((value - prior) / prior * 100, 6)


def is_low(sample: int | None) -> bool:
    """A statistic of so few things says little (METRICS §1.3)."""
    return sample is not None and sample < LOW_SAMPLE


def timeseries(
    answer: Answer,
    prior: Answer | None = None,
    *,
    shown: Shown | None = None,
    privacy: Privacy | None = None,
    fill_gaps: bool = False,
) -> list[Series]:
    """A series for each group; `prior` answers the same question for the days before.

    `fill_gaps` adds the buckets that nothing happened in: 0 of a sum, else null.
    """
    question = answer.question
    totals, before = _by_key(answer.totals(), question), _totals(prior)
    chosen = _choose(question, totals, shown or Shown(), privacy or Privacy())
    points = _points(answer, answer.values(), fill_gaps)
    series = [Series(key, points[key], totals[key], before.get(key)) for key in chosen.keys]
    if chosen.is_private:
        rest = _points(answer, answer.values(_frame(question, chosen.keys)), fill_gaps)
        series.append(Series(None, rest.get((None,) * len(question.by), []), None, None))
    return series


def breakdown(
    answer: Answer,
    prior: Answer | None = None,
    *,
    shown: Shown | None = None,
    privacy: Privacy | None = None,
    include_others: bool = False,
) -> Breakdown:
    """The groups of an answer for one bucket."""
    question, values = answer.question, answer.values()
    by_key, samples = _by_key(values, question), _by_key(values, question, "n")
    before = _totals(prior)
    chosen = _choose(question, by_key, shown or Shown(), privacy or Privacy())
    whole = sum(value or 0 for value in by_key.values()) if answer.entry.kind == "sum" else 0
    items = [
        Item(
            key=key,
            value=(value := by_key[key]),
            sample=samples[key],
            share=value / whole if whole and value is not None else None,
            prior=before.get(key),
        )
        for key in chosen.keys
    ]
    wants_others = chosen.hidden and (include_others or chosen.is_private)
    others = _others(answer, chosen.keys) if wants_others else None
    return Breakdown(items, others, chosen.hidden, chosen.is_private)


def _choose(
    question: Question, totals: dict[Key, float | None], shown: Shown, privacy: Privacy
) -> _Chosen:
    """The keys to show, in order; how many are not."""
    by_person = question.dimension is Dimension.AUTHOR
    keys = _ordered(totals, shown.order or ("key" if by_person else "value_desc"))
    if by_person and privacy.hides_among(key[0] for key in keys):
        own = [key for key in keys if key[0] in privacy.own]
        return _Chosen(own, len(keys) - len(own), is_private=len(own) < len(keys))
    return _Chosen(keys[: shown.top], len(keys[shown.top :]) if shown.top is not None else 0)


def _ordered(totals: dict[Key, float | None], order: Order) -> list[Key]:
    keys = sorted(totals)
    if order == "key":
        return keys
    sign = -1 if order == "value_desc" else 1
    return sorted(keys, key=lambda key: _place(totals[key], sign))


def _place(value: float | None, sign: int) -> tuple[bool, float]:
    return value is None, sign * (value or 0)


def _points(answer: Answer, values: pl.DataFrame, fill_gaps: bool) -> dict[Any, list[Point]]:
    question = answer.question
    found: dict[Any, dict[date, Point]] = {}
    for bucket, *key, value, sample in values.select("bucket", *question.by, "value", "n").rows():
        found.setdefault(tuple(key), {})[bucket] = Point(bucket, value, sample)
    if not question.by:
        found.setdefault(EVERYTHING, {})
    days = _buckets(question) if fill_gaps else []
    nothing = 0.0 if answer.entry.kind == "sum" else None
    return {
        key: [points.get(day) or Point(day, nothing, None) for day in sorted({*days, *points})]
        for key, points in found.items()
    }


def _buckets(question: Question) -> list[date]:
    """The name of each bucket of the span."""
    length = (question.until - question.since).days
    days = (question.since + timedelta(days=place) for place in range(length))
    return sorted({bucket_of(day, question.bucket, question.since) for day in days})


def _by_key(values: pl.DataFrame, question: Question, column: str = "value") -> dict[Key, Any]:
    found = {tuple(key): value for *key, value in values.select(*question.by, column).rows()}
    if not question.by:
        found.setdefault(EVERYTHING, None)
    return found


def _totals(prior: Answer | None) -> dict[Key, float | None]:
    return _by_key(prior.totals(), prior.question) if prior else {}


def _frame(question: Question, keys: Iterable[Key]) -> pl.DataFrame:
    schema = dict.fromkeys(question.by, pl.String)
    return pl.DataFrame(list(keys), schema=schema, orient="row")


def _others(answer: Answer, keys: Iterable[Key]) -> float | None:
    """What all other groups are together, by the same definition. Null: it has no such meaning."""
    question = answer.question
    if question.dimension is Dimension.FILE and answer.basis == "records":
        return None
    together = answer.values(_frame(question, keys)).filter(pl.col(question.by[0]).is_null())
    value: float | None = together["value"].item() if together.height else None
    return value
