"""Pull requests and issues that changed in a window of the past, by GitHub's search.

Its list by change begins with today, so a window of last year would cost all that came after it.
The search costs what it finds; it counts pages by position, so that one which changes while they
are read takes another one's place: a window that gave less than it has is read again.
Other such lists are by creation and have no search: what is newer is skipped by name.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from devhealth.connectors.github_graph import Graph
from devhealth.connectors.github_queries import (
    FOUND_PULL_REQUESTS,
    FOUND_WORK_ITEMS,
    Listing,
)
from devhealth.connectors.github_windows import MOST, Window, halves, span
from devhealth.http import Page

_BEGAN = datetime(2007, 10, 1, tzinfo=UTC)  # GitHub did


@dataclass(frozen=True, slots=True)
class Things:
    """What is searched for; `called` as people call it."""

    listing: Listing
    kind: str
    called: str

    def asked(self, full_name: str, window: Window) -> dict[str, str]:
        words = f"repo:{full_name} is:{self.kind} updated:{span(window)} sort:updated-asc"
        return {"query": words}


PULLS = Things(FOUND_PULL_REQUESTS, "pr", "pull requests")
ISSUES = Things(FOUND_WORK_ITEMS, "issue", "issues")


async def found(
    graph: Graph, things: Things, full_name: str, since: datetime | None, before: datetime
) -> AsyncGenerator[Page, None]:
    """In no order, some twice. Raises Permanent where more than 1,000 changed in one second."""
    windows: list[Window] = [(since, before)]
    read: set[Window] = set()
    while windows:
        window = windows.pop()
        seen: set[str] = set()
        total, is_cut = 0, False
        listed = graph.pages(things.listing, things.asked(full_name, window))
        async with aclosing(listed) as pages:
            async for page in pages:
                total = max(total, page.answer.data["data"]["search"]["issueCount"])
                if is_cut := total > MOST:
                    windows += halves(window, _BEGAN, things.called)
                    break
                seen.update(str(each.get("id")) for each in page.items)
                yield page
        if not is_cut and len(seen) < total and window not in read:
            windows.append(window)
        read.add(window)
