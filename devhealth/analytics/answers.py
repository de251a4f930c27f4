"""Many questions at once: what can share a query of the store or a read of records, does."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Protocol, cast

import polars as pl

from devhealth.analytics import rows
from devhealth.analytics.catalogue import Entry, Grain, entry_of, require_groupable
from devhealth.analytics.questions import Question, Unanswerable
from devhealth.analytics.records import Computed, Loader, Plan, timed
from devhealth.errors import DevHealthError
from devhealth.metrics.copies import kin
from devhealth.models.records import Repository
from devhealth.sinks import Sink

REPOSITORY = ("repo_id", "root_hash", "is_fork")


class Numbers(Protocol):
    """Where a measure's values come from; all frames have `bucket`, the groups, `value`."""

    def values(self, name: str, kept: pl.DataFrame | None = None) -> pl.DataFrame: ...

    def totals(self, name: str) -> pl.DataFrame: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The numbers for one question; what was found once is not looked for again."""

    question: Question
    entry: Entry
    numbers: Numbers
    _found: dict[str, pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    @property
    def basis(self) -> str:
        """`rows` that were added up, or `records` that were computed."""
        return "rows" if isinstance(self.numbers, rows.Sums) else "records"

    def values(self, kept: pl.DataFrame | None = None) -> pl.DataFrame:
        """`bucket`, the dimension's columns, `value` (null: not measured) and `n`.

        `n` is the size of a statistic's sample; null for what is no statistic, and where rows that
        are added up do not tell it. Groups that are not `kept` are one, named by nulls.
        """
        if kept is not None:
            return self._sampled(self.numbers.values(self.entry.name, kept), kept)
        if "values" not in self._found:
            values = self.numbers.values(self.entry.name, None)
            self._found["values"] = self._sampled(values, None)
        return self._found["values"]

    def totals(self) -> pl.DataFrame:
        """The same over all buckets together: never a mean of them."""
        if "totals" not in self._found:
            self._found["totals"] = self.numbers.totals(self.entry.name)
        return self._found["totals"]

    def _sampled(self, values: pl.DataFrame, kept: pl.DataFrame | None) -> pl.DataFrame:
        if "n" in values.columns:
            return values
        sample = self.entry.sample
        if sample is None:
            return values.with_columns(n=pl.lit(None, pl.Int64))
        sizes = self.numbers.values(sample, kept).rename({"value": "n"})
        on = ["bucket", *self.question.by]
        found = values.join(sizes, on=on, how="left", nulls_equal=True)
        return found.with_columns(pl.col("n").cast(pl.Int64))


Outcome = Answer | DevHealthError


def ask(sink: Sink, questions: Sequence[Question], *, today: date) -> list[Outcome]:
    """An answer or its refusal for each question, in their order.

    Days after `today` (UTC) are not looked at. `Transient` and `Permanent` are refusals of those
    questions that they stood in the way of; any other error is raised.
    """
    return _Batch(sink, today).answer([_up_to(question, today) for question in questions])


def _up_to(question: Question, today: date) -> Question:
    until = min(question.until, today + timedelta(days=1))
    return replace(question, until=max(until, question.since + timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with the way to its answer."""

    question: Question
    entry: Entry
    way: Grain | Plan


class _Batch:
    """What the questions of one call share: queries of the store, reads of records."""

    def __init__(self, sink: Sink, today: date) -> None:
        self._sink = sink
        self._today = today
        self._loader = Loader(sink)
        self._sums: dict[Any, rows.Sums | DevHealthError] = {}

    def answer(self, questions: Sequence[Question]) -> list[Outcome]:
        planned = [self._planned(question) for question in questions]
        shared = defaultdict(list)
        for each in planned:
            if isinstance(each, _Asked) and isinstance(each.way, Grain):
                shared[rows.key_of(each.way, each.question)].append(each)
            elif isinstance(each, _Asked) and isinstance(each.way, Plan):
                for need, columns in each.way.needs(self._copies).items():
                    self._loader.want(need, columns)
        for key, group in shared.items():
            self._sums[key] = self._added_up(group)
        return [self._outcome(each) if isinstance(each, _Asked) else each for each in planned]

    def _planned(self, question: Question) -> _Asked | DevHealthError:
        try:
            entry = entry_of(question.measure)
            require_groupable(entry, question)
            return _Asked(question, entry, self._way(question, entry))
        except DevHealthError as error:
            return error

    def _way(self, question: Question, entry: Entry) -> Grain | Plan:
        copies = self._copies if "repo_id" not in question.by else []
        if grain := rows.grain_of(entry, question, copies):
            return grain
        if question.as_of is not None:
            raise Unanswerable(
                f"{entry.name} is computed from records here, which are kept as they are now: "
                "it cannot be told as of another time.",
                code="not_versioned",
            )
        if found := entry.part(question.columns):
            return timed(Plan(question, *found))
        raise Unanswerable(
            f"{entry.name} cannot be told for these filters and groups together.",
            code="not_groupable",
        )

    def _added_up(self, group: Sequence[_Asked]) -> rows.Sums | DevHealthError:
        """One query for questions of one key."""
        question, grain = group[0].question, group[0].way
        buckets = {each.question.bucket for each in group}
        bucket = question.bucket if len(buckets) == 1 else "day"
        names = [name for each in group for name in (each.entry.name, each.entry.sample) if name]
        try:
            return rows.add_up(self._sink, cast(Grain, grain), question, bucket, names, self._today)
        except DevHealthError as error:
            return error

    def _outcome(self, asked: _Asked) -> Outcome:
        question, entry = asked.question, asked.entry
        if isinstance(asked.way, Grain):
            found = self._sums[rows.key_of(asked.way, question)]
            if isinstance(found, DevHealthError):
                return found
            return Answer(question, entry, found.over(question.bucket))
        try:
            frames = asked.way.frames(self._loader, self._copies, self._repositories)
        except DevHealthError as error:
            return error
        return Answer(question, entry, Computed(asked.way, frames, self._today))

    @cached_property
    def _copies(self) -> list[str]:
        return kin(self._repositories)

    @cached_property
    def _repositories(self) -> pl.DataFrame:
        return self._sink.read(Repository, columns=list(REPOSITORY))
