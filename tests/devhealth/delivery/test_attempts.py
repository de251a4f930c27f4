"""What attempts of pipelines say of one another."""

from tests.devhealth.delivery.things import ran, resolved_runs


def flaky(*runs):
    return [f"{row['run_id']}.{row['attempt']}" for row in resolved_runs(runs) if row["is_flaky"]]


def green(*runs):
    return {
        row["run_id"]: row["time_to_green_hours"]
        for row in resolved_runs(runs)
        if row["time_to_green_hours"] is not None
    }


def test_a_rerun_that_passes_is_flaky():
    runs = [
        ran("1.1", "2026-01-05 23:55", "failed", is_final_attempt=False),
        ran("1.2", "2026-01-06 00:05"),
    ]
    assert flaky(*runs) == ["1.2"]


def test_only_the_first_pass_of_a_commit_is():
    runs = [
        ran("1", "2026-01-05 10:00", "failed"),
        ran("2", "2026-01-05 11:00"),
        ran("3", "2026-01-05 12:00", "failed"),
        ran("4", "2026-01-05 13:00"),
    ]
    assert flaky(*runs) == ["2.1"]


def test_another_commit_or_workflow_is_not():
    runs = [
        ran("1", "2026-01-05 10:00", "failed"),
        ran("2", "2026-01-05 11:00", commit="c2"),
        ran("3", "2026-01-05 12:00", name="lint"),
        ran("4", "2026-01-05 13:00", commit=None),
    ]
    assert flaky(*runs) == []


def test_what_passed_first_and_failed_then_is_not():
    assert flaky(ran("1", "2026-01-05 10:00"), ran("2", "2026-01-05 11:00", "failed")) == []


def test_cancelled_and_skipped_ones_say_nothing():
    runs = [
        ran("1", "2026-01-05 10:00", "cancelled"),
        ran("2", "2026-01-05 11:00", "skipped"),
        ran("3", "2026-01-05 12:00"),
    ]
    assert (flaky(*runs), green(*runs)) == ([], {})


def test_a_later_attempt_of_the_same_second_is_later():
    runs = [
        ran("1.1", "2026-01-05 10:00", "failed", is_final_attempt=False),
        ran("1.2", "2026-01-05 10:00"),
    ]
    assert flaky(*runs) == ["1.2"]


def test_red_lasts_from_its_first_failure_to_the_pass_that_ends_it():
    runs = [
        ran("1", "2026-01-05 08:00"),
        ran("2", "2026-01-05 10:00", "failed", "c2"),
        ran("3", "2026-01-05 11:00", "cancelled", "c3"),
        ran("4", "2026-01-05 12:00", "failed", "c3"),
        ran("5", "2026-01-07 11:00", commit="c4"),
        ran("6", "2026-01-07 12:00", commit="c5"),
    ]
    assert green(*runs) == {"5": 49}  # Monday 10:00 to Wednesday 11:00


def test_workflows_and_branches_are_apart():
    runs = [
        ran("1", "2026-01-05 10:00", "failed"),
        ran("2", "2026-01-05 11:00", name="lint"),
        ran("3", "2026-01-05 12:00", branch="topic", is_default_branch=False),
        ran("4", "2026-01-05 13:00"),
    ]
    assert green(*runs) == {"4": 3}


def test_an_attempt_that_was_run_again_was_never_red():
    runs = [
        ran("1.1", "2026-01-05 10:00", "failed", is_final_attempt=False),
        ran("1.2", "2026-01-05 11:00"),
    ]
    assert green(*runs) == {}


def test_a_later_attempt_makes_an_older_one_not_the_last():
    found = resolved_runs([ran("1.1", "2026-01-05 10:00"), ran("1.2", None, "running")])
    assert [row["is_final_attempt"] for row in found] == [False, True]


def test_no_other_branch_has_a_time_to_green():
    runs = [
        ran("1", "2026-01-05 10:00", "failed", branch="topic", is_default_branch=False),
        ran("2", "2026-01-05 11:00", branch="topic", is_default_branch=False),
    ]
    assert green(*runs) == {}
