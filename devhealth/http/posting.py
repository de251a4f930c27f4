"""One POST for a credential: what must be sent before a client can ask anything.

It passes the guard as every request does, and no gate: no credential's quota pays for it.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from devhealth.errors import Transient
from devhealth.http.addresses import Guard, Pinned

PATIENCE = 30.0


async def posted(
    address: str,
    *,
    headers: Mapping[str, str],
    guard: Guard,
) -> tuple[int, Any]:
    """Status and JSON of the answer, null where it has none; redirects are answers, too.

    Raises Unsafe, and Transient where nobody answers.
    """
    url = httpx.URL(address)
    guard.check_url(url)
    transport = Pinned(guard, httpx.AsyncHTTPTransport(trust_env=False))
    sent = {"accept": "application/json", "user-agent": "devhealth", **headers}
    try:
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            answer = await client.post(url, headers=sent, timeout=PATIENCE)
    except httpx.TransportError as error:
        raise Transient(f"{url.host} cannot be reached for a token: try later.") from error
    return answer.status_code, _json(answer)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
