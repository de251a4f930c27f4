"""Of what a webhook says only where to look is read; whatever else it says is not."""

from types import MappingProxyType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.inbound.tellings import event_id, installation_of, told
from devhealth.remote import TARGETS
from tests.apps.inbound import told as given_body

REPOSITORY = {"full_name": "acme/api", "default_branch": "main"}
PROJECT = {"path_with_namespace": "acme/web/api", "default_branch": "main"}
LOOKED_AT = {"git", *TARGETS}


def github(kind, **body):
    found = told("github", {"X-GitHub-Event": kind}, {"repository": REPOSITORY} | body)
    return dict(found.asks)


def gitlab(kind, **body):
    return dict(told("gitlab", {}, {"object_kind": kind, "project": PROJECT} | body).asks)


def test_a_source_is_named_in_the_providers_words():
    bodies = given_body.BODIES
    sources = [told(name, {}, bodies[name]()).source for name in ("github", "gitlab", "jira")]
    assert sources == ["acme/api", "acme/web/api", "ABC"]


@pytest.mark.parametrize(
    ("kind", "body", "asks"),
    [
        ("push", {"ref": "refs/heads/main"}, {"git": []}),
        ("push", {"ref": "refs/heads/lamp"}, {}),
        ("push", {"ref": "refs/tags/main"}, {}),
        ("pull_request", {"pull_request": {"number": 7}}, {"prs": ["7"]}),
        ("pull_request_review", {"pull_request": {"number": 7}}, {"prs": ["7"]}),
        ("pull_request_review_comment", {"pull_request": {"number": 7}}, {"prs": ["7"]}),
        ("pull_request_review_thread", {"pull_request": {"number": 7}}, {"prs": ["7"]}),
        ("issue_comment", {"issue": {"number": 7, "pull_request": {}}}, {"prs": ["7"]}),
        ("issues", {"issue": {"number": 5}}, {"incidents": ["5"], "work-items": ["5"]}),
        ("issue_comment", {"issue": {"number": 5}}, {"incidents": ["5"], "work-items": ["5"]}),
        ("workflow_run", {"workflow_run": {"id": 30433642}}, {"cicd": ["30433642"]}),
        ("workflow_job", {"workflow_job": {"id": 1, "run_id": 30433642}}, {"cicd": ["30433642"]}),
        ("deployment", {"deployment": {"id": 4}}, {"deployments": ["4"]}),
        ("deployment_status", {"deployment": {"id": 4}}, {"deployments": ["4"]}),
        ("release", {"release": {"id": 9}}, {"deployments": ["release:9"]}),
        ("ping", {"zen": "Keep it logically awesome."}, {}),
        ("star", {}, {}),
    ],
)
def test_githubs_events_say_where_to_look(kind, body, asks):
    assert github(kind, **body) == asks


@pytest.mark.parametrize(
    ("kind", "body", "asks"),
    [
        ("push", {"ref": "refs/heads/main"}, {"git": []}),
        ("push", {"ref": "refs/heads/lamp"}, {}),
        ("merge_request", {"object_attributes": {"id": 90, "iid": 7}}, {"prs": ["7"]}),
        ("note", {"merge_request": {"iid": 7}}, {"prs": ["7"]}),
        ("note", {"issue": {"iid": 5}}, {"incidents": ["5"], "work-items": ["5"]}),
        ("note", {"snippet": {"id": 5}}, {}),
        ("issue", {"object_attributes": {"iid": 5}}, {"incidents": ["5"], "work-items": ["5"]}),
        ("work_item", {"object_attributes": {"iid": 5}}, {"incidents": ["5"], "work-items": ["5"]}),
        ("pipeline", {"object_attributes": {"id": 500}}, {"cicd": ["500"]}),
        ("build", {"build_id": 1, "pipeline_id": 500}, {"cicd": ["500"]}),
        ("deployment", {"deployment_id": 42}, {"deployments": ["42"]}),
        ("release", {"tag": "v1/2"}, {"deployments": ["release:v1/2"]}),
        ("emoji", {}, {}),
    ],
)
def test_gitlabs_events_say_where_to_look(kind, body, asks):
    assert gitlab(kind, **body) == asks


@pytest.mark.parametrize("event", ["jira:issue_created", "jira:issue_deleted", "comment_created"])
def test_jiras_events_say_which_issue(event):
    found = told("jira", {}, given_body.issue(event=event))
    assert (found.source, found.asks) == ("ABC", {"work-items": ["20001"]})


def test_of_jira_what_is_of_no_issue_says_nothing():
    assert told("jira", {}, {"webhookEvent": "sprint_started", "sprint": {"id": 1}}).asks == {}


@pytest.mark.parametrize(
    "number", [None, True, 1.5, "", "7'", "7 or 1=1", "../9", [7], {"id": 7}, "٧", 10**30, -1]
)
def test_what_is_no_number_is_no_name(number):
    assert github("pull_request", pull_request={"number": number}) == {}


@pytest.mark.parametrize("tag", ["", "../../user", "a\nb", "x" * 300, "v1?per_page=1", None, {}])
def test_what_is_no_tag_is_no_name(tag):
    assert gitlab("release", tag=tag) == {}


@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 300, None, 5])
def test_without_a_readable_source_nothing_is_looked_at(name):
    found = told("github", {"X-GitHub-Event": "pull_request"}, given_body.pull_request(7, name))
    assert (found.source, found.asks) == ("", {})


WORDS = (
    "action", "issue", "pull_request", "repository", "number", "id", "key", "iid", "tag", "release",
    "object_kind", "object_attributes", "project", "full_name", "installation",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=20,
)


@example(provider="github", kind="issues", body={"action": "opened\x00"})
@given(
    provider=st.sampled_from(["github", "gitlab", "jira"]),
    kind=st.sampled_from(["push", "pull_request", "issues", "issue_comment", "release", "é" * 200]),
    body=JSON,
)
def test_whatever_is_sent_it_is_read_or_says_nothing(provider, kind, body):
    headers = MappingProxyType({"X-GitHub-Event": kind})
    found = told(provider, headers, body)
    assert set(found.asks) <= LOOKED_AT
    assert len(found.kind) <= 100
    assert "\x00" not in found.kind
    assert len(found.source) <= 255
    assert isinstance(installation_of(body), str)


def test_a_delivery_has_the_providers_id_or_that_of_its_bytes():
    assert event_id("github", {"X-GitHub-Delivery": "72d3162e"}, b"") == "72d3162e"
    assert event_id("gitlab", {"webhook-id": "a", "X-Gitlab-Event-UUID": "b"}, b"") == "a"
    assert event_id("jira", {}, b"1") == event_id("jira", {}, b"1") != event_id("jira", {}, b"2")
    assert len(event_id("github", {"X-GitHub-Delivery": "x" * 5000}, b"")) == 64
