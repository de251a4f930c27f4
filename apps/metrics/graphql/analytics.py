"""A batch of questions: each part is answered, or says why not, by itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, partial
from typing import Any

import strawberry
from strawberry.types import Info

from apps.metrics import questions
from apps.metrics.graphql.catalog import member_of
from apps.metrics.graphql.charts import (
    FlowMatrixResult,
    HeatmapResult,
    QuadrantResult,
    SankeyResult,
    heatmap_result,
    matrix_result,
    quadrant_result,
    sankey_result,
)
from apps.metrics.graphql.inputs import (
    AnalyticsRequestInput,
    breakdown_part,
    heatmap_part,
    matrix_part,
    quadrant_part,
    sankey_part,
    selection,
    timeseries_part,
)
from apps.metrics.nodes import BigInt
from apps.metrics.questions import Asking, Part, Refused, Selection, Told
from apps.orgs.services import Member
from devhealth.analytics.parts import Breakdown, Item, Point, Series, change, is_low


@dataclass(frozen=True)
class Asked:
    """A batch, for what is told beside its answers only if somebody wants to know."""

    parts: Sequence[Asking]
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
    part: str = strawberry.field(description="As the request calls it.")
    index: int = strawberry.field(
        description="Its place in the request's list, from 0; 0 where there is no list."
    )
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
    sankey: SankeyResult | None = strawberry.field(description="Null: not asked for, or degraded.")
    flow_matrix: FlowMatrixResult | None = strawberry.field(
        description="Null: not asked for, or degraded."
    )
    quadrants: list[QuadrantResult]
    heatmaps: list[HeatmapResult]
    meta: AnalyticsMeta


def read_analytics(
    info: Info, batch: AnalyticsRequestInput, org_id: str | None = None
) -> AnalyticsResult:
    by = member_of(info, org_id)
    asked = parts_of(batch)
    parts = [part for _, part in asked]
    chosen = selection(batch.filters, batch.population, batch.as_of)
    told: dict[str, list[Told[Any] | Refused[Asking]]] = {name: [] for name in KINDS}
    for (name, _), each in zip(asked, questions.answer(parts, chosen, by=by), strict=True):
        told[name].append(each)
    made = {
        name: [how(each) for each in told[name] if isinstance(each, Told)]
        for name, how in KINDS.items()
    }
    return AnalyticsResult(
        timeseries=[series for several in made["timeseries"] for series in several],
        breakdowns=made["breakdowns"],
        sankey=next(iter(made["sankey"]), None),
        flow_matrix=next(iter(made["flowMatrix"]), None),
        quadrants=made["quadrants"],
        heatmaps=made["heatmaps"],
        meta=AnalyticsMeta(
            degraded=[each for name, several in told.items() for each in degraded(name, several)],
            population=chosen.population.upper(),
            asked=Asked(parts, chosen, by),
        ),
    )


def parts_of(batch: AnalyticsRequestInput) -> list[tuple[str, Asking]]:
    """Each with what the request calls it."""
    return [
        *(("timeseries", timeseries_part(each)) for each in batch.timeseries),
        *(("breakdowns", breakdown_part(each)) for each in batch.breakdowns),
        *(("sankey", sankey_part(each)) for each in (batch.sankey,) if each),
        *(("flowMatrix", matrix_part(each)) for each in (batch.flow_matrix,) if each),
        *(("quadrants", quadrant_part(each)) for each in batch.quadrants),
        *(("heatmaps", heatmap_part(each)) for each in batch.heatmaps),
    ]


def degraded(name: str, told: Sequence[Told[Any] | Refused[Asking]]) -> Iterable[DegradedPart]:
    for index, each in enumerate(told):
        if isinstance(each, Refused):
            yield DegradedPart(
                part=name, index=index, id=each.part.id, code=each.code, reason=each.reason
            )


def series_results(told: Told[Part]) -> list[TimeseriesResult]:
    return [series_result(told, series) for series in told.series]


def series_result(told: Told[Part], series: Series) -> TimeseriesResult:
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
        label=partial(told.name, dimension, series.key),
    )


def bucket(point: Point) -> TimeseriesBucket:
    return TimeseriesBucket(
        date=point.day,
        value=point.value,
        sample_size=size(point.sample),
        low_sample=is_low(point.sample),
    )


def breakdown_result(told: Told[Part]) -> BreakdownResult:
    found: Breakdown = told.result
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


def breakdown_item(told: Told[Part], item: Item) -> BreakdownItem:
    return BreakdownItem(
        key=":".join(item.key),
        value=item.value,
        sample_size=size(item.sample),
        low_sample=is_low(item.sample),
        share=item.share,
        prior=item.prior,
        delta_pct=change(item.value, item.prior),
        name=partial(told.name, told.part.dimension, item.key),
    )


def size(sample: int | None) -> BigInt | None:
    return None if sample is None else BigInt(sample)


KINDS: Mapping[str, Callable[[Told[Any]], Any]] = {
    "timeseries": series_results,
    "breakdowns": breakdown_result,
    "sankey": sankey_result,
    "flowMatrix": matrix_result,
    "quadrants": quadrant_result,
    "heatmaps": heatmap_result,
}
"""What a request calls its parts, and how the answer to one is told."""
