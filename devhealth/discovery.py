"""What a credential sees at a provider: whose it is, and which repositories or projects.

One list, read from any place on and as far as somebody wants: a provider is asked for nothing that
its pages do not hold anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devhealth.http import Client, LinkPaging, Paging, Rejected, StartAt
from devhealth.http.answers import Params
from devhealth.sites import NAMES, Site
from devhealth.wanted import Wanted

ACCOUNTS = {"github": "/user", "gitlab": "/v4/user", "jira": "/rest/api/3/myself"}
NAMED_BY = ("login", "username", "emailAddress", "displayName")
INSTALLED = "/installation/repositories"
EXPIRY = "github-authentication-token-expiration"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose credential it is, as the provider names them. `expires_at`: UTC; null: unknown."""

    name: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A repository, or a project of a tracker, by the name that a sync asks for.

    label             what people call it, where that is another name: a tracker's project's
    visibility        public, internal or private, in the provider's words. '': it does not tell
    last_activity_at  a push, a change of an issue (UTC). Null: none, or nobody tells
    """

    name: str
    label: str = ""
    description: str = ""
    url: str = ""
    default_branch: str = ""
    visibility: str = ""
    is_archived: bool = False
    is_fork: bool = False
    last_activity_at: datetime | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, self.label) if self.label else (self.name,)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: which of the provider's pages, and behind how many things of it.

    Jira counts things, not pages: `page` is the first one.
    """

    page: int = 0
    skip: int = 0


START = Place()


@dataclass(frozen=True, slots=True)
class Sought:
    """Some of what is wanted, in the provider's order. `next`: null where that was all."""

    items: list[Found]
    next: Place | None = None


async def account(site: Site, client: Client, *, is_app: bool = False) -> Account:
    """Raises `Unauthorized` for a credential that is refused, and what the client raises.

    is_app  of a GitHub App's installation: its name is known where it has a repository
    """
    if is_app:
        found = (await client.get(INSTALLED, {"per_page": 1})).data["repositories"]
        return Account(str(found[0]["owner"]["login"]) if found else "")
    answer = await client.get(ACCOUNTS[site.provider])
    name = next((str(answer.data[each]) for each in NAMED_BY if answer.data.get(each)), "")
    if site.provider == "gitlab":
        return Account(name, await _gitlab_expiry(client))
    return Account(name, _instant(answer.headers.get(EXPIRY, "")))


async def look(
    site: Site,
    client: Client,
    wanted: Wanted,
    *,
    most: int,
    after: Place = START,
    pages: int | None = None,
    is_app: bool = False,
) -> Sought:
    """What the credential is a member of and is wanted; of a tracker, projects.

    most    things, at most
    pages   of the provider's, at most: little may be found, and yet there is more
    is_app  of a GitHub App's installation: what it was installed for
    """
    path, params, paging = _installed() if is_app else _listed(site.provider, wanted)
    found: list[Found] = []
    here, asked = after, 0
    async for page in client.pages(path, {**params, **_from(site.provider, here)}, paging):
        things = [_found(site, each) for each in page.items]
        for skip, thing in enumerate(things[here.skip :], here.skip):
            if wanted.takes(thing):
                if len(found) == most:
                    return Sought(found, Place(here.page, skip))
                found.append(thing)
        here, asked = Place(here.page + _step(site.provider, len(things))), asked + 1
        if asked == pages and not page.is_last:
            return Sought(found, here)
    return Sought(found)


def _from(provider: str, place: Place) -> Params:
    if provider == "jira":
        return {"startAt": place.page}
    return {"page": place.page + 1} if place.page else {}


def _step(provider: str, count: int) -> int:
    return count if provider == "jira" else 1


def _installed() -> tuple[str, Params, Paging]:
    return INSTALLED, {"per_page": 100}, LinkPaging(at_items=("repositories",))


def _listed(provider: str, wanted: Wanted) -> tuple[str, Params, Paging]:
    if provider == "github":
        return "/user/repos", {"per_page": 100, "sort": "full_name"}, LinkPaging()
    if provider == "gitlab":
        asked: Params = {"membership": "true", "per_page": 100, "order_by": "id", "sort": "asc"}
        return (
            "/v4/projects",
            asked if wanted.archived else {**asked, "archived": "false"},
            LinkPaging(),
        )
    status: list[str] = ["live", "archived"] if wanted.archived else ["live"]
    asked = {"status": status, "expand": "insight"}
    return "/rest/api/3/project/search", asked, StartAt(at_items=("values",))


def _found(site: Site, raw: Mapping[str, Any]) -> Found:
    if site.provider == "jira":
        return _project(site, raw)
    is_github = site.provider == "github"
    told = raw.get("pushed_at") if is_github else raw.get("last_activity_at")
    return Found(
        str(raw["full_name"] if is_github else raw[NAMES[site.provider]]),
        description=str(raw.get("description") or ""),
        url=_link(raw.get("html_url") if is_github else raw.get("web_url")),
        default_branch=str(raw.get("default_branch") or ""),
        visibility=str(raw.get("visibility") or ("private" if raw.get("private") else "")),
        is_archived=bool(raw.get("archived")),
        is_fork=bool(raw.get("fork") or raw.get("forked_from_project")),
        last_activity_at=_instant(str(told or "")),
    )


def _project(site: Site, raw: Mapping[str, Any]) -> Found:
    insight = raw.get("insight") or {}
    return Found(
        str(raw["key"]),
        label=str(raw.get("name") or ""),
        description=str(raw.get("description") or ""),
        url=f"{site.url}/browse/{raw['key']}",
        visibility="private" if raw.get("isPrivate") else "",
        is_archived=bool(raw.get("archived")),
        last_activity_at=_instant(str(insight.get("lastIssueUpdateTime") or "")),
    )


def _link(told: Any) -> str:
    """An address that people may be led to. Whatever else is told is none."""
    text = str(told or "")
    return text if text.startswith(("https://", "http://")) else ""


async def _gitlab_expiry(client: Client) -> datetime | None:
    """Of the token itself: its day begins in UTC, and it is no longer good then."""
    try:
        told = (await client.get("/v4/personal_access_tokens/self")).data
    except Rejected:  # OAuth's tokens are none of these
        return None
    return _instant(str(told.get("expires_at") or ""))


def _instant(text: str) -> datetime | None:
    """`2026-12-01`, `2026-12-01 10:00:00 UTC`, or nothing that can be read."""
    try:
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
