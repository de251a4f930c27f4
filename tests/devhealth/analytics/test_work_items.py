"""Questions about work items: by scope, status, theme; from rows as from records; with evidence."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.analytics.catalogue import catalogue
from devhealth.analytics.evidence import evidence
from devhealth.analytics.questions import Unanswerable
from devhealth.due import everything
from devhealth.models.rollups import InvestmentDay, WorkItemDay, WorkItemStateDay
from devhealth.recompute import recompute
from devhealth.sinks.query import Bucket, measures_of
from tests.devhealth.analytics.asking import answered, by_records, question, told
from tests.devhealth.analytics.items import DESK, SHOP, item, many_items, put
from tests.devhealth.stores import Organisation
from tests.examples import tried

FIRST = date(2026, 1, 1)
LAST = date(2026, 4, 30)
WHOLE = (date(2026, 1, 5), date(2026, 1, 12))
MEASURES = {
    name: measure
    for cls in (WorkItemDay, WorkItemStateDay, InvestmentDay)
    for name, measure in measures_of(cls).items()
}

# One of each scope is done (after 24 and 6 hours), a bug is in review since Tuesday and flagged.
ITEMS = [
    item(
        1, "2026-01-05 08:00", ("2026-01-05 10:00", "in_progress"), ("2026-01-06 10:00", "done"),
        points=3.0,
    ),
    item(
        2, "2026-01-05 09:00", ("2026-01-05 12:00", "in_progress"), ("2026-01-05 18:00", "done"),
        scope=DESK, item_type="task",
    ),
    item(
        3, "2026-01-06 09:00", ("2026-01-06 12:00", "in_review"), ("2026-01-06 18:00", "flagged"),
        item_type="bug",
    ),
    item(4, "2026-01-07 09:00"),
]  # fmt: skip


def stored(store, items):
    organisation = Organisation(store)
    put(organisation.sink(), items)
    later = organisation.store.for_org(
        organisation.org_id, version=datetime(2026, 4, 30, tzinfo=UTC)
    )
    recompute(later, everything(later), today=LAST)
    return organisation


@pytest.fixture(scope="module")
def acme(store):
    return stored(store, ITEMS)


def values(acme, measure, dimension=None, **more):
    return told(answered(acme.sink(), question(measure, dimension, **more)))


def test_another_organisation_has_no_items(acme, store):
    assert values(Organisation(store), "items_completed") == {}


def test_items_are_told_apart_by_scope(acme):
    assert values(acme, "items_completed", "work_scope") == {
        (FIRST, str(SHOP.work_scope_id)): 1, (FIRST, str(DESK.work_scope_id)): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ("theme", {"feature_delivery": 1, "unclassified": 1}),
        ("subcategory", {"roadmap": 1, "unclassified": 1}),
        ("work_type", {"story": 1, "task": 1}),
        ("provider", {"jira": 2}),
        ("team", {"web": 1, "unassigned": 1}),
    ],
)
def test_items_are_told_apart_by_what_they_are(acme, dimension, expected):
    found = values(acme, "items_completed", dimension)
    assert {key: value for (_, key), value in found.items() if value} == expected


def test_a_statistic_of_a_scope_is_of_its_items(acme):
    found = values(acme, "cycle_hours_p85", where={"work_scope": [DESK.work_scope_id]})
    assert found == {FIRST: 6}


def test_time_in_a_status_is_told_apart_by_it(acme):
    found = values(acme, "state_hours", "status", days=(date(2026, 1, 5), date(2026, 1, 7)))
    day = date(2026, 1, 5)
    assert found == {(day, "todo"): 8, (day, "in_progress"): 30, (day, "in_review"): 12}


def test_work_in_progress_is_that_of_the_end(acme):
    found = values(acme, "wip", "work_scope", bucket="day", days=WHOLE)
    shop = str(SHOP.work_scope_id)
    assert found[date(2026, 1, 5), shop] == found[date(2026, 1, 6), shop] == 1
    assert values(acme, "items_open", days=WHOLE) == {date(2026, 1, 5): 2}


def test_what_has_no_status_cannot_be_told_apart_by_it(acme):
    with pytest.raises(Unanswerable, match="items_completed cannot be told apart by status"):
        answered(acme.sink(), question("items_completed", "status"))


# --- evidence -------------------------------------------------------------------------------------


def behind(acme, measure, day, **more):
    days = (date(2026, 1, day), date(2026, 1, day + 1))
    return evidence(acme.sink(), question(measure, days=days, **more))


@pytest.mark.parametrize(
    ("measure", "day", "numbers"),
    [
        ("items_completed", 6, [1]),
        ("items_created", 5, [1, 2]),
        ("wip", 8, [3]),
        ("items_open", 8, [3, 4]),
        ("blocked_hours", 7, [3]),
        ("throughput_7d", 8, [1, 2]),
        ("cycle_hours_p50", 6, [1]),
        ("state_items", 6, [1, 3]),
        ("state_items_left", 6, [3]),
        ("unplanned_count", 6, [3]),
    ],
)
def test_behind_a_number_are_its_items(acme, measure, day, numbers):
    found = behind(acme, measure, day)
    ids = {str(each.told.item.work_item_id): int(each.told.item.native_id) for each in ITEMS}
    assert sorted(ids[each] for each in found.records["record_id"]) == numbers
    assert (set(found.records["kind"]), found.is_stale) == ({"work item"}, False)


# --- any history ----------------------------------------------------------------------------------


@given(
    many_items,
    st.integers(0, 60),
    st.integers(1, 60),
    st.integers(0, 62),
    st.sampled_from(get_args(Bucket)),
    st.integers(0, 3),
)
@tried(4)
def test_rows_and_records_say_the_same(store, items, start, length, ahead, bucket, part):
    """On any day within or after the span: what lasts is told of the last day that is over."""
    sink = stored(store, items).sink()
    since = FIRST + timedelta(days=start)
    until, today = since + timedelta(days=length), since + timedelta(days=ahead)
    for name in sorted(MEASURES)[part::4]:
        for dimension in [None, *catalogue()[name].dimensions]:
            asked = question(name, dimension, days=(since, until), bucket=bucket)
            rows = answered(sink, asked, today)
            records = by_records(sink, rows.question, today)
            if records:
                assert _measured(rows) == _measured(records), (name, dimension)
                assert _total(rows) == _total(records), (name, dimension)


@given(many_items, st.integers(0, 60))
@tried(4)
def test_a_count_has_as_many_items_behind_it(store, items, ahead):
    sink, day = stored(store, items).sink(), FIRST + timedelta(days=ahead)
    for name, measure in MEASURES.items():
        if measure.unit == "items" and name != "completed_or_wip":
            found = evidence(sink, question(name, days=(day, day + timedelta(days=1))))
            assert found.records.height == (found.value or 0), (name, found.value)
            assert not found.is_stale, name


@pytest.mark.parametrize("ahead", range(5))
def test_what_left_a_state_at_midnight_is_in_it_no_more(store, ahead):
    """To do until the fourth of January, 00:00, and nothing else changes that day."""
    items = [
        item(1, "2026-01-01 00:00"),
        item(2, "2026-01-02 23:45", ("2026-01-04 00:00", "in_progress")),
        item(3, "2026-01-03 10:00", ("2026-01-04 00:00", "done")),
    ]
    sink, day = stored(store, items).sink(), FIRST + timedelta(days=ahead)
    found = evidence(sink, question("state_items_left", days=(day, day + timedelta(days=1))))
    assert found.value == found.records.height == (1, 2, 3, 2, 2)[ahead]
    assert not found.is_stale


def _measured(answer):
    return {key: round(value, 6) for key, value in told(answer).items() if value}


def _total(answer):
    totals = answer.totals().select(*answer.question.by, "value").rows()
    return {tuple(key): round(value, 6) for *key, value in totals if value}
