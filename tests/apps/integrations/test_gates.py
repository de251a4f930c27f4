"""The gate of one process and the gate of all keep the same contract."""

import asyncio
import json
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integrations.gates import RedisGate, shared_gate
from devhealth.errors import Transient
from devhealth.http import LocalGate, Policy, Taught, Ticket, Wait
from tests.provider import Peer, faults
from tests.servers import ROOT

pytestmark = pytest.mark.jobs

NOON = 1_780_000_000.0
names = count()

OK = Taught(is_answered=True)
LEFT = Taught(is_answered=True, limit=100, reset_in=30.0, window=NOON + 30)


class Time:
    def __init__(self):
        self.at = NOON

    def now(self):
        return self.at


@asynccontextmanager
async def shared(services, time, policy):
    async with shared_gate(services.redis_url, f"test:{next(names)}", policy) as gate:
        gate.now = time.now
        yield gate


@asynccontextmanager
async def local(services, time, policy):
    yield LocalGate(policy, time.now)


@pytest.fixture(params=[local, shared])
def play(request, services):
    """Runs a scene with a gate and its clock."""

    def run(scene, **policy):
        async def act():
            time = Time()
            async with request.param(services, time, Policy(**policy)) as gate:
                await scene(gate, time)

        asyncio.run(act())

    return run


async def let_in(gate, times=1, resource="core", cost=1):
    tickets = [await gate.enter(resource, cost) for _ in range(times)]
    assert all(isinstance(each, Ticket) for each in tickets)
    return tickets


async def waiting(gate, resource="core", cost=1):
    told = await gate.enter(resource, cost)
    assert isinstance(told, Wait)
    return "busy" if told.is_busy else told.seconds


async def visit(gate, taught, resource="core", cost=1):
    (ticket,) = await let_in(gate, 1, resource, cost)
    await gate.leave(ticket, taught)


def test_one_goes_first_and_the_others_when_it_was_answered(play):
    async def scene(gate, time):
        (first,) = await let_in(gate)
        assert await waiting(gate) == "busy"
        await gate.leave(first, OK)
        await let_in(gate, 10)
        assert await waiting(gate) == "busy"

    play(scene)


def test_no_more_are_let_in_than_remain(play):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, remaining=3))
        tickets = await let_in(gate, 3)
        assert await waiting(gate) == "busy"
        for left, ticket in zip((2, 1, 0), tickets, strict=True):
            await gate.leave(ticket, replace(LEFT, remaining=left))
        assert await waiting(gate) == 30
        time.at += 30
        await let_in(gate)
        assert await waiting(gate) == "busy"

    play(scene)


def test_of_answers_that_overtake_one_another_the_least_holds(play):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, remaining=12))
        first, second = await let_in(gate, 2)
        await gate.leave(second, replace(LEFT, remaining=0))
        await gate.leave(first, replace(LEFT, remaining=1))
        assert await waiting(gate) == 30

    play(scene)


def test_an_answer_of_the_window_before_teaches_nothing(play):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, remaining=2))
        (late,) = await let_in(gate)
        await visit(gate, replace(LEFT, remaining=50, window=NOON + 90, reset_in=90.0))
        await gate.leave(late, replace(LEFT, remaining=0))
        await let_in(gate, 10)

    play(scene)


@pytest.mark.parametrize(
    ("taught", "left"),
    [
        (Taught(), 1),  # no answer: it may have been served
        (Taught(is_sent=False), 2),
        (Taught(is_answered=True, is_free=True), 2),
    ],
)
def test_what_was_spent_is_taken_off(play, taught, left):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, remaining=2))
        await visit(gate, taught)
        await let_in(gate, left)
        assert await waiting(gate) == "busy"

    play(scene)


def test_a_provider_that_names_no_limit_has_none(play):
    async def scene(gate, time):
        for _ in range(50):
            await visit(gate, OK)

    play(scene)


def test_a_request_that_costs_more_than_a_window_holds_waits_for_a_full_one(play):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, limit=5, remaining=4))
        assert await waiting(gate, cost=7) == 30
        await visit(gate, replace(LEFT, limit=5, remaining=5, window=NOON + 60))
        await let_in(gate, cost=7)

    play(scene)


def test_quotas_of_two_resources_are_two(play):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, remaining=0))
        await visit(gate, replace(LEFT, remaining=9), "graphql")
        assert await waiting(gate) == 30
        await let_in(gate, 9, "graphql")

    play(scene)


def test_numbers_are_of_the_resource_that_the_answer_names(play):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, remaining=0, resource="search"))
        assert await waiting(gate, "search") == 30
        await let_in(gate)

    play(scene)


def test_after_a_refusal_nobody_goes_then_one_then_all(play):
    async def scene(gate, time):
        await visit(gate, OK)
        await visit(gate, Taught(is_limited=True, wait=40.0))
        assert await waiting(gate, "graphql") == 40
        time.at += 40
        (first,) = await let_in(gate)
        assert await waiting(gate) == "busy"
        await gate.leave(first, OK)
        await let_in(gate, 10)

    play(scene)


def test_refusals_that_name_no_time_are_a_minute_then_two_then_four(play):
    async def scene(gate, time):
        for seconds in (60, 120, 240):
            await visit(gate, Taught(is_limited=True))
            assert await waiting(gate) == seconds
            time.at += seconds
        await visit(gate, OK)
        await visit(gate, Taught(is_limited=True))
        assert await waiting(gate) == 60

    play(scene)


def test_refusals_of_requests_sent_together_are_one(play):
    async def scene(gate, time):
        await visit(gate, OK)
        for ticket in await let_in(gate, 5):
            await gate.leave(ticket, Taught(is_limited=True))
        assert await waiting(gate) == 60

    play(scene)


def test_a_refusal_for_a_spent_quota_is_over_with_its_window(play):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, remaining=0, is_limited=True))
        assert await waiting(gate) == 30
        await let_in(gate, 1, "graphql")

    play(scene)


def test_a_success_sent_before_a_refusal_does_not_end_it(play):
    async def scene(gate, time):
        await visit(gate, OK)
        early, refused = await let_in(gate, 2)
        await gate.leave(refused, Taught(is_limited=True, wait=40.0))
        await gate.leave(early, OK)
        assert await waiting(gate) == 40
        time.at += 40
        await let_in(gate)
        assert await waiting(gate) == "busy"

    play(scene)


def test_a_process_that_died_holds_its_place_no_longer_than_its_lease(play):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, remaining=9))
        await let_in(gate, 2)
        assert await waiting(gate) == "busy"
        time.at += 20
        await let_in(gate, 2)
        assert await waiting(gate) == "busy"

    play(scene, concurrency=2, lease=20.0)


def test_what_a_dead_process_may_have_spent_is_spent(play):
    async def scene(gate, time):
        await visit(gate, replace(LEFT, remaining=5))
        await let_in(gate, 4)
        time.at += 20
        await let_in(gate, 1)
        assert await waiting(gate) == "busy"

    play(scene, lease=20.0)


def test_a_minute_holds_no_more_than_it_may(play):
    async def scene(gate, time):
        for _ in range(3):
            await visit(gate, OK)
            time.at += 1
        assert await waiting(gate) == 58  # the first was answered within the second of noon
        time.at += 58
        await visit(gate, OK)
        assert await waiting(gate) == 1

    play(scene, per_minute=3)


def test_who_is_on_his_way_counts_for_the_minute(play):
    async def scene(gate, time):
        await visit(gate, OK)
        await let_in(gate, 2)
        assert await waiting(gate) == "busy"

    play(scene, per_minute=3)


def test_gates_of_two_credentials_are_two(services):
    async def act():
        async with shared_gate(services.redis_url, "test:a") as first:
            await visit(first, Taught(is_limited=True, wait=5.0))
            async with shared_gate(services.redis_url, "test:b") as second:
                await let_in(second)
            async with shared_gate(services.redis_url, "test:a") as again:
                assert 4 < await waiting(again) <= 5

    asyncio.run(act())


def test_without_redis_nothing_is_sent():
    async def act():
        async with shared_gate("redis://127.0.0.1:1/0", "test") as gate:
            await gate.enter("core", 1)

    with pytest.raises(Transient) as raised:
        asyncio.run(act())
    assert raised.value.retry_after == 15


TAUGHT = st.builds(
    Taught,
    is_sent=st.booleans(),
    is_answered=st.booleans(),
    is_free=st.booleans(),
    is_limited=st.sampled_from([False, False, False, True]),
    wait=st.none() | st.floats(1, 90),
    resource=st.sampled_from(["", "core", "search"]),
    limit=st.none() | st.integers(1, 30),
    remaining=st.none() | st.integers(0, 30),
    reset_in=st.none() | st.floats(0, 90),
    window=st.none() | st.integers(int(NOON), int(NOON) + 90),
)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), st.sampled_from(["core", "search"]), st.integers(1, 5)),
        st.tuples(st.just("leave"), st.integers(0, 99), TAUGHT),
        st.tuples(st.just("pass"), st.floats(0, 70), st.none()),
    ),
    max_size=40,
)


@given(ACTS, st.integers(1, 4), st.none() | st.integers(1, 6))
def test_both_gates_answer_alike(services, acts, concurrency, per_minute):
    policy = Policy(concurrency=concurrency, per_minute=per_minute, lease=100.0)

    async def act():
        time = Time()
        async with shared(services, time, policy) as gate:
            await compare(LocalGate(policy, time.now), gate, time, acts)

    asyncio.run(act())


async def compare(first: LocalGate, second: RedisGate, time, acts):
    inside = []
    for act, which, what in acts:
        if act == "pass":
            time.at += which
        elif act == "enter":
            told = [await gate.enter(which, what) for gate in (first, second)]
            if isinstance(told[0], Ticket):
                assert isinstance(told[1], Ticket)
                inside.append(told)
            else:
                assert told[0] == told[1]
        elif inside:
            tickets = inside.pop(which % len(inside))
            await first.leave(tickets[0], what)
            await second.leave(tickets[1], what)


def hammered(services, peer, *, requests, concurrency):
    """What two processes that share a gate did to the peer."""
    name = f"test:{next(names)}"
    command = [sys.executable, "-m", "tests.apps.integrations.hammer", peer.url, services.redis_url]
    command += [name, str(requests), str(concurrency)]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)]
    return [json.loads(process.communicate(timeout=60)[0]) for process in started]


def test_two_processes_never_send_more_than_remains(services):
    with Peer() as peer:
        peer.limit("core", most=50, seconds=2)
        peer.route("GET", "/thing", lambda asked: 1)
        done = hammered(services, peer, requests=60, concurrency=10)
    assert done == [60, 60]
    assert (len(peer.seen), peer.violations) == (120, [])


def test_two_processes_are_quiet_together(services):
    """One on its way at a time: none is under way when a refusal comes."""
    refused = []

    def fault(asked, told):
        if len(peer.seen) % 20:
            return told
        refused.append(asked)
        return faults.retry_after(1)(asked, told)

    with Peer() as peer:
        peer.route("GET", "/thing", lambda asked: 1)
        peer.misbehave(fault, times=999)
        done = hammered(services, peer, requests=24, concurrency=1)
    assert done == [24, 24]
    assert (len(refused), peer.violations) == (2, [])
