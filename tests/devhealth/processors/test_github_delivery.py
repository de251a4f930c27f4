from datetime import UTC, datetime

import pytest

from devhealth.processors import github
from devhealth.processors.reading import Unreadable
from tests.provider.github_things import (
    deployment,
    job,
    nodes,
    release,
    repository,
    run,
    status,
)

API = github.repository(repository())


def on(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def attempt(**but):
    [found] = github.pipeline_runs(run(**but), API)
    return found


def deployed(*statuses, **but):
    [found] = github.deployments(nodes(deployment(statuses=statuses, **but)), API)
    return found


def test_a_run_as_it_was_told():
    found = attempt()
    assert (found.run_id, found.attempt, found.name, found.event) == ("1", 1, "tests", "push")
    assert (found.branch, found.commit_hash, found.is_default_branch) == ("main", "b" * 40, True)
    assert (found.status, found.is_final_attempt) == ("success", True)


def test_a_run_lasts_from_its_first_job_to_its_last():
    jobs = [
        job("2026-03-02 08:04", "2026-03-02 08:09"),
        job("2026-03-02 08:02", "2026-03-02 08:07"),
    ]
    found = attempt(jobs=jobs)
    assert (found.started_at, found.finished_at) == (on(2, 8, 2), on(2, 8, 9))
    assert (found.queue_minutes, found.duration_minutes) == (2.0, 7.0)


def test_what_was_skipped_began_nothing():
    jobs = [
        job("2026-03-02 08:00", "2026-03-02 08:00", "SKIPPED"),
        job("2026-03-02 08:03", "2026-03-02 08:05"),
    ]
    assert attempt(jobs=jobs).started_at == on(2, 8, 3)


def test_without_jobs_a_run_tells_its_own_instants_and_nothing_of_the_wait():
    found = attempt()
    assert (found.started_at, found.finished_at) == (on(2, 8), on(2, 8, 10))
    assert (found.queue_minutes, found.duration_minutes) == (None, 10.0)


def test_attempts_share_jobs_by_when_they_began():
    earlier = run(on="2026-03-02 08:00", conclusion="failure", updated_at="2026-03-02T08:10:00Z")
    last = run(
        on="2026-03-02 08:00",
        run_attempt=2,
        run_started_at="2026-03-02T09:00:00Z",
        earlier_attempts=[earlier],
        jobs=[
            job("2026-03-02 08:02", "2026-03-02 08:09", "FAILURE"),
            job("2026-03-02 09:03", "2026-03-02 09:08"),
        ],
    )
    first, second = github.pipeline_runs(last, API)
    assert (first.attempt, first.status, first.is_final_attempt) == (1, "failed", False)
    assert (first.finished_at, first.queue_minutes) == (on(2, 8, 9), 2.0)
    assert (second.attempt, second.status, second.is_final_attempt) == (2, "success", True)
    assert (second.queued_at, second.started_at, second.queue_minutes) == (on(2, 9), on(2, 9, 3), 3)


@pytest.mark.parametrize("state", ["queued", "requested", "waiting", "pending"])
def test_what_waits_has_neither_begun_nor_ended(state):
    found = attempt(status=state, conclusion=None)
    assert (found.status, found.started_at, found.finished_at) == ("queued", None, None)


def test_what_runs_has_not_ended():
    jobs = [job("2026-03-02 08:02", "2026-03-02 08:05"), job("2026-03-02 08:03")]
    found = attempt(status="in_progress", conclusion=None, jobs=jobs)
    assert (found.status, found.started_at, found.finished_at) == ("running", on(2, 8, 2), None)
    assert found.duration_minutes is None


@pytest.mark.parametrize(
    ("conclusion", "expected"),
    [
        ("success", "success"),
        ("neutral", "success"),
        ("failure", "failed"),
        ("timed_out", "failed"),
        ("startup_failure", "failed"),
        ("cancelled", "cancelled"),
        ("stale", "cancelled"),
        ("skipped", "skipped"),
        ("action_required", "skipped"),
    ],
)
def test_conclusions(conclusion, expected):
    assert attempt(conclusion=conclusion).status == expected


def test_an_unknown_conclusion_is_said_so():
    with pytest.raises(Unreadable, match="`conclusion` is none that is known"):
        attempt(conclusion="odd")


@pytest.mark.parametrize("home", [{"id": 77}, None], ids=["a fork", "a fork that is gone"])
def test_the_main_of_a_fork_is_not_ours(home):
    assert not attempt(head_repository=home).is_default_branch


def test_a_branch_that_is_not_told_is_no_default_branch():
    found = attempt(head_branch=None)
    assert (found.branch, found.is_default_branch) == (None, False)


def test_the_first_state_that_ends_a_deployment_decides():
    found = deployed(
        status("INACTIVE", "2026-03-04 10:00", 4),
        status("FAILURE", "2026-03-03 11:00", 3),
        status("SUCCESS", "2026-03-03 10:20", 2),
        status("IN_PROGRESS", "2026-03-03 10:05", 1),
    )
    assert (found.status, found.started_at, found.finished_at) == (
        "success",
        on(3, 10, 5),
        on(3, 10, 20),
    )
    assert found.deploy_minutes == 15.0


@pytest.mark.parametrize(
    ("state", "expected"),
    [("ERROR", "failed"), ("FAILURE", "failed"), ("SUCCESS", "success"), ("INACTIVE", "cancelled")],
)
def test_how_a_deployment_ends(state, expected):
    found = deployed(status(state, "2026-03-03 10:30"))
    assert (found.status, found.finished_at) == (expected, on(3, 10, 30))
    assert (found.started_at, found.deploy_minutes) == (None, None)


@pytest.mark.parametrize("state", ["PENDING", "QUEUED", "WAITING", "IN_PROGRESS"])
def test_until_then_it_is_pending(state):
    found = deployed(status(state, "2026-03-03 10:30"))
    assert (found.status, found.finished_at) == ("pending", None)


def test_a_deployment_as_it_was_told():
    found = deployed(environment="staging")
    assert (found.deployment_id, found.kind, found.environment) == ("DE_1", "deployment", "staging")
    assert (found.ref, found.commit_hash, found.is_production) == ("main", "c" * 40, False)
    assert found.url == "https://github.com/acme/api/deployments"


def test_production_is_known_by_its_name():
    assert deployed(environment="prod-eu").is_production


@pytest.mark.parametrize(
    ("logs", "url"),
    [
        (
            "https://github.com/acme/api/actions/runs/5",
            "https://github.com/acme/api/actions/runs/5",
        ),
        ("https://ci.example/job?token=s3cr3t", "https://github.com/acme/api/deployments"),
        ("javascript:alert(1)", "https://github.com/acme/api/deployments"),
        ("https://[broken", "https://github.com/acme/api/deployments"),
    ],
)
def test_only_a_page_of_the_same_host_is_linked(logs, url):
    assert deployed(status("SUCCESS", "2026-03-03 10:30", logUrl=logs)).url == url


def test_a_branch_that_is_gone_has_no_name():
    assert deployed(ref=None).ref is None


def test_a_release_is_a_deployment_of_its_tag():
    [found] = github.deployments(nodes(release()), API)
    assert (found.deployment_id, found.kind, found.status) == (
        "release:RE_v1.0",
        "release",
        "success",
    )
    assert (found.environment, found.is_production, found.ref) == ("production", True, "v1.0")
    assert (found.created_at, found.finished_at) == (on(4, 9), on(4, 9))
    assert found.commit_hash == "d" * 40


def test_a_draft_of_a_release_is_none():
    assert github.deployments(nodes(release(isDraft=True, publishedAt=None)), API) == []


def test_a_prerelease_is_not_for_production():
    [found] = github.deployments(nodes(release(isPrerelease=True)), API)
    assert (found.environment, found.is_production) == ("prerelease", False)


def test_nothing_else_is_deployed():
    with pytest.raises(Unreadable, match="neither Deployment nor Release"):
        github.deployments({"__typename": "Tag"}, API)
