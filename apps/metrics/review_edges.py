"""Who reviews whose work over some days, as far as the organisation tells people apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.cursors import Places
from apps.metrics.entities import Page, page_of
from apps.metrics.labels import privacy_of
from apps.metrics.operations import REVIEW_EDGES_READ
from apps.metrics.services import Asked as Days
from apps.metrics.services import Cells, identities
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.analytics.edges import COUNTS, ENDS, Edge, Edges, edges_shown
from devhealth.models.rollups import ReviewEdgeDay
from devhealth.sinks.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which days, as `Days` has them, and repositories (None: all). Bots review only in
    `all`."""

    days: Days
    repositories: Sequence[UUID] | None = None
    population: str = "people"

    def query(self) -> Query:
        since, until = self.days.window()
        where: dict[str, Any] = {} if self.population == "all" else {"actor_kind": "human"}
        if self.repositories is not None:
            where["repo_id"] = self.repositories
        return Query(
            rollup=ReviewEdgeDay, measures=COUNTS, since=since, until=until, by=ENDS, where=where
        )


@dataclass(frozen=True, slots=True)
class EdgesPage:
    """Some edges in the order of their ids, what is not told apart, and who they are."""

    page: Page[Edge]
    edges: Edges
    people: dict[str, Cells]

    @property
    def rows(self) -> Sequence[Edge]:
        return self.page.rows

    @property
    def has_next(self) -> bool:
        return self.page.has_next

    def cursor(self, row: Edge) -> str:
        return self.page.cursor(row)

    def name(self, author_id: str) -> str | None:
        """Null: not in the directory."""
        return self.people.get(author_id, {}).get("name")


def edges_page(asked: Asked, *, by: Member, limit: int, after: str | None = None) -> EdgesPage:
    """By two queries of the store, and the organisation's threshold."""
    by.require(REVIEW_EDGES_READ)
    query = asked.query()
    found = sink(by.organization).aggregate(query)
    people = identities({each for end in ENDS for each in found[end]}, by=by)
    humans = {each for each, row in people.items() if row["actor_kind"] == "human"}
    edges = edges_shown(found, privacy_of(by), humans)
    named = None if asked.repositories is None else sorted(map(str, asked.repositories))
    bound = ("review edges", query.since, query.until, named, asked.population)
    places = Places(by.organization.id, *bound)
    return EdgesPage(page_of(edges.items, _place, places, limit, after), edges, people)


def _place(edge: Edge) -> list[Any]:
    return [edge.reviewer_id, edge.author_id]
