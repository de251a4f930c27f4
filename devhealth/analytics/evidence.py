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
from devhealth.metrics import prepared
from devhealth.metrics.copies import kin
from devhealth.models.records import Commit, CommitFile, Record, Repository
from devhealth.sinks import Sink

KINDS: Final[Mapping[type[Record], str]] = {Commit: "commit", CommitFile: "file change"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is behind a number.

    value       as it is stored, or computed where no row says it; null: not measured
    recomputed  from the records as they are now
    records     `at`, `repo_id`, `hash`, and for file changes `path`; newest first
    kind        of the records
    """

    entry: Entry
    value: float | None
    recomputed: float | None
    records: pl.DataFrame
    kind: str

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
        kind=KINDS[plan.sources[0].cls],
    )


def _computed(
    sink: Sink, plan: Plan, copies: Sequence[str], repositories: pl.DataFrame
) -> Computed:
    loader = Loader(sink)
    for need, columns in plan.needs(copies).items():
        loader.want(need, columns)
    return Computed(plan, plan.frames(loader, copies, repositories))


def _stored(sink: Sink, question: Question) -> float | None:
    (outcome,) = ask(sink, [question], today=question.last)
    if not isinstance(outcome, Answer):
        raise outcome
    return _one(outcome.values(), outcome.entry)


def _one(values: pl.DataFrame, entry: Entry) -> float | None:
    """The only value there is. Without any row a sum is 0, and nothing else is measured."""
    if values.is_empty():
        return 0.0 if entry.kind == "sum" else None
    value: float | None = values["value"].item()
    return None if value is None else round(value, 6)


def _records(plan: Plan, computed: Computed, entry: Entry) -> pl.DataFrame:
    source = plan.part.sources[0]
    frame = computed.frames[source.key]
    if (which := plan.part.evidence.get(entry.name)) is not None:
        frame = prepared(frame).filter(which)
    hash_of = "commit_hash" if source.cls is CommitFile else "hash"
    names: dict[str, Any] = {"at": source.at, "repo_id": "repo_id", "hash": hash_of}
    if source.cls is CommitFile:
        names["path"] = "path"
    columns = {new: pl.col(old) for new, old in names.items()}
    texts = [pl.col(new).cast(pl.String) for new in names if new != "at"]
    return (
        frame.select(**columns)
        .with_columns(texts)
        .sort(
            "at", *[new for new in names if new != "at"], descending=[True] + [False] * len(texts)
        )
    )


def page(records: pl.DataFrame, after: tuple[Any, ...] | None, limit: int) -> pl.DataFrame:
    """The records that follow the one of this `at`, `repo_id`, `hash` (and `path`)."""
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
