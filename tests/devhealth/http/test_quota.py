from bisect import bisect_left
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.http import Policy
from tests.devhealth.http.simulated import START, Simulation
from tests.provider.peer import Quota


def busiest_minute(served):
    """The most requests in any 60 s."""
    return max(index - bisect_left(served, at - 60_000 + 1) + 1 for index, at in enumerate(served))


@pytest.mark.parametrize(("most", "seconds", "windows"), [(5000, 3600, 3), (600, 60, 10)])
def test_all_of_a_quota_is_used_and_nothing_more(most, seconds, windows):
    """GitHub's hour and GitLab's minute; at least 95 of 100 in the time that there is."""
    world = Simulation(Quota(most, seconds), Policy(), Random(1), skew=-300.0)
    world.run(seconds * windows)
    assert world.violations == 0
    assert world.cost >= 0.95 * most * windows


@pytest.mark.parametrize("latency", [(0.05, 0.2), (0.5, 1.5)])
def test_all_of_a_limit_per_minute_is_used_and_nothing_more(latency):
    policy = Policy(concurrency=20, per_minute=300)
    world = Simulation(None, policy, Random(1), clients=40, latency=latency)
    world.run(600)
    assert busiest_minute(world.served) <= 300
    assert len(world.served) >= 0.95 * 300 * 10


@given(
    seed=st.integers(0, 2**32),
    most=st.integers(1, 40),
    seconds=st.sampled_from([5, 20, 60]),
    concurrency=st.integers(1, 12),
    latency=st.tuples(st.floats(0.01, 0.5), st.floats(0.5, 4.0)),
    skew=st.floats(-5000, 5000),
    lost=st.sampled_from([0.0, 0.05]),
)
def test_no_request_is_sent_that_the_provider_refuses(
    seed, most, seconds, concurrency, latency, skew, lost
):
    """Answers overtake one another, clocks differ, processes die."""
    costs = (1, 1, 1, min(most, 3))
    policy = Policy(concurrency=concurrency, lease=30.0)
    world = Simulation(
        Quota(most, seconds),
        policy,
        Random(seed),
        clients=8,
        latency=latency,
        skew=skew,
        lost=lost,
        costs=costs,
    )
    world.run(3 * seconds)
    assert world.violations <= world.blind
    assert world.served[0] < START + 5000
