import asyncio

import pytest

from devhealth.errors import DevHealthError, Transient
from devhealth.http import (
    Forbidden,
    Missing,
    Problem,
    RateLimited,
    Rejected,
    TimedOut,
)
from tests.devhealth.http.asking import NOON, client
from tests.provider import Told, faults

QUERY = "query ($first: Int) { repository { pullRequests(first: $first) { nodes { id } } } }"


def query(peer, time, first=100, **options):
    async def act():
        async with client(peer, time) as made:
            return await made.graphql(QUERY, {"first": first}, **options)

    try:
        return asyncio.run(act())
    except DevHealthError as raised:
        return raised


def replying(*errors, data=None):
    return lambda asked: {"data": data, "errors": list(errors)}


def test_a_query_brings_data(peer, time):
    peer.route("POST", "/graphql", lambda asked: {"data": asked.json})
    reply = query(peer, time)
    assert reply.data == {"query": QUERY, "variables": {"first": 100}}
    assert reply.problems == ()


def test_what_is_missing_from_the_data_comes_along(peer, time):
    error = {"type": "NOT_FOUND", "path": ["a", 0], "message": "Could not resolve"}
    peer.route("POST", "/graphql", replying(error, data={"a": [None]}))
    reply = query(peer, time)
    assert reply.data == {"a": [None]}
    assert reply.problems == (
        Problem(kind="NOT_FOUND", path=("a", 0), message="Could not resolve"),
    )


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "NOT_FOUND"}, Missing),
        ({"type": "FORBIDDEN"}, Forbidden),
        ({"extensions": {"code": "undefinedField"}}, Rejected),
        ({"message": "Something went wrong. This may be the result of a timeout"}, TimedOut),
        ({"type": "RESOURCE_LIMITS_EXCEEDED"}, TimedOut),
    ],
)
def test_a_query_without_data_raises(peer, time, error, kind):
    peer.route("POST", "/graphql", replying({"message": "s3cr3t", **error}))
    raised = query(peer, time)
    assert type(raised) is kind
    assert "s3cr3t" not in str(raised)
    assert len(peer.seen) == 1


@pytest.mark.parametrize("told", [[], {}, {"data": None}, {"errors": "none"}, {"errors": [1]}])
def test_a_reply_that_is_none_is_tried_again(peer, time, told):
    peer.route("POST", "/graphql", lambda asked: told)
    assert type(query(peer, time)) is Transient
    assert len(peer.seen) == 4


def test_a_page_that_is_too_large_is_told_at_once(peer, time):
    peer.route("POST", "/graphql", lambda asked: {"data": {}})
    peer.misbehave(faults.too_large(50), times=99)
    assert isinstance(query(peer, time, 100), TimedOut)
    assert query(peer, time, 50).data == {}
    assert (len(peer.seen), time.slept) == (2, [])


def test_points_that_are_used_up_are_waited_for(peer, time):
    """GitHub says it with a 200."""
    limited = Told(
        json={"errors": [{"type": "RATE_LIMITED"}]},
        headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOON) + 50)},
    )
    peer.route("POST", "/graphql", lambda asked: {"data": {}})
    peer.misbehave(lambda asked, told: limited)
    assert query(peer, time).data == {}
    assert 50 <= time.at - NOON <= 51


def test_a_query_that_costs_more_than_remains_is_not_sent(peer, time):
    peer.limit("graphql", most=10, seconds=600)
    peer.route("POST", "/graphql", lambda asked: Told(json={"data": {}}, cost=6), "graphql")

    async def act():
        async with client(peer, time) as made:
            await made.graphql(QUERY, cost=6)
            await made.graphql(QUERY, cost=6)

    with pytest.raises(RateLimited):
        asyncio.run(act())
    assert (len(peer.seen), peer.violations) == (1, [])


def test_graphql_may_lie_beside_the_base_address(peer, time):
    peer.route("POST", "/api/graphql", lambda asked: {"data": {}})
    assert query(peer, time, path=f"{peer.url}/api/graphql").data == {}


def test_graphql_that_has_moved_is_not_followed(peer, time):
    peer.misbehave(faults.moved("/else"))
    assert isinstance(query(peer, time), Rejected)
