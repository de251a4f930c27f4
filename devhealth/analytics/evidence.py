"""The records behind one number: of a measure, a scope and a day.

For what is counted there are as many records as the number says. For a statistic they are its
sample; for a window, all that it reaches back to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from devhealth.analytics.answers import REPOSITORY, Answer, ask
from devhealth.analytics.catalogue import Entry, entry_of, require_groupable
from devhealth.analytics.questions import Question, Unanswerable
from devhealth.analytics.records import Computed, Loader, Plan
from devhealth.analytics.rows import grain_of
from devhealth.metrics import Grouping, Source, counted_on, lasting_at_ends
from devhealth.metrics.copies import kin
from devhealth.models.fields import DTYPES
from devhealth.models.records import (
    Comment,
    Commit,
    CommitFile,
    Deployment,
    DeploymentChange,
    Incident,
    PipelineRun,
    PullRequest,
    Record,
    Repository,
    Review,
    WorkItemChange,
)
from devhealth.sinks import Sink

KINDS: Final[Mapping[type[Record], str]] = {
    Commit: "commit",
    CommitFile: "file change",
    PullRequest: "pull request",
    Review: "review",
    Comment: "comment",
    PipelineRun: "pipeline run",
    Deployment: "deployment",
    DeploymentChange: "change",
    Incident: "incident",
    WorkItemChange: "work item",
}

# What names a record, and the columns of the classes that call it otherwise. Each is '' or 0 for
# records that have no such thing.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "repo_id": (),
    "hash": ("commit_hash",),
    "path": (),
    "number": (),
    "record_id": (
        "review_id",
        "comment_id",
        "run_id",
        "incident_id",
        "deployment_id",
        "work_item_id",
    ),
    "attempt": (),
    "environment": (),
    "source_id": (),
}
NUMBERS: Final = ("number", "attempt")
BESIDE: Final = frozenset({"repo_id", "environment"})  # told where they are in no key, too

_NUMBER: Final = pl.col("change_id").str.extract("^#([0-9]+)$").cast(pl.Int64)
OF_CHANGE: Final = {
    "number": _NUMBER.fill_null(0),
    "hash": pl.when(_NUMBER.is_null()).then("change_id").otherwise(pl.lit("")),
    "record_id": pl.lit(""),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is behind a number.

    value       as it is stored, or computed where no row says it; null: not measured
    recomputed  from the records as they are now
    records     newest first: `at`, `kind`, and what names each, `repo_id`, `hash` (of commits and
                file changes), `path` (of file changes), `number` (of pull requests, their reviews
                and comments), `record_id` (of the latter two, of pipeline runs, deployments,
                incidents and work items), `attempt` (of runs), `environment` (of deployments and
                changes) and `source_id` (of incidents); '' or 0 where there is none. A change has
                the `number` of its pull request or the `hash` of its commit
    """

    entry: Entry
    value: float | None
    recomputed: float | None
    records: pl.DataFrame

    @property
    def is_stale(self) -> bool:
        """Records are newer than the row: a compute is due, or under way."""
        return self.value != self.recomputed

    @property
    def difference(self) -> float | None:
        """What the next compute will add. Null: one of the two is not measured."""
        if self.value is None or self.recomputed is None:
            return None
        return round(self.recomputed - self.value, 6)


def evidence(sink: Sink, question: Question) -> Evidence:
    """`question` is of one day and has no dimension. Raises `Unanswerable`, `Transient`, …"""
    entry = entry_of(question.measure)
    require_groupable(entry, question)
    asked = replace(question, bucket="day")
    if (found := entry.part(asked.columns)) is None:
        raise Unanswerable(
            f"The records behind {entry.name} cannot be told for these filters.",
            code="not_groupable",
        )
    plan, repositories = Plan(asked, *found), sink.read(Repository, columns=list(REPOSITORY))
    copies = kin(repositories)
    computed = _computed(sink, plan, copies, repositories)
    recomputed = _one(computed.values(entry.name), entry)
    is_told_by_rows = grain_of(entry, asked, copies) is not None
    return Evidence(
        entry=entry,
        value=_stored(sink, asked) if is_told_by_rows else recomputed,
        recomputed=recomputed,
        records=_records(plan, computed, entry),
    )


def _computed(
    sink: Sink, plan: Plan, copies: Sequence[str], repositories: pl.DataFrame
) -> Computed:
    loader = Loader(sink)
    for need, columns in plan.needs(copies).items():
        loader.want(need, columns)
    return Computed(plan, plan.frames(loader, copies, repositories))


def _stored(sink: Sink, question: Question) -> float | None:
    """As if the day were over: what a stock's row says of today, its end alone can confirm."""
    (outcome,) = ask(sink, [question], today=question.until)
    if not isinstance(outcome, Answer):
        raise outcome
    return _one(outcome.values(), outcome.entry)


def _one(values: pl.DataFrame, entry: Entry) -> float | None:
    """The only value there is. Without any row a sum or stock is 0, and nothing else measured."""
    if values.is_empty():
        return 0.0 if entry.kind in ("sum", "stock") else None
    value: float | None = values["value"].item()
    return None if value is None else round(value, 6)


def _records(plan: Plan, computed: Computed, entry: Entry) -> pl.DataFrame:
    which = plan.part.evidence.get(entry.name)
    sources = [source for source in plan.part.sources if source.at and not source.is_beside]
    told = sources if which is None else sources[:1]
    lasts = plan.part.is_through and entry.kind != "stock"
    counted = (_counted(plan, computed, source, through=lasts) for source in told)
    found = pl.concat(
        _named(source, each, which) for source, each in zip(told, counted, strict=True)
    )
    if lasts:  # once a thing, however often its state changed
        found = found.sort("at").unique(list(NAMES), keep="last")
    return found.sort("at", "kind", *NAMES, descending=[True, False, *(False for _ in NAMES)])


def _counted(plan: Plan, computed: Computed, source: Source, *, through: bool) -> pl.DataFrame:
    """The records that count on the day, or that its window reaches back to.

    `through`: those that last for some time of the day, not those that do at its end.
    """
    span = (plan.question.since, plan.question.last)
    day = Grouping(by=(), span=span)
    counted = counted_on(computed.frames[source.key], source, day)
    if not source.until:
        return counted
    if not through:
        return lasting_at_ends(counted, source, day)
    begins, ends = pl.col(source.at), pl.col(source.until)
    first = pl.lit(span[0]).cast(DTYPES["instant"])
    is_of_time = ends.is_null() | ((ends > first) & (ends > begins))
    return counted.filter(begins.dt.date() <= span[1], is_of_time)


def _named(source: Source, frame: pl.DataFrame, which: pl.Expr | None) -> pl.DataFrame:
    counted = frame if which is None else frame.filter(which)
    return counted.select(
        pl.col(source.at).alias("at"),
        pl.lit(KINDS[source.cls]).alias("kind"),
        *(_name(source.cls, name) for name in NAMES),
    )


def _name(cls: type[Record], name: str) -> pl.Expr:
    if cls is DeploymentChange and name in OF_CHANGE:
        return OF_CHANGE[name].alias(name)
    known = {*cls.key, *(BESIDE & cls.__dataclass_fields__.keys())}
    own = next((each for each in (name, *NAMES[name]) if each in known), None)
    if name in NUMBERS:
        return (pl.col(own) if own else pl.lit(0, pl.Int64)).alias(name)
    return (pl.col(own).cast(pl.String) if own else pl.lit("")).alias(name)


def page(records: pl.DataFrame, after: tuple[Any, ...] | None, limit: int) -> pl.DataFrame:
    """The records that follow the one of these values, `at` first."""
    if after is None:
        return records.head(limit)
    at, *rest = after
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    names = [name for name in records.columns if name != "at"]
    beyond = pl.col("at") < moment
    equal = pl.col("at") == moment
    for name, value in zip(names, rest, strict=True):
        beyond = beyond | (equal & (pl.col(name) > value))
        equal = equal & (pl.col(name) == value)
    return records.filter(beyond).head(limit)
