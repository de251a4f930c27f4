import asyncio
from ipaddress import IPv4Address, IPv6Address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.errors import Transient
from devhealth.http import Client, Guard, Unsafe
from devhealth.http.addresses import Pinned
from tests.devhealth.http.asking import Time

PUBLIC = "140.82.112.5"


def resolving(*answers):
    """A name server that gives the next answer each time, and the last one from then on."""
    left = list(answers)

    async def resolve(host, port):
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


def checked(*addresses, allowed=(), host="api.example"):
    guard = Guard(allowed=allowed, resolve=resolving(list(addresses)))
    return asyncio.run(guard.addresses(host, 443))


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:50c0:8000::153", "::ffff:140.82.112.5", "64:ff9b::8c52:7005"]
)
def test_the_internet_may_be_spoken_to(address):
    assert checked(address) == [address]


INTERNAL = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
]


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses_are_refused(address):
    with pytest.raises(Unsafe, match=r"api\.example lies in an internal network"):
        checked(address)


@given(st.ip_addresses(v=4).filter(lambda each: not each.is_global))
def test_an_internal_address_is_refused_in_every_disguise(address):
    number = int(IPv4Address(address))
    disguises = [
        (0xFFFF << 32) | number,
        (0x2002 << 112) | (number << 80),
        (0x64FF9B << 96) | number,
    ]
    for each in (str(address), *(str(IPv6Address(disguise)) for disguise in disguises)):
        with pytest.raises(Unsafe):
            checked(each)


def test_one_internal_address_among_others_is_enough():
    with pytest.raises(Unsafe):
        checked(PUBLIC, "10.0.0.1")


@pytest.mark.parametrize(
    ("allowed", "address"),
    [
        ("gitlab.corp", "10.1.2.3"),
        ("GitLab.corp", "127.0.0.1"),
        ("10.1.0.0/16", "10.1.2.3"),
        ("fd00::/8", "fd00::7"),
        ("169.254.169.254", "169.254.169.254"),
    ],
)
def test_the_operator_allows_names_and_networks(allowed, address):
    assert checked(address, allowed=(allowed,), host="gitlab.corp") == [address]


@pytest.mark.parametrize(
    ("allowed", "address"),
    [
        ("gitlab.corp", "169.254.169.254"),
        ("gitlab.corp", "::ffff:169.254.169.254"),
        ("other.corp", "10.1.2.3"),
        ("10.1.0.0/16", "10.2.0.1"),
    ],
)
def test_what_is_allowed_allows_nothing_else(allowed, address):
    with pytest.raises(Unsafe):
        checked(address, allowed=(allowed,), host="gitlab.corp")


def test_an_internal_address_itself_is_refused_before_anything_is_sent():
    with pytest.raises(Unsafe):
        Client("https://[::ffff:10.0.0.1]/api")


class Wire(httpx.AsyncBaseTransport):
    """Notes where requests go; `dead` addresses refuse connections."""

    def __init__(self, *dead):
        self.dead, self.requests = dead, []

    async def handle_async_request(self, request):
        self.requests.append(request)
        if request.url.host in self.dead:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json={})


def sent(wire, *answers, times=1):
    guard = Guard(resolve=resolving(*answers))

    async def act():
        wired = Pinned(guard, wire)
        async with Client("https://api.example", transport=wired, clock=Time()) as client:
            for _ in range(times):
                await client.get("/thing")

    asyncio.run(act())
    return [each.url.host for each in wire.requests]


def test_a_connection_goes_to_the_checked_address_under_the_name():
    wire = Wire()
    assert sent(wire, [PUBLIC]) == [PUBLIC]
    (request,) = wire.requests
    assert request.headers["host"] == "api.example"
    assert request.extensions["sni_hostname"] == "api.example"


def test_a_name_that_is_bound_anew_changes_nothing():
    assert sent(Wire(), [PUBLIC], ["127.0.0.1"], times=3) == [PUBLIC] * 3


def test_the_next_address_is_tried():
    assert sent(Wire(PUBLIC), [PUBLIC, "2606:50c0:8000::153"]) == [PUBLIC, "2606:50c0:8000::153"]


def test_a_name_asked_for_anew_is_checked_anew():
    wire = Wire(PUBLIC)
    with pytest.raises(Unsafe):
        sent(wire, [PUBLIC], ["127.0.0.1"])
    assert [each.url.host for each in wire.requests] == [PUBLIC]


def test_a_name_that_is_not_found_is_to_be_tried_later():
    async def nowhere(host, port):
        raise OSError("not known")

    async def act():
        wired = Pinned(Guard(resolve=nowhere), Wire())
        async with Client("https://api.example", transport=wired, clock=Time()) as client:
            await client.get("/thing")

    with pytest.raises(Transient, match=r"api\.example cannot be reached"):
        asyncio.run(act())


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_names_of_this_machine_lead_nowhere(host):
    with pytest.raises(Unsafe):
        asyncio.run(Guard().addresses(host, 443))
