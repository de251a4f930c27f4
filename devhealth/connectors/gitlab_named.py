"""Things of one project at GitLab by the names that its webhooks say: a request of REST each."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from devhealth.connectors.gitlab_details import Details
from devhealth.connectors.gitlab_histories import Activity
from devhealth.http import Client, Missing, Page

Raw = dict[str, Any]
Pages = AsyncGenerator[Page, None]

RELEASE: Final = "release:"
_PATHS: Final = {
    "prs": "merge_requests",
    "cicd": "pipelines",
    "deployments": "deployments",
    "incidents": "issues",
    "work-items": "issues",
}


class Named:
    """`place`: of the project below the address of the API; `path`: as GraphQL wants it.

    has_releases  they are deployments, too
    vanished      filled with pipelines that are no more
    """

    def __init__(
        self,
        client: Client,
        details: Details,
        activity: Activity,
        *,
        path: str,
        place: str,
        has_releases: bool,
        vanished: list[str],
    ) -> None:
        self._client, self._details, self._activity = client, details, activity
        self._path, self._place = path, place
        self._has_releases, self._vanished = has_releases, vanished

    async def of(self, target: str, names: Sequence[str]) -> Pages:
        """As the target itself tells them."""
        async for page in self._each(target, names):
            if target == "prs":
                items = await self._details.of(page.items, self._path, self._place)
            elif target == "work-items":
                items = await self._activity.of(page.items, self._path, self._place)
            else:
                items = [each for each in page.items if _belongs(target, each)]
            yield replace(page, items=items)

    async def _each(self, target: str, names: Sequence[str]) -> AsyncIterator[Page]:
        for number, name in enumerate(names, 1):
            is_release = name.startswith(RELEASE)
            if is_release and not self._has_releases:
                continue
            path = "releases" if is_release else _PATHS[target]
            called = quote(name.removeprefix(RELEASE), safe="")
            try:
                answer = await self._client.get(f"{self._place}/{path}/{called}")
            except Missing:
                if target == "cicd":
                    self._vanished.append(name)
                continue
            yield Page(number=number, items=[answer.data], answer=answer, is_last=True)


def _belongs(target: str, raw: Any) -> bool:
    """Of pipelines those that no other one began, of issues those that are incidents."""
    if not isinstance(raw, dict):
        return True  # whoever reads it says what is wrong
    if target == "cicd":
        return raw.get("source") != "parent_pipeline"
    return target != "incidents" or raw.get("issue_type") == "incident"
