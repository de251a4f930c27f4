"""Whom a request comes from, behind the proxies that the operator trusts."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

PREFIX = 64  # bits of an IPv6 address that one customer of a provider has


def network_of(request: HttpRequest) -> str:
    """The client's address; of IPv6 its network, for a client has all of it.

    `X-Forwarded-For` counts from its end, and only as far as trusted proxies wrote it.
    """
    told = request.headers.get("X-Forwarded-For", "").split(",")
    hops = [*(each.strip() for each in told if each.strip()), request.META.get("REMOTE_ADDR", "")]
    found = hops.pop()
    while hops and _is_trusted(found) and _address(hops[-1]):
        found = hops.pop()
    return _network(found)


def _is_trusted(text: str) -> bool:
    address = _address(text)
    return address is not None and any(address in each for each in settings.TRUSTED_PROXIES)


def _network(text: str) -> str:
    address = _address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, PREFIX), strict=False))
    return str(address or text)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
