"""Things of one repository at GitHub by the names that its webhooks say.

A number, or an id of REST's, is looked for in the repository first: what another one has is not
told, whoever says so. Then GraphQL brings things of a kind together, as the lists have them.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from devhealth.connectors.github_graph import Graph, Raw
from devhealth.connectors.github_queries import (
    DEPLOYMENTS_BY_ID,
    ISSUES_BY_ID,
    PULL_REQUESTS_BY_ID,
    RELEASES_BY_ID,
    WORK_ITEMS_BY_ID,
)
from devhealth.http import Client, Missing, Page

Pages = AsyncGenerator[Page, None]

RELEASE = "release:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """`labels`: of incidents; `has_releases`: they are deployments, too."""

    client: Client
    graph: Graph
    full_name: str
    labels: frozenset[str]
    has_releases: bool

    async def pull_requests(self, numbers: Sequence[str]) -> Pages:
        ids = await self._ids_of("pullRequest", numbers)
        async with aclosing(self._pages(PULL_REQUESTS_BY_ID, ids)) as pages:
            async for page in pages:
                yield page

    async def work_items(self, numbers: Sequence[str]) -> Pages:
        ids = await self._ids_of("issue", numbers)
        async with aclosing(self._pages(WORK_ITEMS_BY_ID, ids)) as pages:
            async for page in pages:
                yield page

    async def incidents(self, numbers: Sequence[str]) -> Pages:
        """Issues that have one of the labels now."""
        ids = await self._ids_of("issue", numbers)
        async with aclosing(self._pages(ISSUES_BY_ID, ids)) as pages:
            async for page in pages:
                yield replace(page, items=[each for each in page.items if self._is_incident(each)])

    async def deployments(self, names: Sequence[str]) -> Pages:
        """And releases, where they are asked for at all."""
        released = [name.removeprefix(RELEASE) for name in names if name.startswith(RELEASE)]
        deployed = [name for name in names if not name.startswith(RELEASE)]
        parts = [("deployments", DEPLOYMENTS_BY_ID, deployed)]
        if self.has_releases:
            parts.append(("releases", RELEASES_BY_ID, released))
        for place, query, asked in parts:
            async with aclosing(self._pages(query, await self._node_ids(place, asked))) as pages:
                async for page in pages:
                    yield page

    async def _ids_of(self, field: str, numbers: Sequence[str]) -> list[str]:
        owner, _, name = self.full_name.partition("/")
        wanted = sorted({int(each) for each in numbers})
        return await self.graph.ids_of(field, wanted, {"owner": owner, "name": name})

    async def _node_ids(self, place: str, ids: Sequence[str]) -> list[str]:
        """GraphQL's ids of what the repository has under REST's."""
        found = []
        for each in ids:
            try:
                raw: Raw = (await self.client.get(f"/repos/{self.full_name}/{place}/{each}")).data
            except Missing:
                continue
            found.append(str(raw["node_id"]))
        return found

    async def _pages(self, query: str, ids: Sequence[str]) -> Pages:
        """What is gone by now is left out."""
        async with aclosing(self.graph.by_ids(query, ids)) as parts:
            async for page, _ in parts:
                yield page

    def _is_incident(self, issue: Any) -> bool:
        """One that came in part is told, so that somebody says so."""
        labels = (issue.get("labels") or {}).get("nodes", ())
        return "problems" in issue or bool(self.labels & {each["name"] for each in labels if each})
