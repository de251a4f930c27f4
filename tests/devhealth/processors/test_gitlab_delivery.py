"""Pipelines, deployments and releases of GitLab."""

import pytest

from devhealth.processors.gitlab import deployments, pipeline_runs
from devhealth.processors.reading import Unreadable
from tests.provider.gitlab_things import (
    API,
    URL,
    at,
    raw_deployment,
    raw_pipeline,
    raw_release,
    text,
)


def run(**changes):
    [found] = pipeline_runs(raw_pipeline(**changes), API)
    return found


def deployment(**changes):
    [found] = deployments(raw_deployment(**changes), API)
    return found


def test_a_pipeline_is_its_only_attempt():
    found = run()
    assert (found.run_id, found.attempt, found.is_final_attempt) == ("500", 1, True)
    assert (found.name, found.event, found.status) == ("Build", "push", "success")
    assert (found.queue_minutes, found.duration_minutes) == (3.0, 30.0)
    assert found.is_default_branch


def test_graphql_spells_it_otherwise():
    names = {"created_at": "createdAt", "updated_at": "updatedAt"} | {
        "started_at": "startedAt",
        "finished_at": "finishedAt",
    }
    raw = {names.get(key, key): value for key, value in raw_pipeline().items()}
    raw |= {"id": "gid://gitlab/Ci::Pipeline/500", "status": "SUCCESS"}
    del raw["web_url"]
    assert pipeline_runs(raw, API) == pipeline_runs(raw_pipeline(), API)


@pytest.mark.parametrize("ref", ["refs/merge-requests/7/head", "", None])
def test_a_pipeline_of_no_branch(ref):
    assert run(ref=ref).branch is None
    assert not run(ref=ref).is_default_branch


def test_a_tag_is_no_branch():
    assert run(tag=True, ref="main").branch is None


@pytest.mark.parametrize(
    ("status", "stored"),
    [
        ("created", "queued"),
        ("waiting_for_resource", "queued"),
        ("running", "running"),
        ("manual", "running"),
        ("failed", "failed"),
        ("CANCELED", "cancelled"),
        ("skipped", "skipped"),
    ],
)
def test_statuses(status, stored):
    assert run(status=status).status == stored


def test_one_that_goes_on_is_not_over_whatever_is_left_of_an_earlier_end():
    assert run(status="running").finished_at is None
    assert run(status="running").duration_minutes is None


def test_without_an_end_it_ended_when_it_last_changed():
    assert run(finished_at=None).finished_at == at(10)


@pytest.mark.parametrize(
    "changes", [{"status": "odd"}, {"created_at": None}, {"created_at": "yesterday"}]
)
def test_a_pipeline_that_cannot_be_read(changes):
    with pytest.raises(Unreadable):
        run(**changes)


def test_a_deployment_lasts_as_long_as_its_job():
    found = deployment()
    assert (found.deployment_id, found.kind, found.status) == ("42", "deployment", "success")
    assert (found.started_at, found.finished_at) == (at(9, 10), at(9, 25))
    assert found.deploy_minutes == 15.0
    assert found.url == f"{URL}/-/jobs/800"
    assert found.is_production


def test_a_deployment_without_a_job_ended_when_it_last_changed():
    found = deployment(deployable=None, status="failed")
    assert (found.started_at, found.finished_at, found.deploy_minutes) == (None, at(11), None)
    assert found.url == f"{URL}/-/environments/5"


@pytest.mark.parametrize("status", ["created", "running", "blocked"])
def test_a_deployment_that_is_not_over(status):
    found = deployment(status=status)
    assert (found.status, found.finished_at) == ("pending", None)


def test_an_environment_of_the_production_tier_is_one():
    assert deployment(environment={"id": 6, "name": "eu-1", "tier": "production"}).is_production
    assert not deployment(environment={"id": 6, "name": "eu-1", "tier": "other"}).is_production


@pytest.mark.parametrize(
    ("key", "value"),
    [("status", "odd"), ("environment", None), ("created_at", None), ("deployable", "job")],
)
def test_a_deployment_that_cannot_be_read(key, value):
    with pytest.raises(Unreadable):
        deployment(**{key: value})


def test_a_release_is_out_on_its_date():
    [found] = deployments(raw_release(), API)
    assert (found.deployment_id, found.kind, found.status) == ("release:v1.2", "release", "success")
    assert (found.created_at, found.finished_at) == (at(9), at(10))
    assert (found.ref, found.commit_hash) == ("v1.2", "a" * 40)
    assert (found.environment, found.is_production) == ("production", True)


def test_a_release_of_the_future_is_pending():
    [found] = deployments(raw_release(upcoming_release=True, released_at=text(at(9, day=9))), API)
    assert (found.status, found.finished_at) == ("pending", None)


def test_a_release_without_a_commit_has_none():
    [found] = deployments(raw_release(commit=None, _links=None), API)
    assert (found.commit_hash, found.url) == (None, f"{URL}/-/releases/v1.2")
