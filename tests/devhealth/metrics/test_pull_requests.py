"""Golden days of pull requests in a repository, each number worked out beside it."""

from datetime import date

import pytest

from devhealth.metrics.pull_requests import PARTS
from devhealth.metrics.repo_metrics_daily import METRIC
from tests.devhealth.metrics.pulls import comment, pull, records, review
from tests.devhealth.metrics.worlds import ADA, GRACE, JOAN, ROBOT, WEB, frames

SPAN = (date(2024, 1, 1), date(2026, 3, 31))
MEASURES = [name for part in PARTS for name in part.gives]
MONDAY = "2026-01-05"
WEEKEND_LATER = "2026-01-10"


def rows(*pulls, population="all"):
    """Rows by day, as mappings of the measures of pull requests."""
    found = METRIC.compute(frames([], others=records(pulls)), span=SPAN, measures=MEASURES)
    return {str(row["day"]): row for row in found.filter(population=population).to_dicts()}


def row(*pulls, day=MONDAY, population="all"):
    return rows(*pulls, population=population)[day]


def open_days(*pulls, measure="prs_open", population="all"):
    """The days with any, each with how many."""
    found = rows(*pulls, population=population)
    return {day: row[measure] for day, row in found.items() if row[measure]}


def test_a_golden_day():
    """Four merged on 5 January; one declined, one opened and left open."""
    monday = row(
        pull(
            1, "2026-01-05 08:00", review("2026-01-05 09:00", GRACE, "changes_requested"),
            review("2026-01-05 11:00"), merged="2026-01-05 12:00", coding=2.0, lines=100,
        ),
        pull(
            2, "2026-01-04 12:00", comment("2026-01-05 00:00", JOAN), ready="2026-01-04 18:00",
            merged="2026-01-05 12:00", coding=10.0, lines=1000, by=GRACE,
        ),
        pull(3, "2026-01-05 10:00", merged="2026-01-05 10:00", lines=None, tells_verdicts=False),
        pull(4, "2026-01-03 12:00", ready=None, merged="2026-01-05 12:00", lines=20),
        pull(5, "2026-01-01 00:00", closed="2026-01-05 23:59"),
        pull(6, "2026-01-05 18:00"),
    )  # fmt: skip
    assert monday == monday | {
        "prs_opened": 3,  # 1, 3 and 6
        "prs_merged": 4,
        "prs_closed_unmerged": 1,
        "prs_open": 1,  # 6
        "prs_waiting_review": 1,
        "pr_open_age_hours_p50": 6.0,  # 18:00 to midnight
        "pr_open_age_hours_p90": 6.0,
        "pr_cycle_hours_p50": 14.0,  # 0, 4, 24, 48: rank 1.5, half way 4 to 24
        "pr_cycle_hours_p75": 30.0,  # rank 2.25, a quarter of the way 24 to 48
        "pr_cycle_hours_p90": 40.8,  # rank 2.7
        "pr_coding_hours_p50": 6.0,  # 2 and 10
        "pr_coding_n": 2,
        "pr_draft_hours_p50": 0.0,  # 0, 0 and 6; the fourth was never ready
        "pr_draft_n": 3,
        "pr_pickup_hours_p50": 3.5,  # 1 and 6
        "pr_review_hours_p50": 7.5,  # 3 and 12
        "pr_response_n": 2,
        "pr_size_loc_p50": 100.0,  # 20, 100, 1000
        "pr_size_loc_p90": 820.0,  # rank 1.8
        "pr_size_n": 3,
        "huge_prs_count": 1,
        "prs_reworked": 1,
        "pr_verdicts_n": 3,  # the third's provider has no such reviews
        "prs_unreviewed": 3,  # a comment is no review
    }


def test_a_day_without_merges_has_counts_of_0_and_no_statistics():
    day = row(pull(1, "2026-01-05 10:00", closed="2026-01-05 11:00"))
    assert {name for name, value in day.items() if value is None and name in MEASURES} == {
        "pr_open_age_hours_p50",
        "pr_open_age_hours_p90",
        *(name for name in MEASURES if name.startswith(("pr_c", "pr_d", "pr_p", "pr_r", "pr_s"))),
    } - {name for name in MEASURES if name.endswith("_n")}
    assert (day["prs_merged"], day["prs_unreviewed"], day["pr_size_n"]) == (0, 0, 0)


# --- days ----------------------------------------------------------------------------------------


def test_five_to_midnight_and_five_past_are_two_days():
    found = rows(pull(1, "2026-01-05 23:55", merged="2026-01-06 00:05"))
    assert [found[day]["prs_opened"] for day in ("2026-01-05", "2026-01-06")] == [1, 0]
    assert [found[day]["prs_merged"] for day in ("2026-01-05", "2026-01-06")] == [0, 1]
    assert found["2026-01-05"]["prs_open"] == 1
    assert found["2026-01-05"]["pr_open_age_hours_p50"] == 0.083333  # five minutes
    assert found["2026-01-06"]["prs_open"] == 0


def test_one_that_is_closed_at_midnight_exactly_was_open_until_then():
    one = pull(1, "2026-01-05 12:00", closed="2026-01-06 00:00")
    assert open_days(one) == {"2026-01-05": 1}
    assert rows(one)["2026-01-06"]["prs_closed_unmerged"] == 1


def test_one_that_is_opened_at_midnight_exactly_is_the_new_days():
    assert open_days(pull(1, "2026-01-05 00:00", merged="2026-01-06 12:00")) == {"2026-01-05": 1}


def test_one_that_is_opened_and_merged_in_the_same_second_was_never_open():
    one = pull(1, "2026-01-05 12:00", merged="2026-01-05 12:00")
    assert open_days(one) == {}
    assert rows(one)[MONDAY]["pr_cycle_hours_p50"] == 0.0


def test_the_leap_day_is_a_day():
    days = open_days(pull(1, "2024-02-28 12:00", merged="2024-03-01 12:00"))
    assert days == {"2024-02-28": 1, "2024-02-29": 1}


def test_one_that_is_open_over_the_end_of_a_month_is_open_on_each_day():
    ages = {
        day: row["pr_open_age_hours_p50"]
        for day, row in rows(pull(1, "2026-01-30 12:00", merged="2026-02-02 06:00")).items()
    }
    assert ages == {
        "2026-01-30": 12.0,
        "2026-01-31": 36.0,
        "2026-02-01": 60.0,
        "2026-02-02": None,
    }


def test_one_that_is_open_still_is_so_on_the_last_day_that_is_asked_for():
    days = list(open_days(pull(1, "2026-03-30 12:00")))
    assert days == ["2026-03-30", "2026-03-31"]


def test_one_that_was_reopened_is_open_as_if_it_had_never_been_closed():
    """The provider says of it that it is open, and nothing of its having been closed."""
    days = open_days(pull(1, "2026-03-01 12:00"))
    assert (len(days), set(days.values())) == (31, {1})


def test_ages_are_of_all_that_are_open():
    """At the end of 5 January: 12 and 36 hours; between them at rank 0.5 and 0.9."""
    monday = row(pull(1, "2026-01-05 12:00"), pull(2, "2026-01-04 12:00"))
    assert monday["pr_open_age_hours_p50"] == 24.0
    assert monday["pr_open_age_hours_p90"] == 33.6


# --- waiting -------------------------------------------------------------------------------------


def waiting(*given, **more):
    return open_days(pull(*given, **more), measure="prs_waiting_review")


def test_it_waits_from_ready_to_the_first_response():
    days = waiting(1, "2026-01-05 12:00", review("2026-01-08 12:00"), ready="2026-01-06 12:00")
    assert days == {"2026-01-06": 1, "2026-01-07": 1}


def test_a_draft_waits_for_nobody():
    assert waiting(1, "2026-01-05 12:00", ready=None) == {}


def test_one_that_is_answered_at_midnight_exactly_waited_until_then():
    assert waiting(1, "2026-01-05 12:00", comment("2026-01-06 00:00")) == {"2026-01-05": 1}


def test_one_that_is_ready_at_midnight_exactly_waits_from_then():
    one = {"ready": "2026-01-06 00:00", "closed": "2026-01-07 12:00"}
    assert waiting(1, "2026-01-05 12:00", **one) == {"2026-01-06": 1}


def test_what_is_merged_without_an_answer_waits_no_longer():
    assert waiting(1, "2026-01-05 12:00", merged="2026-01-07 12:00") == {
        "2026-01-05": 1,
        "2026-01-06": 1,
    }


@pytest.mark.parametrize("by", [ADA, ROBOT])
def test_the_authors_own_words_and_a_bots_are_no_answer(by):
    days = waiting(
        1, "2026-01-05 12:00", comment("2026-01-05 13:00", by), closed="2026-01-06 12:00"
    )
    assert days == {"2026-01-05": 1}


# --- merged --------------------------------------------------------------------------------------


def test_phases_are_told_on_the_day_of_the_merge_however_old_it_is():
    one = pull(1, "2025-11-01 00:00", review("2025-12-01 00:00"), merged="2026-01-05 00:00")
    found = row(one)
    assert found["pr_cycle_hours_p50"] == 1560.0  # 30 + 31 + 4 days
    assert found["pr_pickup_hours_p50"] == 720.0  # 30 days
    assert found["pr_review_hours_p50"] == 840.0  # 31 + 4 days


@pytest.mark.parametrize(("lines", "huge"), [(999, 0), (1000, 1), (None, 0)])
def test_it_is_huge_from_a_thousand_lines_on(lines, huge):
    found = row(pull(1, "2026-01-05 10:00", merged="2026-01-05 11:00", lines=lines))
    assert found["huge_prs_count"] == huge


@pytest.mark.parametrize(
    ("said", "unreviewed"),
    [
        ([review("2026-01-05 10:30", GRACE)], 0),
        ([review("2026-01-05 10:30", GRACE, "commented")], 0),
        ([review("2026-01-05 10:30", ADA)], 1),
        ([review("2026-01-05 10:30", ROBOT)], 1),
        ([comment("2026-01-05 10:30", GRACE)], 1),
        ([], 1),
    ],
)
def test_it_is_reviewed_by_another_person_or_not_at_all(said, unreviewed):
    found = row(pull(1, "2026-01-05 10:00", *said, merged="2026-01-05 11:00"))
    assert found["prs_unreviewed"] == unreviewed


def test_it_is_reworked_once_however_often_changes_were_asked_for():
    said = [review(f"2026-01-05 10:{m}", JOAN, "changes_requested") for m in (10, 20)]
    found = row(pull(1, "2026-01-05 10:00", *said, merged="2026-01-05 11:00"))
    assert found["prs_reworked"] == 1


# --- whose ---------------------------------------------------------------------------------------


def test_people_leave_out_bots_pull_requests():
    ones = [
        pull(1, "2026-01-04 12:00", merged="2026-01-05 12:00"),
        pull(2, "2026-01-05 02:00", merged="2026-01-05 12:00", by=ROBOT),
        pull(3, "2026-01-05 12:00", by=ROBOT),
    ]
    everybody, people = (row(*ones, population=each) for each in ("all", "people"))
    assert (everybody["prs_merged"], people["prs_merged"]) == (2, 1)
    assert (everybody["prs_opened"], people["prs_opened"]) == (2, 0)
    assert (everybody["prs_open"], people["prs_open"]) == (1, 0)
    assert (everybody["pr_cycle_hours_p50"], people["pr_cycle_hours_p50"]) == (17.0, 24.0)


def test_repositories_stay_apart():
    ones = [pull(1, "2026-01-05 10:00"), pull(1, "2026-01-05 10:00", repo=WEB)]
    found = METRIC.compute(frames([], others=records(ones)), span=SPAN)
    monday = found.filter(population="all", day=date(2026, 1, 5))
    assert monday["prs_open"].to_list() == [1, 1]
