"""Questions as short as a test needs them, and their answers as plain values."""

from datetime import date
from typing import Any

from devhealth.analytics.answers import REPOSITORY, Answer, ask
from devhealth.analytics.catalogue import entry_of
from devhealth.analytics.questions import Dimension, Question
from devhealth.analytics.records import Computed, Loader, Plan
from devhealth.models.records import Repository
from devhealth.sinks import Sink

TODAY = date(2026, 12, 31)
JANUARY = (date(2026, 1, 1), date(2026, 2, 1))


def question(measure: str, dimension: str | None = None, **more: Any) -> Question:
    """Over January 2026, unless it says otherwise."""
    since, until = more.pop("days", JANUARY)
    where = tuple(
        (Dimension(name), tuple(map(str, ids))) for name, ids in more.pop("where", {}).items()
    )
    chosen = Dimension(dimension) if dimension else None
    return Question(
        measure=measure, since=since, until=until, dimension=chosen, where=where, **more
    )


def answered(sink: Sink, asked: Question, today: date = TODAY) -> Answer:
    (outcome,) = ask(sink, [asked], today=today)
    if not isinstance(outcome, Answer):
        raise outcome
    return outcome


def by_records(sink: Sink, asked: Question, today: date = TODAY) -> Answer | None:
    """The same question, answered from records even where rows would do; None: it cannot be."""
    entry = entry_of(asked.measure)
    if (found := entry.part(asked.columns)) is None:
        return None
    plan, loader = Plan(asked, *found), Loader(sink)
    for need, columns in plan.needs([]).items():
        loader.want(need, columns)
    repositories = sink.read(Repository, columns=list(REPOSITORY))
    return Answer(asked, entry, Computed(plan, plan.frames(loader, [], repositories), today))


def told(answer: Answer) -> dict[Any, float | None]:
    """bucket and group → value; without a dimension by bucket alone."""
    by = answer.question.by
    return {
        (row["bucket"], *(row[name] for name in by)) if by else row["bucket"]: row["value"]
        for row in answer.values().to_dicts()
    }


class Counting:
    """A sink that notes what it is asked."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.calls = []

    def __getattr__(self, name):
        def call(*given, **named):
            self.calls.append(name)
            return getattr(self._sink, name)(*given, **named)

        return call
