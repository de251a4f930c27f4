"""GitLab: gitlab.com, or an instance of one's own.

Source: docs.gitlab.com/api/rest and docs.gitlab.com/api/graphql. gitlab.com takes 2,000 requests a
minute of who has signed in. A `Client` speaks to `https://HOST/api`: see `api_of`; a personal,
project or group token goes in the header of `token_of`, one of OAuth as `Bearer` or `Refreshing`.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from devhealth.connectors import gitlab_queries as queries
from devhealth.connectors.gitlab_details import Details
from devhealth.connectors.gitlab_graph import Graph, Query, Unanswerable
from devhealth.connectors.gitlab_histories import Activity
from devhealth.connectors.gitlab_named import Named
from devhealth.connectors.gitlab_paging import ByUpdate
from devhealth.errors import Permanent, Transient
from devhealth.http import Client, Forbidden, Missing, Page, PageNumber, TimedOut, TokenHeader
from devhealth.http.answers import Params
from devhealth.http.spent import Spent

Raw = dict[str, Any]
Pages = AsyncGenerator[Page, None]

SITE = "https://gitlab.com"


def api_of(site: str = SITE) -> str:
    """Where an instance's API lies: a `Client`'s base address."""
    return f"{site.rstrip('/')}/api"


def token_of(token: str) -> TokenHeader:
    """A personal, project or group access token, of scope `read_api`."""
    return TokenHeader("PRIVATE-TOKEN", token)


class GitLab:
    """A project by its path; GitLab finds a renamed one under its old path, too.

    `since` and `before` are of the last change, and both belong to the window. All windows of
    [X, now) together give what had any activity since X; the same thing may come twice.
    `notes` are sentences on what this instance cannot tell.

    is_conditional  lists that are as they were when their entity tags were kept come empty and
                    `is_unchanged`
    releases        whether `deployments` gives releases, too
    """

    name = "gitlab"
    targets: tuple[str, ...] = ("prs", "cicd", "deployments", "incidents", "work-items")

    def __init__(
        self,
        client: Client,
        full_name: str,
        *,
        is_conditional: bool = False,
        releases: bool = False,
    ) -> None:
        self.full_name = full_name
        self.unfinished: dict[str, Sequence[str]] = {}  # its lists tell of every change
        self.vanished: dict[str, list[str]] = {}
        self._client = client
        self._path = full_name
        self._place = f"/v4/projects/{quote(full_name, safe='')}"
        self._is_conditional = is_conditional
        self._has_releases = releases
        self._graph = Graph(client)
        self._details = Details(client, self._graph)
        self._activity = Activity(client, self._graph)

    @property
    def host(self) -> str:
        return self._client.host

    @property
    def spent(self) -> Spent:
        return self._client.spent

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._graph.notes)

    async def repository(self) -> Raw:
        """The project; from now on it is asked for by its id. Raises what `Client.get` raises."""
        raw: Raw = (await self._client.get(self._place)).data
        if isinstance(raw, dict) and raw.get("id") and raw.get("path_with_namespace"):
            self._path = raw["path_with_namespace"]
            self._place = f"/v4/projects/{raw['id']}"
        return raw

    async def prs(self, since: datetime | None = None, before: datetime | None = None) -> Pages:
        """Merge requests as REST lists them, with `details` of GraphQL: two requests a hundred."""
        async with aclosing(self._updated("merge_requests", since, before)) as pages:
            async for page in pages:
                items = await self._details.of(page.items, self._path, self._place)
                yield replace(page, items=items)

    async def cicd(self, since: datetime | None = None, before: datetime | None = None) -> Pages:
        """Pipelines without the children that other pipelines begin, in GraphQL's words."""
        window = {"since": _text(since), "before": _text(before)}
        try:
            async with aclosing(self._connected(queries.pipelines, **window)) as pages:
                async for page in pages:
                    yield page
            return
        except Unanswerable as error:
            self._graph.note(
                f"GraphQL is of no use here, for {error}: pipelines are read by REST, which takes"
                " a request for each."
            )
        async with aclosing(self._updated("pipelines", since, before)) as pages:
            async for page in pages:
                yield replace(page, items=[await self._pipeline(each) for each in page.items])

    async def deployments(
        self, since: datetime | None = None, before: datetime | None = None
    ) -> Pages:
        """Deployments, then releases (which have a `tag_name`), as REST has them.

        A project may have one of both switched off; it raises only where it has both, or where
        deployments alone are asked for.
        """
        listed = [self._updated("deployments", since, before)]
        if self._has_releases:
            listed.append(self._released(since, before))
        refused = []
        for each in listed:
            try:
                async with aclosing(each) as pages:
                    async for page in pages:
                        yield page
            except (Forbidden, Missing) as error:
                refused.append(error)
        if len(refused) == len(listed):
            raise refused[0]

    async def incidents(
        self, since: datetime | None = None, before: datetime | None = None
    ) -> Pages:
        """Issues of the type incident, as REST has them."""
        async with aclosing(self._updated("issues", since, before, issue_type="incident")) as pages:
            async for page in pages:
                yield page

    async def work_items(
        self, since: datetime | None = None, before: datetime | None = None
    ) -> Pages:
        """Issues of every type as REST lists them, with what became of them: two requests a
        hundred."""
        async with aclosing(self._updated("issues", since, before)) as pages:
            async for page in pages:
                items = await self._activity.of(page.items, self._path, self._place)
                yield replace(page, items=items)

    async def named(self, target: str, names: Sequence[str]) -> Pages:
        """Merge requests and issues by `iid`, pipelines and deployments by id, `release:` by tag;
        see `gitlab_named`. Of these only pipelines become `vanished`."""
        by_name = Named(
            self._client,
            self._details,
            self._activity,
            path=self._path,
            place=self._place,
            has_releases=self._has_releases,
            vanished=self.vanished.setdefault(target, []),
        )
        async with aclosing(by_name.of(target, names)) as pages:
            async for page in pages:
                yield page

    async def ids(self, target: str) -> Pages:
        """All that there is of a target, as little of each as tells what it is: complete, or it
        raises. What is deleted meanwhile may be among it."""
        async with aclosing(self._all(target)) as pages:
            async for page in pages:
                yield page

    def _all(self, target: str) -> Pages:
        if target == "prs":
            return self._changed("merge_requests", view="simple")
        if target == "cicd":
            return self._pipeline_ids()
        if target == "deployments":
            return self._deployed()
        if target == "work-items":
            return self._changed("issues")
        return self._changed("issues", issue_type="incident")

    @staticmethod
    async def search(client: Client, pattern: str) -> Pages:
        """Projects whose path matches (`group/*` with subgroups, `group/sub/api-*`), of a group
        or a person; `*` alone: all that the credential is a member of."""
        owner = pattern.partition("*")[0].rpartition("/")[0]
        listed = _projects(client, owner)
        async with aclosing(listed) as pages:
            async for page in pages:
                items = [each for each in page.items if _matches(each, pattern)]
                yield replace(page, items=items)

    def _updated(
        self, name: str, since: datetime | None, before: datetime | None, **params: str
    ) -> Pages:
        window = {"updated_after": _text(since), "updated_before": _text(before)}
        return self._changed(name, is_conditional=self._is_conditional, **window, **params)

    async def _changed(
        self, name: str, *, is_conditional: bool = False, **params: str | None
    ) -> Pages:
        """A list by change, each thing once as long as it does not change."""
        pages = self._client.pages(
            f"{self._place}/{name}", params, ByUpdate(), is_conditional=is_conditional
        )
        last: set[tuple[Any, Any]] = set()
        async for page in pages:
            here = {_version(each) for each in page.items}
            yield replace(page, items=[each for each in page.items if _version(each) not in last])
            last = here

    async def _released(self, since: datetime | None, before: datetime | None) -> Pages:
        """Newest first by their own date; GitLab knows no other change of a release.

        One that is new under an old date is found among the newest hundred.
        """
        pages = self._client.pages(
            f"{self._place}/releases", {"order_by": "released_at", "sort": "desc"}, PageNumber()
        )
        async for page in pages:
            items = [each for each in page.items if _is_within(each, since, before)]
            yield replace(page, items=items)
            if since and not any(_is_within(each, since, None) for each in page.items):
                return

    async def _pipeline(self, listed: Raw) -> Raw:
        raw: Raw = (await self._client.get(f"{self._place}/pipelines/{listed['id']}")).data
        return raw

    async def _pipeline_ids(self) -> Pages:
        try:
            async with aclosing(self._connected(queries.pipeline_ids)) as pages:
                async for page in pages:
                    yield page
        except Unanswerable as error:
            raise Permanent(
                f"GitLab does not tell which pipelines there are, for {error}: what was deleted"
                " stays; let the credential read them."
            ) from error

    async def _deployed(self) -> Pages:
        """Deployments and releases. Releases are counted pages: they must not move meanwhile."""
        async with aclosing(self._changed("deployments")) as pages:
            async for page in pages:
                yield page
        totals: set[str] = set()
        tags: set[Any] = set()
        async with aclosing(self._released(None, None)) as pages:
            async for page in pages:
                totals.add(page.answer.headers.get("x-total", ""))
                tags.update(each.get("tag_name") for each in page.items)
                yield page
        if totals - {"", str(len(tags))}:
            raise Transient("GitLab's releases changed while they were read: sweep again.")

    async def _connected(self, query: Query, **variables: str | None) -> Pages:
        """Pipelines by id, newest first: a cursor that no change moves. Halves what is too much."""
        size, after, number = queries.MOST, None, 1
        while True:
            asked = {"path": self._path, "first": size, "after": after, **variables}
            try:
                reply = await self._graph.ask(query, asked)
            except TimedOut:
                if size == 1:
                    raise
                size //= 2
                continue
            connection = (reply.data.get("project") or {}).get("pipelines")
            if connection is None:
                raise Unanswerable("it does not show the project's pipelines")
            info = connection["pageInfo"]
            yield Page(
                number=number,
                items=connection["nodes"],
                answer=reply.answer,
                is_last=not info["hasNextPage"],
            )
            if not info["hasNextPage"]:
                return
            if info["endCursor"] == after:
                raise Transient("GitLab's list of pipelines does not go on: sync again.")
            after, number = info["endCursor"], number + 1


async def _projects(client: Client, owner: str) -> Pages:
    params = {"order_by": "id", "sort": "asc"}
    if not owner:
        pages = client.pages("/v4/projects", {"membership": True, **params}, PageNumber())
    elif await _is_group(client, owner):
        of_group: Params = {"include_subgroups": True, "with_shared": False, **params}
        path = f"/v4/groups/{quote(owner, safe='')}/projects"
        pages = client.pages(path, of_group, PageNumber())
    else:
        pages = client.pages(f"/v4/users/{quote(owner, safe='')}/projects", params, PageNumber())
    async for page in pages:
        yield page


async def _is_group(client: Client, owner: str) -> bool:
    try:
        await client.get(f"/v4/groups/{quote(owner, safe='')}", {"with_projects": False})
    except Missing:
        return False
    return True


def _matches(project: Raw, pattern: str) -> bool:
    return fnmatchcase(str(project.get("path_with_namespace")).lower(), pattern.lower())


def _version(thing: Any) -> tuple[Any, Any]:
    """What it is, as it is now."""
    if not isinstance(thing, dict):
        return id(thing), None
    return thing.get("id"), thing.get("updated_at")


def _is_within(release: Raw, since: datetime | None, before: datetime | None) -> bool:
    """It was made or it came out in the window; so it is where no date can be read."""
    told = [release.get(key) for key in ("created_at", "released_at")]
    instants = [datetime.fromisoformat(each) for each in told if isinstance(each, str)]
    return not instants or any(
        (since is None or since <= each) and (before is None or each <= before) for each in instants
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
