"""Whatever stands anywhere in a body: a record comes of it, or it is unreadable."""

from hypothesis import given
from hypothesis import strategies as st

from devhealth.places import scope_of
from devhealth.processors import github
from tests.devhealth.processors.odd import ODD, changed, places, reason
from tests.provider.github_things import (
    change,
    closed,
    comment,
    commit,
    deployment,
    dismissal,
    event,
    issue,
    job,
    merged,
    milestone,
    nodes,
    release,
    repository,
    review,
    run,
    status,
    user,
)

API = github.repository(repository())
SCOPE = scope_of(API)
PULL = merged(
    labels=[{"name": "bug"}],
    reviews=[review(1, "DISMISSED", comments=[comment(2)])],
    comments=[comment(3)],
    commits=[commit()],
    timelineItems=[
        event("ReadyForReviewEvent", "2026-03-02 09:00"),
        dismissal("PRR_1", "APPROVED"),
    ],
    closingIssuesReferences=[{"number": 5, "repository": {"nameWithOwner": "acme/api"}}],
)
ISSUE = closed(
    labels=["bug", "points: 3"],
    assignees=[user()],
    milestone=milestone(),
    issueType={"name": "Bug"},
    parent={"fullDatabaseId": "4"},
    timelineItems=[
        change(1, "Labeled", "2026-03-05 11:00", label={"name": "bug"}),
        change(2, "Assigned", "2026-03-05 12:00", assignee=user()),
        change(3, "Closed", "2026-03-05 13:00", stateReason="COMPLETED"),
        change(4, "Reopened", "2026-03-05 14:00"),
        change(5, "Milestoned", "2026-03-05 15:00", milestoneTitle="Spring"),
        change(6, "Transferred", "2026-03-05 16:00", fromRepository={"nameWithOwner": "a/b"}),
    ],
)
RUN = run(
    run_attempt=2,
    earlier_attempts=[run(conclusion="failure")],
    jobs=[job("2026-03-02 08:01", "2026-03-02 08:05")],
)
DEPLOYMENT = deployment(statuses=[status("SUCCESS", "2026-03-03 11:00")])
READ = [
    ("prs", github.pull_request, nodes(PULL)),
    ("cicd", github.pipeline_runs, RUN),
    ("deployments", github.deployments, nodes(DEPLOYMENT)),
    ("deployments", github.deployments, nodes(release())),
    ("incidents", github.incident, nodes(issue())),
    ("work-items", lambda raw, _: github.work_item(raw, SCOPE), nodes(ISSUE)),
    ("repository", lambda raw, _: github.repository(raw), repository()),
]


@given(read=st.sampled_from(READ), data=st.data(), odd=ODD)
def test_an_odd_value_makes_a_record_or_is_said_to_be_unreadable(read, data, odd):
    target, made, body = read
    raw = changed(body, data.draw(st.sampled_from(list(places(body)))), odd)
    assert github.address(target, raw)
    assert (reason(made, raw, API) or "`").startswith("`")


@given(odd=ODD)
def test_a_body_of_another_shape_is_unreadable_too(odd):
    for target, made, _ in READ:
        assert github.address(target, odd)
        assert reason(made, odd, API)
