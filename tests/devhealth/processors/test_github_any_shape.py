"""Whatever stands anywhere in a body: a record comes of it, or it is unreadable."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from devhealth.processors import github
from devhealth.processors.reading import Unreadable
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
ODD = st.none() | st.booleans() | st.integers() | st.text() | st.just([]) | st.just({}) | (
    st.lists(st.none() | st.integers() | st.text() | st.just({}), min_size=1, max_size=2)
)  # fmt: skip


def places(body, before=()):
    """Every key and index in it, from the top."""
    inner = body.items() if isinstance(body, dict) else enumerate(body)
    for key, value in inner:
        yield (*before, key)
        if isinstance(value, dict | list):
            yield from places(value, (*before, key))


def changed(body, place, value):
    body = deepcopy(body)
    inner = body
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return body


def reason(made, raw):
    """Why it is unreadable. Null: a record came of it."""
    try:
        made(raw, API)
    except Unreadable as error:
        return str(error)
    return None


@given(read=st.sampled_from(READ), data=st.data(), odd=ODD)
def test_an_odd_value_makes_a_record_or_is_said_to_be_unreadable(read, data, odd):
    target, made, body = read
    raw = changed(body, data.draw(st.sampled_from(list(places(body)))), odd)
    assert github.address(target, raw)
    assert reason(made, raw) != ""


@given(odd=ODD)
def test_a_body_of_another_shape_is_unreadable_too(odd):
    for target, made, _ in READ:
        assert github.address(target, odd)
        assert reason(made, odd)
