import asyncio
import gzip
import logging
import ssl
import tracemalloc

import httpx
import pytest

from devhealth.errors import Permanent, Transient
from devhealth.http import (
    Basic,
    Bearer,
    Client,
    Forbidden,
    Guard,
    LocalGate,
    MemoryEtags,
    Missing,
    Policy,
    RateLimited,
    Rejected,
    TimedOut,
    TokenHeader,
    TooLarge,
    Unauthorized,
    Unsafe,
)
from tests.devhealth.http.asking import HERE, NOON, asked, client, error
from tests.provider import Told, faults


@pytest.fixture
def peer(peer):
    peer.route("GET", "/thing", lambda asked: {"query": asked.query})
    return peer


def test_null_params_are_left_out(peer, time):
    params = {"state": "all", "draft": True, "since": None, "page": 3}
    answer = asked(peer, time, "/thing?sort=updated", params)
    assert answer.data["query"] == {
        "sort": "updated",
        "state": "all",
        "draft": "true",
        "page": "3",
    }


@pytest.mark.parametrize("status", [202, 204])
def test_an_answer_may_have_no_body(peer, time, status):
    peer.misbehave(lambda asked, told: Told(status=status, body=b""))
    assert (asked(peer, time, "/thing").status, time.slept) == (status, [])


BROKEN = {
    "500": faults.answering(500),
    "503": faults.answering(503),
    "502": faults.answering(502),
    "hang-up": faults.truncated,
    "half JSON": faults.broken,
    "no gzip": lambda asked, told: told.with_headers(Content_Encoding="gzip"),
    "half gzip": lambda asked, told: Told(
        body=gzip.compress(b'{"a": 1}')[:-6], headers={"Content-Encoding": "gzip"}
    ),
    "unknown packing": lambda asked, told: told.with_headers(Content_Encoding="br"),
    "endless brackets": lambda asked, told: Told(body=b"[" * 200_000),
    "no UTF-8": lambda asked, told: Told(body=b'{"a": "\xff"}'),
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_asked_again(peer, time, fault):
    peer.misbehave(fault, times=3)
    assert asked(peer, time, "/thing").status == 200
    assert [first <= each for first, each in zip((0.5, 1, 2), time.slept, strict=True)]


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_what_stays_broken_is_to_be_tried_later(peer, time, fault):
    peer.misbehave(fault, times=99)
    assert isinstance(error(peer, time), Transient)
    assert len(peer.seen) == 4


def test_a_provider_that_is_not_there_is_to_be_tried_later(peer, time):
    peer.url = "http://127.0.0.1:1"
    raised = error(peer, time)
    assert isinstance(raised, Transient)
    assert "127.0.0.1 cannot be reached" in str(raised)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (303, Rejected),
        (400, Rejected),
        (401, Unauthorized),
        (403, Forbidden),
        (404, Missing),
        (409, Rejected),
        (410, Missing),
        (422, Rejected),
        (451, Missing),
    ],
)
def test_a_refusal_is_told_at_once_by_host_and_status(peer, time, status, kind):
    peer.misbehave(faults.answering(status, {"message": "s3cr3t", "body": "private"}))
    raised = error(peer, time)
    assert (type(raised), raised.status) == (kind, status)
    assert str(raised).startswith(f"127.0.0.1 answered {status}: ")
    assert "s3cr3t" not in repr(raised)
    assert (len(peer.seen), time.slept) == (1, [])


def raising(error):
    def handler(request):
        raise error

    return httpx.MockTransport(handler)


def test_a_provider_that_takes_too_long_is_known_by_its_kind(peer, time):
    raised = error(peer, time, transport=raising(httpx.ReadTimeout("")))
    assert isinstance(raised, TimedOut)
    assert len(time.slept) == 3


def test_a_certificate_that_is_not_trusted_is_for_a_person(peer, time):
    refused = httpx.ConnectError("")
    refused.__cause__ = ssl.SSLCertVerificationError()
    raised = error(peer, time, transport=raising(refused))
    assert type(raised) is Permanent
    assert "certificate" in str(raised)
    assert time.slept == []


def test_a_place_that_never_comes_free_is_to_be_tried_later(peer, time):
    gate = LocalGate(Policy(concurrency=1, lease=3600), now=time.now)
    asyncio.run(gate.enter("core", 1))
    raised = error(peer, time, gate=gate)
    assert isinstance(raised, RateLimited)
    assert 15 <= raised.retry_after <= 16
    assert 59.9 <= time.at - NOON <= 61.5  # the last pause begins before a minute is over
    assert peer.seen == []


def test_a_gateway_that_gave_up_is_known_by_its_kind(peer, time):
    peer.misbehave(faults.answering(504), times=4)
    assert isinstance(error(peer, time), TimedOut)


def large(asked, told):
    return Told(body=b'"' + b"x" * 2000 + b'"')


def large_when_unpacked(asked, told):
    return faults.zipped(asked, large(asked, told))


@pytest.mark.parametrize("fault", [large, large_when_unpacked])
def test_an_answer_that_is_too_large_is_given_up(peer, time, fault):
    peer.misbehave(fault, times=9)
    assert isinstance(error(peer, time, most_bytes=1000), TooLarge)
    assert len(peer.seen) == 1


def test_a_bomb_is_not_unpacked_to_its_end(peer, time):
    packed = gzip.compress(bytes(40_000_000))
    peer.misbehave(lambda asked, told: Told(body=packed, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        assert isinstance(error(peer, time, most_bytes=1_000_000), TooLarge)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000


def test_a_packed_answer_is_unpacked(peer, time):
    peer.misbehave(lambda asked, told: faults.zipped(asked, told.but(body=b'{"a": 1}')))
    assert asked(peer, time, "/thing").data == {"a": 1}


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        (Bearer("s3cr3t"), "authorization", "Bearer s3cr3t"),
        (TokenHeader("PRIVATE-TOKEN", "s3cr3t"), "private-token", "s3cr3t"),
        (Basic("me", "s3cr3t"), "authorization", "Basic bWU6czNjcjN0"),
    ],
)
def test_a_token_is_sent_and_never_shown(peer, time, auth, name, value):
    async def act():
        async with client(peer, time, auth=auth) as made:
            return await made.get("/thing")

    asyncio.run(act())
    assert peer.seen[0].headers[name] == value
    assert "s3cr3t" not in repr(auth)


def test_a_session_that_the_provider_offers_is_not_taken(peer, time):
    peer.misbehave(lambda asked, told: told.with_headers(Set_Cookie="session=1"), times=9)

    async def act():
        async with client(peer, time) as made:
            await made.get("/thing")
            await made.get("/thing")

    asyncio.run(act())
    assert "cookie" not in peer.seen[1].headers


@pytest.mark.parametrize("token", ["t\u00f6ken", "token\nX: y"])
def test_a_token_that_cannot_be_sent_is_refused_unseen(peer, time, token):
    assert isinstance(error(peer, time, auth=Bearer(token)), Unauthorized)
    assert peer.seen == []


def test_a_renamed_repository_is_followed_and_remembered(peer, time):
    peer.route("GET", "/repositories/7", lambda asked: {"page": asked.query["page"]})
    peer.misbehave(faults.moved("/repositories/7"), path="/repos/*")
    peer.route("GET", "/repos/old/name", lambda asked: None)

    async def act():
        async with client(peer, time) as made:
            pages = [(await made.get("/repos/old/name", {"page": n})).data for n in (1, 2)]
            return pages, made.moved

    assert asyncio.run(act()) == (
        [{"page": "1"}, {"page": "2"}],
        {"/repos/old/name": "/repositories/7"},
    )
    assert peer.paths() == ["/repos/old/name", "/repositories/7", "/repositories/7"]
    assert all("authorization" in each.headers for each in peer.seen)


def test_what_has_moved_for_now_is_not_remembered(peer, time):
    peer.misbehave(*[faults.moved("/thing", status=status) for status in (302, 307)], path="/old")

    async def act():
        async with client(peer, time) as made:
            await made.get("/old")
            await made.get("/old")
            return made.moved

    assert asyncio.run(act()) == {}
    assert peer.paths() == ["/old", "/thing"] * 2


def test_a_redirect_to_another_host_is_not_followed(peer, time):
    peer.misbehave(faults.moved("/thing", base="http://localhost:1"))
    assert isinstance(error(peer, time), Unsafe)


@pytest.mark.parametrize("status", [301, 302])
def test_redirects_in_circles_end(peer, time, status):
    peer.misbehave(faults.moved("/thing", status=status), times=99)
    assert "in circles" in str(error(peer, time))
    assert len(peer.seen) == 6


def test_a_moved_path_is_told_below_the_base_address(peer, time):
    peer.route("GET", "/api/v3/repositories/7", lambda asked: 7)
    peer.misbehave(faults.moved("/api/v3/repositories/7"), path="/api/v3/repos/*")

    async def act():
        async with Client(f"{peer.url}/api/v3/", guard=HERE, clock=time) as made:
            return (await made.get("/repos/a/b")).data, made.moved

    assert asyncio.run(act()) == (7, {"/repos/a/b": "/repositories/7"})


def test_an_unchanged_answer_says_so_and_costs_nothing(peer, time):
    async def act():
        async with client(peer, time, etags=MemoryEtags()) as made:
            first = await made.get("/thing", is_conditional=True)
            second = await made.get("/thing", is_conditional=True)
            plain = await made.get("/thing")
            return [each.is_unchanged for each in (first, second, plain)], second.data, made.spent

    unchanged, data, spent = asyncio.run(act())
    assert (unchanged, data) == ([False, True, False], None)
    assert (spent.requests, spent.not_modified, spent.cost) == (3, 1, 2)


def test_entity_tags_of_one_credential_are_not_anothers(peer, time):
    etags = MemoryEtags()

    async def act(credential):
        async with client(peer, time, etags=etags, credential=credential) as made:
            return (await made.get("/thing", is_conditional=True)).is_unchanged

    assert [asyncio.run(act(name)) for name in ("a", "b", "a")] == [False, False, True]


def test_what_was_spent_is_counted(peer, time):
    peer.misbehave(faults.answering(500), faults.retry_after(30))

    async def act():
        async with client(peer, time) as made:
            await made.get("/thing")
            return made.spent

    spent = asyncio.run(act())
    assert (spent.requests, spent.retries, spent.cost) == (3, 2, 1)
    assert spent.waited == pytest.approx(time.at - NOON)
    assert spent.bytes == len(b'null{}{"query": {}}')


def test_every_exchange_is_told(peer, time):
    told = []
    peer.misbehave(faults.answering(500))

    async def act():
        async with client(peer, time, on_request=told.append) as made:
            await made.get("/thing")

    asyncio.run(act())
    assert [(each.host, each.method, each.status) for each in told] == [
        ("127.0.0.1", "GET", 500),
        ("127.0.0.1", "GET", 200),
    ]


def test_no_log_holds_a_token_or_a_query(peer, time, caplog):
    with caplog.at_level(logging.DEBUG):
        asked(peer, time, "/thing", {"private": "v4lue"})
    ours = [each for each in caplog.records if each.name.startswith(("httpx", "httpcore", "dev"))]
    assert [each.name for each in ours] == ["devhealth.http"]
    assert "s3cr3t" not in caplog.text
    assert "v4lue" not in caplog.text


def test_a_request_that_is_given_up_frees_its_place(peer, time):
    gate = LocalGate(now=time.now)

    async def act():
        async with client(peer, time, gate=gate) as made:
            asking = asyncio.create_task(made.get("/thing"))
            await asyncio.sleep(0.05)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            return await made.get("/thing")

    peer.misbehave(faults.slow(0.2))
    assert asyncio.run(act()).status == 200
    assert time.slept == []


def test_what_a_checkpoint_raises_ends_the_wait(peer, time):
    def stop():
        raise Permanent("Stop.")

    peer.misbehave(faults.answering(500))
    assert str(error(peer, time, checkpoint=stop)) == "Stop."
    assert len(peer.seen) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://api.github.com",
        "https://me:pw@api.github.com",
        "ftp://api.github.com",
        "api",
        "https:",
    ],
)
def test_an_address_that_is_none_of_a_providers_is_refused(url):
    with pytest.raises(Unsafe) as raised:
        Client(url, guard=Guard())
    assert "pw" not in str(raised.value)
