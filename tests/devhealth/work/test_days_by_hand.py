"""Every column of both tables of work items against plain Python, whatever happened to them."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.metrics import DAY, prepared
from devhealth.metrics.work_item_metrics_daily import METRIC as OF_ITEMS
from devhealth.metrics.work_item_state_durations_daily import METRIC as OF_STATES
from devhealth.models.records import WorkItemChange
from devhealth.models.rollups import WorkItemDay, WorkItemStateDay
from tests.devhealth.stores import Organisation
from tests.devhealth.work.by_hand import item_days, state_days
from tests.devhealth.work.things import STATUSES, Story, frames, records
from tests.examples import tried

FIRST = date(2026, 2, 25)
LAST = date(2026, 3, 20)
START = datetime(2026, 2, 25, tzinfo=UTC)

minutes = st.integers(0, 22 * 24 * 12).map(lambda fives: timedelta(minutes=5 * fives))
events = st.one_of(
    st.tuples(minutes, st.just("status"), st.sampled_from(sorted(STATUSES))),
    st.tuples(minutes, st.just("scope"), st.sampled_from(["OURS", "THEIRS"])),
    st.tuples(minutes, st.just("holder"), st.sampled_from(["", "jira:ada", "jira:lin"])),
    st.tuples(minutes, st.just("flagged"), st.sampled_from(["", "x"])),
)


@st.composite
def stories(draw):
    """Up to five items; events of one instant happen in their order."""
    made = []
    for number in range(draw(st.integers(0, 5))):
        created = START + draw(minutes)
        told = sorted(draw(st.lists(events, max_size=7)), key=lambda event: event[0])
        made.append(
            Story(
                number=number,
                created=created,
                events=[(max(created, START + when), what, value) for when, what, value in told],
                kind=draw(st.sampled_from(["story", "bug", "incident"])),
                points=draw(st.sampled_from([None, 1.0, 2.5])),
            )
        )
    return made


def computed(metric, told, span=(FIRST, LAST), bucket=DAY, **asked):
    changes = prepared(frames(told)[WorkItemChange])
    return metric.compute({source.key: changes for source in metric.sources}, bucket, span, **asked)


@given(stories())
@tried(20)
def test_each_day_of_a_scope_is_what_plain_python_counts(told):
    rows = {
        (row.pop("work_scope_id"), row.pop("day")): row
        for row in computed(OF_ITEMS, told).drop("provider", "team_id", "is_empty").to_dicts()
    }
    by_hand = item_days(told, FIRST, LAST)
    found = {key: row for key, row in rows.items() if any(row.values())}
    assert found.keys() == by_hand.keys()
    assert {name for key, row in by_hand.items() for name in _other(found[key], row)} == set()


def _other(row, by_hand):
    """What differs by more than the sixth place, where polars and Python round a half apart."""
    return {
        name
        for name, value in by_hand.items()
        if row[name] != (pytest.approx(value, abs=1.5e-6) if isinstance(value, float) else value)
    }


@given(stories())
@tried(20)
def test_hours_and_items_of_each_state_are_what_plain_python_counts(told):
    rows = computed(OF_STATES, told).select(
        "work_scope_id", "status", "day", "state_hours", "state_items", "state_items_left"
    )
    found = {tuple(row[:3]): tuple(row[3:]) for row in rows.iter_rows()}
    by_hand = state_days(told, FIRST, LAST)
    assert found.keys() == by_hand.keys()
    assert all(found[key] == pytest.approx(row, abs=1.5e-6) for key, row in by_hand.items())


@given(stories(), st.integers(1, 22))
@tried(10)
def test_days_by_themselves_are_those_of_all_days(told, length):
    first = FIRST + timedelta(days=length // 2)
    span = first, first + timedelta(days=length // 3)
    for metric in (OF_ITEMS, OF_STATES):
        whole = computed(metric, told)
        assert computed(metric, told, span).equals(whole.filter(whole["day"].is_between(*span)))


@given(stories())
@tried(5)
def test_no_hour_is_lost_between_days_and_longer_buckets(told):
    by_day = computed(OF_STATES, told)
    week = DAY.dt.truncate("1w")
    key = ["work_scope_id", "status", "day"]
    whole = by_day.with_columns(week).group_by(key).agg(pl.col("state_hours").sum()).sort(key)
    found = computed(OF_STATES, told, bucket=week).select(*key, "state_hours").sort(key)
    assert found.select(key).equals(whole.select(key))
    assert found["state_hours"].to_list() == pytest.approx(whole["state_hours"].to_list())


@given(stories(), st.lists(st.integers(0, 4), max_size=4))
@tried(3)
def test_telling_items_in_any_pieces_ends_in_the_same_rows(store, told, pieces):
    """An item is told anew, further on each time; computed in between, or all at once."""
    acme, today = Organisation(store), LAST
    for cut in sorted(pieces):
        earlier = [Story(**{**vars(one), "events": one.events[:cut]}) for one in told]
        acme.compute(acme.tell(records(earlier), today), today)
    acme.compute(acme.tell(records(told), today), today)
    for cls, days in ((WorkItemDay, OF_ITEMS), (WorkItemStateDay, OF_STATES)):
        stored = acme.rows(cls)
        first = min([FIRST, *(row["day"] for row in stored)])
        assert stored == computed(days, told, (first, today)).sort(cls.key).to_dicts()
