"""What a batch asks, and what that means to the service."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TypedDict

import strawberry

from apps.metrics.charts import Heat, Quadrant, Sankey
from apps.metrics.graphql.catalog import AXIS, DIMENSION, INTERVAL, LEVEL, MEASURE, ORDER
from apps.metrics.matrices import FlowMatrix
from apps.metrics.questions import Part, Selection
from apps.metrics.schema import DateRangeInput, Population, uuids
from apps.metrics.services import shift
from devhealth.analytics.heatmaps import Axis, Time
from devhealth.analytics.parts import Shown
from devhealth.analytics.questions import Dimension

LEVELS = {"team": Dimension.TEAM, "repo": Dimension.REPO, "developer": Dimension.AUTHOR}


@strawberry.input(description="Whose work counts; without ids, the whole organisation's.")
class ScopeFilterInput:
    level: LEVEL = LEVEL.ORG
    ids: list[str] = strawberry.field(default_factory=list)


@strawberry.input(description="An empty list filters nothing.")
class WhoFilterInput:
    developers: list[str] | None = None


@strawberry.input(description="An empty list filters nothing.")
class WhatFilterInput:
    repos: list[str] | None = None
    paths: list[str] | None = None
    environments: list[str] | None = None
    work_scopes: list[str] | None = strawberry.field(
        default=None, description="Ids of where work items are kept: projects, repositories."
    )
    providers: list[str] | None = None


@strawberry.input(description="What work was for. An empty list filters nothing.")
class WhyFilterInput:
    work_category: list[str] | None = strawberry.field(default=None, description="Themes.")
    subcategories: list[str] | None = None
    issue_type: list[str] | None = strawberry.field(
        default=None, description="Of work items, in the provider's words, lower case."
    )


@strawberry.input(description="How work went on. An empty list filters nothing.")
class HowFilterInput:
    flow_stage: list[str] | None = strawberry.field(
        default=None,
        description="Statuses: todo, in_progress, in_review, blocked, done or canceled.",
    )


@strawberry.input(description="All that is named must hold.")
class FilterInput:
    scope: ScopeFilterInput | None = None
    who: WhoFilterInput | None = None
    what: WhatFilterInput | None = None
    why: WhyFilterInput | None = None
    how: HowFilterInput | None = None


@strawberry.input(description="A measure over time: one series, or one for each group.")
class TimeseriesRequestInput:
    measure: MEASURE
    interval: INTERVAL
    date_range: DateRangeInput
    id: str | None = strawberry.field(default=None, description="Given back with the answer.")
    dimension: DIMENSION | None = None
    top_n: int | None = None
    order: ORDER | None = None
    fill_gaps: bool = strawberry.field(
        default=False, description="Buckets in which nothing happened, too: 0 of a sum, else null."
    )
    compare_to_prior: bool = strawberry.field(
        default=False, description="With the total of as many days just before."
    )


@strawberry.input(description="A measure over one range, by group.")
class BreakdownRequestInput:
    measure: MEASURE
    dimension: DIMENSION
    date_range: DateRangeInput
    id: str | None = strawberry.field(default=None, description="Given back with the answer.")
    top_n: int = 10
    order: ORDER | None = None
    include_other: bool = strawberry.field(
        default=False, description="What is beyond `topN`, together and by the same definition."
    )
    compare_to_prior: bool = False


@strawberry.input(description="A measure that adds up, along a path of two to four dimensions.")
class SankeyRequestInput:
    path: list[DIMENSION]
    measure: MEASURE
    date_range: DateRangeInput
    max_nodes: int = strawberry.field(default=100, description="The widest; at most 100.")
    max_edges: int = strawberry.field(default=500, description="The widest; at most 500.")


@strawberry.input(description="How often something goes from one to another of the same kind.")
class FlowMatrixRequestInput:
    dimension: DIMENSION = strawberry.field(
        description="STATUS: work items, from state to state. AUTHOR: reviews, from a reviewer to "
        "the author of a pull request."
    )
    date_range: DateRangeInput
    measure: MEASURE | None = strawberry.field(
        default=None,
        description="Of AUTHOR: REVIEWS_COUNT unless said, CHANGES_REQUESTED_COUNT or "
        "APPROVALS_COUNT. Of STATUS: none.",
    )
    max_nodes: int = 100
    max_edges: int = 500


@strawberry.input(description="Two measures over one dimension.")
class QuadrantRequestInput:
    entity: DIMENSION
    x: MEASURE
    y: MEASURE
    date_range: DateRangeInput
    id: str | None = strawberry.field(default=None, description="Given back with the answer.")
    top_n: int = strawberry.field(
        default=50, description="Groups with the largest `x`; people come by their ids."
    )
    trajectory: INTERVAL | None = strawberry.field(
        default=None, description="With each group's place in each of these buckets."
    )


@strawberry.input(description="A measure by two axes.")
class HeatmapRequestInput:
    rows: AXIS
    columns: AXIS
    measure: MEASURE
    date_range: DateRangeInput
    id: str | None = strawberry.field(default=None, description="Given back with the answer.")
    top_n: int = strawberry.field(
        default=20, description="Groups of a dimension, by value or sample; people by their ids."
    )


@strawberry.input(description="Up to ten questions, each answered by itself.")
class AnalyticsRequestInput:
    timeseries: list[TimeseriesRequestInput] = strawberry.field(default_factory=list)
    breakdowns: list[BreakdownRequestInput] = strawberry.field(default_factory=list)
    sankey: SankeyRequestInput | None = None
    flow_matrix: FlowMatrixRequestInput | None = None
    quadrants: list[QuadrantRequestInput] = strawberry.field(default_factory=list)
    heatmaps: list[HeatmapRequestInput] = strawberry.field(default_factory=list)
    filters: FilterInput | None = None
    population: Population = Population.PEOPLE
    as_of: datetime | None = strawberry.field(
        default=None, description="As the rows were at this instant; records keep no past."
    )


class Days(TypedDict):
    """As parts have them: `until` is the day after the last."""

    since: date
    until: date


Tests = Iterable[tuple[Dimension, list[str] | None]]


def selection(
    filters: FilterInput | None, population: Population, as_of: datetime | None = None
) -> Selection:
    """Filters on one dimension that are named twice must both hold."""
    where: dict[Dimension, set[str]] = {}
    for dimension, ids in _tests(filters) if filters else ():
        if ids:
            known = set(_checked(dimension, ids))
            where[dimension] = where[dimension] & known if dimension in where else known
    return Selection(
        where={name: tuple(sorted(ids)) for name, ids in where.items()},
        population=str(population.value),
        as_of=as_of,
    )


def _tests(filters: FilterInput) -> Tests:
    if filters.scope and filters.scope.level.value in LEVELS:
        yield LEVELS[filters.scope.level.value], filters.scope.ids
    if filters.who:
        yield Dimension.AUTHOR, filters.who.developers
    if filters.what:
        yield Dimension.REPO, filters.what.repos
        yield Dimension.FILE, filters.what.paths
        yield Dimension.ENVIRONMENT, filters.what.environments
        yield Dimension.WORK_SCOPE, filters.what.work_scopes
        yield Dimension.PROVIDER, filters.what.providers
    if filters.why:
        yield Dimension.THEME, filters.why.work_category
        yield Dimension.SUBCATEGORY, filters.why.subcategories
        yield Dimension.WORK_TYPE, filters.why.issue_type
    if filters.how:
        yield Dimension.STATUS, filters.how.flow_stage


def _checked(dimension: Dimension, ids: list[str]) -> list[str]:
    """Raises `BadRequest` for what is no id at all; one of nobody's matches nothing."""
    if dimension in (Dimension.REPO, Dimension.AUTHOR, Dimension.WORK_SCOPE):
        return [str(each) for each in uuids(ids)]
    return ids


def timeseries_part(asked: TimeseriesRequestInput) -> Part:
    return Part(
        id=asked.id,
        measure=asked.measure.value,
        **days_of(asked.date_range),
        bucket=asked.interval.value,
        dimension=Dimension(asked.dimension.value) if asked.dimension else None,
        shown=Shown(top=asked.top_n, order=asked.order.value if asked.order else None),
        fill_gaps=asked.fill_gaps,
        compare=asked.compare_to_prior,
    )


def breakdown_part(asked: BreakdownRequestInput) -> Part:
    return Part(
        id=asked.id,
        measure=asked.measure.value,
        **days_of(asked.date_range),
        dimension=Dimension(asked.dimension.value),
        shown=Shown(top=asked.top_n, order=asked.order.value if asked.order else None),
        include_others=asked.include_other,
        compare=asked.compare_to_prior,
    )


def sankey_part(asked: SankeyRequestInput) -> Sankey:
    return Sankey(
        measure=asked.measure.value,
        path=tuple(Dimension(each.value) for each in asked.path),
        most_nodes=asked.max_nodes,
        most_bands=asked.max_edges,
        **days_of(asked.date_range),
    )


def matrix_part(asked: FlowMatrixRequestInput) -> FlowMatrix:
    return FlowMatrix(
        dimension=Dimension(asked.dimension.value),
        measure=asked.measure.value if asked.measure else None,
        most_nodes=asked.max_nodes,
        most_edges=asked.max_edges,
        **days_of(asked.date_range),
    )


def quadrant_part(asked: QuadrantRequestInput) -> Quadrant:
    return Quadrant(
        id=asked.id,
        entity=Dimension(asked.entity.value),
        x=asked.x.value,
        y=asked.y.value,
        top=asked.top_n,
        bucket=asked.trajectory.value if asked.trajectory else "all",
        **days_of(asked.date_range),
    )


def heatmap_part(asked: HeatmapRequestInput) -> Heat:
    return Heat(
        id=asked.id,
        measure=asked.measure.value,
        rows=axis_of(asked.rows.value),
        columns=axis_of(asked.columns.value),
        top=asked.top_n,
        **days_of(asked.date_range),
    )


def axis_of(name: str) -> Axis:
    return Time(name) if name in set(Time) else Dimension(name)


def days_of(given: DateRangeInput) -> Days:
    return Days(since=given.start_date, until=shift(given.end_date, 1))
