"""Whatever stands anywhere in a body: a record comes of it, or it is unreadable."""

from hypothesis import given
from hypothesis import strategies as st

from devhealth.places import scope_of
from devhealth.processors import gitlab
from tests.devhealth.processors.odd import ODD, changed, places, reason
from tests.provider.gitlab_things import (
    API,
    BOB,
    activity,
    at,
    raw_commit,
    raw_deployment,
    raw_event,
    raw_issue,
    raw_label_event,
    raw_merge_request,
    raw_milestone,
    raw_note,
    raw_pipeline,
    raw_project,
    raw_release,
    raw_state_event,
    with_details,
)

MERGE_REQUEST = raw_merge_request(
    notes=[
        raw_note(1, BOB, "Why?", at(10), type="DiffNote"),
        raw_event(2, BOB, "approved this merge request", at(11)),
    ],
    commits=[raw_commit(1, at(7))],
)
ISSUE = raw_issue(
    assignees=[BOB],
    labels=["doing"],
    weight=3,
    due_date="2026-03-31",
    milestone=raw_milestone(),
    iteration=raw_milestone(state=2),
    _links={"closed_as_duplicate_of": None},
    notes=[
        raw_event(1, BOB, "assigned to @bob and unassigned @eve", at(10)),
        raw_event(2, BOB, "changed milestone to %4", at(10)),
        raw_event(3, BOB, "moved from acme/old#3", at(10)),
        raw_event(4, BOB, "changed weight to 3", at(10)),
    ],
    label_events=[raw_label_event(1, BOB, "add", (31, "Doing"), at(10))],
    state_events=[raw_state_event(1, BOB, "closed", at(11))],
)
SHOWN = {**ISSUE, "activity": activity(ISSUE), "label_names": {"31": "Doing"}}


def work_item(raw, _):
    return gitlab.work_item(raw, scope_of(API))


READ = [
    ("prs", gitlab.pull_request, MERGE_REQUEST),
    ("prs", gitlab.pull_request, with_details(MERGE_REQUEST)),
    ("cicd", gitlab.pipeline_runs, raw_pipeline()),
    ("deployments", gitlab.deployments, raw_deployment()),
    ("deployments", gitlab.deployments, raw_release()),
    ("incidents", gitlab.incident, raw_issue()),
    ("work-items", work_item, ISSUE),
    ("work-items", work_item, SHOWN),
    ("repository", lambda raw, _: gitlab.repository(raw), raw_project()),
]


@given(read=st.sampled_from(READ), data=st.data(), odd=ODD)
def test_an_odd_value_makes_a_record_or_is_said_to_be_unreadable(read, data, odd):
    target, made, body = read
    raw = changed(body, data.draw(st.sampled_from(list(places(body)))), odd)
    assert gitlab.address(target, raw)
    assert (reason(made, raw, API) or "`").startswith("`")


@given(odd=ODD)
def test_a_body_of_another_shape_is_unreadable_too(odd):
    for target, made, _ in READ:
        assert gitlab.address(target, odd)
        assert "is missing" in reason(made, odd, API)
