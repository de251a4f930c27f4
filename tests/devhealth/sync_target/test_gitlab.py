"""A GitLab on the loopback peer, through its connector and its processor into a store."""

import asyncio

import pytest

from devhealth.connectors.gitlab import GitLab, api_of, token_of
from devhealth.http import Client
from devhealth.models.records import (
    Comment,
    Deployment,
    Incident,
    PipelineRun,
    PullRequest,
    PullRequestCommit,
    Review,
)
from devhealth.sync_target import sync_target
from tests.devhealth.http.asking import HERE, Time
from tests.devhealth.sync_target.runs import RUN, aside, covered, keys
from tests.provider import Peer
from tests.provider.gitlab import Lab
from tests.provider.gitlab_things import (
    BOB,
    EVE,
    at,
    raw_commit,
    raw_deployment,
    raw_event,
    raw_issue,
    raw_merge_request,
    raw_note,
    raw_pipeline,
    raw_release,
    text,
)

TARGETS = ("prs", "cicd", "deployments", "incidents")


@pytest.fixture
def peer():
    with Peer(style="gitlab") as started:
        yield started


@pytest.fixture
def lab(peer):
    """!7 of Ada: opened at 9, Bob asks at 10, Eve approves at 11, merged at 12."""
    made = Lab(
        merge_requests=[
            raw_merge_request(
                notes=[
                    raw_note(1, BOB, "Why?", at(10), type="DiffNote", resolvable=True),
                    raw_event(2, EVE, "approved this merge request", at(11)),
                ],
                commits=[raw_commit(1, at(7))],
            )
        ],
        pipelines=[raw_pipeline()],
        deployments=[raw_deployment()],
        releases=[raw_release()],
        issues=[raw_issue()],
    )
    made.serve(peer)
    return made


def sync(acme, peer, *targets, **options):
    """One target after the other, each by a client of its own; requests of the last."""

    async def run(target):
        wanted = {"auth": token_of("s3cr3t"), "guard": HERE, "clock": Time()}
        async with Client(api_of(peer.url), **wanted) as client:
            connector = GitLab(client, "acme/web/api", releases=True)
            await sync_target(acme.sink(), connector, target, run_id=RUN, **options)

    for target in targets or TARGETS:
        before = len(peer.seen)
        asyncio.run(run(target))
    return len(peer.seen) - before


def test_everything_that_is_told_is_stored(acme, peer, lab):
    sync(acme, peer)
    assert keys(acme, PullRequest, "number") == [7]
    assert keys(acme, PullRequestCommit, "hash") == [f"{1:040x}"]
    assert keys(acme, Review, "state") == ["commented", "approved"]
    assert keys(acme, Comment, "kind") == ["review"]
    assert keys(acme, PipelineRun, "run_id") == ["500"]
    assert keys(acme, Deployment, "deployment_id") == ["42", "release:v1.2"]
    assert keys(acme, Incident, "incident_id") == ["3000"]
    assert aside(acme) == []


def test_phases_are_told_in_hours(acme, peer, lab):
    sync(acme, peer, "prs")
    [found] = acme.records(PullRequest)
    assert (found["draft_hours"], found["pickup_hours"], found["review_hours"]) == (0, 1, 2)
    assert (found["cycle_hours"], found["coding_hours"]) == (3, 2)
    assert (found["reviews_count"], found["changes_requested_count"]) == (2, 0)


@pytest.mark.parametrize("target", ["prs", "cicd", "incidents"])
def test_a_warm_sync_without_changes_takes_two_requests(acme, peer, lab, target):
    sync(acme, peer, target)
    assert sync(acme, peer, target, since=at(20)) == 2
    assert covered(acme, target)["requests"] == 2


def test_a_sweep_buries_what_is_gone(acme, peer, lab):
    sync(acme, peer)
    for things in (lab.merge_requests, lab.pipelines, lab.deployments, lab.issues):
        things.clear()
    lab.merge_requests.append(raw_merge_request(id=901, iid=8, updated_at=text(at(14))))
    sync(acme, peer, since=at(20), is_sweep=True)
    assert keys(acme, PullRequest, "number") == []
    assert keys(acme, Review, "state") == []
    assert keys(acme, Deployment, "deployment_id") == ["release:v1.2"]
    assert keys(acme, Incident, "incident_id") == []


def test_what_cannot_be_read_is_put_aside_under_its_name(acme, peer, lab):
    lab.merge_requests.append(raw_merge_request(id=901, iid=8, target_branch=None))
    sync(acme, peer, "prs")
    assert keys(acme, PullRequest, "number") == [7]
    assert aside(acme) == [("merge request 8", "`target_branch` is missing.")]


def test_a_project_that_is_gone_is_told_and_blocks_nothing(acme, peer):
    Lab(project={"id": 1, "path_with_namespace": "acme/other"}).serve(peer)
    sync(acme, peer, "prs")
    assert "404" in covered(acme, "prs")["unreachable_reason"]
