"""One bucket, in the Redis of the tests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from apps.billing import buckets
from apps.billing.buckets import UNCOUNTED, Buckets, Level
from tests.tenants import in_threads

DAY = 86_400  # seconds: too long for a test to see a bucket fill up by itself
NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def redis(services) -> Iterator[Redis]:
    with Redis.from_url(services.redis_url) as one:
        yield one


@pytest.fixture(scope="module")
def house(services) -> Buckets:
    return Buckets(services.redis_url)


@pytest.fixture
def key() -> str:
    return f"rates:test:{uuid4().hex}"


def is_taken(level):
    return level.wait == 0


def later(redis, key, milliseconds):
    """As if so much time had passed."""
    missing, at = map(int, redis.get(key).split())
    redis.set(key, f"{missing} {at - milliseconds}", keepttl=True)


@contextmanager
def deaf() -> Iterator[tuple[str, socket.socket]]:
    """Somebody who takes every call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0", server


def calls(server):
    server.settimeout(0.05)
    count = 0
    while True:
        try:
            server.accept()[0].close()
        except TimeoutError:
            return count
        count += 1


# --- taking --------------------------------------------------------------------------------------


def test_fifty_of_four_hundred_are_let_whoever_asks_at_once(house, key):
    let = in_threads(lambda _: [house.take(key, 50, DAY, 1) for _ in range(13)], threads=32)
    assert (len(let), sum(map(is_taken, let))) == (416, 50)


def test_what_is_dear_is_taken_whole_or_not_at_all(house, key):
    assert [house.take(key, 100, DAY, 40).left for _ in range(3)] == [60, 20, 20]
    assert is_taken(house.take(key, 100, DAY, 20))


def test_who_only_looks_takes_nothing_and_leaves_nothing(house, redis, key):
    assert house.take(key, 50, DAY, 0) == Level(wait=0, left=50, next=0)
    assert not redis.exists(key)


def test_one_bucket_is_not_another(house, key):
    house.take(key, 1, DAY, 1)
    assert is_taken(house.take(f"{key}:other", 1, DAY, 1))


def test_more_than_it_holds_is_never_there(house, key):
    assert house.take(key, 50, DAY, 51) == Level(wait=-1, left=50, next=0)
    assert house.take(key, 0, DAY, 1).wait == -1


# --- filling up ----------------------------------------------------------------------------------


def test_it_says_when_there_is_one_more_and_when_there_is_enough(house, key):
    house.take(key, 24, DAY, 24)
    level = house.take(key, 24, DAY, 3)
    hour = 3_600_000
    assert (level.left, hour - level.next < 60_000) == (0, True)
    assert level.wait - level.next == 2 * hour


def test_what_it_said_holds_to_the_millisecond(house, redis, key):
    house.take(key, 24, DAY, 24)
    later(redis, key, house.take(key, 24, DAY, 3).wait)
    assert is_taken(house.take(key, 24, DAY, 3))


def test_it_is_not_there_much_earlier(house, redis, key):
    house.take(key, 24, DAY, 24)
    later(redis, key, house.take(key, 24, DAY, 3).wait - 60_000)
    assert not is_taken(house.take(key, 24, DAY, 3))


def test_it_never_holds_more_than_it_holds(house, redis, key):
    house.take(key, 24, DAY, 1)
    later(redis, key, 100 * DAY * 1000)
    assert house.take(key, 24, DAY, 0) == Level(wait=0, left=24, next=0)


def test_a_clock_that_was_set_back_fills_nothing_and_takes_nothing(house, redis, key):
    house.take(key, 24, DAY, 5)
    later(redis, key, -DAY * 1000)
    assert house.take(key, 24, DAY, 1).left == 18


def test_it_goes_by_itself_once_it_is_full(house, redis, key):
    house.take(key, 24, DAY, 6)
    assert 0 <= DAY * 1000 / 4 - redis.pttl(key) < 60_000


def test_a_larger_one_has_what_it_is_larger_by(house, key):
    house.take(key, 50, DAY, 50)
    assert house.take(key, 80, DAY, 0).left == 30


def test_a_smaller_one_is_empty_at_most(house, key):
    house.take(key, 1000, DAY, 900)
    level = house.take(key, 50, DAY, 1)
    assert (level.left, level.wait <= DAY * 1000 / 50) == (0, True)


def test_the_largest_are_exact_too(house, key):
    most = 2**31 - 1
    assert house.take(key, most, 3600, most - 1).left == 1
    assert not is_taken(house.take(key, most, 3600, most))


@given(
    most=st.integers(1, 1_000_000),
    steps=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 4_000_000)), max_size=12),
)
def test_no_way_to_ask_gets_more_than_it_holds_and_fills_up(house, redis, most, steps):
    """`steps`: what is asked for, and how many milliseconds pass after it."""
    key, taken, passed = f"rates:test:{uuid4().hex}", 0, 0
    began = now(redis)
    for cost, pause in steps:
        level = house.take(key, most, 3600, cost)
        taken += cost if is_taken(level) else 0
        filled = (now(redis) - began + passed) * most / 3_600_000
        assert taken <= most + filled
        assert 0 <= level.left <= most
        assert is_taken(level) or cost > level.left
        if redis.exists(key):
            later(redis, key, pause)
            passed += pause


def now(redis):
    seconds, micros = redis.time()
    return seconds * 1000 + micros / 1000 + 1


# --- without Redis -------------------------------------------------------------------------------


def test_while_redis_is_away_nobody_can_say(key):
    assert Buckets(NOBODY).take(key, 1, DAY, 1) is None


def test_only_the_first_waits_for_a_redis_that_is_silent(key):
    with deaf() as (url, server):
        house = Buckets(url)
        assert [house.take(key, 1, DAY, 1) for _ in range(20)] == [None] * 20
        assert calls(server) == 1


def test_it_is_asked_again_after_a_while(monkeypatch, key):
    monkeypatch.setattr(buckets, "AWAY", 0.0)
    with deaf() as (url, server):
        house = Buckets(url)
        for _ in range(2):
            house.take(key, 1, DAY, 1)
        assert calls(server) == 2


def test_it_is_said_once_and_without_the_address(monkeypatch, caplog, key):
    monkeypatch.setattr(buckets, "AWAY", 0.0)
    house = Buckets("redis://:hunter2hunter2@127.0.0.1:1/0")
    for _ in range(5):
        house.take(key, 1, DAY, 1)
    [line] = caplog.messages
    assert line == "Redis does not answer (ConnectionError): no limit counts what is asked."


def test_what_passes_uncounted_is_counted_there(key):
    before = UNCOUNTED._value.get()
    for cost in (1, 7, 0):
        Buckets(NOBODY).take(key, 1, DAY, cost)
    assert UNCOUNTED._value.get() == before + 2
