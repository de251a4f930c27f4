import asyncio
from threading import Barrier

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.http import Forbidden, LocalGate, Policy, RateLimited, SystemClock
from devhealth.http.limits import LONGEST, read_limits, read_wait
from tests.devhealth.http.asking import NOON, asked, client, error
from tests.provider import faults

SUNDAY = "Sun, 06 Nov 1994 08:49:37 GMT"  # RFC 9110's example: 784111777
ASKED = 784_111_777.0


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        ("0", 1),  # a refusal is not asked again at once
        ("1.5", 1.5),
        ("999999999", LONGEST),
        (SUNDAY, 60),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("Sat, 05 Nov 1994 08:49:37 GMT", 1),  # a date of the past
        ("", None),
        ("soon", None),
        ("-5", None),
        ("inf", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(told, seconds):
    assert read_wait(httpx.Headers({"retry-after": told.encode()}), ASKED - 60) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_is_longer_than_a_day(told):
    wait = read_wait(httpx.Headers({"retry-after": told.encode()}), ASKED)
    assert wait is None or 1 <= wait <= LONGEST


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "784111837"},
        {"RateLimit-Limit": "60", "RateLimit-Remaining": "7", "RateLimit-Reset": "784111837"},
        {"RateLimit-Limit": "60", "RateLimit-Remaining": "7", "RateLimit-Reset": "60"},
        {
            "X-RateLimit-Limit": "60",
            "X-RateLimit-Remaining": "7",
            "X-RateLimit-Reset": "1994-11-06T08:50:37Z",
        },
    ],
)
def test_a_reset_is_read_against_the_providers_clock(headers):
    """Ours is an hour late; the numbers came two seconds ago."""
    taught = read_limits(httpx.Headers({"Date": SUNDAY, **headers}), ASKED - 3600, 2.0)
    assert (taught.limit, taught.remaining, taught.reset_in) == (60, 7, 58)


@pytest.mark.parametrize(
    "fault",
    [faults.retry_after(30), faults.retry_after_date(30), faults.retry_after(30, status=403)],
)
def test_a_short_wait_is_waited(peer, time, fault):
    peer.route("GET", "/thing", lambda asked: 1)
    peer.misbehave(fault)
    assert asked(peer, time, "/thing").data == 1
    assert 30 <= time.at - NOON <= 31
    assert peer.violations == []


@pytest.mark.parametrize("fault", [faults.retry_after(90), faults.retry_after_date(90)])
def test_a_long_wait_is_the_callers(peer, time, fault):
    peer.route("GET", "/thing", lambda asked: 1)
    peer.misbehave(fault)
    raised = error(peer, time)
    assert isinstance(raised, RateLimited)
    assert 90 <= raised.retry_after <= 90 * 1.05
    assert time.slept == []


def test_a_secondary_limit_without_a_header_is_a_minute_then_two(peer, time):
    peer.route("GET", "/thing", lambda asked: 1)
    peer.misbehave(faults.secondary, times=2)
    raised = error(peer, time)
    assert 60 <= time.at - NOON <= 61
    assert 120 <= raised.retry_after <= 126
    assert peer.violations == []


def test_a_403_that_speaks_of_no_limit_is_forbidden(peer, time):
    peer.route("GET", "/thing", lambda asked: 1)
    peer.misbehave(faults.answering(403, {"message": "Resource not accessible by integration"}))
    raised = error(peer, time)
    assert isinstance(raised, Forbidden)
    assert str(raised).startswith("127.0.0.1 answered 403: ")


@pytest.mark.parametrize("style", ["github", "gitlab"])
def test_the_quota_is_used_up_and_no_request_more_is_sent(peer, time, style):
    peer.style = style
    peer.limit("core", most=5, seconds=600)
    peer.route("GET", "/thing", lambda asked: 1)

    async def act():
        async with client(peer, time) as made:
            for _ in range(6):
                await made.get("/thing")

    with pytest.raises(RateLimited) as raised:
        asyncio.run(act())
    assert 600 <= raised.value.retry_after <= 630
    assert (len(peer.seen), peer.violations) == (5, [])


def test_a_new_window_is_waited_for(peer, time):
    peer.limit("core", most=5, seconds=50)
    peer.route("GET", "/thing", lambda asked: 1)

    async def act():
        async with client(peer, time) as made:
            for _ in range(20):
                await made.get("/thing")

    asyncio.run(act())
    assert (len(peer.seen), peer.violations) == (20, [])
    assert 150 <= time.at - NOON <= 155


def test_one_resource_used_up_leaves_the_others(peer, time):
    for resource in ("core", "search"):
        peer.limit(resource, most=2, seconds=600)
        peer.route("GET", f"/{resource}", lambda asked: 1, resource)

    async def act():
        async with client(peer, time) as made:
            for resource in ("search", "core") * 2:
                await made.get(f"/{resource}", resource=resource)
            with pytest.raises(RateLimited):
                await made.get("/search", resource="search")

    asyncio.run(act())
    assert peer.violations == []


def test_a_provider_that_refuses_on_and_on_is_left_alone(peer, time):
    peer.route("GET", "/thing", lambda asked: 1)
    peer.misbehave(faults.retry_after(2), times=99)
    assert isinstance(error(peer, time), RateLimited)
    assert len(peer.seen) == 5


def test_a_wait_asks_before_within_and_after_whether_to_go_on(peer, time):
    asks = []
    peer.route("GET", "/thing", lambda asked: 1)
    peer.misbehave(faults.retry_after(12))

    async def act():
        async with client(peer, time, checkpoint=lambda: asks.append(time.at - NOON)) as made:
            await made.get("/thing")

    asyncio.run(act())
    assert [int(each) for each in asks] == [0, 5, 10, 12]


def test_no_more_are_on_their_way_than_the_policy_says(peer):
    """On the real clock: what is on its way takes real time."""
    together = Barrier(3)
    peer.route("GET", "/before", lambda asked: 1)
    peer.route("GET", "/thing", lambda asked: together.wait(timeout=30))

    async def act():
        gate = LocalGate(Policy(concurrency=3))
        async with client(peer, SystemClock(), gate=gate) as made:
            await made.get("/before")
            await asyncio.gather(*(made.get("/thing") for _ in range(12)))

    asyncio.run(act())
    assert peer.most_at_once == 3
