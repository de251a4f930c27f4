"""One POST to an address that somebody named, so that they are told something.

It passes the guard as every request does. Nothing of the answer but its status is read, so that
neither its size nor what it says matters to anybody.
"""

import asyncio
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from devhealth.errors import Transient
from devhealth.http.addresses import Guard, Pinned, trust
from devhealth.http.errors import Unsafe
from devhealth.http.limits import read_wait

NO_ADDRESS = "This is no address: give it as https://host/path."
PATIENCE = 15.0  # seconds for all of it: name, connection, TLS, the answer's headers

_HOST = re.compile(rb"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9A-Fa-f:.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """`wait`: what `Retry-After` asks for, in seconds. Null: nothing."""

    status: int
    wait: float | None


def require_address(address: str, guard: Guard) -> None:
    """Raises Unsafe for what can never be told anything. Asks no name server."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise Unsafe(NO_ADDRESS) from error
    if not _HOST.fullmatch(url.raw_host) or not 0 < (url.port or 443) < 2**16:
        raise Unsafe(NO_ADDRESS)
    guard.check_url(url)


async def told(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    guard: Guard,
    patience: float = PATIENCE,
) -> Heard:
    """What was answered, whatever it is; a redirect is an answer, and nobody follows it.

    Raises Unsafe where nothing may be sent, and Transient where nobody answers.
    """
    require_address(address, guard)
    url = httpx.URL(address)
    transport = Pinned(guard, httpx.AsyncHTTPTransport(verify=trust(), trust_env=False))
    sent = {"user-agent": "devhealth", **headers}
    client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=patience)
    try:
        async with (
            asyncio.timeout(patience),
            client,
            client.stream("POST", url, content=body, headers=sent) as answer,
        ):
            wait = read_wait(answer.headers, time.time())
            return Heard(status=answer.status_code, wait=wait)
    except (httpx.TimeoutException, TimeoutError) as error:
        raise Transient(f"{url.host} did not answer within {patience:g} s.") from error
    except httpx.TransportError as error:
        raise Transient(f"{url.host} {_trouble(error)}") from error


def _trouble(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "shows a certificate that is not trusted here."
        cause = cause.__cause__ or cause.__context__
    return "cannot be reached, or broke the connection off."
