"""Whole changelogs of Jira's issues: what a search embeds of them is cut short."""

from collections.abc import Sequence
from typing import Any, Final

from devhealth.errors import Transient
from devhealth.http import Client, Missing, StartAt, TimedOut, TooLarge
from devhealth.http.errors import Rejected

MOST: Final = 1_000  # changes that Jira gives at once; 10,000 at most
_ABSENT: Final = (404, 405)  # how a site answers that does not know of many at once


class Changelogs:
    """Of many issues at once, in one or two requests a hundred; else of one after the other."""

    def __init__(self, client: Client, api: str) -> None:
        self._client, self._api = client, api
        self._has_bulk = True

    async def of(self, ids: Sequence[str]) -> dict[str, list[Any]]:
        """By issue, all there is of each, as Jira sends it; without issues that are gone.

        Raises what `Client.get` raises.
        """
        if self._has_bulk and ids:
            try:
                return await self._in_parts(ids)
            except Rejected as error:
                if error.status not in _ABSENT:
                    raise
                self._has_bulk = False
        each = {issue: await self._of_one(issue) for issue in ids}
        return {issue: told for issue, told in each.items() if told is not None}

    async def _in_parts(self, ids: Sequence[str]) -> dict[str, list[Any]]:
        """What is too much at once is asked for in halves."""
        try:
            return await self._of_many(ids)
        except (TimedOut, TooLarge):
            if len(ids) == 1:
                raise
        half = len(ids) // 2
        return await self._in_parts(ids[:half]) | await self._in_parts(ids[half:])

    async def _of_many(self, ids: Sequence[str]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {each: [] for each in ids}
        token: str | None = None
        while True:
            asked = {"issueIdsOrKeys": [*ids], "maxResults": MOST}
            more = {"nextPageToken": token} if token else {}
            data = (await self._client.ask(f"{self._api}/changelog/bulkfetch", asked | more)).data
            _take(found, data)
            following = data.get("nextPageToken")
            if not following:
                return found
            if following == token:
                raise Transient("Jira's list of changes does not go on: sync again.")
            token = following

    async def _of_one(self, issue: str) -> list[Any] | None:
        """Null: the issue is gone."""
        path = f"{self._api}/issue/{issue}"
        try:
            pages = self._client.pages(f"{path}/changelog", {}, StartAt(at_items=("values",)))
            return [each async for page in pages for each in page.items]
        except Missing:
            if await self._is_there(path):
                raise
            return None

    async def _is_there(self, path: str) -> bool:
        try:
            await self._client.get(path, {"fields": "id"})
        except Missing:
            return False
        return True


def _take(found: dict[str, list[Any]], data: Any) -> None:
    """Of one issue several pages may tell. Raises Transient for an answer of another shape."""
    told = data.get("issueChangeLogs", []) if isinstance(data, dict) else None
    if not isinstance(told, list):
        raise Transient("Jira answered without a list of changes: try later.")
    for each in told:
        if isinstance(each, dict) and str(each.get("issueId")) in found:
            found[str(each["issueId"])] += each.get("changeHistories") or []
