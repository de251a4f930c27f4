"""A part of a batch: how often something goes from one to another of the same kind.

By status, work items go from state to state; by author, reviews go from a reviewer to the author of
a pull request. Nothing else goes between things of one kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from apps.metrics.charts import MOST_BANDS
from apps.metrics.questions import Room, Selection, require_top
from apps.metrics.records import require_few
from apps.metrics.services import identities
from devhealth.analytics.answers import Answer
from devhealth.analytics.edges import COUNTS, ENDS, edges_shown
from devhealth.analytics.questions import Dimension, Question, Unanswerable
from devhealth.analytics.records import MOST_RECORDS
from devhealth.analytics.transitions import CHANGE, transitions
from devhealth.metrics.work_items import GROUPS
from devhealth.models.records import WorkItemChange
from devhealth.models.rollups import ReviewEdgeDay
from devhealth.sinks.query import Query

FEWER: Final = "ask for fewer days or scopes."

Edge = tuple[str, str, float]  # from, to, how often


@dataclass(frozen=True, slots=True)
class Matrix:
    """The edges by the names of their ends.

    others      what goes along the edges that are not told
    is_private  these are of people who are too few to be told apart
    """

    unit: str
    edges: Sequence[Edge]
    others: float
    is_private: bool

    @property
    def outgoing(self) -> dict[str, float]:
        """What goes out of each end, in their order."""
        found = dict.fromkeys(sorted({end for edge in self.edges for end in edge[:2]}), 0.0)
        for source, _, value in self.edges:
            found[source] += value
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowMatrix:
    """`measure` of reviews: one of `COUNTS`; of states none."""

    id: str | None = None
    dimension: Dimension
    measure: str | None
    since: date
    until: date
    most_nodes: int
    most_edges: int

    def require_sizes(self) -> None:
        require_top(self.most_nodes, "maxNodes")
        require_top(self.most_edges, "maxEdges", MOST_BANDS)

    def questions(self, chosen: Selection) -> list[Question]:
        """None: it reads by itself."""
        return []

    def result(self, answers: Sequence[Answer], room: Room) -> Matrix:
        match self.dimension:
            case Dimension.STATUS:
                return self._fitted(self._of_states(room))
            case Dimension.AUTHOR:
                found = self._fitted(self._of_reviews(room))
                room.labels.want(Dimension.AUTHOR, [(each,) for each in found.outgoing])
                return found
        raise Unanswerable(
            "A flow matrix is by STATUS or AUTHOR: nothing goes between others.",
            code="not_groupable",
        )

    def _of_states(self, room: Room) -> Matrix:
        """By two reads of the changes of these days: those that came, and those that they ended."""
        if self.measure is not None:
            raise Unanswerable("From state to state items go: name no measure.", code="no_flow")
        if room.chosen.as_of is not None:
            raise Unanswerable("Changes are kept as they are now.", code="not_versioned")
        where = self._where(room.chosen, set(GROUPS))
        came = self._changes(room, "at", where)
        found = transitions(came, self._changes(room, "until", {}))
        return Matrix("items", found.rows(), 0.0, is_private=False)

    def _changes(self, room: Room, at: str, where: dict[str, list[str]]) -> pl.DataFrame:
        found = room.sink.read(
            WorkItemChange, self.since, self.until, where, at=at, columns=list(CHANGE),
            limit=MOST_RECORDS + 1,
        )  # fmt: skip
        return require_few(found, WorkItemChange, FEWER)

    def _of_reviews(self, room: Room) -> Matrix:
        """As `reviewEdges` tells them."""
        measure = self.measure or COUNTS[0]
        if measure not in COUNTS:
            known = ", ".join(COUNTS)
            raise Unanswerable(f"Between people go {known}.", code="no_flow")
        where: dict[str, Any] = self._where(room.chosen, {"repo_id"})
        if room.chosen.population == "people":
            where["actor_kind"] = "human"
        found = room.sink.aggregate(
            Query(
                rollup=ReviewEdgeDay, measures=COUNTS, since=self.since, until=self.until, by=ENDS,
                where=where, as_of=room.chosen.as_of,
            )
        )  # fmt: skip
        people = identities({each for end in ENDS for each in found[end]}, by=room.by)
        humans = {each for each, row in people.items() if row["actor_kind"] == "human"}
        told = edges_shown(found, room.privacy, humans)
        edges = [(each.reviewer_id, each.author_id, getattr(each, measure)) for each in told.items]
        whole = float(found[measure].sum())
        return Matrix(
            "reviews", edges, whole - sum(each[-1] for each in edges), is_private=told.is_private
        )

    def _where(self, chosen: Selection, known: set[str]) -> dict[str, list[str]]:
        """Raises `Unanswerable` for a filter that means nothing here."""
        where = {name.columns[-1]: list(ids) for name, ids in chosen.where.items()}
        if not where.keys() <= known:
            raise Unanswerable(
                f"A flow matrix by {self.dimension} cannot be told for these filters.",
                code="not_groupable",
            )
        return where

    def _fitted(self, matrix: Matrix) -> Matrix:
        """Ends and edges in their order, as many as there is room for: nobody is ranked."""
        ends = list(matrix.outgoing)[: self.most_nodes]
        edges = [each for each in matrix.edges if {*each[:2]} <= {*ends} and each[-1] > 0]
        shown = edges[: self.most_edges]
        left = sum(each[-1] for each in matrix.edges) - sum(each[-1] for each in shown)
        return Matrix(matrix.unit, shown, matrix.others + left, matrix.is_private)
