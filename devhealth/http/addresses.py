"""Which addresses may be spoken to: the internet's, and what the operator allows.

A name is resolved once, all its addresses are checked, and connections go to exactly these: what
the name server says later (DNS rebinding) does not matter. The certificate is checked for the name.
"""

import asyncio
import functools
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx

from devhealth.http.errors import Unsafe

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]

PATIENCE = 10.0  # seconds for a name

_NEVER_BY_NAME = tuple(
    map(
        ip_network,
        ("169.254.0.0/16", "192.0.0.0/24", "168.63.129.16/32", "fe80::/10", "fd00:ec2::/32"),
    )
)  # clouds hand out credentials here: allowed only by network
_WRAPPING = IPv6Network("64:ff9b::/96")  # NAT64: the IPv4 address is its end


async def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as this machine knows them. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """`allowed`: names and networks (`gitlab.corp`, `10.1.0.0/16`, `127.0.0.1`), by the operator.

    A name in it may lie in an internal network and be asked over plain http.
    """

    allowed: tuple[str, ...] = ()
    resolve: Resolve = field(default=system_resolve, repr=False)

    def check_url(self, url: httpx.URL) -> None:
        """Raises Unsafe: no host, a password in it, or http where it is not allowed."""
        if url.scheme not in ("http", "https") or not url.host or url.userinfo:
            raise Unsafe("This is not an address of a provider: give it as https://host/path.")
        if url.scheme == "http" and not self._is_named(url.host):
            raise Unsafe(f"{url.host} is asked over https only: write https:// before it.")
        if (literal := _literal(url.host)) is not None:
            self._check(url.host, literal)

    async def addresses(self, host: str, port: int) -> list[str]:
        """All addresses of `host`, every one checked. Raises Unsafe, OSError, TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            found = await self.resolve(host, port)
        for address in found:
            self._check(host, ip_address(address))
        return found

    def _check(self, host: str, address: Address) -> None:
        if any(address in each for each in self._networks()):
            return
        faces = tuple(_faces(address))
        if host.lower() in self._names():
            is_fine = not any(face in net for face in faces for net in _NEVER_BY_NAME)
        else:
            is_fine = all(map(_is_public, faces))
        if not is_fine:
            raise Unsafe(
                f"{host} lies in an internal network; the operator of this service can allow it."
            )

    def _is_named(self, host: str) -> bool:
        literal = _literal(host)
        return host.lower() in self._names() or (
            literal is not None and any(literal in each for each in self._networks())
        )

    def _names(self) -> set[str]:
        return {each.lower() for each in self.allowed}

    def _networks(self) -> Iterator[Network]:
        for each in self.allowed:
            try:
                yield ip_network(each, strict=False)
            except ValueError:  # a name
                continue


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _faces(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 addresses that a machine may reach through it."""
    yield address
    if isinstance(address, IPv6Address):
        yield from filter(None, (address.ipv4_mapped, address.sixtofour))
        yield from address.teredo or ()
        if address in _WRAPPING:
            yield IPv4Address(int(address) & 0xFFFFFFFF)


def _is_public(address: Address) -> bool:
    is_odd = address.is_multicast or address.is_reserved or address.is_unspecified
    is_ours = any(address in each for each in _NEVER_BY_NAME)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped or address in _WRAPPING:
            return True  # its other face counts
        is_odd = is_odd or address.is_site_local
    return address.is_global and not is_odd and not is_ours


@dataclass(slots=True)
class Pinned(httpx.AsyncBaseTransport):
    """Sends to checked addresses only; `Host` and the certificate's name stay the name's."""

    guard: Guard
    inner: httpx.AsyncBaseTransport
    _known: dict[tuple[str, int], list[str]] = field(default_factory=dict, init=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host, port = request.url.host, request.url.port or 443
        error: httpx.ConnectError | httpx.ConnectTimeout | None = None
        for address in await self._addresses(host, port):
            try:
                return await self.inner.handle_async_request(_at(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as refusal:
                error = refusal
        self._known.pop((host, port), None)  # perhaps it has moved: asked, and checked, anew
        raise error or httpx.ConnectError("The name has no address.")

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def _addresses(self, host: str, port: int) -> list[str]:
        if (host, port) not in self._known:
            try:
                self._known[host, port] = await self.guard.addresses(host, port)
            except (OSError, UnicodeError, OverflowError) as error:  # late, or no name at all
                raise httpx.ConnectError("The name was not found.") from error
        return self._known[host, port]


@functools.cache
def trust() -> ssl.SSLContext:
    """The issuers that httpx knows, or the operator's: SSL_CERT_FILE, SSL_CERT_DIR."""
    return httpx.create_ssl_context()


def _at(request: httpx.Request, address: str) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
