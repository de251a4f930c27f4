"""GitLab's GraphQL: asked as far as an instance of its age can answer."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from devhealth.connectors.gitlab_queries import OPTIONAL, Without
from devhealth.http import Client, Rejected, Reply, TimedOut, Unauthorized

Query = Callable[[Without], str]

_UNKNOWN = re.compile(r"Field '(\w+)' doesn't exist on type")
_TOO_COMPLEX = "exceeds max complexity"


class Unanswerable(Exception):
    """GraphQL does not take the query here: REST is to be asked. Its text says why."""


class Graph:
    """`notes` are sentences on what this instance cannot tell, each said once."""

    def __init__(self, client: Client) -> None:
        self.notes: list[str] = []
        self._client = client
        self._without: Without = frozenset()

    async def ask(self, query: Query, variables: Mapping[str, Any]) -> Reply:
        """Whole data. Raises `Unanswerable`, `TimedOut` where less must be asked at once.

        Fields that the instance does not know are left out from then on, if they may be.
        """
        while True:
            try:
                reply = await self._client.graphql(query(self._without), variables, resource="core")
            except Unauthorized:
                raise
            except Rejected as error:
                self._leave_out(error)
            else:
                if reply.problems:
                    raise TimedOut("GitLab answered in part only: ask for less at once.")
                return reply

    def _leave_out(self, error: Rejected) -> None:
        """Raises where that does not help."""
        said = [problem.message for problem in error.problems]
        if any(_TOO_COMPLEX in each for each in said):
            raise TimedOut("GitLab found a query too complex: ask for less at once.") from error
        unknown = {name for each in said for name in _UNKNOWN.findall(each)}
        if not unknown or not unknown <= OPTIONAL.keys() - self._without:
            raise Unanswerable(_reason(error, unknown)) from error
        self._without |= unknown
        for name in sorted(unknown):
            self.note(f"This GitLab's GraphQL has no `{name}`: what it tells stays null.")

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def _reason(error: Rejected, unknown: set[str]) -> str:
    names = ", ".join(f"`{name}`" for name in sorted(unknown))
    return f"it has no {names}" if names else f"it answers {error.status}"
