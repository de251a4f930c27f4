"""An organisation at a glance: its main figures, what stands out, how far they can be trusted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Final

from apps.metrics import questions
from apps.metrics.data_health import DataHealth
from apps.metrics.operations import HOME_READ
from apps.metrics.questions import Part, Selection, Told
from apps.metrics.services import Asked as Days
from apps.metrics.services import shift
from apps.orgs.members import Member
from devhealth.analytics.answers import Answer
from devhealth.analytics.catalogue import Entry, entry_of
from devhealth.analytics.health import Source
from devhealth.analytics.parts import Point, change
from devhealth.models.rollups import RepoDay
from devhealth.sinks.query import Bucket, next_bucket

LABELS: Final[Mapping[str, str]] = {
    "prs_merged": "Pull requests merged",
    "pr_cycle_hours_p50": "Pull request cycle time, median",
    "pr_pickup_hours_p50": "Wait for a first review, median",
    "deployments_count": "Deployments",
    "change_lead_hours_p50": "Lead time of changes, median",
    "change_fail_rate": "Change fail rate",
    "recovery_hours_p50": "Recovery from a failed deployment, median",
    "success_ratio": "Pipeline runs that succeed",
    "items_completed": "Work items completed",
    "cycle_hours_p50": "Work item cycle time, median",
}
"""The figures, in order; ten are one batch."""

NOTABLE = 20.0  # percent
ENOUGH = 5  # of a sample, then and now
STALE_HOURS = 48.0  # twice the longest interval between two syncs


class Kind(StrEnum):
    """What a signal says."""

    WORSENED = "worsened"
    IMPROVED = "improved"
    SOURCE_UNREACHABLE = "source_unreachable"
    SOURCE_STALE = "source_stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which days, as `Days` has them, and whose work. As many days before are compared."""

    days: Days = field(default_factory=lambda: Days(rollup=RepoDay))
    chosen: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One figure. `value` null: not measured, or not told for these filters, which `reason` says.

    sample, prior_sample  sizes of a statistic's sample; of a count, the count itself
    """

    entry: Entry
    value: float | None = None
    prior: float | None = None
    sample: float = 0
    prior_sample: float = 0
    spark: Sequence[Point] = ()
    reason: str | None = None

    @property
    def label(self) -> str:
        return LABELS[self.entry.name]

    @property
    def percent(self) -> float | None:
        return change(self.value, self.prior)

    @property
    def is_enough(self) -> bool:
        """A statistic needs a sample then and now; a count may have come down to nothing."""
        sizes = (self.sample, self.prior_sample)
        return (min(sizes) if self.entry.sample else max(sizes)) >= ENOUGH

    @property
    def direction(self) -> str:
        """better, worse, or '': nothing changed, or a number alone does not say."""
        if not self.percent or self.entry.better == "neither":
            return ""
        return "better" if (self.percent > 0) == (self.entry.better == "higher") else "worse"

    @property
    def kind(self) -> Kind | None:
        """Null: too little changed, or there is too little to tell it by."""
        if self.percent is None or abs(self.percent) < NOTABLE or not self.is_enough:
            return None
        return {"better": Kind.IMPROVED, "worse": Kind.WORSENED}.get(self.direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something that stands out: a figure, or a source of them."""

    kind: Kind
    text: str
    delta: Delta | None = None
    site: "Site | None" = None

    @property
    def size(self) -> float:
        """Of the change, in percent; 0 of no figure."""
        return abs(self.delta.percent or 0) if self.delta else 0.0


@dataclass(frozen=True, slots=True)
class Site:
    """A provider's host, by the newest runs of every target of its repositories."""

    source_id: str
    targets: Sequence[Source]

    @property
    def unreachable(self) -> list[Source]:
        return [each for each in self.targets if each.unreachable_reason is not None]

    @property
    def stale(self) -> list[Source]:
        """That can be seen, and were not of late."""
        lags = [(each, each.lag_hours) for each in self.targets if not each.unreachable_reason]
        return [each for each, lag in lags if lag is not None and lag > STALE_HOURS]

    @property
    def status(self) -> str:
        """ok · degraded: some cannot be seen, or were not of late · down: none can."""
        if len(self.unreachable) == len(self.targets):
            return "down"
        return "degraded" if self.unreachable or self.stale else "ok"

    @property
    def last_success_at(self) -> datetime | None:
        return max(
            (each.last_success_at for each in self.targets if each.last_success_at), default=None
        )

    def signals(self) -> Iterator[Signal]:
        whole = len(self.targets)
        if self.unreachable:
            text = (
                f"{self.source_id}: {len(self.unreachable)} of {whole} targets cannot be seen. "
                f"{self.unreachable[0].unreachable_reason}"
            )
            yield Signal(kind=Kind.SOURCE_UNREACHABLE, text=text, site=self)
        if self.stale:
            text = (
                f"{self.source_id}: {len(self.stale)} of {whole} targets were not seen for two "
                "days or longer. Look at the runs of their sync configs."
            )
            yield Signal(kind=Kind.SOURCE_STALE, text=text, site=self)


@dataclass(frozen=True)
class Home:
    """What is told of each is read when somebody asks for it."""

    since: date
    until: date
    deltas: Sequence[Delta]
    health: DataHealth
    by: Member

    @cached_property
    def freshness(self) -> tuple[datetime | None, date | None]:
        """As `questions.freshness` has it."""
        return questions.freshness(by=self.by)

    @cached_property
    def sites(self) -> list[Site]:
        by_id: dict[str, list[Source]] = {}
        for each in self.health.every_source:
            by_id.setdefault(each.source_id, []).append(each)
        return [Site(source_id, targets) for source_id, targets in sorted(by_id.items())]

    @property
    def last_success_at(self) -> datetime | None:
        """Of any source. Null: none of these days."""
        return max(
            (each.last_success_at for each in self.sites if each.last_success_at), default=None
        )

    @property
    def linked_percent(self) -> float | None:
        """Pull requests merged of late that name a known work item. Null: none was merged."""
        share = self.health.pull_requests_without_item.share
        return None if share is None else round(100 * (1 - share), 6)

    @property
    def covered_percent(self) -> float | None:
        """Repositories of which every target could be seen last. Null: none had a run."""
        targets = self.health.every_source
        every = {each.repo_id for each in targets}
        unseen = {each.repo_id for each in targets if each.unreachable_reason is not None}
        return round(100 * len(every - unseen) / len(every), 6) if every else None

    def signals(self) -> list[Signal]:
        """Of sources first, then what got worse, the largest change first, then what got better."""
        days = (self.until - self.since).days
        of_figures = [
            Signal(kind=each.kind, text=_said(each.label, percent, days), delta=each)
            for each in self.deltas
            if each.kind and (percent := each.percent)
        ]
        of_figures.sort(key=lambda each: (each.kind is Kind.IMPROVED, -each.size))
        return [*(signal for site in self.sites for signal in site.signals()), *of_figures]


def last_days(days: int) -> Days:
    """Today (UTC) included."""
    until = Days(rollup=RepoDay).window()[1]
    return Days(rollup=RepoDay, since=shift(until, -days), until=until)


def home(asked: Asked, *, by: Member) -> Home:
    """By a constant number of queries. Raises `BadRequest` for days that cannot be asked."""
    by.require(HOME_READ)
    since, until = asked.days.window()
    parts = [
        Part(
            id=name,
            measure=name,
            since=since,
            until=until,
            bucket=spark_bucket((until - since).days),
            fill_gaps=True,
            compare=True,
        )
        for name in LABELS
    ]
    deltas = [
        delta_of(each) if isinstance(each, Told) else Delta(
            entry=entry_of(each.part.measure), reason=each.reason
        )
        for each in questions.answer(parts, asked.chosen, by=by)
    ]  # fmt: skip
    return Home(since, until, deltas, DataHealth(by=by), by)


def delta_of(told: Told[Part]) -> Delta:
    """Of a part without a dimension, over time and compared."""
    entry = told.answer.entry
    (series,) = told.series
    value, prior = series.total, series.prior
    if entry.kind == "sum" and prior is not None:
        value = value or 0.0  # it was counted before: no rows are none
    return Delta(
        entry=entry,
        value=value,
        prior=prior,
        sample=_sample(told.answer, value),
        prior_sample=_sample(told.prior, prior),
        spark=_since_known([each for each in series.points if _is_whole(each.day, told.part)]),
    )


def _since_known(points: Sequence[Point]) -> list[Point]:
    """Nothing before the first thing that is known was measured: nobody may have looked there."""
    first = next((place for place, each in enumerate(points) if each.value), len(points))
    return [
        each if place >= first else Point(each.day, None, None) for place, each in enumerate(points)
    ]


def _is_whole(first: date, part: Part) -> bool:
    """Whether a bucket lies in the window to its ends: a sum of some days of a week is no low."""
    after = next_bucket(first, part.bucket)
    return part.since <= first and after is not None and after <= part.until


def _said(label: str, percent: float, days: int) -> str:
    more = "more" if percent > 0 else "less"
    return f"{label}: {abs(percent):.0f} % {more} than in the {days} days before."


def _sample(answer: Answer | None, value: float | None) -> float:
    if answer is None or answer.entry.sample is None:
        return value or 0
    return float(answer.values()["n"].sum() or 0)


def spark_bucket(days: int) -> Bucket:
    """Some ten to twenty points."""
    return "day" if days <= 21 else "week" if days <= 120 else "month"
