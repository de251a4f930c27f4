"""POSTs that change nothing."""

import asyncio

import pytest

from devhealth.errors import DevHealthError
from devhealth.http import Missing, Rejected
from tests.devhealth.http.asking import Time, client
from tests.provider import Peer
from tests.provider.faults import answering, moved, retry_after


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def peer(time):
    with Peer(clock=time.now) as started:
        started.route("POST", "/things", lambda asked: {"asked": asked.json})
        yield started


def answer(peer, time, body, path="/things"):
    async def act():
        async with client(peer, time) as made:
            return (await made.ask(path, body)).data

    return asyncio.run(act())


def test_a_question_goes_in_the_body(peer, time):
    assert answer(peer, time, {"ids": [1, 2]}) == {"asked": {"ids": [1, 2]}}
    assert peer.seen[0].headers["authorization"] == "Bearer s3cr3t"


def test_it_is_asked_again_where_a_get_would_be(peer, time):
    peer.misbehave(answering(503), retry_after(30))
    assert answer(peer, time, {}) == {"asked": {}}
    assert len(peer.seen) == 3
    assert peer.violations == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [(answering(404), Missing), (moved("/others", status=308), Rejected)],
    ids=["missing", "moved"],
)
def test_what_is_refused_is_said(peer, time, fault, error):
    peer.misbehave(fault)
    with pytest.raises(error) as raised:
        answer(peer, time, {})
    assert isinstance(raised.value, DevHealthError)
