"""Additive measures, added up by the store from a rollup's rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from devhealth.analytics.catalogue import HUMAN, Entry, Grain
from devhealth.analytics.questions import Dimension, Question
from devhealth.sinks import Sink
from devhealth.sinks.query import STOCKED, SUMMED, Bucket, Query, measures_of, sources

# Days, named as their week or month is.
LONGER: Mapping[str, pl.Expr] = {
    "week": pl.col("bucket").dt.truncate("1w"),
    "month": pl.col("bucket").dt.truncate("1mo"),
}


def grain_of(entry: Entry, question: Question, copies: Sequence[str]) -> Grain | None:
    """The smallest table whose rows add up to the answer; None: none does.

    `copies` are the repositories that share commits with others: what their rows count of commits
    adds up for each of them, and for nothing that they are part of. Rows know no hours.
    """
    if question.clock:
        return None
    for grain in entry.grains:
        tells = grain.is_additive and grain.has(question.columns) and _tells_people(grain, question)
        if tells and _counts_once(grain, question, copies):
            return grain
    return None


def _tells_people(grain: Grain, question: Question) -> bool:
    return (
        question.population == "all"
        or not grain.is_of_people
        or "population" in grain.rollup.key
        or "actor_kind" in grain.rollup.labels
    )


def _counts_once(grain: Grain, question: Question, copies: Sequence[str]) -> bool:
    if not grain.rollup.partition or "repo_id" in question.by or not grain.is_of_commits:
        return True
    asked = dict(question.where).get(Dimension.REPO)
    concerned = set(copies) & set(asked) if asked else set(copies)
    return len(concerned) < 2


def key_of(grain: Grain, question: Question) -> tuple[Any, ...]:
    """Questions of one key are one query of the store.

    What is not grouped has few rows, so that days serve those who ask for weeks, too.
    """
    shares_days = grain.measure.rolls_up.kind in SUMMED and not question.by
    return (
        grain.rollup, question.since, question.until, "" if shares_days else question.bucket,
        question.by, question.where, question.population, question.as_of,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sums:
    """What the store added up: per bucket and group each column that the measures are made of."""

    query: Query
    frame: pl.DataFrame

    def values(self, name: str, kept: pl.DataFrame | None = None) -> pl.DataFrame:
        """`bucket`, the query's groups and `value`; groups not `kept` are one, of nulls."""
        if kept is None:
            return self._finish(name)
        return self._added(folded(self.frame, [*self.query.by], kept))._finish(name)

    def over(self, bucket: Bucket) -> "Sums":
        """The same sums in the buckets that these ones are parts of."""
        if bucket == self.query.bucket:
            return self
        longer = LONGER.get(bucket, pl.lit(self.query.since))
        whole = Sums(replace(self.query, bucket=bucket), self.frame)
        return whole._added(self.frame.with_columns(bucket=longer))

    def totals(self, name: str) -> pl.DataFrame:
        """The same over all buckets together; of a stock what is left in the end."""
        frame = self.frame
        if measures_of(self.query.rollup)[name].rolls_up.kind in STOCKED:
            frame = frame.filter(pl.col("bucket").is_in(self._last_closed()))
        return Sums(self.query, frame).over("all")._finish(name)

    def _added(self, frame: pl.DataFrame) -> "Sums":
        """Of rows that share a bucket and a group one."""
        groups = frame.group_by("bucket", *self.query.by, maintain_order=True)
        return Sums(self.query, groups.agg(pl.col(*self.query.measures).sum()))

    def _finish(self, name: str) -> pl.DataFrame:
        plan = measures_of(self.query.rollup)[name].rolls_up
        columns = sources(name, plan)
        upper, *lower = (pl.col(each).cast(pl.Float64) for each in columns)
        if plan.kind == "per_day":
            lower = [self._closed_days()]
        value = pl.when(lower[0] > 0).then(upper / lower[0]) if lower else upper.round(6)
        return self.frame.select("bucket", *self.query.by, value=value)

    def _last_closed(self) -> list[date]:
        """The last bucket that has a closed day, if any: what is summed may have later ones."""
        buckets = self.query.buckets()
        closed = [start for start, end in buckets if self.query.closed_until(end) > start]
        return [self.query.bucket_of(start) for start in closed[-1:]]

    def _closed_days(self) -> pl.Expr:
        query = self.query
        days = {
            query.bucket_of(start): max(0, (query.closed_until(end) - start).days)
            for start, end in query.buckets()
        }
        return pl.col("bucket").replace_strict(days, default=0, return_dtype=pl.Int64)


def folded(frame: pl.DataFrame, groups: list[str], kept: pl.DataFrame) -> pl.DataFrame:
    """The frame with every group that is not among the `kept` ones named by nulls."""
    named = frame.join(kept.with_columns(_kept=pl.lit(True)), on=groups, how="left")
    return named.with_columns(
        pl.when("_kept").then(pl.col(name)).alias(name) for name in groups
    ).drop("_kept")


def add_up(
    sink: Sink,
    grain: Grain,
    question: Question,
    bucket: Bucket,
    measures: Iterable[str],
    closed: date,
) -> Sums:
    """One query for all measures that are asked by the same key. `closed`: the first open day.

    `bucket` is the question's, or `day` where others ask for shorter ones.
    """
    declared = measures_of(grain.rollup)
    columns = [each for name in measures for each in sources(name, declared[name].rolls_up)]
    query = Query(
        rollup=grain.rollup,
        measures=tuple(dict.fromkeys(columns)),
        since=question.since,
        until=question.until,
        bucket=bucket,
        by=question.by,
        where=_where(grain, question),
        as_of=question.as_of,
        closed=closed,
    )
    return Sums(query, sink.aggregate(query))


def _where(grain: Grain, question: Question) -> dict[str, Any]:
    where: dict[str, Any] = {name.columns[-1]: list(ids) for name, ids in question.where}
    if "population" in grain.rollup.key:
        where["population"] = question.population
    elif question.population == "people" and "actor_kind" in grain.rollup.labels:
        where["actor_kind"] = HUMAN
    return where
