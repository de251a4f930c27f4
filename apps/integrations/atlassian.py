"""Which sites of Jira Cloud a token of Atlassian's OAuth leads to."""

import asyncio
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from devhealth.http import Bearer, Client, Guard
from devhealth.http.addresses import system_resolve

NEEDED = "read:jira-work"


@dataclass(frozen=True, slots=True)
class Resource:
    """A site, as people open it."""

    cloud_id: str
    url: str
    name: str


def resources(token: str) -> list[Resource]:
    """Those where it may read. Raises what the client raises."""
    guard = Guard(allowed=tuple(settings.PROVIDER_HOSTS), resolve=system_resolve)

    async def asked() -> Any:
        async with Client(settings.ATLASSIAN_URLS["api"], auth=Bearer(token), guard=guard) as api:
            return (await api.get("/oauth/token/accessible-resources")).data

    return [
        Resource(str(each["id"]), str(each["url"]).rstrip("/"), str(each.get("name") or ""))
        for each in asyncio.run(asked())
        if NEEDED in each.get("scopes", ())
    ]
