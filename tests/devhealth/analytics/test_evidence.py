"""Behind each number there are its records: as many as it says."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from devhealth.analytics.catalogue import catalogue
from devhealth.analytics.evidence import evidence, page
from devhealth.analytics.questions import Unanswerable
from tests.devhealth.analytics.asking import Counting, question
from tests.devhealth.metrics.worlds import ADA, API, ROBOT, WEB, work, worlds
from tests.devhealth.stores import Organisation

LATER = date(2026, 12, 31)
MONDAY = (date(2026, 1, 5), date(2026, 1, 6))
COUNTS = [
    entry.name
    for entry in catalogue().values()
    if entry.unit == "commits" and entry.kind == "sum" and "file" not in entry.dimensions
]

ONE_DAY = [
    work("2026-01-05 10:00", {"a": (400, 0)}),
    work("2026-01-05 11:00", {"a": (1, 0)}, repo=WEB),
    work("2026-01-05 12:00", {"b": (1, 0)}, by=ROBOT),
    work("2026-01-05 13:00", parents=2),
    work("2026-01-06 10:00", {"a": (1, 0)}),
]


@pytest.fixture
def monday(store):
    organisation = Organisation(store)
    organisation.compute(organisation.take(ONE_DAY), LATER)
    return organisation


def behind(organisation, measure, **more):
    return evidence(organisation.sink(), question(measure, days=MONDAY, **more))


def test_another_organisations_records_are_behind_nothing(monday, store):
    found = behind(Organisation(store), "commits_count")
    assert (found.value, found.records.height) == (0, 0)


def test_the_records_are_the_days_newest_first(monday):
    found = behind(monday, "commits_count")
    assert [at.hour for at in found.records["at"]] == [13, 11, 10]
    assert (found.kind, found.value, found.is_stale) == ("commit", 3, False)


def test_a_statistic_has_its_sample_behind_it(monday):
    found = behind(monday, "commit_size_loc_p50")
    assert (found.records.height, found.value) == (2, 200.5)  # 400 and 1; the merge has no size


def test_a_scope_leaves_out_the_rest(monday):
    found = behind(monday, "large_commits_count", where={"repo": [API], "author": [ADA]})
    assert (found.value, found.records.height) == (1, 1)


def test_a_window_has_the_records_of_its_days_behind_it(monday):
    tuesday = (date(2026, 1, 6), date(2026, 1, 7))
    found = evidence(monday.sink(), question("changed_loc_30d", days=tuesday))
    assert found.kind == "file change"
    assert found.records["path"].to_list() == ["a", "a", "a"]
    assert found.value == 402


def test_records_that_are_newer_than_the_row_make_it_stale(monday):
    monday.take([work("2026-01-05 14:00", {"a": (1, 0)})])  # not computed yet
    found = behind(monday, "commits_count")
    assert (found.value, found.recomputed, found.difference, found.is_stale) == (3, 4, 1, True)


def test_what_no_row_says_is_computed_once(monday):
    counted = Counting(monday.sink())
    found = evidence(counted, question("commit_size_loc_p50", days=MONDAY))
    assert (found.value, found.is_stale) == (200.5, False)
    assert counted.calls == ["read", "read"]  # repositories, commits


def test_what_cannot_be_told_for_a_scope_is_refused(monday):
    with pytest.raises(Unanswerable):
        behind(monday, "bus_factor_30d", where={"file": ["a"]})


def test_pages_hold_every_record_once(monday):
    records = behind(monday, "commits_count").records
    pages, after = [], None
    while (rows := page(records, after, 1).rows()) != []:
        pages += rows
        after = rows[-1]
    assert pages == records.rows()


@given(worlds)
@settings(max_examples=15, deadline=None)
def test_a_count_is_as_large_as_the_number_of_its_records(store, world):
    organisation = Organisation(store)
    organisation.compute(organisation.take(world), LATER)
    days = {commit.committed_at.date() for commit, _ in world}
    for day in sorted(days)[:3]:
        for measure in COUNTS:
            asked = question(measure, days=(day, day + timedelta(days=1)))
            found = evidence(organisation.sink(), asked)
            assert found.records.height == found.value == found.recomputed, measure
