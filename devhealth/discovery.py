"""What a credential sees at a provider: whose it is, and which repositories or projects."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from devhealth.http import Client, LinkPaging, Paging, Rejected, StartAt
from devhealth.http.answers import Params
from devhealth.sites import NAMES, Site

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
    """A repository, or a project of a tracker, by the name that a sync asks for."""

    name: str
    description: str = ""
    is_archived: bool = False
    is_fork: bool = False
    is_private: bool = False


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


async def repositories(site: Site, client: Client, *, is_app: bool = False) -> AsyncIterator[Found]:
    """All that the credential is a member of, page by page; projects, of a tracker.

    is_app  of a GitHub App's installation: what it was installed for
    """
    path, params, paging = _installed() if is_app else _listed(site.provider)
    async for page in client.pages(path, params, paging):
        for each in page.items:
            yield _found(site.provider, each)


def matches(found: Found, pattern: str) -> bool:
    """`acme/*`, `acme/api-*`, or a part of the name; capitals and small letters are one."""
    name, pattern = found.name.lower(), pattern.lower()
    return fnmatchcase(name, pattern) if any(c in pattern for c in "*?[") else pattern in name


def _installed() -> tuple[str, Params, Paging]:
    return INSTALLED, {"per_page": 100}, LinkPaging(at_items=("repositories",))


def _listed(provider: str) -> tuple[str, Params, Paging]:
    if provider == "github":
        return "/user/repos", {"per_page": 100, "sort": "full_name"}, LinkPaging()
    if provider == "gitlab":
        asked: Params = {"membership": "true", "per_page": 100, "order_by": "id", "sort": "asc"}
        return "/v4/projects", asked, LinkPaging()
    return "/rest/api/3/project/search", {}, StartAt(at_items=("values",))


def _found(provider: str, raw: Mapping[str, Any]) -> Found:
    if provider == "jira":
        return Found(
            str(raw["key"]),
            str(raw.get("name") or ""),
            is_archived=bool(raw.get("archived")),
            is_private=bool(raw.get("isPrivate")),
        )
    name = raw["full_name"] if provider == "github" else raw[NAMES[provider]]
    return Found(
        str(name),
        str(raw.get("description") or ""),
        is_archived=bool(raw.get("archived")),
        is_fork=bool(raw.get("fork") or raw.get("forked_from_project")),
        is_private=bool(raw.get("private") or raw.get("visibility") in ("private", "internal")),
    )


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
