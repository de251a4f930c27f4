"""Which days a changed row touches: its instants', and those in exactly one of two spans."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.loading import lasting
from devhealth.models.records import PullRequest
from devhealth.models.touches import Touches, span_days
from tests.devhealth.metrics.worlds import ADA, API, GRACE, at, frame
from tests.devhealth.stores import Organisation

TODAY = date(2026, 1, 20)
AGO = timedelta(days=1)


def pull_request(created, closed=None, *, number=7, ready=None, response=None, **more):
    ended = at(closed) if closed else None
    return PullRequest(
        repo_id=API,
        number=number,
        title="Add a ledger",
        url="https://example.com/7",
        state="merged" if closed else "open",
        is_draft=ready is None,
        author_login="github:ada",
        author_id=more.pop("author_id", ADA),
        created_at=at(created),
        updated_at=at(created),
        ready_at=at(ready) if ready else None,
        first_response_at=at(response) if response else None,
        merged_at=ended,
        closed_at=ended,
        base_branch="main",
        **more,
    )


def days(before, after, today=TODAY):
    """Days of January that going from one to the other touches."""
    touches = Touches()
    was, becomes = (frame(PullRequest, [each] if each else []) for each in (before, after))
    touches.change(PullRequest, was, becomes, today)
    (found,) = touches.days.values() or [set()]
    assert all((day.year, day.month) == (2026, 1) for day in found)
    return sorted(day.day for day in found)


def test_what_stays_as_it_is_touches_nothing():
    same = pull_request("2026-01-05 10:00")
    assert days(same, replace(same)) == []


def test_a_new_open_one_touches_every_day_to_today():
    assert days(None, pull_request("2026-01-17 10:00")) == [17, 18, 19, 20]


def test_one_that_is_closed_touches_the_days_that_it_was_thought_to_be_open():
    was, becomes = (
        pull_request("2026-01-05 10:00"),
        pull_request("2026-01-05 10:00", "2026-01-18 09:00"),
    )
    assert days(was, becomes) == [5, 18, 19, 20]


def test_one_that_is_closed_at_midnight_was_open_at_the_end_of_the_day_before():
    assert list(span_days(at("2026-01-05 10:00"), [at("2026-01-07 00:00")], TODAY)) == [
        date(2026, 1, day).toordinal() for day in (5, 6)
    ]


def test_the_first_end_counts_and_what_never_began_lasts_no_day():
    ends = [at("2026-01-09 10:00"), at("2026-01-07 10:00"), None]
    assert len(span_days(at("2026-01-05 10:00"), ends, TODAY)) == 2
    assert len(span_days(None, ends, TODAY)) == 0


def test_a_response_touches_the_days_that_it_was_thought_to_be_waiting():
    was = pull_request("2026-01-05 10:00", ready="2026-01-06 10:00")
    becomes = replace(was, first_response_at=at("2026-01-19 10:00"))
    assert days(was, becomes) == [5, 19, 20]


def test_another_title_touches_its_instants_only():
    was = pull_request("2026-01-05 10:00", "2026-01-09 10:00")
    assert days(was, replace(was, title="Add two ledgers")) == [5, 9]


def test_another_author_touches_every_day_that_it_lasted():
    was = pull_request("2026-01-05 10:00", "2026-01-09 10:00")
    assert days(was, replace(was, author_id=GRACE)) == [5, 6, 7, 8, 9]


def test_one_that_is_lost_touches_all_its_days():
    was = pull_request("2026-01-17 10:00")
    assert days(was, replace(was, deleted_at=at("2026-01-20 08:00"))) == [17, 18, 19, 20]


def test_one_that_was_dead_and_stays_dead_touches_nothing():
    dead = pull_request("2026-01-05 10:00", deleted_at=at("2026-01-06 08:00"))
    assert days(dead, replace(dead, title="Dead")) == []


def test_nothing_lasts_past_today():
    assert days(None, pull_request("2026-01-05 10:00"), today=date(2026, 1, 6)) == [5, 6]


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 19)).map(
    lambda found: found.replace(tzinfo=UTC, microsecond=0)
)


@given(moments, st.none() | moments, st.none() | moments)
def test_the_days_at_whose_end_it_is_open_differ_on_touched_days_only(created, one, other):
    was, becomes = (
        replace(pull_request("2026-01-01 00:00"), created_at=created, closed_at=closed)
        for closed in (one, other)
    )
    touches = Touches()
    rows = [frame(PullRequest, [each]) for each in (was, becomes)]
    touches.change(PullRequest, *rows, TODAY)
    touched = touches.days.get((PullRequest, str(API)), set())
    for ahead in range(20):
        end = datetime(2026, 1, 2, tzinfo=UTC) + ahead * AGO
        differs = is_open(was, end) != is_open(becomes, end)
        assert not differs or (end - AGO).date() in touched


def is_open(row, end):
    """At the end of a day, which the next one begins with."""
    return row.created_at < end and (row.closed_at is None or row.closed_at >= end)


@pytest.fixture
def acme_of_any_store(any_store):
    return Organisation(any_store)


def test_what_lasts_on_some_days_is_found_in_every_store(acme_of_any_store):
    sink = acme_of_any_store.sink()
    sink.write(
        [
            pull_request("2026-01-01 10:00", "2026-01-09 23:59", number=1),  # over before
            pull_request("2026-01-01 10:00", "2026-01-10 00:00", number=2),  # on the first day
            pull_request("2026-01-12 23:59", number=3),  # begins on the last day
            pull_request("2026-01-13 00:00", number=4),  # begins after it
            pull_request("2026-01-13 00:00", "2026-01-14 00:00", number=5),
            pull_request("2026-01-11 10:00", "2026-01-11 10:00", number=6),
            pull_request("2026-01-01 10:00", number=7, deleted_at=at("2026-01-02 10:00")),
        ]
    )
    found = lasting(
        sink,
        PullRequest,
        ("created_at", "closed_at"),
        (date(2026, 1, 10), date(2026, 1, 13)),
        {"repo_id": str(API)},
        columns=["number"],
    )
    assert sorted(found["number"]) == [2, 3, 6]
