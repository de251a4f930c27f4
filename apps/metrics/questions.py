"""Asking about measures: what GraphQL's batches and REST's evidence share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from apps.cursors import Places
from apps.errors import BadRequest, Unprocessable, from_exception
from apps.metrics.data_version import note_passing
from apps.metrics.labels import Labels, privacy_of
from apps.metrics.opened import Record, opened
from apps.metrics.operations import METRICS_READ
from apps.metrics.prices import MOST_PARTS
from apps.metrics.services import MOST_DAYS
from apps.metrics.store import sink
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

    def question(self, asked: "Part") -> Question:
        return Question(
            measure=asked.measure,
            since=asked.since,
            until=asked.until,
            bucket=asked.bucket,
            dimension=asked.dimension,
            where=tuple(sorted(self.where.items())),
            population=self.population,
            as_of=self.as_of,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a batch: a measure over UTC days [since, until)."""

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


@dataclass(frozen=True, slots=True)
class Told:
    """A part's answer as it is shown, who knows the names of its groups, and the days before."""

    part: Part
    answer: Answer
    result: list[Series] | Breakdown
    labels: Labels
    prior: Answer | None = None

    @property
    def series(self) -> list[Series]:
        """Of a part over time; of a breakdown none."""
        return [] if isinstance(self.result, Breakdown) else self.result

    def label(self, key: Key | None) -> str | None:
        return self.labels.name(self.part.dimension, key) if key else None


@dataclass(frozen=True, slots=True)
class Refused:
    """A part without an answer, and why."""

    part: Part
    code: str
    reason: str


def answer(asked: Sequence[Part], chosen: Selection, *, by: Member) -> list[Told | Refused]:
    """Each part told or refused by itself, in their order; shared questions are asked once.

    Raises `BadRequest` for a batch or a span that is too large.
    """
    by.require(METRICS_READ)
    _require_sizes(asked)
    here = sink(by.organization)
    questions = [chosen.question(part) for part in asked]
    priors = [_prior(part, question) for part, question in zip(asked, questions, strict=True)]
    today = timezone.now().astimezone(UTC).date()
    distinct = list(dict.fromkeys([*questions, *(each for each in priors if each)]))
    outcomes = dict(zip(distinct, ask(here, distinct, today=today), strict=True))
    labels, tells_people = Labels(by), any(part.dimension is Dimension.AUTHOR for part in asked)
    privacy = privacy_of(by) if tells_people else Privacy()
    return [
        _told(part, outcomes[question], outcomes[prior] if prior else None, privacy, labels)
        for part, question, prior in zip(asked, questions, priors, strict=True)
    ]


def figure(measure: str, since: date, until: date, chosen: Selection, here: Sink) -> float | None:
    """What `answer` tells of one measure over these days, for a unit of work. Null: not measured.

    Nothing to count is 0. Raises `DevHealthError` where `answer` would refuse.
    """
    part = Part(id=None, measure=measure, since=since, until=until)
    today = timezone.now().astimezone(UTC).date()
    (outcome,) = ask(here, [chosen.question(part)], today=today)
    if isinstance(outcome, DevHealthError):
        raise outcome
    assert isinstance(outcome, Answer)  # noqa: S101 (for mypy)
    shown = _shown(part, outcome, None, Privacy())
    values = [each.value for each in shown.items] if isinstance(shown, Breakdown) else []
    nothing = 0.0 if outcome.entry.kind == "sum" else None
    return next((each for each in values if each is not None), nothing)


def _prior(part: Part, question: Question) -> Question | None:
    """The days just before, as one bucket. None: nobody asks for them."""
    if not part.compare:
        return None
    since, until = question.prior
    return Question(
        measure=question.measure,
        since=since,
        until=until,
        dimension=question.dimension,
        where=question.where,
        population=question.population,
        as_of=question.as_of,
    )


def _told(
    part: Part, outcome: Outcome, prior: Outcome | None, privacy: Privacy, labels: Labels
) -> Told | Refused:
    for each in (outcome, prior):
        if isinstance(each, DevHealthError):
            return _refused(part, each)
    assert isinstance(outcome, Answer)  # noqa: S101 (for mypy)
    before = prior if isinstance(prior, Answer) else None
    try:
        result = _shown(part, outcome, before, privacy)
    except DevHealthError as error:
        return _refused(part, error)
    keys = [each.key for each in (result.items if isinstance(result, Breakdown) else result)]
    labels.want(part.dimension, [key for key in keys if key])
    return Told(part, outcome, result, labels, before)


def _shown(
    part: Part, answer: Answer, prior: Answer | None, privacy: Privacy
) -> list[Series] | Breakdown:
    if part.bucket == "all":
        return parts.breakdown(
            answer,
            prior,
            shown=part.shown,
            privacy=privacy,
            include_others=part.include_others,
        )
    return parts.timeseries(
        answer, prior, shown=part.shown, privacy=privacy, fill_gaps=part.fill_gaps
    )


def _refused(part: Part, error: DevHealthError) -> Refused:
    """Our own sentence, or what the service says of such an error in general."""
    if isinstance(error, Unanswerable):
        return Refused(part, error.code, str(error))
    known = from_exception(error)
    if known is None:
        raise error
    note_passing(known.code)
    return Refused(part, known.code, known.detail)


def _require_sizes(asked: Sequence[Part]) -> None:
    if len(asked) > MOST_PARTS:
        raise BadRequest(f"At most {MOST_PARTS} parts in one batch.", code="too_many_parts")
    for part in asked:
        if part.since >= part.until:
            raise BadRequest("The range is empty: it ends before it begins.", code="no_days")
        if (part.until - part.since).days > MOST_DAYS:
            raise BadRequest(f"At most {MOST_DAYS} days in one part.", code="too_many_days")
        top = part.shown.top
        if top is not None and not 1 <= top <= MOST_TOP:
            raise BadRequest(f"`topN` is from 1 to {MOST_TOP}.", code="invalid_top")


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


def left_out(asked: Sequence[Part], chosen: Selection, *, by: Member) -> int | None:
    """Commits by bots in the span of all parts together, which `people` leaves out.

    Null: commits cannot be told for these filters.
    """
    by.require(METRICS_READ)
    if chosen.population == "all" or not asked:
        return 0
    whole = Part(
        id=None,
        measure="commits_count",
        since=min(part.since for part in asked),
        until=max(part.until for part in asked),
    )
    pair = [
        Selection(where=chosen.where, population=population, as_of=chosen.as_of).question(whole)
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
    here = sink(by.organization)
    whole = Part(id=None, measure=measure, since=day, until=day + timedelta(days=1))
    question = chosen.question(whole)
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
