"""Which days are computed anew, and how many of them are read at once."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.due import dirty_days, runs
from devhealth.metrics import repo_metrics_daily, user_metrics_daily
from devhealth.models.records import Commit, CommitFile
from devhealth.models.touches import Touches
from tests.devhealth.metrics.worlds import API, WEB, at

MONDAY = date(2026, 1, 5)
LATER = date(2026, 12, 31)


def day(text):
    return date.fromisoformat(text)


def touched(*days, cls=CommitFile, repo=API):
    touches = Touches()
    for text in days:
        touches.add(cls, repo, at(f"{text} 12:00"))
    return touches


def test_a_file_dirties_its_own_day_and_the_29_after_it():
    dirty = dirty_days(repo_metrics_daily.METRIC, touched("2026-01-05"), str(API), LATER)
    assert (min(dirty), max(dirty), len(dirty)) == (MONDAY, day("2026-02-03"), 30)


def test_a_commit_dirties_its_own_day():
    touches = touched("2026-01-05", cls=Commit)
    assert dirty_days(repo_metrics_daily.METRIC, touches, str(API), LATER) == {MONDAY}


def test_users_have_no_windows():
    assert dirty_days(user_metrics_daily.METRIC, touched("2026-01-05"), str(API), LATER) == {MONDAY}


def test_windows_do_not_reach_past_today():
    dirty = dirty_days(
        repo_metrics_daily.METRIC, touched("2026-01-05"), str(API), day("2026-01-07")
    )
    assert dirty == {MONDAY, day("2026-01-06"), day("2026-01-07")}


def test_a_day_in_the_future_is_its_own_day_only():
    dirty = dirty_days(repo_metrics_daily.METRIC, touched("2299-12-31"), str(API), LATER)
    assert dirty == {day("2299-12-31")}


def test_other_repositories_dirty_nothing_here():
    assert dirty_days(repo_metrics_daily.METRIC, touched("2026-01-05"), str(WEB), LATER) == set()


@pytest.mark.parametrize(
    ("days", "stretches"),
    [
        ([], []),
        ([0], [(0, 0)]),
        ([3, 0, 1], [(0, 3)]),
        ([0, 30], [(0, 30)]),
        ([0, 31], [(0, 0), (31, 31)]),
        ([*range(0, 732)], [(0, 365), (366, 731)]),
    ],
)
def test_near_days_are_read_at_once_and_a_leap_year_at_most(days, stretches):
    found = list(runs(MONDAY + timedelta(days=each) for each in days))
    assert found == [
        (MONDAY + timedelta(days=first), MONDAY + timedelta(days=last)) for first, last in stretches
    ]


@given(st.sets(st.integers(0, 3000).map(lambda each: MONDAY + timedelta(days=each))))
def test_every_day_is_in_one_stretch_and_none_is_longer_than_a_leap_year(days):
    found = list(runs(days))
    assert all(sum(first <= each <= last for first, last in found) == 1 for each in days)
    assert all((last - first).days < 366 for first, last in found)


def test_touches_are_days_of_utc():
    touches = Touches()
    touches.add(Commit, API, at("2026-01-05 23:59"))
    assert touches.days == {(Commit, str(API)): {MONDAY}}


def test_touches_join():
    both = touched("2026-01-05") | touched("2026-01-06", repo=WEB) | touched("2026-01-07")
    assert both.days == {
        (CommitFile, str(API)): {MONDAY, day("2026-01-07")},
        (CommitFile, str(WEB)): {day("2026-01-06")},
    }
    assert both.partitions() == [str(API), str(WEB)]
