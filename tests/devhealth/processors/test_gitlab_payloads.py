"""What public projects' GitLab has answered: each is a record, or unreadable for a named reason."""

from collections import defaultdict

import pytest

from devhealth.places import scope_of
from devhealth.processors import gitlab
from devhealth.processors.reading import Unreadable
from tests import payloads
from tests.provider.gitlab_things import API


def said(table):
    """By merge request."""
    found = defaultdict(list)
    for body, asked in payloads.devlake("gitlab", table):
        found[asked["Iid"]].append(body)
    return found


def merge_requests():
    notes, commits = said("merge_request_notes"), said("merge_request_commits")
    for table in ("merge_requests", "merge_requests_for_mr_notes_test"):
        for body, _ in payloads.devlake("gitlab", table):
            yield body | {"notes": notes[body["iid"]], "commits": commits[body["iid"]]}


def bodies(table):
    return (body for body, _ in payloads.devlake("gitlab", table))


def read(made, raws):
    """How many records were made, and the reasons of those that could not be."""
    records, reasons = 0, []
    for raw in raws:
        try:
            records += len(made(raw))
        except Unreadable as error:
            reasons.append(str(error))
    return records, sorted(set(reasons))


def notes_alone(raw):
    """One note of its own, in whatever merge request."""
    [merge_request] = [raw for raw in merge_requests() if raw["iid"] == 1][:1]
    told = gitlab.pull_request(merge_request | {"notes": [raw]}, API)
    return [*told.reviews, *told.comments]


@pytest.mark.parametrize(
    ("made", "raws", "reasons"),
    [
        (lambda raw: [gitlab.pull_request(raw, API)], merge_requests(), []),
        (lambda raw: [gitlab.work_item(raw, scope_of(API))], bodies("issues"), []),
        (lambda raw: gitlab.pipeline_runs(raw, API), bodies("pipeline_details"), []),
        (lambda raw: gitlab.pipeline_runs(raw, API), bodies("pipeline"), []),
        (
            lambda raw: gitlab.deployments(raw, API),
            bodies("deployments"),
            ["`status` is none that is known."],  # one says `completed`
        ),
    ],
    ids=["merge requests", "issues", "pipelines", "listed pipelines", "deployments"],
)
def test_each_is_a_record_or_unreadable_for_a_reason(made, raws, reasons):
    records, found = read(made, raws)
    assert records
    assert found == reasons


def test_no_issue_among_them_is_an_incident():
    assert {gitlab.incident(raw, API) for raw in bodies("issues")} == {None}


def test_notes_are_reviews_comments_or_the_systems():
    found = [notes_alone(raw) for raw in bodies("merge_request_notes")]
    assert sum(map(len, found)) == 9  # 5 approvals, 4 comments; what is left the system noted
