"""Behind each number there are its records: as many as it says."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.analytics.catalogue import catalogue
from devhealth.analytics.evidence import evidence, page
from devhealth.analytics.questions import Unanswerable
from tests.devhealth.analytics.asking import Counting, question
from tests.devhealth.metrics.pulls import comment, many_pulls, pull, records, review
from tests.devhealth.metrics.pulls_by_hand import LAST
from tests.devhealth.metrics.worlds import ADA, API, GRACE, ROBOT, START, WEB, few_works, work
from tests.devhealth.stores import Organisation
from tests.examples import tried

LATER = date(2026, 12, 31)
MONDAY = (date(2026, 1, 5), date(2026, 1, 6))
COUNTS = [
    entry.name
    for entry in catalogue().values()
    if entry.unit in ("commits", "pull requests", "reviews", "comments")
    and entry.kind in ("sum", "stock")
    and "file" not in entry.dimensions
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
    assert set(found.records["kind"]) == {"commit"}
    assert (found.value, found.is_stale) == (3, False)


def test_a_statistic_has_its_sample_behind_it(monday):
    found = behind(monday, "commit_size_loc_p50")
    assert (found.records.height, found.value) == (2, 200.5)  # 400 and 1; the merge has no size


def test_a_scope_leaves_out_the_rest(monday):
    found = behind(monday, "large_commits_count", where={"repo": [API], "author": [ADA]})
    assert (found.value, found.records.height) == (1, 1)


def test_a_window_has_the_records_of_its_days_behind_it(monday):
    tuesday = (date(2026, 1, 6), date(2026, 1, 7))
    found = evidence(monday.sink(), question("changed_loc_30d", days=tuesday))
    assert set(found.records["kind"]) == {"file change"}
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


# --- pull requests, reviews, comments ------------------------------------------------------------

SAID = [
    pull(
        1, "2026-01-04 10:00", review("2026-01-05 10:00", GRACE), review("2026-01-05 11:00", ADA),
        comment("2026-01-05 12:00", GRACE), merged="2026-01-05 13:00", coding=3.0,
    ),
    pull(2, "2026-01-05 10:00"),
    pull(3, "2026-01-04 10:00", closed="2026-01-05 00:00"),
    pull(4, "2026-01-03 10:00", comment("2026-01-04 10:00")),
]  # fmt: skip


@pytest.fixture
def reviewed(store):
    organisation = Organisation(store)
    organisation.compute(organisation.tell(records(SAID), MONDAY[0]), MONDAY[0])
    return organisation


@pytest.mark.parametrize(
    ("measure", "kind", "numbers", "value"),
    [
        ("prs_merged", "pull request", [1], 1),
        ("prs_closed_unmerged", "pull request", [3], 1),
        ("prs_open", "pull request", [2, 4], 2),
        ("prs_waiting_review", "pull request", [2], 1),
        ("pr_open_age_hours_p50", "pull request", [2, 4], 38.0),  # 14 and 62
        ("pr_cycle_hours_p50", "pull request", [1], 27.0),
        ("reviews_count", "review", [1], 1),  # not her own
        ("top_reviewer_share", "review", [1], 1.0),
        ("comments_given", "comment", [1], 1),
    ],
)
def test_what_is_behind_a_number_of_pull_requests(reviewed, measure, kind, numbers, value):
    found = behind(reviewed, measure)
    assert found.records["kind"].to_list() == [kind] * len(numbers)
    assert found.records["number"].to_list() == numbers
    assert (found.value, found.is_stale) == (value, False)


def test_active_members_have_all_that_made_them_active_behind_them(reviewed):
    found = behind(reviewed, "active_members_count")
    assert sorted(found.records["kind"]) == ["comment", "pull request", "review"]
    assert found.value == 2  # Ada, who opened one, and Grace


def test_a_reviewers_reviews_are_behind_what_they_gave_and_an_authors_behind_what_they_got(
    reviewed,
):
    given, received = (
        [behind(reviewed, name, where={"author": [who]}).value for who in (ADA, GRACE)]
        for name in ("reviews_given", "reviews_received")
    )
    assert (given, received) == ([0, 1], [1, 0])


@given(few_works, many_pulls, st.integers(0, 70))
@tried(3)
def test_a_count_is_as_large_as_the_number_of_its_records(store, world, pulls, ahead):
    organisation = Organisation(store)
    organisation.compute(organisation.take(world) | organisation.tell(records(pulls), LAST), LAST)
    instants = [commit.committed_at for commit, _ in world] + [
        each.pull_request.merged_at or each.pull_request.created_at for each in pulls
    ]
    days = {START.date() + timedelta(days=ahead), *(instant.date() for instant in instants)}
    for day in sorted(days)[:3]:
        for measure in COUNTS:
            asked = question(measure, days=(day, day + timedelta(days=1)))
            found = evidence(organisation.sink(), asked)
            assert found.records.height == found.value == found.recomputed, measure
