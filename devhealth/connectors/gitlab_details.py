"""What a list of merge requests does not tell: notes, commits and sizes, brought by the page.

One query of GraphQL brings all of a hundred; what is too much is halved, what one alone is too
much of, or GraphQL cannot tell, REST brings: two lists for each.
"""

from collections.abc import Sequence
from typing import Any

from devhealth.connectors import gitlab_queries as queries
from devhealth.connectors.gitlab_batches import Batches, is_numbered, numbers
from devhealth.connectors.gitlab_graph import Graph, Query, Unanswerable
from devhealth.http import Client, Forbidden, Missing, PageNumber, TimedOut

Raw = dict[str, Any]

_MORE: dict[str, Query] = {"notes": queries.more_notes, "commits": queries.more_commits}


class Details:
    """Of one project, whose path may change while it lives."""

    def __init__(self, client: Client, graph: Graph) -> None:
        self._client = client
        self._graph = graph
        self._batches = Batches(
            graph, "merge requests", "tells no lines and takes two requests for each"
        )
        self._version: str | None = None

    async def of(self, listed: Sequence[Raw], path: str, place: str) -> list[Raw]:
        """The same merge requests, with GraphQL's node under `details` and `instance_version`,
        or with REST's `notes` and `commits` (null: no permission). Such that are gone are left out.

        path    of the project, as GraphQL wants it
        place   of the project, below the address of the API
        """

        async def ask(iids: list[str]) -> dict[str, Raw]:
            return await self._asked(iids, path)

        found = await self._batches.of(numbers(listed), ask)
        told = []
        for raw in listed:
            if not is_numbered(raw):
                told.append(raw)  # whoever reads it says what is wrong
            elif (node := found.get(str(raw["iid"]))) is not None:
                told.append({**raw, "details": node, "instance_version": self._version})
            elif (rest := await self._one_by_rest(raw, place)) is not None:
                told.append(rest)
        return told

    async def _asked(self, iids: list[str], path: str) -> dict[str, Raw]:
        variables = {"path": path, "iids": iids, "first": len(iids)}
        reply = await self._graph.ask(queries.details, variables)
        self._version = (reply.data.get("metadata") or {}).get("version")
        connection = (reply.data.get("project") or {}).get("mergeRequests")
        if connection is None:
            raise Unanswerable("it does not show the project's merge requests")
        nodes = {node["iid"]: node for node in connection["nodes"] if node is not None}
        for node in nodes.values():
            await self._complete(node, path)
        return nodes

    async def _complete(self, node: Raw, path: str) -> None:
        """Lists that a page is too small for are read to their ends."""
        for name, query in _MORE.items():
            while (listed := node.get(name)) and listed["pageInfo"]["hasNextPage"]:
                after = listed["pageInfo"]["endCursor"]
                variables = {"path": path, "iid": node["iid"], "after": after}
                reply = await self._graph.ask(query, variables)
                more = ((reply.data.get("project") or {}).get("mergeRequest") or {}).get(name)
                if more is None or more["pageInfo"]["endCursor"] == after:
                    raise TimedOut("GitLab lost a list on the way: ask for it alone.")
                node[name] = {**more, "nodes": listed["nodes"] + more["nodes"]}

    async def _one_by_rest(self, raw: Raw, place: str) -> Raw | None:
        """Null: it is gone since it was listed."""
        of_it = f"{place}/merge_requests/{raw['iid']}"
        try:
            notes = await self._list(f"{of_it}/notes", sort="asc", order_by="created_at")
        except Missing:
            return None
        try:
            commits = await self._list(f"{of_it}/commits")
        except (Missing, Forbidden):
            return {**raw, "notes": notes, "commits": None}
        return {**raw, "notes": notes, "commits": commits}

    async def _list(self, path: str, **params: str) -> list[Raw]:
        pages = self._client.pages(path, params, PageNumber())
        return [item async for page in pages for item in page.items]
