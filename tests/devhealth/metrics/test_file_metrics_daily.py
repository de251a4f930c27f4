"""Golden days of a file, each number worked out beside it."""

from datetime import date, timedelta

import pytest

from devhealth.metrics.file_metrics_daily import METRIC
from tests.devhealth.metrics.worlds import (
    ADA,
    API,
    GRACE,
    JOAN,
    ROBOT,
    WEB,
    at,
    frames,
    work,
)


def rows(*works):
    """All rows by path and day, as mappings."""
    return {
        (row["path"], str(row["day"])): row
        for row in METRIC.compute(frames(list(works))).to_dicts()
    }


def test_a_golden_day():
    found = rows(
        work("2026-01-05 10:00", {"a": (10, 5)}),
        work("2026-01-20 10:00", {"a": (1, 0), "b": (7, 0)}, by=GRACE),
        work("2026-01-20 11:00", {"a": (2, 1)}),
        work("2026-01-20 12:00", {"a": (0, 0)}, by=JOAN),  # its mode, say
    )
    assert found["a", "2026-01-20"] == {
        "repo_id": str(API),
        "path": "a",
        "day": date(2026, 1, 20),
        "is_empty": False,
        "file_changes_count": 3,
        "loc_added": 3,  # 1 + 2
        "loc_deleted": 1,
        "commits_30d": 4,  # with that of 5 January
        "changed_loc_30d": 19,  # 15 + 1 + 3
        "authors_30d": 2,  # Joan changed no line
        "hotspot_score_30d": 11.982929,  # 4 · ln 20
    }
    assert found["b", "2026-01-20"]["hotspot_score_30d"] == 2.079442  # 1 · ln 8


def test_only_days_that_changed_a_file_have_a_row_of_it():
    found = rows(
        work("2026-01-05 10:00", {"a": (1, 0)}),
        work("2026-01-07 10:00", {"a": (1, 0), "b": (1, 0)}),
    )
    assert list(found) == [("a", "2026-01-05"), ("a", "2026-01-07"), ("b", "2026-01-07")]


def test_a_window_holds_the_day_29_before_and_not_the_day_30_before():
    works = [
        work("2026-01-04 23:59", {"a": (100, 0)}),
        work("2026-01-05 00:00", {"a": (3, 0)}, by=GRACE),
        work("2026-02-03 23:59", {"a": (4, 0)}),  # 5 January + 29
    ]
    last = rows(*works)["a", "2026-02-03"]
    assert (last["commits_30d"], last["changed_loc_30d"], last["authors_30d"]) == (2, 7, 2)


def test_a_window_over_the_leap_day_has_30_days_too():
    works = [work("2024-02-10 12:00", {"a": (3, 0)}), work("2024-03-10 12:00", {"a": (4, 0)})]
    assert rows(*works)["a", "2024-03-10"]["changed_loc_30d"] == 7  # 29 days in February


def test_five_to_midnight_and_five_past_are_two_days():
    found = rows(work("2026-01-05 23:55", {"a": (1, 0)}), work("2026-01-06 00:05", {"a": (1, 0)}))
    assert [row["file_changes_count"] for row in found.values()] == [1, 1]
    assert [row["commits_30d"] for row in found.values()] == [1, 2]


def test_a_merge_changes_no_file():
    assert rows(work("2026-01-05 10:00", parents=2)) == {}


def test_a_file_that_changed_by_no_line_has_no_score():
    row = rows(work("2026-01-05 10:00", {"logo.png": (0, 0)}))["logo.png", "2026-01-05"]
    assert (row["commits_30d"], row["authors_30d"], row["hotspot_score_30d"]) == (1, 0, 0.0)


def test_bots_count_like_everybody():
    works = [
        work("2026-01-05 10:00", {"lock": (1, 0)}),
        work("2026-01-05 11:00", {"lock": (90, 0)}, by=ROBOT),
    ]
    row = rows(*works)["lock", "2026-01-05"]
    assert (row["file_changes_count"], row["authors_30d"]) == (2, 2)


def test_an_author_who_comes_back_is_one():
    """Ada on 1, 11 and 31 January, Grace on the 1st: only Ada is left on the 31st."""
    works = [
        work(f"2026-01-{day} 10:00", {"a": (1, 0)}, by=by)
        for day, by in (("01", ADA), ("01", GRACE), ("11", ADA), ("31", ADA))
    ]
    authors = {day: row["authors_30d"] for (_, day), row in rows(*works).items()}
    assert authors == {"2026-01-01": 2, "2026-01-11": 2, "2026-01-31": 1}


def test_equal_paths_of_two_repositories_stay_apart():
    works = [
        work("2026-01-05 10:00", {"a": (1, 0)}),
        work("2026-01-05 10:00", {"a": (2, 0)}, by=GRACE, repo=WEB),
    ]
    found = METRIC.compute(frames(works)).select("repo_id", "changed_loc_30d", "authors_30d")
    assert found.rows() == [(str(API), 1, 1), (str(WEB), 2, 1)]


@pytest.mark.parametrize("moment", ["1900-01-01 00:00", "1969-12-31 23:59", "2299-12-31 23:59"])
def test_days_as_far_as_a_store_can_hold_are_days(moment):
    works = [work(moment, {"a": (1, 0)}), work(at(moment) + timedelta(seconds=30), {"a": (1, 0)})]
    (row,) = rows(*works).values()
    assert (row["commits_30d"], row["authors_30d"]) == (2, 1)
