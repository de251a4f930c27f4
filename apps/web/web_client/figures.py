"""The client's metrics: which measures of the catalogue each is, and how they are asked.

Rates are told on 0–100 here and nowhere else. Null: not measured, or not told for the filters.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from apps.errors import NotFound
from apps.metrics import home, questions
from apps.metrics.prices import MOST_PARTS
from apps.metrics.questions import Part, Told
from apps.orgs.members import Member
from apps.web.web_client.filters import Chosen
from devhealth.analytics.catalogue import Entry, catalogue
from devhealth.analytics.parts import Breakdown, Key, Shown, change
from devhealth.analytics.questions import Dimension
from devhealth.sinks.query import Bucket

PERCENT = 100.0
DAY = 1 / 24  # of hours


@dataclass(frozen=True, slots=True)
class Metric:
    """What the client calls so: one measure, or counts that are added, times a factor."""

    key: str
    label: str
    unit: str
    measures: tuple[str, ...]
    factor: float = 1.0

    def told(self, values: Iterable[float | None]) -> float | None:
        known = [each for each in values if each is not None]
        return round(sum(known) * self.factor, 6) if known else None


HOME: tuple[Metric, ...] = (
    Metric("cycle_time", "Cycle time", "days", ("cycle_hours_p50",), DAY),
    Metric("review_latency", "Review latency", "hours", ("pr_pickup_hours_p50",)),
    Metric("throughput", "Throughput", "items", ("items_completed",)),
    Metric("deploy_freq", "Deployments", "deploys", ("deployments_count",)),
    Metric("churn", "Code churn", "loc", ("loc_added", "loc_deleted")),
    Metric("wip_saturation", "WIP saturation", "%", ("wip_congestion",), PERCENT),
    Metric("blocked_work", "Blocked work", "hours", ("blocked_hours",)),
    Metric("change_failure_rate", "Change failure rate", "%", ("change_fail_rate",), PERCENT),
)
"""Its cards, in order."""

UNMEASURED: Mapping[str, tuple[str, ...]] = {
    "hours": ("active_hours",),
    "switches": ("context_switch",),
    "%": (
        "pr_rework_ratio", "test_pass_rate", "test_failure_rate", "test_flake_rate",
        "coverage_line_pct", "coverage_branch_pct",
    ),
}  # fmt: skip
"""What the client asks for and nobody measures here: null, never an error."""

METRICS: Mapping[str, Metric] = {each.key: each for each in HOME} | {
    each.key: each
    for each in (
        Metric("rework_ratio", "Rework", "%", ("rework_churn_ratio_30d",), PERCENT),
        Metric("ci_success", "Pipeline success", "%", ("success_ratio",), PERCENT),
        Metric("pipeline_success_rate", "Pipeline success", "%", ("success_ratio",), PERCENT),
        Metric("lead_time", "Lead time of changes", "hours", ("change_lead_hours_p50",)),
        Metric("mttr", "Time to restore", "hours", ("restore_hours_p50",)),
        Metric("pr_throughput", "Pull requests merged", "prs", ("prs_merged",)),
        Metric("pr_cycle_time", "Pull request cycle time", "hours", ("pr_cycle_hours_p50",)),
        Metric("review_load", "Reviews", "reviews", ("reviews_count",)),
        Metric("review_wait_density", "Waiting for review", "prs", ("prs_waiting_review",)),
        Metric("hotspot_risk", "Hotspot score", "score", ("hotspot_score_30d",)),
        Metric("wip", "Work in progress", "items", ("wip",)),
        *(
            Metric(name, name.replace("_", " ").capitalize(), unit, ())
            for unit, names in UNMEASURED.items()
            for name in names
        ),
    )
}
BY_MEASURE: Mapping[str, Metric] = {
    each.measures[0]: each for each in reversed(list(METRICS.values())) if len(each.measures) == 1
}


def metric_of(key: str) -> Metric:
    """The client's own, or any measure of the catalogue. Raises `NotFound`."""
    name = key.strip().lower()
    if (found := METRICS.get(name)) is not None:
        return found
    if (entry := catalogue().get(name)) is not None:
        return _of_measure(entry)
    raise NotFound("There is no such metric.", code="unknown_metric")


def key_of(measure: str) -> str:
    """What the client calls a measure of ours, where it has a word for it."""
    found = BY_MEASURE.get(measure)
    return found.key if found else measure


def _of_measure(entry: Entry) -> Metric:
    label = entry.name.replace("_", " ").capitalize()
    if entry.unit == "ratio":
        return Metric(entry.name, label, "%", (entry.name,), PERCENT)
    return Metric(entry.name, label, entry.unit, (entry.name,))


# --- asking --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric over some days, beside as many days before."""

    metric: Metric
    value: float | None
    prior: float | None
    spark: Sequence[tuple[date, float | None]] = ()

    @property
    def delta_pct(self) -> float | None:
        return change(self.value, self.prior)


@dataclass(frozen=True, slots=True)
class Group:
    """What a metric is of one team, repository …"""

    key: Key
    label: str | None
    value: float | None
    prior: float | None

    @property
    def delta_pct(self) -> float | None:
        return change(self.value, self.prior)

    @property
    def name(self) -> str:
        return self.label or self.key[-1]


def figures(
    metrics: Sequence[Metric],
    asked: Chosen,
    *,
    bucket: Bucket | None = None,
    known: Iterable[home.Delta] = (),
    by: Member,
) -> list[Figure]:
    """In their order, by one batch for each ten measures. Sparks have some ten to twenty points,
    unless a bucket is named.

    known  what `home` has told of the same days: that is not asked again
    """
    told_before = {each.entry.name: each for each in known}
    deltas = {name: each for name, each in told_before.items() if each.reason is None}
    names = dict.fromkeys(name for each in metrics for name in each.measures)
    bucket = bucket or home.spark_bucket((asked.until - asked.since).days)
    rest = [name for name in names if name not in told_before]
    parts = parts_of(rest, asked, bucket=bucket, fill_gaps=True, compare=True)
    for told in answered(parts, asked, by=by):
        if isinstance(told, Told):
            deltas[told.part.measure] = home.delta_of(told)
    return [
        _figure(each, [deltas[name] for name in each.measures if name in deltas])
        for each in metrics
    ]


def _figure(metric: Metric, deltas: Sequence[home.Delta]) -> Figure:
    days = zip(*(each.spark for each in deltas), strict=True)
    return Figure(
        metric,
        metric.told(each.value for each in deltas),
        metric.told(each.prior for each in deltas),
        [(points[0].day, metric.told(each.value for each in points)) for points in days],
    )


def groups(
    metric: Metric, dimension: Dimension, asked: Chosen, *, top: int, by: Member
) -> list[Group]:
    """The largest first, people in the order of their ids; none where it cannot be told so."""
    is_one = len(metric.measures) == 1
    shown = Shown(top=top if is_one else None)
    parts = parts_of(metric.measures, asked, dimension=dimension, compare=True, shown=shown)
    told = [each for each in answered(parts, asked, by=by) if isinstance(each, Told)]
    found = merged(metric, told)
    return found if is_one else sorted(found, key=_largest)[:top]


def merged(metric: Metric, told: Sequence[Told[Part]]) -> list[Group]:
    """One group for each key of breakdowns of its measures."""
    values: dict[Key, list[tuple[float | None, float | None]]] = {}
    for each in told:
        if isinstance(each.result, Breakdown):
            for item in each.result.items:
                values.setdefault(item.key, []).append((item.value, item.prior))
    return [
        Group(
            key,
            told[0].name(told[0].part.dimension, key),
            metric.told(value for value, _ in pairs),
            metric.told(prior for _, prior in pairs),
        )
        for key, pairs in values.items()
    ]


def _largest(group: Group) -> tuple[bool, float]:
    return group.value is None, -(group.value or 0)


@dataclass(frozen=True, slots=True)
class Course:
    """What a metric was of one team, repository … over time, and of all of it."""

    label: str | None
    total: float | None
    points: Mapping[date, float | None]
    prior: float | None = None


def courses(
    metric: Metric,
    dimension: Dimension,
    bucket: Bucket,
    asked: Chosen,
    *,
    top: int | None = None,
    compare: bool = False,
    by: Member,
) -> dict[Key, Course]:
    """By key; the largest `top` of one measure; none where it cannot be told so.

    What is not told apart is left out.
    """
    shown = Shown(top=top)
    more = {"bucket": bucket, "dimension": dimension, "shown": shown, "compare": compare}
    parts = parts_of(metric.measures, asked, **more)
    found: dict[Key, list[Course]] = {}
    for told in answered(parts, asked, by=by):
        if isinstance(told, Told):
            for key, course in _courses(told):
                found.setdefault(key, []).append(course)
    return {key: _together(metric, each) for key, each in found.items()}


def _courses(told: Told[Part]) -> Iterator[tuple[Key, Course]]:
    for series in told.series:
        if series.key is not None:
            points = {each.day: each.value for each in series.points}
            yield (
                series.key,
                Course(
                    told.name(told.part.dimension, series.key), series.total, points, series.prior
                ),
            )


def _together(metric: Metric, measures: Sequence[Course]) -> Course:
    days = sorted({day for each in measures for day in each.points})
    return Course(
        measures[0].label,
        metric.told(each.total for each in measures),
        {day: metric.told(each.points.get(day) for each in measures) for day in days},
        metric.told(each.prior for each in measures),
    )


def parts_of(measures: Iterable[str], asked: Chosen, **more: Any) -> list[Part]:
    return [
        Part(id=name, measure=name, since=asked.since, until=asked.until, **more)
        for name in measures
    ]


def answered(
    parts: Sequence[Part], asked: Chosen, *, by: Member
) -> Iterator[Told[Part] | questions.Refused[Part]]:
    """In their order, as many at once as a batch may have."""
    left = iter(parts)
    while batch := list(islice(left, MOST_PARTS)):
        yield from questions.answer(batch, asked.selection, by=by)
