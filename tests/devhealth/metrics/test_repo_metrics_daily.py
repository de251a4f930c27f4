"""Golden days of a repository, each number worked out beside it."""

from datetime import date, timedelta

import pytest

from devhealth.metrics import pull_requests, reviews
from devhealth.metrics.repo_metrics_daily import METRIC
from devhealth.models.rollups import RepoDay
from tests.devhealth.metrics.worlds import ADA, GRACE, JOAN, ROBOT, WEB, at, frames, work

MONDAY = "2026-01-05"

# What a day says without any pull request and review.
OF_NONE = {
    name: RepoDay.__dataclass_fields__[name].default
    for part in (*pull_requests.PARTS, reviews.PART)
    for name in part.gives
}


def rows(*works):
    """All rows by population and day, as mappings."""
    found = METRIC.compute(frames(list(works))).to_dicts()
    return {(row["population"], str(row["day"])): row for row in found}


def row(*works, day=MONDAY, population="all"):
    return rows(*works)[population, day]


def test_a_golden_day():
    monday = row(
        work("2026-01-05 09:00", {"a": (10, 0), "b": (0, 0)}),
        work("2026-01-05 10:00", {"a": (15, 5)}, by=GRACE),
        work("2026-01-05 11:00", {"c": (80, 20)}, revert=True),
        work("2026-01-05 12:00", {"d": (400, 0)}, by=JOAN),
        work("2026-01-05 13:00", parents=2, by=GRACE),
    )
    assert monday == OF_NONE | {
        "repo_id": "00000000-0000-0000-0000-000000000001",
        "population": "all",
        "day": date(2026, 1, 5),
        "is_empty": False,
        "commits_count": 5,  # the merge is one
        "authors_count": 3,
        "loc_added": 505,  # 10 + 15 + 80 + 400
        "loc_deleted": 25,  # 5 + 20
        "files_changed": 4,  # a (twice), b, c, d
        "commit_size_loc_p50": 60.0,  # 10, 20, 100, 400: rank 3 · 0.5 = 1.5, half way 20 to 100
        "commit_size_n": 4,  # without the merge
        "large_commits_count": 1,  # 400 > 300
        "reverts_count": 1,
        "rework_loc_30d": 30,  # a: 10 + 20
        "changed_loc_30d": 530,
        "rework_churn_ratio_30d": 0.056604,  # 30 / 530
        "single_owner_files_30d": 3,  # b, c, d; a is half Ada's, half Grace's
        "files_changed_30d": 4,
        "single_owner_file_ratio_30d": 0.75,
        "bus_factor_30d": 1,  # Joan's 400 of 530 are more than 265
        # 20 (Grace), 110 (Ada), 400 (Joan): 2 (1·20 + 2·110 + 3·400) / (3 · 530) − 4/3
        "ownership_gini_30d": 0.477987,
        "authors_30d": 3,
    }


def test_a_day_of_merges_has_counts_of_0_and_no_statistics():
    day = row(work("2026-01-05 09:00", parents=2))
    unknown = {name: value for name, value in day.items() if value is None}
    assert {name: value for name, value in unknown.items() if name not in OF_NONE} == {
        "commit_size_loc_p50": None,
        "rework_churn_ratio_30d": None,
        "single_owner_file_ratio_30d": None,
        "bus_factor_30d": None,
        "ownership_gini_30d": None,
    }
    assert (day["commits_count"], day["loc_added"], day["authors_30d"]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("sizes", "median"),
    [
        ([7], 7.0),  # rank 0
        ([1, 2], 1.5),  # rank 0.5: half way
        ([9, 1, 2], 2.0),  # rank 1
        ([4, 0, 1, 1], 1.0),  # 0 1 1 4: rank 1.5, half way 1 to 1
    ],
)
def test_the_median_lies_at_rank_half_of_n_less_one(sizes, median):
    works = [work(at(f"2026-01-05 10:0{n}"), {"a": (size, 0)}) for n, size in enumerate(sizes)]
    assert row(*works)["commit_size_loc_p50"] == median


def test_an_empty_commit_has_a_size_of_0_and_a_merge_has_none():
    """0 and 10: rank 0.5, half way. With the merge it would be 0."""
    works = [
        work("2026-01-05 10:00"),
        work("2026-01-05 11:00", {"a": (10, 0)}),
        work("2026-01-05 12:00", parents=2),
    ]
    assert row(*works)["commit_size_loc_p50"] == 5.0


@pytest.mark.parametrize(("lines", "large"), [(300, 0), (301, 1)])
def test_a_commit_is_large_beyond_300_lines(lines, large):
    assert row(work("2026-01-05 10:00", {"a": (lines, 0)}))["large_commits_count"] == large


def test_a_commit_counts_on_the_utc_day_of_its_commit():
    """23:30 at +05:45 is 17:45 UTC of that day, 00:30 there is 18:45 UTC of the day before."""
    late = work("2026-01-05 17:45", {"a": (1, 0)}, offset=345)
    next_there = work("2026-01-05 18:45", {"a": (2, 0)}, offset=345)
    found = rows(late, next_there)
    assert found["all", "2026-01-05"]["commits_count"] == 2
    assert found["all", "2026-01-06"]["commits_count"] == 0


def test_five_to_midnight_and_five_past_are_two_days():
    found = rows(work("2026-01-05 23:55"), work("2026-01-06 00:05"))
    assert [found["all", day]["commits_count"] for day in ("2026-01-05", "2026-01-06")] == [1, 1]


def test_the_leap_day_is_a_day():
    found = rows(work("2024-02-28 12:00"), work("2024-02-29 12:00"), work("2024-03-01 12:00"))
    assert [str(day) for population, day in found if population == "all"] == [
        "2024-02-28",
        "2024-02-29",
        "2024-03-01",
    ]


def test_a_window_holds_the_day_29_before_and_not_the_day_30_before():
    found = rows(work("2026-01-05 23:59", {"a": (3, 0)}))
    assert found["all", "2026-02-03"]["changed_loc_30d"] == 3  # 5 January + 29
    assert ("all", "2026-02-04") not in found  # 5 January + 30


def test_a_window_over_the_leap_day_has_30_days_too():
    found = rows(work("2024-02-10 12:00", {"a": (3, 0)}))
    assert max(day for _, day in found) == "2024-03-10"  # 20 days left in February, 9 in March


def test_a_day_without_commits_has_its_window():
    works = [work("2026-01-05 10:00", {"a": (3, 0)}), work("2026-01-07 10:00", {"a": (4, 0)})]
    between = row(*works, day="2026-01-06")
    assert (between["commits_count"], between["files_changed"]) == (0, 0)
    assert (between["changed_loc_30d"], between["files_changed_30d"]) == (3, 1)
    assert row(*works, day="2026-01-07")["rework_loc_30d"] == 7  # now a has two commits


def test_rework_ends_when_the_first_commit_leaves_the_window():
    works = [work("2026-01-05 10:00", {"a": (3, 0)}), work("2026-01-07 10:00", {"a": (4, 0)})]
    found = rows(*works)
    assert found["all", "2026-02-03"]["rework_loc_30d"] == 7  # 3 February − 29 = 5 January
    assert found["all", "2026-02-04"]["rework_loc_30d"] == 0
    assert found["all", "2026-02-04"]["changed_loc_30d"] == 4


def test_two_commits_of_one_author_rework_a_file():
    works = [work(f"2026-01-05 {hour}:00", {"a": (1, 1)}) for hour in (10, 11)]
    assert row(*works)["rework_churn_ratio_30d"] == 1.0


@pytest.mark.parametrize(
    ("authors", "single"),
    [
        ([ADA, ADA, ADA, GRACE], 1),  # 3 of 4 is 75 %
        ([ADA, ADA, GRACE], 0),  # 2 of 3 is less
        ([ADA] * 5 + [GRACE] * 2, 0),  # 5 of 7 = 71 %
        ([ADA] * 6 + [GRACE, JOAN], 1),  # 6 of 8 is 75 %
        ([ADA, GRACE], 0),
        ([ADA], 1),
    ],
)
def test_a_file_has_a_single_owner_from_three_quarters_of_its_commits_on(authors, single):
    works = [
        work(at("2026-01-05 10:00") + timedelta(minutes=n), {"a": (n, 0)}, by=author)
        for n, author in enumerate(authors)
    ]
    assert row(*works)["single_owner_files_30d"] == single


def test_ownership_counts_commits_and_not_lines():
    works = [
        work("2026-01-05 10:00", {"a": (1000, 0)}),
        work("2026-01-05 11:00", {"a": (1, 0)}, by=GRACE),
    ]
    assert row(*works)["single_owner_file_ratio_30d"] == 0.0


@pytest.mark.parametrize(
    ("lines", "factor"),
    [
        ([50, 30, 20], 1),  # 50 of 100 is half
        ([49, 31, 20], 2),  # 49 is less, 80 is more
        ([34, 33, 34], 2),  # 68 of 101
        ([5, 5, 5, 5], 2),  # 10 of 20 is half
        ([1], 1),
        ([3, 0], 1),
        ([2, 1], 1),  # 2 of 3
    ],
)
def test_the_bus_factor_is_reached_at_exactly_half(lines, factor):
    assert shared(lines)["bus_factor_30d"] == factor


@pytest.mark.parametrize(
    ("lines", "gini"),
    [
        ([7], 0.0),
        ([5, 5, 5], 0.0),
        ([1, 3], 0.25),  # 2 (1·1 + 2·3) / (2 · 4) − 3/2
        ([1, 2, 3, 4], 0.25),  # 2 (1 + 4 + 9 + 16) / (4 · 10) − 5/4
        ([0, 4], 0.0),  # who changed no line is none of the authors
        ([1, 1, 10], 0.5),  # 2 (1 + 2 + 30) / (3 · 12) − 4/3
    ],
)
def test_the_gini_coefficient_follows_the_rank_formula(lines, gini):
    assert shared(lines)["ownership_gini_30d"] == gini


def shared(lines):
    """The day on which each of some authors changed so many lines of a file of their own."""
    authors = (ADA, GRACE, JOAN, WEB)
    return row(
        *(
            work(f"2026-01-05 10:0{n}", {f"file {n}": (count, 0)}, by=author)
            for n, (author, count) in enumerate(zip(authors, lines, strict=False))
        )
    )


def test_files_without_a_changed_line_have_owners_but_no_shares():
    """A binary file: touched, no lines."""
    day = row(work("2026-01-05 10:00", {"logo.png": (0, 0)}))
    assert (day["files_changed_30d"], day["single_owner_file_ratio_30d"]) == (1, 1.0)
    assert (day["authors_30d"], day["bus_factor_30d"], day["ownership_gini_30d"]) == (0, None, None)


def test_people_leave_out_what_bots_did():
    works = [
        work("2026-01-05 10:00", {"lock": (2, 0), "a": (8, 0)}),
        work("2026-01-05 11:00", {"lock": (90, 0)}, by=ROBOT),
    ]
    everybody, people = row(*works), row(*works, population="people")
    assert (everybody["commits_count"], people["commits_count"]) == (2, 1)
    assert (everybody["loc_added"], people["loc_added"]) == (100, 10)
    assert (everybody["commit_size_loc_p50"], people["commit_size_loc_p50"]) == (50.0, 10.0)
    assert (everybody["authors_30d"], people["authors_30d"]) == (2, 1)


def test_a_bot_on_the_same_file_reworks_it_in_all_and_not_among_people():
    works = [
        work("2026-01-05 10:00", {"lock": (2, 0), "a": (8, 0)}),
        work("2026-01-06 11:00", {"lock": (90, 0)}, by=ROBOT),
    ]
    everybody = row(*works, day="2026-01-06")
    people = row(*works, day="2026-01-06", population="people")
    assert (everybody["files_changed"], people["files_changed"]) == (1, 0)
    assert (everybody["rework_loc_30d"], people["rework_loc_30d"]) == (92, 0)  # lock: 2 + 90
    assert (everybody["single_owner_files_30d"], people["single_owner_files_30d"]) == (1, 2)
    assert (everybody["files_changed_30d"], people["files_changed_30d"]) == (2, 2)


def test_a_day_with_only_bots_has_no_row_of_people():
    found = rows(work("2026-01-05 10:00", {"lock": (90, 0)}, by=ROBOT))
    assert {population for population, _ in found} == {"all"}


def test_an_author_who_was_a_bot_until_the_rules_changed_is_both():
    works = [
        work("2026-01-05 10:00", {"a": (2, 0)}, bot=True),
        work("2026-01-05 11:00", {"a": (3, 0)}, bot=False),
    ]
    everybody, people = row(*works), row(*works, population="people")
    assert (everybody["authors_30d"], everybody["changed_loc_30d"]) == (1, 5)
    assert (people["authors_30d"], people["changed_loc_30d"]) == (1, 3)


def test_repositories_with_equal_paths_and_people_stay_apart():
    works = [
        work("2026-01-05 10:00", {"a": (1, 0)}),
        work("2026-01-05 10:00", {"a": (2, 0)}, by=GRACE, repo=WEB),
    ]
    found = METRIC.compute(frames(works)).filter(population="all", day=date(2026, 1, 5))
    assert found["changed_loc_30d"].to_list() == [1, 2]
    assert found["single_owner_files_30d"].to_list() == [1, 1]


@pytest.mark.parametrize("moment", ["1900-01-01 00:00", "1969-12-31 23:59", "2299-12-31 23:59"])
def test_days_as_far_as_a_store_can_hold_are_days(moment):
    found = rows(work(moment, {"a": (1, 0)}))
    assert found["all", moment[:10]]["changed_loc_30d"] == 1
    assert len(found) == 60
