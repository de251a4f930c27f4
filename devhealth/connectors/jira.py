"""Jira Cloud: a project of a site, by version 3 of its REST API.

Source: developer.atlassian.com/cloud/jira/platform/rest/v3. A `Client` speaks to `api_of(site)`: to
the site itself with an e-mail and an API token (`Basic`), to Atlassian's own host with a token of
OAuth (`Bearer`, `Refreshing`) or one that has scopes. What people open is of the site either way.
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import quote, urlsplit

from devhealth.connectors.jira_changelogs import Changelogs
from devhealth.http import Client, Missing, NextPageToken, Page, StartAt
from devhealth.http.spent import Spent

Raw = dict[str, Any]
Pages = AsyncGenerator[Page, None]

API: Final = "/rest/api/3"
ATLASSIAN: Final = "https://api.atlassian.com/ex/jira"
MOST: Final = 100  # issues with their fields that Jira gives at once
MOST_IDS: Final = 1_000  # of issues without
SLACK: Final = timedelta(minutes=1)  # JQL may know no seconds

FIELDS: Final = (
    "summary", "status", "issuetype", "priority", "labels", "created", "updated", "duedate",
    "resolution", "resolutiondate", "statuscategorychangedate", "reporter", "assignee", "parent",
    "project",
)  # fmt: skip
# What teams plan with are custom fields, each site's under ids of its own. Anybody may name a field
# anything: of names only those count whose values have the right type.
_KINDS: Final = {
    "com.pyxis.greenhopper.jira:gh-sprint": "sprint",
    "com.pyxis.greenhopper.jira:jsw-story-points": "points",
}
_NAMES: Final = {
    ("story points", "number"): "points",
    ("story point estimate", "number"): "points",
    ("flagged", "array"): "flagged",
}


def api_of(site: str, cloud_id: str | None = None, atlassian: str = ATLASSIAN) -> str:
    """A `Client`'s base address. With a cloud id Atlassian's own host answers for the site."""
    return f"{atlassian}/{cloud_id}" if cloud_id else site.rstrip("/")


class Jira:
    """A project by its key; Jira finds one under a key that it had before, too.

    `since` and `before` are of the last change. An issue that was moved here is one of here from
    its first day on. Each comes with all its `histories`, and with what its site calls things
    (`known`), which is asked for once, and not before there is an issue to read.

    site  as people open it: https://acme.atlassian.net
    """

    name = "jira"
    targets: tuple[str, ...] = ("work-items",)

    def __init__(self, client: Client, key: str, *, site: str) -> None:
        self.full_name = key
        self.unfinished: dict[str, Sequence[str]] = {}  # its lists tell of every change
        self.vanished: dict[str, list[str]] = {}
        self.notes: list[str] = []
        self._client = client
        self._site = site.rstrip("/")
        self._project = _quoted(key)
        self._is_archived = False
        self._changelogs = Changelogs(client, API)
        self._known: Raw | None = None

    @property
    def host(self) -> str:
        return urlsplit(self._site).hostname or ""

    @property
    def spent(self) -> Spent:
        return self._client.spent

    async def repository(self) -> Raw:
        """The project, with its `site`; its issues are asked for by its id from now on.

        Raises what `Client.get` raises.
        """
        path = f"{API}/project/{quote(self.full_name, safe='')}"
        raw = (await self._client.get(path)).data
        if not isinstance(raw, dict):
            return {"site": self._site}
        if str(raw.get("id", "")).isdecimal():
            self._project = str(raw["id"])
        self._is_archived = raw.get("archived") is True
        return {**raw, "site": self._site}

    async def work_items(
        self, since: datetime | None = None, before: datetime | None = None
    ) -> Pages:
        """Issues, each with all its histories: two requests a hundred, as a rule."""
        if self._is_archived:
            self.notes.append(f"{self.full_name} is archived: Jira lists none of its issues.")
            return
        if since and not await self._has_any(since, before):
            return
        known = await self._names()
        async with aclosing(self._listed(since, before, _asked(known), MOST)) as pages:
            async for page in pages:
                items = [each for each in page.items if _is_within(each, since, before)]
                yield replace(page, items=await self._whole(items, known))

    async def named(self, target: str, names: Sequence[str]) -> Pages:
        """Issues by their ids. One that is in another project now is not told; one that is gone, or
        hidden from the credential, becomes `vanished`."""
        known = await self._names()
        fields = ",".join(_asked(known))
        for number, name in enumerate(names, 1):
            try:
                path = f"{API}/issue/{quote(name, safe='')}"
                answer = await self._client.get(path, {"fields": fields})
            except Missing:
                self.vanished.setdefault(target, []).append(name)
                continue
            items = await self._whole([answer.data] if self._is_here(answer.data) else [], known)
            yield Page(number=number, items=items, answer=answer, is_last=number == len(names))

    async def ids(self, target: str) -> Pages:
        """Ids of all issues: complete, or it raises. What is moved meanwhile may be among it."""
        if self._is_archived:
            return
        async with aclosing(self._listed(None, None, ["id"], MOST_IDS)) as pages:
            async for page in pages:
                yield page

    @staticmethod
    async def search(client: Client, pattern: str) -> Pages:
        """Projects whose key matches (`AB*`), as far as the credential sees them."""
        listed = client.pages(f"{API}/project/search", {}, StartAt(at_items=("values",)))
        async for page in listed:
            items = [
                each for each in page.items if fnmatchcase(_key(each).upper(), pattern.upper())
            ]
            yield replace(page, items=items)

    async def _listed(
        self, since: datetime | None, before: datetime | None, fields: list[str], most: int
    ) -> Pages:
        params: dict[str, str | int] = {
            "jql": self._jql(since, before),
            "fields": ",".join(fields),
            "maxResults": most,
        }
        paging = NextPageToken(at_items=("issues",))
        async for page in self._client.pages(f"{API}/search/jql", params, paging):
            yield page

    def _jql(self, since: datetime | None, before: datetime | None) -> str:
        """Dates in words are read in the time zone of whoever asks; milliseconds are UTC's."""
        asked = [f"project = {self._project}"]
        if since:
            asked.append(f"updated >= {_milliseconds(since - SLACK)}")
        if before:
            asked.append(f"updated < {_milliseconds(before + SLACK)}")
        return f"{' AND '.join(asked)} ORDER BY updated ASC, key ASC"

    async def _has_any(self, since: datetime | None, before: datetime | None) -> bool:
        async with aclosing(self._listed(since, before, ["updated"], 1)) as pages:
            async for page in pages:
                if page.items:
                    return True
        return False

    async def _names(self) -> Raw:
        """What this site calls things: `fields` by what they are for, `statuses` by their ids."""
        if self._known is None:
            fields = (await self._client.get(f"{API}/field")).data
            statuses = (await self._client.get(f"{API}/status")).data
            self._known = {"fields": _fields(fields), "statuses": _statuses(statuses)}
        return self._known

    def _is_here(self, issue: Any) -> bool:
        """Of this project, by its id, or by its key before `repository` was asked for."""
        fields = issue.get("fields") if isinstance(issue, dict) else None
        told = (fields or {}).get("project") or {}
        return self._project in (str(told.get("id")), _quoted(str(told.get("key"))))

    async def _whole(self, items: list[Raw], known: Raw) -> list[Raw]:
        """With their histories. An issue that is gone by now is left out."""
        told = await self._changelogs.of([str(each.get("id")) for each in items])
        return [
            {**each, "histories": told[str(each.get("id"))], "known": known}
            for each in items
            if str(each.get("id")) in told
        ]


def _asked(known: Raw) -> list[str]:
    """Fields of an issue, those of this site among them."""
    return [*FIELDS, *(name for names in known["fields"].values() for name in names)]


def _quoted(key: str) -> str:
    """As JQL takes it; some keys are words of its own."""
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _milliseconds(at: datetime) -> int:
    return (at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _is_within(issue: Any, since: datetime | None, before: datetime | None) -> bool:
    """By its own last change; one that tells none is within, so that somebody says so."""
    fields = issue.get("fields") if isinstance(issue, dict) else None
    told = fields.get("updated") if isinstance(fields, dict) else None
    try:
        at = datetime.fromisoformat(str(told))
        return (since is None or since <= at) and (before is None or at < before)
    except (TypeError, ValueError):
        return True


def _key(project: Any) -> str:
    return str(project.get("key", "")) if isinstance(project, dict) else ""


def _objects(listed: Any) -> Iterable[Raw]:
    return (each for each in listed if isinstance(each, dict)) if isinstance(listed, list) else ()


def _fields(listed: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"points": [], "sprint": [], "flagged": []}
    for each in _objects(listed):
        told = each.get("schema")
        schema = told if isinstance(told, dict) else {}
        name = str(each.get("untranslatedName") or each.get("name")).strip().lower()
        kind = _KINDS.get(str(schema.get("custom"))) or _NAMES.get((name, str(schema.get("type"))))
        if kind and each.get("id"):
            found[kind].append(str(each["id"]))
    return found


def _statuses(listed: Any) -> dict[str, Raw]:
    return {str(each["id"]): each for each in _objects(listed) if each.get("id")}
