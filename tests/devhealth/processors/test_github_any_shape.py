"""Whatever stands anywhere in a body: a record comes of it, or it is unreadable."""

from hypothesis import given
from hypothesis import strategies as st

from devhealth.processors import github
from tests.devhealth.processors.odd import ODD, changed, places, reason
from tests.provider.github_things import (
    comment,
    commit,
    deployment,
    dismissal,
    event,
    issue,
    job,
    merged,
    nodes,
    release,
    repository,
    review,
    run,
    status,
)

API = github.repository(repository())
PULL = merged(
    labels=[{"name": "bug"}],
    reviews=[review(1, "DISMISSED", comments=[comment(2)])],
    comments=[comment(3)],
    commits=[commit()],
    timelineItems=[
        event("ReadyForReviewEvent", "2026-03-02 09:00"),
        dismissal("PRR_1", "APPROVED"),
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
