"""A provider's site as it is reached: its addresses, its client, its connectors."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from devhealth.connectors import Remote, github, gitlab, jira
from devhealth.connectors.clone import Origin
from devhealth.credentials import Credential
from devhealth.errors import Permanent, Transient
from devhealth.http import Client, Etags, Gate, Guard, LocalGate, Page, Policy, Sent
from devhealth.http.addresses import system_resolve

URLS = {"github": "https://github.com", "gitlab": gitlab.SITE}
NAMES = {"github": "nameWithOwner", "gitlab": "path_with_namespace", "jira": "key"}
CLONES = {"github": "clone_url", "gitlab": "http_url_to_repo"}
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`api` is where REST begins; `graphql` an address of the same host, or a path below `api`."""

    provider: str
    url: str
    api: str
    graphql: str
    guard: Guard

    @property
    def host(self) -> str:
        """Where people find it, as rows of coverage name it."""
        return urlsplit(self.url).hostname or ""

    @property
    def policy(self) -> Policy:
        """What one credential may ask of it."""
        return github.LIMITS if self.provider == "github" else Policy()

    def client(
        self,
        credential: Credential,
        *,
        gate: Gate | None = None,
        etags: Etags | None = None,
        checkpoint: Callable[[], None] = lambda: None,
        on_request: Callable[[Sent], None] = lambda sent: None,
    ) -> Client:
        """One for all repositories of a run: one credential, one gate (else one of its own)."""
        return Client(
            self.api,
            credential=credential.name,
            auth=credential.auth,
            gate=gate or LocalGate(self.policy),
            etags=etags,
            guard=self.guard,
            headers=github.HEADERS if self.provider == "github" else None,
            checkpoint=checkpoint,
            on_request=on_request,
        )

    def connector(
        self,
        client: Client,
        full_name: str,
        *,
        labels: Sequence[str] = ("incident",),
        releases: bool = False,
        is_conditional: bool = False,
    ) -> Remote:
        """GitLab knows what an incident is and needs no labels; Jira has projects.

        is_conditional  GitHub: lists of runs by their entity tags, for a 304 spends no quota. What
                        GitLab lists begins at another instant each time, so that none is the same
        """
        if self.provider == "jira":
            return jira.Jira(client, full_name, site=self.url)
        if self.provider == "gitlab":
            return gitlab.GitLab(client, full_name, releases=releases)
        return github.GitHub(
            client,
            full_name,
            graphql=self.graphql,
            incident_labels=labels,
            releases=releases,
            is_conditional=is_conditional,
        )

    async def search(self, client: Client, pattern: str) -> list[str]:
        """Full names that match, in the provider's order. Raises what the connectors raise."""
        names: list[str] = []
        async with aclosing(self._search(client, pattern)) as pages:
            async for page in pages:
                names += [str(each[NAMES[self.provider]]) for each in page.items]
        return names

    async def origin(self, raw: Mapping[str, Any], credential: Credential) -> Origin:
        """Where git fetches the repository of this body.

        Raises Permanent where it has no branch, or lies on another host: no secret goes there.
        """
        url = str(raw.get(CLONES[self.provider]) or "")
        parts, ours = urlsplit(url), urlsplit(self.url)
        if not raw.get("default_branch"):
            raise Permanent("The repository is empty: push to it, then sync again.")
        if (parts.scheme, parts.hostname) != (ours.scheme, ours.hostname):
            raise Permanent(
                f"{ours.hostname} names another host, or another scheme, for a clone: correct --url"
                " or its own configuration."
            )
        port = parts.port or PORTS[parts.scheme]
        try:
            addresses = await self.guard.addresses(str(parts.hostname), port)
        except OSError as error:  # TimeoutError is one
            raise Transient(f"{parts.hostname} was not found: try again later.") from error
        return Origin(
            url=url,
            branch=str(raw["default_branch"]),
            user=credential.user,
            secret=await credential.secret(),
            addresses=tuple(addresses),
        )

    def _search(self, client: Client, pattern: str) -> AsyncGenerator[Page, None]:
        if self.provider == "gitlab":
            return gitlab.GitLab.search(client, pattern)
        if self.provider == "jira":
            return jira.Jira.search(client, pattern)
        return github.GitHub.search(client, pattern, graphql=self.graphql)


def site(
    provider: str,
    url: str | None,
    *,
    is_private: bool = False,
    allowed: tuple[str, ...] = (),
    cloud_id: str | None = None,
    atlassian: str = jira.ATLASSIAN,
) -> Site:
    """By the address that people open.

    is_private  it may lie in an internal network, and be asked over plain http
    allowed     names and networks of which the same is true
    cloud_id    Jira's: Atlassian's own host is asked for the site
    atlassian   where that answers for sites

    Raises Permanent for what is no address.
    """
    if not url and provider not in URLS:
        raise Permanent("Every team has a Jira of its own: say --url https://NAME.atlassian.net.")
    url = (url or URLS[provider]).rstrip("/")
    host = urlsplit(url).hostname
    if not host:
        raise Permanent("--url is no address of a provider: give it as https://host.")
    if provider == "github":
        url = _of_people(url)
        api, graphql = github.addresses(url)
    elif provider == "jira":
        url = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        api, graphql = jira.api_of(url, cloud_id, atlassian), ""
    else:
        api, graphql = gitlab.api_of(url), ""
    guard = Guard(allowed=(*allowed, host) if is_private else allowed, resolve=system_resolve)
    return Site(provider=provider, url=url, api=api, graphql=graphql, guard=guard)


def _of_people(url: str) -> str:
    """`https://api.github.com` is the address of machines."""
    parts = urlsplit(url)
    host = parts.netloc.removeprefix("www.")
    is_cloud = host == "api.github.com" or host.endswith(".ghe.com")
    return f"{parts.scheme}://{host.removeprefix('api.') if is_cloud else host}"
