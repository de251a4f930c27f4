"""A batch's flows, matrices, quadrants and heatmaps, as the public client's charts take them."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import strawberry

from apps.metrics.charts import Heat, Quadrant, Sankey
from apps.metrics.graphql.catalog import CatalogMeasure, catalog_measure
from apps.metrics.matrices import FlowMatrix, Matrix
from apps.metrics.nodes import BigInt
from apps.metrics.questions import Told
from devhealth.analytics.heatmaps import Axis, Cell, Heatmap
from devhealth.analytics.parts import is_low
from devhealth.analytics.quadrants import Place, Quadrants
from devhealth.analytics.questions import Dimension
from devhealth.analytics.sankey import Flow, Node

Name = Callable[[], str | None]


@strawberry.type(description="A group that something goes through, or comes from.")
class SankeyNode:
    id: str = strawberry.field(description="`DIMENSION:key`; edges name it so.")
    key: str
    dimension: str
    value: float = strawberry.field(description="How much goes through it; of a matrix, out of it.")
    name: strawberry.Private[Name]

    @strawberry.field(description="Null: nothing is known under this id any more.")
    def label(self) -> str | None:
        return self.name()


@strawberry.type(description="How much goes from one to another.")
class SankeyEdge:
    source: str
    target: str
    value: float


@strawberry.type(description="How much of it is known where it belongs. Null: not on the path.")
class SankeyCoverage:
    team_coverage: float | None = strawberry.field(description="The share of some team.")
    theme_coverage: float | None = strawberry.field(description="The share that is classified.")


@strawberry.type(description="What comes into a group of the path goes out of it.")
class SankeyResult:
    measure: str
    unit: str
    basis: str
    nodes: list[SankeyNode] = strawberry.field(description="Along the path, the widest first.")
    edges: list[SankeyEdge]
    coverage: SankeyCoverage
    total: float
    truncated: bool
    dropped_value: float = strawberry.field(
        description="Of whole ways for which there was no room."
    )


@strawberry.type(description="How often something goes from one to another of the same kind.")
class FlowMatrixResult:
    dimension: str
    unit: str
    nodes: list[SankeyNode] = strawberry.field(description="In the order of their ids.")
    edges: list[SankeyEdge]
    others_value: float = strawberry.field(description="Along edges that are not told.")
    is_private: bool = strawberry.field(
        description="The others are of people who are too few to be told apart."
    )
    truncated: bool


@strawberry.type(description="Where a group was in a bucket. Null: not measured then.")
class TrajectoryPoint:
    window_start: date
    x: float | None
    y: float | None


@strawberry.type(description="A group.")
class QuadrantPoint:
    key: str
    x: float
    y: float
    trajectory: list[TrajectoryPoint]
    name: strawberry.Private[Name]

    @strawberry.field(description="Null: nothing is known under this id any more.")
    def label(self) -> str | None:
        return self.name()


@strawberry.type(description="Groups by two measures.")
class QuadrantResult:
    id: str | None
    entity: str
    x: CatalogMeasure
    y: CatalogMeasure
    points: list[QuadrantPoint]
    median_x: float | None = strawberry.field(
        description="Of all groups' values: half of the points lie on either side. No number of "
        "everything together; null of nobody who is told apart."
    )
    median_y: float | None
    total_groups: int
    unmeasured_groups: int = strawberry.field(description="Of which one of both is not measured.")
    is_private: bool = strawberry.field(
        description="The others are people who are too few to be told apart."
    )


@strawberry.type(description="What is in one row and one column.")
class HeatmapCell:
    row: str
    column: str
    value: float | None = strawberry.field(description="Null: not measured.")
    sample_size: BigInt | None = strawberry.field(description="Null: it is no statistic.")
    low_sample: bool


@strawberry.type(description="A measure by two axes. Where nothing happened there is no cell.")
class HeatmapResult:
    id: str | None
    measure: str
    unit: str
    basis: str
    time_zone: str = strawberry.field(description="Of hours and weekdays; of days it is UTC.")
    rows: list[str]
    columns: list[str]
    cells: list[HeatmapCell]
    hidden_groups: int = strawberry.field(description="For which there was no room.")
    is_private: bool = strawberry.field(
        description="They are people who are too few to be told apart."
    )
    row_names: strawberry.Private[Callable[[], list[str | None]]]
    column_names: strawberry.Private[Callable[[], list[str | None]]]

    @strawberry.field(description="Null: nothing is known under an id any more.")
    def row_labels(self) -> list[str | None]:
        return self.row_names()

    @strawberry.field(description="Null: nothing is known under an id any more.")
    def column_labels(self) -> list[str | None]:
        return self.column_names()


def sankey_result(told: Told[Sankey]) -> SankeyResult:
    found: Flow = told.result
    return SankeyResult(
        measure=told.part.measure.upper(),
        unit=told.answer.entry.unit,
        basis=told.answer.basis.upper(),
        nodes=[sankey_node(each, told) for each in found.nodes],
        edges=[
            SankeyEdge(source=node_id(each.source), target=node_id(each.target), value=each.value)
            for each in found.bands
        ],
        coverage=SankeyCoverage(
            team_coverage=found.known_share(Dimension.TEAM),
            theme_coverage=found.known_share(Dimension.THEME),
        ),
        total=found.total,
        truncated=found.is_truncated,
        dropped_value=found.dropped,
    )


def sankey_node(node: Node, told: Told[Sankey]) -> SankeyNode:
    return SankeyNode(
        id=node_id(node),
        key=node.key[-1],
        dimension=node.dimension.name,
        value=node.value,
        name=partial(told.name, node.dimension, node.key),
    )


def node_id(node: Node) -> str:
    return id_of(node.dimension, node.key[-1])


def id_of(dimension: Dimension, key: str) -> str:
    return f"{dimension.name}:{key}"


def matrix_result(told: Told[FlowMatrix]) -> FlowMatrixResult:
    found: Matrix = told.result
    dimension = told.part.dimension
    return FlowMatrixResult(
        dimension=dimension.name,
        unit=found.unit,
        nodes=[
            SankeyNode(
                id=id_of(dimension, key),
                key=key,
                dimension=dimension.name,
                value=value,
                name=partial(told.name, dimension, (key,)),
            )
            for key, value in found.outgoing.items()
        ],
        edges=[
            SankeyEdge(
                source=id_of(dimension, source), target=id_of(dimension, target), value=value
            )
            for source, target, value in found.edges
        ],
        others_value=found.others,
        is_private=found.is_private,
        truncated=found.others > 0 and not found.is_private,
    )


def quadrant_result(told: Told[Quadrant]) -> QuadrantResult:
    found: Quadrants = told.result
    x, y = told.answers
    return QuadrantResult(
        id=told.part.id,
        entity=told.part.entity.name,
        x=catalog_measure(x.entry),
        y=catalog_measure(y.entry),
        points=[quadrant_point(each, told) for each in found.places],
        median_x=found.median_x,
        median_y=found.median_y,
        total_groups=len(found.places) + found.beyond + found.unmeasured,
        unmeasured_groups=found.unmeasured,
        is_private=found.is_private,
    )


def quadrant_point(place: Place, told: Told[Quadrant]) -> QuadrantPoint:
    return QuadrantPoint(
        key=":".join(place.key),
        x=place.x,
        y=place.y,
        trajectory=[
            TrajectoryPoint(window_start=each.day, x=each.x, y=each.y) for each in place.way
        ],
        name=partial(told.name, told.part.entity, place.key),
    )


def heatmap_result(told: Told[Heat]) -> HeatmapResult:
    found: Heatmap = told.result
    return HeatmapResult(
        id=told.part.id,
        measure=told.part.measure.upper(),
        unit=told.answer.entry.unit,
        basis=told.answer.basis.upper(),
        time_zone=told.answer.question.zone,
        rows=list(found.rows),
        columns=list(found.columns),
        cells=[heatmap_cell(each) for each in found.cells],
        hidden_groups=found.beyond,
        is_private=found.is_private,
        row_names=partial(labels_of, told, told.part.rows, found.rows),
        column_names=partial(labels_of, told, told.part.columns, found.columns),
    )


def heatmap_cell(cell: Cell) -> HeatmapCell:
    return HeatmapCell(
        row=cell.row,
        column=cell.column,
        value=cell.value,
        sample_size=None if cell.sample is None else BigInt(cell.sample),
        low_sample=is_low(cell.sample),
    )


def labels_of(told: Told[Heat], axis: Axis, keys: Sequence[str]) -> list[str | None]:
    if isinstance(axis, Dimension):
        return [told.name(axis, (key,)) for key in keys]
    return list(keys)
