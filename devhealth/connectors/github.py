"""GitHub: pull requests, runs, deployments, releases, incidents and issues by its two APIs.

Source: docs.github.com/graphql and docs.github.com/rest. Limits: 5,000 points of GraphQL and 5,000
requests of REST an hour, each user or installation. Enterprise by its address: see `addresses`.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from devhealth.connectors.github_found import ISSUES as ISSUES_FOUND
from devhealth.connectors.github_found import PULLS, Things, found
from devhealth.connectors.github_graph import Graph
from devhealth.connectors.github_named import Named
from devhealth.connectors.github_queries import (
    DEPLOYMENT_IDENTITIES,
    DEPLOYMENTS,
    DEPLOYMENTS_BY_ID,
    ISSUE_IDENTITIES,
    ISSUES,
    MOST,
    PULL_REQUEST_IDENTITIES,
    PULL_REQUESTS,
    RELEASE_IDENTITIES,
    RELEASES,
    REPOSITORIES,
    WORK_ITEM_IDENTITIES,
    WORK_ITEMS,
    Listing,
)
from devhealth.connectors.github_runs import Runs
from devhealth.connectors.github_windows import text
from devhealth.errors import Permanent
from devhealth.http import Client, Page, Policy, Spent

Raw = dict[str, Any]
Pages = AsyncGenerator[Page, None]

LIMITS = Policy(concurrency=10, per_minute=900)
HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}

_FEW = 10  # things that have usually changed since the last run
_DRAFTED = timedelta(days=30)  # a release may be published so long after it was drafted
_LASTING = timedelta(days=2)  # a deployment may end so long after it was asked for


class GitHub:
    """A repository by its `owner/name`; one that was renamed is followed.

    `since` and `before` are a window of what changed: [since, before), UTC; null: from the first
    on, up to now. All windows of [X, now) together give all that changed since X.

    graphql          where its GraphQL is, see `addresses`
    is_conditional   lists of runs that are as they were when their entity tags were kept come empty
                     and `is_unchanged`; GraphQL has no such tags
    incident_labels  issues with one of these are incidents
    releases         whether `deployments` gives releases, too
    """

    name = "github"
    targets: tuple[str, ...] = ("prs", "cicd", "deployments", "incidents", "work-items")

    def __init__(
        self,
        client: Client,
        full_name: str,
        *,
        graphql: str = "/graphql",
        is_conditional: bool = False,
        incident_labels: Sequence[str] = ("incident",),
        releases: bool = False,
    ) -> None:
        self.full_name = full_name
        self.unfinished: dict[str, Sequence[str]] = {}
        self.vanished: dict[str, list[str]] = {"cicd": [], "deployments": []}
        self._client = client
        self._graph = Graph(client, graphql)
        self._path = full_name
        self._labels = tuple(incident_labels)
        self._has_releases = releases
        self._is_conditional = is_conditional

    @property
    def host(self) -> str:
        """Where people find it: github.com."""
        host = self._client.host
        is_cloud = host == "api.github.com" or host.endswith(".ghe.com")
        return host.removeprefix("api.") if is_cloud else host

    @property
    def spent(self) -> Spent:
        return self._client.spent

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what this instance cannot tell."""
        return tuple(self._graph.notes)

    async def repository(self) -> Raw:
        """REST's own body. Raises Missing, Forbidden and what else the client raises."""
        raw: Raw = (await self._client.get(f"/repos/{self._path}")).data
        self._path = raw["full_name"]
        return raw

    async def prs(self, since: datetime | None = None, before: datetime | None = None) -> Pages:
        """Pull requests with all their lists, each once, newest change first.

        Up to now they are read from the list, which ends at `since`. A window of the past is
        searched for, so that it costs what is in it, not what came after.
        """
        async with aclosing(self._changed(PULL_REQUESTS, PULLS, since, before)) as pages:
            async for page in pages:
                yield page

    async def work_items(
        self, since: datetime | None = None, before: datetime | None = None
    ) -> Pages:
        """Issues with their history, in the same way; pull requests are none of them."""
        asked = {"since": text(since) if since else None}
        listed = self._changed(WORK_ITEMS, ISSUES_FOUND, since, before, **asked)
        async with aclosing(listed) as pages:
            async for page in pages:
                yield page

    async def cicd(self, since: datetime | None = None, before: datetime | None = None) -> Pages:
        """Workflow runs with their attempts and jobs; see `github_runs`."""
        runs = self._runs()
        unfinished = self.unfinished.get("cicd", ())
        async with aclosing(runs.changed(since, before, unfinished)) as pages:
            async for page in pages:
                yield page

    async def deployments(
        self, since: datetime | None = None, before: datetime | None = None
    ) -> Pages:
        """Deployments with their statuses, those that were not over, and releases if asked for.

        GitHub lists them by creation only. With `before`, one that was created up to two days
        before the window is given if it changed since; without, whoever asks names what was not
        over. A hundred that are newer than the window cost a request.
        """
        seen: set[str] = set()
        margin = _LASTING if before else timedelta()
        async with aclosing(self._created(DEPLOYMENTS, since, before, margin)) as pages:
            async for page in pages:
                await self._graph.complete(page.items)
                seen.update(each["id"] for each in page.items if "id" in each)
                yield page
        if ids := [each for each in self.unfinished.get("deployments", ()) if each not in seen]:
            async with aclosing(self._graph.by_ids(DEPLOYMENTS_BY_ID, ids)) as parts:
                async for page, gone in parts:
                    self.vanished["deployments"] += gone
                    yield page
        if self._has_releases:
            async with aclosing(self._created(RELEASES, since, before, _DRAFTED)) as pages:
                async for page in pages:
                    yield page

    async def incidents(
        self, since: datetime | None = None, before: datetime | None = None
    ) -> Pages:
        """Issues with one of the labels, each once. One that lost its label needs a sweep."""
        seen: set[str] = set()
        for label in self._labels:
            asked = {"labels": [label], "since": text(since) if since else None}
            async with aclosing(self._newest(ISSUES, since, **asked)) as pages:
                async for page in pages:
                    fresh = [
                        each
                        for each in page.items
                        if each.get("id") not in seen and _is_before(each, "updatedAt", before)
                    ]
                    seen.update(each["id"] for each in fresh if "id" in each)
                    await self._graph.complete(fresh)
                    yield _of(page, fresh)

    async def named(self, target: str, names: Sequence[str]) -> Pages:
        """Pull requests and issues by number, runs, deployments and `release:` by REST's ids; see
        `github_named`. Of these only runs become `vanished`."""
        async with aclosing(self._named(target, names)) as pages:
            async for page in pages:
                yield page

    def _named(self, target: str, names: Sequence[str]) -> Pages:
        by_name = Named(
            client=self._client,
            graph=self._graph,
            full_name=self._path,
            labels=frozenset(self._labels),
            has_releases=self._has_releases,
        )
        told = {
            "prs": by_name.pull_requests,
            "cicd": self._runs().again,
            "deployments": by_name.deployments,
            "incidents": by_name.incidents,
            "work-items": by_name.work_items,
        }
        return told[target](names)

    async def ids(self, target: str) -> Pages:
        """What identifies each thing that there is: a complete sweep, or it raises.

        Of runs it tells all that GitHub still has: it forgets them after 400 days.
        """
        if target == "cicd":
            async with aclosing(self._runs().all()) as runs:
                async for page in runs:
                    yield page
            return
        for listing in self._identities(target):
            for asked in self._asked(listing):
                async with aclosing(self._graph.pages(listing, asked)) as pages:
                    async for page in pages:
                        if any("problems" in each for each in page.items):
                            raise Permanent(
                                "GitHub does not tell all that there is: nothing can be swept. "
                                "Give the credential the right to read all of the repository."
                            )
                        yield page

    @staticmethod
    async def search(client: Client, pattern: str, *, graphql: str = "/graphql") -> Pages:
        """Repositories (`nameWithOwner`) of an organisation or person by `owner/*`, `owner/api-*`.

        Raises Missing where there is no such owner.
        """
        asked = {"owner": pattern.partition("/")[0]}
        async with aclosing(Graph(client, graphql).pages(REPOSITORIES, asked)) as pages:
            async for page in pages:
                named = [each for each in page.items if _is_like(each, pattern)]
                yield _of(page, named)

    def _identities(self, target: str) -> tuple[Listing, ...]:
        if target == "prs":
            return (PULL_REQUEST_IDENTITIES,)
        if target == "deployments":
            return (DEPLOYMENT_IDENTITIES, RELEASE_IDENTITIES)  # those of earlier runs, too
        if target == "incidents":
            return (ISSUE_IDENTITIES,)
        if target == "work-items":
            return (WORK_ITEM_IDENTITIES,)
        raise Permanent(f"GitHub has no `{target}`: ask for one of {', '.join(self.targets)}.")

    def _runs(self) -> Runs:
        return Runs(
            self._client,
            self._graph,
            f"/repos/{self._path}/actions/runs",
            self.vanished["cicd"],
            is_conditional=self._is_conditional,
        )

    def _asked(self, listing: Listing) -> list[dict[str, Any]]:
        if listing is not ISSUE_IDENTITIES:
            return [self._variables()]
        return [self._variables(labels=[each]) for each in self._labels]

    def _variables(self, **more: Any) -> dict[str, Any]:
        owner, _, name = self._path.partition("/")
        return {"owner": owner, "name": name, **more}

    async def _changed(
        self,
        listing: Listing,
        things: Things,
        since: datetime | None,
        before: datetime | None,
        /,
        **more: Any,
    ) -> Pages:
        """Whole, each once."""
        seen: set[str] = set()
        if before is None:
            listed = self._newest(listing, since, **more)
        else:
            listed = found(self._graph, things, self._path, since, before)
        async with aclosing(listed) as pages:
            async for page in pages:
                fresh = [each for each in page.items if each.get("id") not in seen]
                seen.update(each["id"] for each in fresh if "id" in each)
                await self._graph.complete(fresh)
                yield _of(page, fresh)

    async def _newest(self, listing: Listing, since: datetime | None, /, **more: Any) -> Pages:
        """By change, the newest first, up to `since`."""
        asked = self._variables(**more)
        begin = _FEW if since else MOST
        async with aclosing(self._graph.pages(listing, asked, begin=begin)) as pages:
            async for page in pages:
                fresh = [each for each in page.items if _is_since(each, "updatedAt", since)]
                is_last = page.is_last or len(fresh) < len(page.items)
                yield _of(page, fresh, is_last=is_last)
                if is_last:
                    return

    async def _created(
        self, listing: Listing, since: datetime | None, before: datetime | None, margin: timedelta
    ) -> Pages:
        """By creation, the newest first, up to `since` less a margin; out of it what changed."""
        oldest = since - margin if since else None
        asked = self._variables()
        if before:
            is_older = partial(_is_before, field="createdAt", before=before)
            asked["after"] = await self._graph.cursor_before(listing, asked, is_older)
        async with aclosing(self._graph.pages(listing, asked)) as pages:
            async for page in pages:
                there = [each for each in page.items if _is_since(each, "createdAt", oldest)]
                fresh = [
                    each
                    for each in there
                    if _is_before(each, "createdAt", before) and _has_changed(each, since)
                ]
                is_last = page.is_last or len(there) < len(page.items)
                yield _of(page, fresh, is_last=is_last)
                if is_last:
                    return


def addresses(url: str) -> tuple[str, str]:
    """Where the REST API begins and where GraphQL is, of `https://github.com` or an Enterprise."""
    parts = urlsplit(url.rstrip("/"))
    host = parts.netloc.removeprefix("www.").removeprefix("api.")
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"{parts.scheme}://api.{host}", "/graphql"
    start = f"{parts.scheme}://{parts.netloc}/api"
    return f"{start}/v3", f"{start}/graphql"


def _is_since(thing: Raw, field: str, since: datetime | None) -> bool:
    """What does not tell is taken along."""
    return since is None or thing.get(field, "~") >= text(since)


def _is_before(thing: Raw, field: str, before: datetime | None) -> bool:
    return before is None or thing.get(field, "") < text(before)


def _has_changed(thing: Raw, since: datetime | None) -> bool:
    """By all instants that a deployment or release tells of itself."""
    told = [thing.get(each) or "" for each in ("createdAt", "updatedAt", "publishedAt")]
    return "problems" in thing or since is None or max(told) >= text(since)


def _is_like(repository: Raw, pattern: str) -> bool:
    return fnmatchcase(str(repository.get("nameWithOwner")).lower(), pattern.lower())


def _of(page: Page, items: list[Any], *, is_last: bool | None = None) -> Page:
    return replace(page, items=items, is_last=page.is_last if is_last is None else is_last)
