"""Real bodies of GitHub's webhooks: each says where to look, or is of a kind that does not."""

import pytest

from apps.inbound.tellings import told
from tests.payloads import FOLDER, octokit

LOOKED_AT = {
    "deployment": "deployments",
    "deployment_status": "deployments",
    "issues": "work-items",
    "pull_request": "prs",
    "pull_request_review": "prs",
    "pull_request_review_comment": "prs",
    "pull_request_review_thread": "prs",
    "release": "deployments",
    "workflow_job": "cicd",
    "workflow_run": "cicd",
}
KINDS = sorted(each.name for each in (FOLDER / "octokit-webhooks").iterdir() if each.is_dir())


def telling(kind, body):
    return told("github", {"X-GitHub-Event": kind}, body)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_is_read(kind):
    bodies = list(octokit(kind))
    found = [telling(kind, body) for body in bodies]
    assert found
    if target := LOOKED_AT.get(kind):
        for each, body in zip(found, bodies, strict=True):
            assert each.source == body["repository"]["full_name"]
            is_change = "pull_request" in body.get("issue", {})  # they have milestones like issues
            assert len(each.asks["prs" if is_change else target]) == 1
    elif kind not in ("push", "issue_comment"):
        assert [each.asks for each in found if each.asks] == []


def test_comments_are_of_issues():
    targets = {tuple(telling("issue_comment", body).asks) for body in octokit("issue_comment")}
    assert targets == {("incidents", "work-items")}  # no example is of a pull request


def test_pushes_to_the_default_branch_are_looked_at():
    for body in octokit("push"):
        is_default = body["ref"] == f"refs/heads/{body['repository']['default_branch']}"
        assert telling("push", body).asks == ({"git": []} if is_default else {})
