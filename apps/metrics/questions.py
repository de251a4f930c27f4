"""Asking about measures: what GraphQL's batches and REST's evidence share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from django.utils import timezone

from apps.cursors import Places
from apps.errors import AppError, BadRequest, Unprocessable, from_exception
from apps.metrics.data_version import note_passing
from apps.metrics.labels import Labels, bots_of, privacy_of
from apps.metrics.opened import Record, opened
from apps.metrics.operations import METRICS_READ
from apps.metrics.prices import MOST_PARTS
from apps.metrics.services import MOST_DAYS
from apps.metrics.store import sink
from apps.metrics.telling import require_apart
from apps.orgs.services import Member
from devhealth.analytics import evidence as behind
from devhealth.analytics import parts
from devhealth.analytics.answers import Answer, Outcome, ask
from devhealth.analytics.catalogue import Entry, catalogue
from devhealth.analytics.evidence import Evidence
from devhealth.analytics.parts import Breakdown, Key, Privacy, Series, Shown
from devhealth.analytics.questions import Dimension, Question, Unanswerable
from devhealth.errors import DevHealthError
from devhealth.models.rollups import RepoDay
from devhealth.sinks import Sink
from devhealth.sinks.query import Bucket

MOST_TOP = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What all parts of a batch have in common."""

    where: Mapping[Dimension, tuple[str, ...]] = field(default_factory=dict)
    population: str = "people"
    as_of: datetime | None = None

    def require_apart(self, by: Member) -> None:
        """Raises `Unprocessable` for a filter on fewer people than are told apart."""
        if people := self.where.get(Dimension.AUTHOR):
            require_apart(people, by=by)

    def question(self, measure: str, since: date, until: date, **more: Any) -> Question:
        """`more` as a question has it: bucket, dimension, beside, clock, zone."""
        return Question(
            measure=measure,
            since=since,
            until=until,
            where=tuple(sorted(self.where.items())),
            population=self.population,
            as_of=self.as_of,
            **more,
        )


@dataclass(frozen=True)
class Room:
    """What the parts of a batch share. Each is read once, if a part wants it."""

    chosen: Selection
    labels: Labels
    by: Member

    @cached_property
    def sink(self) -> Sink:
        return sink(self.by.organization)

    @cached_property
    def privacy(self) -> Privacy:
        found = privacy_of(self.by)
        has_bots = self.chosen.population == "all"
        return replace(found, bots=bots_of(self.by)) if has_bots else found


class Asking(Protocol):
    """A part of a batch, over UTC days [since, until)."""

    @property
    def id(self) -> str | None: ...

    @property
    def since(self) -> date: ...

    @property
    def until(self) -> date: ...

    def require_sizes(self) -> None:
        """Raises `BadRequest` for what is too much."""

    def questions(self, chosen: Selection) -> Sequence[Question]:
        """What must be answered first; nothing, if it reads by itself."""

    def result(self, answers: Sequence[Answer], room: Room) -> Any:
        """Its result; wants the labels of what that names. Raises `DevHealthError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A measure over time, or by group."""

    id: str | None
    measure: str
    since: date
    until: date
    bucket: Bucket = "all"
    dimension: Dimension | None = None
    shown: Shown = field(default_factory=Shown)
    fill_gaps: bool = False
    include_others: bool = False
    compare: bool = False

    def require_sizes(self) -> None:
        require_top(self.shown.top)

    def questions(self, chosen: Selection) -> list[Question]:
        """The second of the days just before, as one bucket, if they are compared."""
        asked = chosen.question(
            self.measure, self.since, self.until, bucket=self.bucket, dimension=self.dimension
        )
        if not self.compare:
            return [asked]
        return [asked, chosen.question(self.measure, *asked.prior, dimension=self.dimension)]

    def result(self, answers: Sequence[Answer], room: Room) -> list[Series] | Breakdown:
        prior = answers[1] if self.compare else None
        privacy = room.privacy if self.dimension is Dimension.AUTHOR else Privacy()
        more: Any = {"shown": self.shown, "privacy": privacy}
        if self.bucket == "all":
            found = parts.breakdown(answers[0], prior, include_others=self.include_others, **more)
            room.labels.want(self.dimension, [each.key for each in found.items])
            return found
        series = parts.timeseries(answers[0], prior, fill_gaps=self.fill_gaps, **more)
        room.labels.want(self.dimension, [each.key for each in series if each.key])
        return series


P = TypeVar("P", bound=Asking)


@dataclass(frozen=True, slots=True)
class Told(Generic[P]):
    """A part's answer as it is shown, and who knows the names of its groups."""

    part: P
    answers: Sequence[Answer]
    result: Any
    labels: Labels

    @property
    def answer(self) -> Answer:
        return self.answers[0]

    @property
    def prior(self) -> Answer | None:
        """Of the days before, if they are compared."""
        return self.answers[1] if len(self.answers) > 1 else None

    @property
    def series(self) -> list[Series]:
        """Of a part over time; of a breakdown none."""
        return [] if isinstance(self.result, Breakdown) else self.result

    def name(self, dimension: Dimension | None, key: Key | None) -> str | None:
        return self.labels.name(dimension, key) if key else None


@dataclass(frozen=True, slots=True)
class Refused(Generic[P]):
    """A part without an answer, and why."""

    part: P
    code: str
    reason: str


def answer(asked: Sequence[P], chosen: Selection, *, by: Member) -> list[Told[P] | Refused[P]]:
    """Each part told or refused by itself, in their order; shared questions are asked once.

    Raises `BadRequest` for a batch or a span that is too large.
    """
    by.require(METRICS_READ)
    _require_sizes(asked)
    chosen.require_apart(by)
    room = Room(chosen, Labels(by), by)
    asking = [_questions(part, chosen) for part in asked]
    distinct = list(
        dict.fromkeys(
            question for each in asking if not isinstance(each, Refused) for question in each
        )
    )
    today = timezone.now().astimezone(UTC).date()
    outcomes = dict(zip(distinct, ask(room.sink, distinct, today=today), strict=True))
    return [
        questions
        if isinstance(questions, Refused)
        else _told(part, [outcomes[question] for question in questions], room)
        for part, questions in zip(asked, asking, strict=True)
    ]


def figure(measure: str, since: date, until: date, chosen: Selection, here: Sink) -> float | None:
    """What `answer` tells of one measure over these days, for a unit of work. Null: not measured.

    Nothing to count is 0. Raises `DevHealthError` where `answer` would refuse.
    """
    today = timezone.now().astimezone(UTC).date()
    (outcome,) = ask(here, [chosen.question(measure, since, until)], today=today)
    if isinstance(outcome, DevHealthError):
        raise outcome
    assert isinstance(outcome, Answer)  # noqa: S101 (for mypy)
    shown = parts.breakdown(outcome, None, shown=Shown(), privacy=Privacy())
    nothing = 0.0 if outcome.entry.kind == "sum" else None
    return next((each.value for each in shown.items if each.value is not None), nothing)


def _questions(part: P, chosen: Selection) -> Sequence[Question] | Refused[P]:
    try:
        return part.questions(chosen)
    except DevHealthError as error:
        return _refused(part, error)


def _told(part: P, outcomes: Sequence[Outcome], room: Room) -> Told[P] | Refused[P]:
    answers = [each for each in outcomes if isinstance(each, Answer)]
    for each in outcomes:
        if isinstance(each, DevHealthError):
            return _refused(part, each)
    try:
        return Told(part, answers, part.result(answers, room), room.labels)
    except (DevHealthError, AppError) as error:
        return _refused(part, error)


def _refused(part: P, error: DevHealthError | AppError) -> Refused[P]:
    """Our own sentence, or what the service says of such an error in general."""
    if isinstance(error, Unanswerable):
        return Refused(part, error.code, str(error))
    known = from_exception(error)
    if known is None:
        raise error
    note_passing(known.code)
    return Refused(part, known.code, known.detail)


def _require_sizes(asked: Sequence[Asking]) -> None:
    if len(asked) > MOST_PARTS:
        raise BadRequest(f"At most {MOST_PARTS} parts in one batch.", code="too_many_parts")
    for part in asked:
        if part.since >= part.until:
            raise BadRequest("The range is empty: it ends before it begins.", code="no_days")
        if (part.until - part.since).days > MOST_DAYS:
            raise BadRequest(f"At most {MOST_DAYS} days in one part.", code="too_many_days")
        part.require_sizes()


def require_top(top: int | None, name: str = "topN", most: int = MOST_TOP) -> None:
    if top is not None and not 1 <= top <= most:
        raise BadRequest(f"`{name}` is from 1 to {most}.", code="invalid_top")


# --- beside the answers --------------------------------------------------------------------------


def entries(*, by: Member) -> list[Entry]:
    """Every measure, in the order in which the tables declare them."""
    by.require(METRICS_READ)
    return list(catalogue().values())


def freshness(*, by: Member) -> tuple[datetime | None, date | None]:
    """When rows were computed last, and the newest UTC day up to today that has some."""
    by.require(METRICS_READ)
    here, tomorrow = sink(by.organization), timezone.now().astimezone(UTC).date() + timedelta(1)
    newest = here.page(RepoDay, None, (("day", "desc"),), limit=1, until=tomorrow)
    return here.newest_version(RepoDay), newest["day"].item() if newest.height else None


def left_out(asked: Sequence[Asking], chosen: Selection, *, by: Member) -> int | None:
    """Commits by bots in the span of all parts together, which `people` leaves out.

    Null: commits cannot be told for these filters.
    """
    by.require(METRICS_READ)
    if chosen.population == "all" or not asked:
        return 0
    since, until = min(part.since for part in asked), max(part.until for part in asked)
    pair = [
        replace(chosen, population=population).question("commits_count", since, until)
        for population in ("all", "people")
    ]
    today = timezone.now().astimezone(UTC).date()
    counts = []
    for outcome in ask(sink(by.organization), pair, today=today):
        if isinstance(outcome, Unanswerable):
            return None
        if not isinstance(outcome, Answer):
            raise outcome
        counts.append(int(outcome.values()["value"].sum() or 0))
    everyone, people = counts
    return everyone - people


# --- the records behind a number -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """The evidence, and some of its records in order."""

    evidence: Evidence
    places: Places
    rows: Sequence[Record]
    has_next: bool

    def cursor(self, row: Record) -> str:
        return self.places.write(row.place)

    @property
    def next_cursor(self) -> str | None:
        return self.cursor(self.rows[-1]) if self.has_next else None


def evidence_page(
    measure: str,
    day: date,
    chosen: Selection,
    *,
    by: Member,
    limit: int,
    after: str | None = None,
) -> EvidencePage:
    """The records behind a measure on one UTC day, newest first."""
    by.require(METRICS_READ)
    chosen.require_apart(by)
    here = sink(by.organization)
    question = chosen.question(measure, day, day + timedelta(days=1))
    places = Places(by.organization.id, "evidence", list(behind.NAMES), question)
    place = tuple(places.read(after)) if after else None
    try:
        found = behind.evidence(here, question)
    except Unanswerable as error:
        raise Unprocessable(str(error), code=error.code) from error
    rows = behind.page(found.records, place, limit + 1)
    shown = rows.head(limit)
    return EvidencePage(
        evidence=found,
        places=places,
        rows=opened(here, shown.to_dicts(), by),
        has_next=rows.height > limit,
    )
