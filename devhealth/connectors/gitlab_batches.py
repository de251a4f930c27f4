"""Things of GitLab's GraphQL by their numbers, a hundred at once; what is too much is halved."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from devhealth.connectors.gitlab_graph import Graph, Unanswerable
from devhealth.connectors.gitlab_queries import MOST
from devhealth.http import TimedOut, TooLarge

Raw = dict[str, Any]
Ask = Callable[[list[str]], Awaitable[dict[str, Raw]]]

FEWEST = 10  # what is remembered of a thing that is too much is not all of it


class Batches:
    """Of one kind of thing. Once GraphQL is of no use, nothing is asked any more, and `cost` says
    what that means for `things`."""

    def __init__(self, graph: Graph, things: str, cost: str) -> None:
        self._graph = graph
        self._said = f"{things} are read by REST, which {cost}."
        self._size = MOST
        self._is_useless = False

    async def of(self, iids: list[str], ask: Ask) -> dict[str, Raw]:
        """By number. One that is too much alone is not among them."""
        found: dict[str, Raw] = {}
        while iids and not self._is_useless:
            batch, iids = iids[: self._size], iids[self._size :]
            try:
                found |= await self._brought(batch, ask)
            except Unanswerable as error:
                self._is_useless = True
                self._graph.note(f"GraphQL is of no use here, for {error}: {self._said}")
        return found

    async def _brought(self, iids: list[str], ask: Ask) -> dict[str, Raw]:
        try:
            return await ask(iids)
        except (TimedOut, TooLarge):
            half = len(iids) // 2
            if not half:
                return {}
            self._size = min(self._size, max(FEWEST, half))
            first = await self._brought(iids[:half], ask)
            return first | await self._brought(iids[half:], ask)


def is_numbered(listed: Any) -> bool:
    """Whether it can be asked for; whoever reads what cannot says what is wrong."""
    return isinstance(listed, dict) and bool(listed.get("iid"))


def numbers(listed: Sequence[Raw]) -> list[str]:
    return [str(each["iid"]) for each in listed if is_numbered(each)]
