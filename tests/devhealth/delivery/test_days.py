"""Golden days of pipelines, deployments and incidents, worked out by hand."""

from datetime import date

import pytest

from tests.devhealth.delivery.days import deployment_days, incident_days, pipeline_days, told
from tests.devhealth.delivery.things import MERGES, deployed, incident, landed, pull, ran
from tests.devhealth.metrics.worlds import API, at

MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)


# --- pipelines ------------------------------------------------------------------------------------


def test_a_run_over_midnight_counts_on_the_day_on_which_it_ended():
    over = ran("1", "2026-01-06 00:05", started_at=at("2026-01-05 23:55"), duration_minutes=10.0)
    (row,) = pipeline_days([over])
    assert told(row, "day", "runs_count", "duration_minutes_p50", "duration_minutes_n") == (
        TUESDAY, 1, 10, 1,
    )  # fmt: skip


def test_a_day_of_pipelines():
    """Five runs: one passed at once, one at its second attempt, one failed, one was cancelled, one
    was skipped; another attempt of the sixth is still running.
    """
    (row,) = pipeline_days(
        [
            ran("1", "2026-01-05 08:00", duration_minutes=10.0, queue_minutes=1.0),
            ran("2.1", "2026-01-05 09:00", "failed", "c2", is_final_attempt=False,
                duration_minutes=99.0),
            ran("2.2", "2026-01-05 10:00", "success", "c2", duration_minutes=20.0),
            ran("3", "2026-01-05 11:00", "failed", "c3", duration_minutes=40.0, queue_minutes=2.0),
            ran("4", "2026-01-05 12:00", "cancelled", "c4", branch="topic",
                is_default_branch=False),
            ran("5", "2026-01-05 13:00", "skipped", "c5"),
            ran("6.1", "2026-01-05 14:00", "failed", "c6", is_final_attempt=False),
            ran("6.2", None, "running", "c6"),
        ]
    )  # fmt: skip
    assert row == {
        "day": MONDAY,
        "is_empty": False,
        "repo_id": str(API),
        "runs_count": 4,  # 1, 2.2, 3 and 4
        "success_count": 2,
        "failed_count": 1,
        "cancelled_count": 1,
        "success_ratio": 0.5,
        "rerun_count": 1,  # 2.2
        "first_attempts_count": 5,  # 1, 2.1, 3, 4 and 6.1
        "first_attempt_success_count": 1,
        "first_attempt_success_ratio": 0.2,
        "flaky_count": 1,  # c2
        "duration_minutes_p50": 20,  # of 10, 20 and 40
        "duration_minutes_p90": 36,  # rank 1.8: 20 + 0.8 · 20
        "duration_minutes_n": 3,
        "queue_minutes_p50": 1.5,
        "queue_minutes_n": 2,
        "time_to_green_hours_p50": None,
        "time_to_green_n": 0,
    }


def test_a_day_of_skipped_runs_has_no_row():
    assert pipeline_days([ran("1", "2026-01-05 08:00", "skipped")]) == []


def test_a_red_stretch_counts_on_the_day_that_ended_it():
    """Red from Monday 22:00 on, run again red at 23:00, green on Tuesday 01:30."""
    monday, tuesday = pipeline_days(
        [
            ran("1", "2026-01-05 22:00", "failed", "c1"),
            ran("2", "2026-01-05 23:00", "failed", "c2"),
            ran("3", "2026-01-06 01:30", "success", "c3"),
        ]
    )
    assert told(monday, "time_to_green_hours_p50", "time_to_green_n") == (None, 0)
    assert told(tuesday, "time_to_green_hours_p50", "time_to_green_n") == (3.5, 1)


# --- deployments ----------------------------------------------------------------------------------

BRANCH = [
    landed("c0", "2026-01-05 08:00"),
    landed("c1", "2026-01-05 10:00"),
    landed("c2", "2026-01-05 11:00"),
]
PULLS = [
    pull(1, "2026-01-05 10:00", "c1", begun="2026-01-04 10:00"),
    pull(2, "2026-01-05 11:00", "c2", begun="2026-01-05 05:00"),
]
FIRST = deployed("d0", "2026-01-05 09:00", "c0", deploy_minutes=5.0)
SECOND = deployed("d1", "2026-01-05 12:00", "c2", deploy_minutes=8.0)


def test_a_day_of_deployments():
    """#1 was begun 26 h before it was deployed and merged 2 h before; #2 7 h and 1 h."""
    others = [
        deployed("f", "2026-01-05 12:30", "c2", status="failed", deploy_minutes=99.0),
        deployed("x", "2026-01-05 12:40", "c2", status="cancelled"),
        deployed("p", None, "c2", status="pending", created="2026-01-05 13:00"),
        deployed("r", "2026-01-05 14:00", "c2", kind="release"),
    ]
    (row,) = deployment_days([*BRANCH, *PULLS, FIRST, SECOND, *others])
    assert row == {
        "day": MONDAY,
        "is_empty": False,
        "repo_id": str(API),
        "environment": "production",
        "is_production": True,
        "deployments_count": 2,
        "failed_deployments_count": 1,
        "cancelled_deployments_count": 1,
        "change_failures_count": 0,
        "change_fail_rate": 0,
        "deploy_minutes_p50": 6.5,
        "deploy_minutes_n": 2,
        "change_lead_hours_p50": 16.5,
        "change_lead_hours_p90": 24.1,  # 7 + 0.9 · 19
        "change_lead_n": 2,
        "merge_lead_hours_p50": 1.5,
        "merge_lead_hours_p90": 1.9,
        "merge_lead_n": 2,
    }


def test_a_first_deployment_is_not_charged_with_all_history():
    (row,) = deployment_days([*BRANCH, *PULLS, SECOND])
    assert told(row, "deployments_count", "change_lead_hours_p50", "change_lead_n") == (1, None, 0)


def test_a_redeploy_counts_as_a_deployment_and_brings_nothing():
    again = deployed("d2", "2026-01-06 12:00", "c1")
    _, tuesday = deployment_days([*BRANCH, *PULLS, FIRST, SECOND, again])
    assert told(tuesday, "deployments_count", "change_lead_n") == (1, 0)


def test_environments_have_rows_of_their_own():
    staged = deployed("s", "2026-01-05 11:30", "c2", environment="staging")
    production, staging = deployment_days([*BRANCH, *PULLS, FIRST, SECOND, staged])
    assert told(production, "environment", "deployments_count") == ("production", 2)
    assert told(staging, "environment", "deployments_count", "change_lead_n") == ("staging", 1, 0)


def test_what_is_told_inactive_later_stays_a_success_on_its_day():
    """The records keep the first terminal status; nothing of them changes."""
    (row,) = deployment_days([*BRANCH, FIRST])
    assert row["deployments_count"] == 1


def test_a_revert_of_the_week_after_is_a_failure_of_the_deployments_day():
    revert = pull(3, "2026-01-13 10:00", "c3", reverts_number=1)
    (row,) = deployment_days([*BRANCH, *PULLS, FIRST, SECOND, revert])
    assert told(row, "change_failures_count", "change_fail_rate") == (1, 0.5)


def test_a_deployment_that_failed_people_twice_is_one_failure():
    twice = [
        incident("i", "2026-01-05 13:00"),
        incident("k", "2026-01-07 13:00"),
        pull(3, "2026-01-13 10:00", "c3", reverts_number=1),
    ]
    (row,) = deployment_days([*BRANCH, *PULLS, FIRST, SECOND, *twice])
    assert row["change_failures_count"] == 1


def test_merges_are_deployments_where_they_count():
    (row,) = deployment_days([*BRANCH, *PULLS, FIRST], directory=MERGES)
    assert told(row, "deployments_count", "change_lead_hours_p50", "merge_lead_hours_p50") == (
        2, 15, 0,
    )  # fmt: skip


# --- incidents ------------------------------------------------------------------------------------


def test_an_incident_of_four_days_is_opened_on_the_first_and_resolved_on_the_last():
    """Monday 13:00 to Thursday 14:30; its deployment ended on Monday at 12:00."""
    four_days = incident("i", "2026-01-05 13:00", "2026-01-08 14:30")
    monday, thursday = incident_days([*BRANCH, FIRST, SECOND, four_days])
    assert told(monday, "day", "incidents_opened", "incidents_resolved") == (MONDAY, 1, 0)
    assert told(monday, "restore_hours_p50", "restore_hours_n") == (None, 0)
    assert thursday == {
        "day": date(2026, 1, 8),
        "is_empty": False,
        "source_id": "github.com",
        "work_scope_id": "",
        "repo_id": str(API),
        "incidents_opened": 0,
        "incidents_resolved": 1,
        "restore_hours_p50": 73.5,
        "restore_hours_p90": 73.5,
        "restore_hours_n": 1,
        "recovery_hours_p50": 74.5,
        "recovery_hours_n": 1,
    }


def test_an_incident_without_a_deployment_recovers_nothing():
    (row,) = incident_days([incident("i", "2026-01-05 13:00", "2026-01-05 14:00")])
    assert told(row, "incidents_resolved", "recovery_hours_p50", "recovery_hours_n") == (1, None, 0)


def test_one_that_was_opened_again_was_not_resolved():
    (row,) = incident_days([incident("i", "2026-01-05 13:00")])
    assert told(row, "incidents_opened", "incidents_resolved") == (1, 0)


def test_projects_and_sources_have_rows_of_their_own():
    three = [
        incident("i", "2026-01-05 13:00"),
        incident("i", "2026-01-05 13:00", source_id="pager"),
        incident("k", "2026-01-05 13:00", work_scope_id="OPS"),
    ]
    names = ("source_id", "work_scope_id", "incidents_opened")
    assert [told(row, *names) for row in incident_days(three)] == [
        ("github.com", "", 1), ("github.com", "OPS", 1), ("pager", "", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("days", [pipeline_days, deployment_days, incident_days])
def test_nothing_makes_no_rows(days):
    assert days([]) == []
