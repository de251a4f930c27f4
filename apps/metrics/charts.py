"""Parts of a batch that show more than a series or a breakdown: flows, quadrants and heatmaps.

Each is asked, refused and paid for like any other part (`questions`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from apps.metrics.directory import settings_now
from apps.metrics.questions import Room, Selection, require_top
from devhealth.analytics.answers import Answer
from devhealth.analytics.heatmaps import Axes, Axis, Heatmap, heatmap
from devhealth.analytics.parts import Privacy
from devhealth.analytics.quadrants import Quadrants, quadrants
from devhealth.analytics.questions import Dimension, Question
from devhealth.analytics.sankey import Flow, flow, require_path
from devhealth.sinks.query import Bucket

MOST_BANDS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sankey:
    """A measure along a path of dimensions."""

    id: str | None = None
    measure: str
    path: tuple[Dimension, ...]
    since: date
    until: date
    most_nodes: int
    most_bands: int

    def require_sizes(self) -> None:
        require_top(self.most_nodes, "maxNodes")
        require_top(self.most_bands, "maxEdges", MOST_BANDS)

    def questions(self, chosen: Selection) -> list[Question]:
        require_path(self.path)
        first, *others = self.path
        return [
            chosen.question(
                self.measure, self.since, self.until, dimension=first, beside=tuple(others)
            )
        ]

    def result(self, answers: Sequence[Answer], room: Room) -> Flow:
        found = flow(answers[0], self.path, most_nodes=self.most_nodes, most_bands=self.most_bands)
        for node in found.nodes:
            room.labels.want(node.dimension, [node.key])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Quadrant:
    """Two measures over one dimension; `bucket`: with the way that each group came."""

    id: str | None = None
    x: str
    y: str
    entity: Dimension
    since: date
    until: date
    top: int
    bucket: Bucket = "all"

    def require_sizes(self) -> None:
        require_top(self.top)

    def questions(self, chosen: Selection) -> list[Question]:
        return [
            chosen.question(
                measure, self.since, self.until, bucket=self.bucket, dimension=self.entity
            )
            for measure in (self.x, self.y)
        ]

    def result(self, answers: Sequence[Answer], room: Room) -> Quadrants:
        x, y = answers
        found = quadrants(x, y, top=self.top, privacy=_privacy(room, self.entity))
        room.labels.want(self.entity, [each.key for each in found.places])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A measure by two axes. Clocks are the organisation's, days UTC's."""

    id: str | None = None
    measure: str
    rows: Axis
    columns: Axis
    since: date
    until: date
    top: int

    def require_sizes(self) -> None:
        require_top(self.top)

    def questions(self, chosen: Selection) -> list[Question]:
        axes = Axes(self.rows, self.columns)
        first, *others = (*axes.dimensions, None)
        return [
            chosen.question(
                self.measure,
                self.since,
                self.until,
                bucket=axes.bucket,
                dimension=first,
                beside=tuple(each for each in others if each),
                clock=axes.clock,
                zone=settings_now().timezone if axes.clock else "UTC",
            )
        ]

    def result(self, answers: Sequence[Answer], room: Room) -> Heatmap:
        axes = Axes(self.rows, self.columns)
        privacy = _privacy(room, *axes.dimensions)
        found = heatmap(answers[0], axes, top=self.top, privacy=privacy)
        for axis, keys in zip(axes.both, (found.rows, found.columns), strict=True):
            if isinstance(axis, Dimension):
                room.labels.want(axis, [(key,) for key in keys])
        return found


def _privacy(room: Room, *dimensions: Dimension) -> Privacy:
    return room.privacy if Dimension.AUTHOR in dimensions else Privacy()
