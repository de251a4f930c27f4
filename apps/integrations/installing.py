"""Whether a person may connect an installation of the GitHub App: only who administers it may.

The number comes back in an address that anybody could have written. GitHub tells a person of every
installation that covers something they can read, while the installation's own token reads all that
it covers: so seeing it is not enough.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.errors import Forbidden
from apps.integrations.models import Integration
from apps.integrations.reaching import site_of
from devhealth.credentials import of_text
from devhealth.http import Client, LinkPaging, Missing
from devhealth.http import Forbidden as Refused


@dataclass(frozen=True, slots=True)
class Installed:
    id: int
    account: str


def administered(integration: Integration, token: str, told: str) -> Installed:
    """The installation of this number, by the person's own token. Raises `Forbidden`."""
    site = site_of(integration)

    async def asked() -> Installed | None:
        async with site.client(of_text("github", "a person", token)) as client:
            return await _found(client, told)

    found = asyncio.run(asked())
    if found is None:
        raise Forbidden(
            "You do not administer this installation at GitHub: an owner of the organisation there "
            "must connect it.",
            code="not_your_installation",
        )
    return found


async def _found(client: Client, told: str) -> Installed | None:
    paging = LinkPaging(at_items=("installations",))
    async for page in client.pages("/user/installations", {"per_page": 100}, paging):
        for each in page.items:
            if str(each["id"]) == told:
                account = each["account"]
                is_theirs = await _is_theirs(client, account)
                return Installed(int(each["id"]), str(account["login"])) if is_theirs else None
    return None


async def _is_theirs(client: Client, account: Mapping[str, Any]) -> bool:
    """Their own account, or an organisation that they own."""
    if account.get("type") != "Organization":
        return bool((await client.get("/user")).data["id"] == account["id"])
    try:
        found = (await client.get(f"/user/memberships/orgs/{account['login']}")).data
    except (Missing, Refused):
        return False
    return (found.get("role"), found.get("state")) == ("admin", "active")
