"""What became of issues: GitLab's own notes on them, which a list of issues does not tell.

Labels, states and milestones are no notes any more but events, which GraphQL shows as notes among
a work item's discussions; `issue.notes`, and REST's notes, have none of them. One query brings all
of a hundred; what GraphQL cannot tell REST brings: three lists for each.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from devhealth.connectors import gitlab_queries as queries
from devhealth.connectors.gitlab_batches import Batches, is_numbered, numbers
from devhealth.connectors.gitlab_graph import Graph, Unanswerable
from devhealth.http import Client, Forbidden, Missing, PageNumber, TimedOut

Raw = dict[str, Any]

_LABEL_ID = re.compile(r"~\d")


class Activity:
    """Of one project, whose path may change while it lives."""

    def __init__(self, client: Client, graph: Graph) -> None:
        self._client = client
        self._graph = graph
        self._batches = Batches(graph, "issues", "takes three requests for the history of each")
        self._labels: dict[str, str] | None = None

    async def of(self, listed: Sequence[Raw], path: str, place: str) -> list[Raw]:
        """The same issues, with `activity` (GraphQL's notes) and `label_names` by id, or with
        REST's `notes`, `label_events` and `state_events`. Such that are gone are left out.

        path, place   of the project, as GraphQL and as REST want it
        """

        async def ask(iids: list[str]) -> dict[str, Raw]:
            return await self._asked(iids, path)

        found = await self._batches.of(numbers(listed), ask)
        told = []
        for raw in listed:
            if not is_numbered(raw):
                told.append(raw)
            elif (node := found.get(str(raw["iid"]))) is not None:
                names = await self._names(node["notes"], place)
                told.append({**raw, "activity": node["notes"], "label_names": names})
            elif (rest := await self._one_by_rest(raw, place)) is not None:
                told.append(rest)
        return told

    async def _asked(self, iids: list[str], path: str) -> dict[str, Raw]:
        variables = {"path": path, "iids": iids, "first": len(iids), "after": None}
        nodes = await self._nodes(variables)
        return {node["iid"]: {"notes": await self._notes(node, path)} for node in nodes}

    async def _nodes(self, variables: Mapping[str, Any]) -> list[Raw]:
        reply = await self._graph.ask(queries.activity, variables)
        connection = (reply.data.get("project") or {}).get("workItems")
        if connection is None:
            raise Unanswerable("it does not show the project's work items")
        return [node for node in connection["nodes"] if node is not None]

    async def _notes(self, node: Raw, path: str) -> list[Raw]:
        """To the end of the list."""
        listed = _discussions(node)
        notes = [*_noted(listed)]
        while listed["pageInfo"]["hasNextPage"]:
            after = listed["pageInfo"]["endCursor"]
            variables = {"path": path, "iids": [node["iid"]], "first": 1, "after": after}
            more = [*await self._nodes(variables)]
            if not more or _discussions(more[0])["pageInfo"]["endCursor"] == after:
                raise TimedOut("GitLab lost a list on the way: ask for it alone.")
            listed = _discussions(more[0])
            notes += _noted(listed)
        return notes

    async def _names(self, notes: Sequence[Raw], place: str) -> dict[str, str]:
        """Of labels by their ids, which are asked for once, where a note has one."""
        if self._labels is None and any(_LABEL_ID.search(each["body"] or "") for each in notes):
            try:
                listed = await self._list(f"{place}/labels")
            except (Missing, Forbidden):
                listed = []
            self._labels = {str(each["id"]): each["name"] for each in listed}
        return self._labels or {}

    async def _one_by_rest(self, raw: Raw, place: str) -> Raw | None:
        """Null: it is gone since it was listed."""
        of_it = f"{place}/issues/{raw['iid']}"
        try:
            notes = await self._list(f"{of_it}/notes", sort="asc", order_by="created_at")
        except Missing:
            return None
        events = {
            kind: await self._events(f"{of_it}/resource_{kind}") for kind in queries.ISSUE_EVENTS
        }
        return {**raw, "notes": notes, **events}

    async def _events(self, path: str) -> list[Raw]:
        """None where the instance has no such list, or keeps it from this credential."""
        try:
            return await self._list(path)
        except (Missing, Forbidden):
            return []

    async def _list(self, path: str, **params: str) -> list[Raw]:
        pages = self._client.pages(path, params, PageNumber())
        return [item async for page in pages for item in page.items]


def _discussions(node: Raw) -> Raw:
    """Raises `Unanswerable` where it has none, as nothing then tells what became of it."""
    for widget in node["widgets"] or ():
        if widget and (found := widget.get("discussions")) is not None:
            return dict(found)
    raise Unanswerable("it does not show what became of work items")


def _noted(discussions: Raw) -> Iterator[Raw]:
    """What GitLab itself says; people's words are not fetched into anything."""
    for discussion in discussions["nodes"]:
        for note in discussion["notes"]["nodes"] if discussion else ():
            if note["system"]:
                yield note
