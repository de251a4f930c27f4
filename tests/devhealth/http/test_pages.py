import asyncio

import pytest

from devhealth.errors import Permanent, Transient
from devhealth.http import (
    Cursor,
    Deferred,
    LinkPaging,
    MemoryEtags,
    NextPageToken,
    PageNumber,
    StartAt,
    Unsafe,
)
from tests.devhealth.http.asking import client, items, read
from tests.provider import faults, listed

EVERY = list(range(25))


@pytest.mark.parametrize(
    ("style", "paging"),
    [
        ("github", LinkPaging()),
        ("gitlab", PageNumber(size=10)),
        ("bare", PageNumber(size=10)),
        ("bare", PageNumber(size=5)),  # the last page is full: one more says that it was
    ],
)
def test_a_list_is_read_to_its_end(peer, time, style, paging):
    peer.route("GET", "/list", listed(EVERY, style=style, size=10))
    assert items(peer, time, "/list", None, paging) == EVERY


def test_the_provider_says_which_page_is_the_last(peer, time):
    peer.route("GET", "/list", listed(EVERY, style="gitlab"))
    items(peer, time, "/list", {"state": "all"}, PageNumber(size=10))
    assert [each.query for each in peer.seen] == [
        {"state": "all", "page": str(page), "per_page": "10"} for page in (1, 2, 3)
    ]


def test_a_short_page_is_no_end(peer, time):
    pages = {"1": [1, 2], "2": [3], "3": [4, 5], "4": []}
    peer.route("GET", "/list", lambda asked: pages[asked.query["page"]])
    assert items(peer, time, "/list", None, PageNumber(size=2)) == [1, 2, 3, 4, 5]


def test_a_cursor_lies_in_the_answer(peer, time):
    pages = {"": {"values": [1], "meta": {"next": "b"}}, "b": {"values": [2], "meta": {}}}
    peer.route("GET", "/list", lambda asked: pages[asked.query.get("cursor", "")])
    paging = Cursor(at=("meta", "next"), at_items=("values",))
    assert items(peer, time, "/list", None, paging) == [1, 2]


def test_a_cursor_that_is_missing_where_more_is_said_to_come_is_no_end(peer, time):
    peer.route("GET", "/list", lambda asked: {"values": [1], "more": True})
    with pytest.raises(Transient, match="not where"):
        items(peer, time, "/list", None, Cursor(at_items=("values",), at_more=("more",)))


def test_a_token_of_the_next_page_is_sent_back_until_the_last(peer, time):
    pages = {"": {"issues": [1], "nextPageToken": "t"}, "t": {"issues": [2], "isLast": True}}
    peer.route("GET", "/list", lambda asked: pages[asked.query.get("nextPageToken", "")])
    assert items(peer, time, "/list", None, NextPageToken(at_items=("issues",))) == [1, 2]


def test_items_are_counted_where_a_provider_gives_fewer_than_asked_for(peer, time):
    def some(asked):
        start = int(asked.query["startAt"])
        return {"values": EVERY[start : start + 7], "total": 25}

    peer.route("GET", "/list", some)
    assert items(peer, time, "/list", None, StartAt(size=50, at_items=("values",))) == EVERY
    assert len(peer.seen) == 4


def test_a_page_that_leads_to_itself_is_told(peer, time):
    peer.route("GET", "/list", listed(EVERY))
    peer.misbehave(faults.next_is_itself, times=9)
    with pytest.raises(Permanent, match="back to the same"):
        items(peer, time, "/list", {"page": 1})
    assert len(peer.seen) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/repos?page=2",
        "http://127.0.0.1:1/list",
        "https://127.0.0.1/list",
        "//evil.example/list",
        "http://user:pw@{host}/list",
    ],
)
def test_next_on_another_host_is_not_followed(peer, time, url):
    peer.route("GET", "/list", listed(EVERY))
    peer.misbehave(faults.next_is(url.replace("{host}", peer.url.removeprefix("http://"))))
    with pytest.raises(Unsafe, match=r"127\.0\.0\.1 leads to another host"):
        items(peer, time, "/list")


def test_an_address_that_cannot_be_read_is_told(peer, time):
    peer.route("GET", "/list", listed(EVERY))
    peer.misbehave(faults.next_is("http://[::1"))
    with pytest.raises(Unsafe, match="an address that is none"):
        items(peer, time, "/list")


def test_an_answer_that_is_no_list_is_told(peer, time):
    peer.route("GET", "/list", lambda asked: {"message": "surprise"})
    with pytest.raises(Transient, match="without a list"):
        items(peer, time, "/list")


def test_pages_know_their_number_and_the_last_one(peer, time):
    peer.route("GET", "/list", listed(EVERY, size=10))

    async def act():
        async with client(peer, time) as made:
            return [(page.number, page.is_last) for page in await read(made, "/list")]

    assert asyncio.run(act()) == [(1, False), (2, False), (3, True)]


def twice(peer, time, etags, paging=None, between=lambda: None):
    """The pages of a second reading, and what the second client spent."""

    async def act():
        async with client(peer, time, etags=etags) as made:
            await read(made, "/list", None, paging, is_conditional=True)
        between()
        async with client(peer, time, etags=etags) as made:
            return await read(made, "/list", None, paging, is_conditional=True), made.spent

    return asyncio.run(act())


@pytest.mark.parametrize(
    ("style", "paging"),
    [("github", LinkPaging()), ("gitlab", PageNumber(size=10)), ("bare", PageNumber(size=10))],
)
def test_unchanged_pages_are_read_past_and_cost_no_quota(peer, time, style, paging):
    peer.limit("core", most=60, seconds=3600)
    peer.route("GET", "/list", listed(EVERY, style=style, size=10))
    pages, spent = twice(peer, time, MemoryEtags(), paging)
    assert all(page.is_unchanged and page.items == [] for page in pages)
    assert (spent.requests, spent.not_modified, spent.cost) == (len(pages), len(pages), 0)


def test_a_changed_page_after_an_unchanged_one_is_read(peer, time):
    every = list(EVERY)
    peer.route("GET", "/list", listed(every, style="gitlab"))
    pages, _ = twice(peer, time, MemoryEtags(), PageNumber(size=10), lambda: every.append(25))
    assert [page.items for page in pages] == [[], [], [20, 21, 22, 23, 24, 25]]


def test_entity_tags_are_kept_when_what_they_are_of_is_stored(peer, time):
    etags = Deferred(MemoryEtags())
    peer.route("GET", "/list", listed(EVERY))
    pages, _ = twice(peer, time, etags)
    assert [page.is_unchanged for page in pages] == [False]
    asyncio.run(etags.commit())
    pages, _ = twice(peer, time, etags)
    assert [page.is_unchanged for page in pages] == [True]
