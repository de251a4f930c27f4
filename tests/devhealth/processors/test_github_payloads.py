"""What public projects' GitHub has said: each is a record, or unreadable for a named reason."""

from collections import defaultdict

import pytest

from devhealth.places import scope_of
from devhealth.processors import github, github_rest
from devhealth.processors.reading import Unreadable
from tests import payloads
from tests.provider.github_things import repository

API = github.repository(repository())
SCOPE = scope_of(API)


def rows(table):
    return (body for body, _ in payloads.devlake("github", table))


def by_pull_request(table):
    found = defaultdict(list)
    for body, asked in payloads.devlake("github", table):
        found[asked["Number"]].append(body)
    return found


def pulls():
    reviews, commits = (
        by_pull_request("pull_request_reviews"),
        by_pull_request("pull_request_commits"),
    )
    for body in rows("pull_requests"):
        number = body["number"]
        yield lambda body=body, number=number: github_rest.pull_request(
            body, API, reviews=reviews[number], commits=commits[number]
        )


def made(read, bodies):
    return (lambda body=body: read(body) for body in bodies)


def hooks(event, key):
    return (body[key] for body in payloads.octokit(event))


def of_hook(read, event, key):
    return made(read, hooks(event, key))


def pull_request(raw):
    return github_rest.pull_request(raw, API)


def reviews():
    for body in payloads.octokit("pull_request_review"):
        yield lambda body=body: github_rest.review(body["review"], body["pull_request"], API)


def deployments():
    for body in payloads.octokit("deployment_status"):
        yield lambda body=body: github_rest.deployment(
            body["deployment"], API, [body["deployment_status"]]
        )


def release(raw):
    return github_rest.release(raw, API)


def incident(raw):
    labels = [each["name"] for each in raw.get("labels") or ()]
    return github_rest.incident(raw, API, labels)


def work_items():
    events = defaultdict(list)
    for body in rows("events"):
        events[body["issue"]["number"]].append(body)
    for body in rows("issues"):
        yield lambda body=body: github_rest.work_item(body, SCOPE, events[body["number"]])


def items_of_events():
    """Each issue that an event brings along, with that event."""
    for body in rows("events"):
        yield lambda body=body: github_rest.work_item(body["issue"], SCOPE, [body])


def work_item(raw):
    return github_rest.work_item(raw, SCOPE)


def run(raw):
    return github.pipeline_runs(raw, API)


def issue_comment(raw):
    return github_rest.comment(raw, 7, "issue", API)


def line_comment(raw):
    return github_rest.comment(raw, 7, "review", API)


def deployment(raw):
    return github_rest.deployment(raw, API)


CASES = {
    "pull requests": (pulls, []),
    "pull requests of bots": (lambda: made(pull_request, rows("pull_requests_bot_filter")), []),
    "runs": (lambda: made(run, rows("runs")), []),
    "comments": (lambda: made(issue_comment, rows("comments")), []),
    "issues": (lambda: made(incident, rows("issues")), []),
    "work items": (work_items, []),
    "work items of events": (items_of_events, []),
    "work items of hooks": (lambda: of_hook(work_item, "issues", "issue"), ["`state` is missing."]),
    "hooks of pull requests": (lambda: of_hook(pull_request, "pull_request", "pull_request"), []),
    "hooks of reviews": (reviews, []),
    "hooks of comments": (lambda: of_hook(issue_comment, "issue_comment", "comment"), []),
    "hooks of lines": (lambda: of_hook(line_comment, "pull_request_review_comment", "comment"), []),
    "comments of lines": (lambda: made(line_comment, rows("pull_request_review_comments")), []),
    "hooks of begun deployments": (lambda: of_hook(deployment, "deployment", "deployment"), []),
    "hooks of runs": (lambda: of_hook(run, "workflow_run", "workflow_run"), []),
    "hooks of deployments": (deployments, []),
    "hooks of releases": (lambda: of_hook(release, "release", "release"), []),
    "hooks of issues": (lambda: of_hook(incident, "issues", "issue"), ["`state` is missing."]),
    "hooks of repositories": (lambda: of_hook(github.repository, "repository", "repository"), []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_is_a_record_or_unreadable_for_a_reason(case):
    every, expected = CASES[case]
    records, reasons = 0, set()
    for each in every():
        try:
            records += each() not in (None, [])
        except Unreadable as error:
            reasons.add(str(error))
    assert records or expected
    assert sorted(reasons) == expected
