"""What a list of merge requests does not tell: notes, commits and sizes, brought by the page.

One query of GraphQL brings all of a hundred; what is too much is halved, what one alone is too
much of, or GraphQL cannot tell, REST brings: two lists for each.
"""

from collections.abc import Sequence
from typing import Any

from devhealth.connectors import gitlab_queries as queries
from devhealth.connectors.gitlab_graph import Graph, Query, Unanswerable
from devhealth.http import Client, Forbidden, Missing, PageNumber, TimedOut, TooLarge

Raw = dict[str, Any]

FEWEST = 10  # what is remembered of a merge request that is too much is not all of it

_MORE: dict[str, Query] = {"notes": queries.more_notes, "commits": queries.more_commits}


class Details:
    """Of one project, whose path may change while it lives."""

    def __init__(self, client: Client, graph: Graph) -> None:
        self._client = client
        self._graph = graph
        self._size = queries.MOST
        self._by_rest = False
        self._version: str | None = None

    async def of(self, listed: Sequence[Raw], path: str, place: str) -> list[Raw]:
        """The same merge requests, with GraphQL's node under `details` and `instance_version`,
        or with REST's `notes` and `commits` (null: no permission). Such that are gone are left out.

        path    of the project, as GraphQL wants it
        place   of the project, below the address of the API
        """
        numbers = [str(each["iid"]) for each in listed if _is_numbered(each)]
        found = await self._by_graphql(numbers, path)
        told = []
        for raw in listed:
            if not _is_numbered(raw):
                told.append(raw)  # whoever reads it says what is wrong
            elif (node := found.get(str(raw["iid"]))) is not None:
                told.append({**raw, "details": node, "instance_version": self._version})
            elif (rest := await self._one_by_rest(raw, place)) is not None:
                told.append(rest)
        return told

    async def _by_graphql(self, iids: list[str], path: str) -> dict[str, Raw]:
        found: dict[str, Raw] = {}
        while iids and not self._by_rest:
            batch, iids = iids[: self._size], iids[self._size :]
            try:
                found |= await self._brought(batch, path)
            except Unanswerable as error:
                self._by_rest = True
                self._graph.note(
                    f"GraphQL is of no use here, for {error}: merge requests are read by REST,"
                    " which tells no lines and takes two requests for each."
                )
        return found

    async def _brought(self, iids: list[str], path: str) -> dict[str, Raw]:
        """By number. One that is too much alone is not among them."""
        try:
            return await self._asked(iids, path)
        except (TimedOut, TooLarge):
            half = len(iids) // 2
            if not half:
                return {}
            self._size = min(self._size, max(FEWEST, half))
            first = await self._brought(iids[:half], path)
            return first | await self._brought(iids[half:], path)

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


def _is_numbered(listed: Any) -> bool:
    return isinstance(listed, dict) and bool(listed.get("iid"))
