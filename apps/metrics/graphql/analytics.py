"""A batch of questions: each part is answered, or says why not, by itself."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, partial

import strawberry
from strawberry.types import Info

from apps.metrics import questions
from apps.metrics.graphql.catalog import member_of
from apps.metrics.graphql.inputs import (
    AnalyticsRequestInput,
    breakdown_part,
    selection,
    timeseries_part,
)
from apps.metrics.nodes import BigInt
from apps.metrics.questions import Part, Refused, Selection, Told
from apps.orgs.services import Member
from devhealth.analytics.parts import Breakdown, Item, Point, Series, change

LOW_SAMPLE = 5


@dataclass(frozen=True)
class Asked:
    """A batch, for what is told beside its answers only if somebody wants to know."""

    parts: Sequence[Part]
    chosen: Selection
    by: Member

    @cached_property
    def freshness(self) -> tuple[datetime | None, date | None]:
        return questions.freshness(by=self.by)

    @cached_property
    def left_out(self) -> int | None:
        return questions.left_out(self.parts, self.chosen, by=self.by)


@strawberry.type(description="A bucket, by its first day.")
class TimeseriesBucket:
    date: date
    value: float | None = strawberry.field(description="Null: not measured.")
    sample_size: BigInt | None = strawberry.field(description="Null: it is no statistic.")
    low_sample: bool = strawberry.field(description="Of fewer than five.")


@strawberry.type(description="One group over time.")
class TimeseriesResult:
    id: str | None
    measure: str
    unit: str
    dimension: str | None
    dimension_value: str | None = strawberry.field(
        description="Null: everything together, or people who are too few to be told apart."
    )
    buckets: list[TimeseriesBucket]
    total: float | None = strawberry.field(description="Over the range; no mean of the buckets.")
    prior: float | None
    delta_pct: float | None = strawberry.field(description="Of total and prior, in percent.")
    basis: str = strawberry.field(description="ROWS that were added up, or RECORDS.")
    label: strawberry.Private[Callable[[], str | None]]

    @strawberry.field(description="Null: nothing is known under this id any more.")
    def dimension_label(self) -> str | None:
        return self.label()


@strawberry.type(description="One group.")
class BreakdownItem:
    key: str
    value: float | None
    sample_size: BigInt | None
    low_sample: bool
    share: float | None = strawberry.field(description="Of the sum of all; null of what is none.")
    prior: float | None
    delta_pct: float | None
    name: strawberry.Private[Callable[[], str | None]]

    @strawberry.field(description="Null: nothing is known under this id any more.")
    def label(self) -> str | None:
        return self.name()


@strawberry.type(description="A measure by group.")
class BreakdownResult:
    id: str | None
    measure: str
    unit: str
    dimension: str
    items: list[BreakdownItem]
    other_value: float | None
    total_groups: int
    is_private: bool = strawberry.field(
        description="The others are people who are too few to be told apart."
    )
    basis: str


@strawberry.type(description="A part without an answer.")
class DegradedPart:
    part: str = strawberry.field(description="timeseries or breakdowns.")
    index: int = strawberry.field(description="Its place in the request's list, from 0.")
    id: str | None
    code: str
    reason: str


@strawberry.type(description="What is to be known beside the numbers.")
class AnalyticsMeta:
    degraded: list[DegradedPart]
    population: str
    asked: strawberry.Private[Asked]

    @strawberry.field(description="When rows were computed last. Null: never.")
    def computed_at(self) -> datetime | None:
        return self.asked.freshness[0]

    @strawberry.field(description="The newest day that has rows. Null: none.")
    def computed_through(self) -> date | None:
        return self.asked.freshness[1]

    @strawberry.field(
        description="Commits by bots that the population leaves out. Null: the filters do not fit."
    )
    def left_out_commits(self) -> BigInt | None:
        return size(self.asked.left_out)


@strawberry.type(description="Answers in the order of the questions.")
class AnalyticsResult:
    timeseries: list[TimeseriesResult]
    breakdowns: list[BreakdownResult]
    meta: AnalyticsMeta


def read_analytics(
    info: Info, batch: AnalyticsRequestInput, org_id: str | None = None
) -> AnalyticsResult:
    by = member_of(info, org_id)
    over_time = [timeseries_part(each) for each in batch.timeseries]
    by_group = [breakdown_part(each) for each in batch.breakdowns]
    chosen = selection(batch.filters, batch.population, batch.as_of)
    told = questions.answer([*over_time, *by_group], chosen, by=by)
    first, second = told[: len(over_time)], told[len(over_time) :]
    return AnalyticsResult(
        timeseries=[
            series_result(each, series)
            for each in first
            if isinstance(each, Told)
            for series in each.series
        ],
        breakdowns=[
            breakdown_result(each, each.result)
            for each in second
            if isinstance(each, Told) and isinstance(each.result, Breakdown)
        ],
        meta=AnalyticsMeta(
            degraded=[*degraded("timeseries", first), *degraded("breakdowns", second)],
            population=chosen.population.upper(),
            asked=Asked([*over_time, *by_group], chosen, by),
        ),
    )


def degraded(name: str, told: Sequence[Told | Refused]) -> Iterable[DegradedPart]:
    for index, each in enumerate(told):
        if isinstance(each, Refused):
            yield DegradedPart(
                part=name, index=index, id=each.part.id, code=each.code, reason=each.reason
            )


def series_result(told: Told, series: Series) -> TimeseriesResult:
    dimension = told.part.dimension
    return TimeseriesResult(
        id=told.part.id,
        measure=told.part.measure.upper(),
        unit=told.answer.entry.unit,
        dimension=dimension and dimension.name,
        dimension_value=":".join(series.key) if series.key else None,
        buckets=[bucket(point) for point in series.points],
        total=series.total,
        prior=series.prior,
        delta_pct=change(series.total, series.prior),
        basis=told.answer.basis.upper(),
        label=partial(told.label, series.key),
    )


def bucket(point: Point) -> TimeseriesBucket:
    return TimeseriesBucket(
        date=point.day,
        value=point.value,
        sample_size=size(point.sample),
        low_sample=is_low(point.sample),
    )


def breakdown_result(told: Told, found: Breakdown) -> BreakdownResult:
    dimension = told.part.dimension
    return BreakdownResult(
        id=told.part.id,
        measure=told.part.measure.upper(),
        unit=told.answer.entry.unit,
        dimension=dimension.name if dimension else "",
        items=[breakdown_item(told, item) for item in found.items],
        other_value=found.others,
        total_groups=len(found.items) + found.folded,
        is_private=found.is_private,
        basis=told.answer.basis.upper(),
    )


def breakdown_item(told: Told, item: Item) -> BreakdownItem:
    return BreakdownItem(
        key=":".join(item.key),
        value=item.value,
        sample_size=size(item.sample),
        low_sample=is_low(item.sample),
        share=item.share,
        prior=item.prior,
        delta_pct=change(item.value, item.prior),
        name=partial(told.label, item.key),
    )


def size(sample: int | None) -> BigInt | None:
    return None if sample is None else BigInt(sample)


def is_low(sample: int | None) -> bool:
    return sample is not None and sample < LOW_SAMPLE
