"""Merge requests, repositories and incidents of GitLab."""

import pytest

from devhealth.processors import gitlab
from devhealth.processors.reading import Unreadable
from tests.provider.gitlab_things import (
    ADA,
    API,
    BOB,
    GHOST,
    URL,
    at,
    raw_commit,
    raw_event,
    raw_issue,
    raw_merge_request,
    raw_note,
    raw_project,
    text,
    with_details,
)


def told(**changes):
    return gitlab.pull_request(raw_merge_request(**changes), API)


def pull_request(**changes):
    return told(**changes).pull_request


def test_a_repository_has_the_address_that_its_clones_have():
    found = gitlab.repository(raw_project())
    assert (found.source_id, found.full_name, found.url) == (
        "gitlab.example.com",
        "acme/web/api",
        URL,
    )
    assert (found.native_id, found.provider, found.default_branch) == ("70", "gitlab", "main")
    assert not found.is_fork
    assert found.created_at.year == 2020


def test_forks_and_archived_and_empty_projects_are_told():
    found = gitlab.repository(
        raw_project(forked_from_project={"id": 1}, archived=True, default_branch=None)
    )
    assert found.is_fork
    assert found.is_archived
    assert found.default_branch is None


def test_a_project_without_an_address_is_unreadable():
    with pytest.raises(Unreadable, match="web_url"):
        gitlab.repository(raw_project(web_url="file:///srv/api"))


def test_a_merged_one_is_closed_when_it_was_merged():
    found = pull_request()
    assert (found.number, found.state, found.author_login) == (7, "merged", "gitlab:ada")
    assert found.merged_at == found.closed_at == at(12)
    assert found.ready_at == found.created_at == at(9)
    assert found.labels == ["api", "ui"]
    assert found.is_into_default


@pytest.mark.parametrize("state", ["opened", "locked"])
def test_one_that_is_open_has_no_end_whatever_is_left_of_an_earlier_one(state):
    found = pull_request(state=state, closed_at=text(at(10)), merged_at=None)
    assert (found.state, found.closed_at, found.merged_at) == ("open", None, None)
    assert found.merge_commit_hash is None


def test_one_that_was_closed_unmerged():
    found = pull_request(state="closed", merged_at=None, closed_at=text(at(10)))
    assert (found.state, found.closed_at, found.merged_at) == ("closed", at(10), None)


def test_of_the_oldest_ones_only_a_note_tells_when_they_ended():
    noted = [raw_event(1, ADA, "merged", at(11))]
    assert pull_request(merged_at=None, notes=noted).merged_at == at(11)
    closed = [raw_event(1, ADA, "closed", at(10)), raw_event(2, ADA, "closed", at(11))]
    assert pull_request(state="closed", closed_at=None, notes=closed).closed_at == at(11)


def test_one_that_was_merged_nobody_knows_when_is_unreadable():
    with pytest.raises(Unreadable, match="merged_at"):
        pull_request(merged_at=None)


@pytest.mark.parametrize("key", ["iid", "title", "state", "created_at", "web_url", "labels"])
def test_what_gitlab_promises_must_be_there(key):
    with pytest.raises(Unreadable, match=key):
        pull_request(**{key: None})


@pytest.mark.parametrize(
    ("key", "value"),
    [("state", "odd"), ("iid", "x"), ("labels", [{"name": "ui"}]), ("author", "ada")],
)
def test_what_has_another_shape_is_unreadable(key, value):
    with pytest.raises(Unreadable, match=key):
        pull_request(**{key: value})


def test_an_account_that_is_gone_has_no_login():
    assert pull_request(author=GHOST).author_login == ""
    assert pull_request(author=GHOST).author_name == ""
    assert pull_request(author=None).author_login == ""


def test_what_came_onto_the_branch():
    assert pull_request().merge_commit_hash == "b" * 40
    squashed = pull_request(merge_commit_sha=None, squash_commit_sha="c" * 40)
    assert squashed.merge_commit_hash == "c" * 40
    assert pull_request(merge_commit_sha=None).merge_commit_hash == "a" * 40  # fast-forward


@pytest.mark.parametrize(
    ("raw", "is_draft"),
    [
        ({"draft": True}, True),
        ({"draft": None, "title": "Draft: Add"}, True),
        ({"draft": None, "title": "[WIP] Add"}, True),
        ({"draft": None, "title": "Drafty"}, False),
        ({"draft": False, "title": "Draft: Add"}, False),
    ],
)
def test_drafts_of_all_ages(raw, is_draft):
    assert pull_request(**raw).is_draft == is_draft


def test_what_instances_before_drafts_say():
    raw = raw_merge_request(work_in_progress=True)
    del raw["draft"]
    assert gitlab.pull_request(raw, API).pull_request.is_draft


@pytest.mark.parametrize(
    ("description", "number"),
    [
        ("This reverts merge request !5", 5),
        ("Sorry.\n\nReverts acme/web/api!5, it broke doors", 5),
        ("reverts ACME/web/API!5", 5),
        ("Reverts acme/other!5", None),
        ("This reverts merge request !9", None),  # !7 cannot take back what came later
        ("It never reverts !5", None),
        ("This reverts commit abc", None),
        (None, None),
    ],
)
def test_reverts_of_the_same_project(description, number):
    assert pull_request(description=description).reverts_number == number


def test_commits_by_rest():
    found = told(commits=[raw_commit(2, at(8)), raw_commit(1, at(7)), raw_commit(1, at(7))])
    assert [commit.hash for commit in found.commits] == [f"{1:040x}", f"{2:040x}"]
    assert found.pull_request.first_commit_at == at(7)
    assert found.pull_request.commits_count == 3
    assert found.pull_request.loc_added is None


def test_commits_that_may_not_be_read_are_not_told():
    found = told(commits=None)
    assert found.commits == []
    assert found.pull_request.commits_count is None
    assert found.pull_request.first_commit_at is None


def test_an_absurd_clock_of_a_commit_is_not_told():
    found = told(commits=[raw_commit(1, at(7), authored_date="2500-01-01T00:00:00Z")])
    assert found.pull_request.first_commit_at is None
    assert len(found.commits) == 1


def test_details_of_graphql_tell_the_same_and_more():
    raw = raw_merge_request(
        notes=[
            raw_note(1, BOB, "Why?", at(10), type="DiffNote", resolvable=True),
            raw_event(2, BOB, "approved this merge request", at(11)),
        ],
        commits=[raw_commit(1, at(7))],
    )
    rest, graphql = (gitlab.pull_request(each, API) for each in (raw, with_details(raw)))
    assert graphql.reviews == rest.reviews
    assert graphql.comments == rest.comments
    assert graphql.commits == rest.commits
    assert graphql.pull_request.ready_at == rest.pull_request.ready_at
    assert (graphql.pull_request.loc_added, graphql.pull_request.loc_deleted) == (40, 20)
    assert (graphql.pull_request.loc_changed, graphql.pull_request.files_changed) == (60, 3)
    assert graphql.pull_request.size_bucket == "medium"
    assert graphql.pull_request.comments_count == 1


def test_graphql_counts_commits_that_it_may_not_show():
    raw = with_details(raw_merge_request(), commits=None, commitCount=4)
    found = gitlab.pull_request(raw, API)
    assert (found.commits, found.pull_request.commits_count) == ([], 4)


@pytest.mark.parametrize(
    ("version", "counted"), [("17.0.0-ee", 0), ("18.2", 0), ("16.11.1", None), (None, None)]
)
def test_whether_changes_can_be_requested_depends_on_the_instance(version, counted):
    raw = with_details(raw_merge_request(), version=version)
    assert gitlab.pull_request(raw, API).pull_request.changes_requested_count == counted


def test_where_changes_were_requested_they_can_be():
    found = pull_request(notes=[raw_event(1, BOB, "requested changes", at(10))])
    assert found.changes_requested_count == 1


def test_assistants_are_found_by_author_and_by_trailers():
    trailer = "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>\n"
    assert pull_request(commits=[raw_commit(1, at(7), message=trailer)]).ai_assistance == "assisted"
    assert pull_request(author={"username": "Copilot"}).ai_assistance == "assisted"
    assert pull_request(commits=[raw_commit(1, at(7))]).ai_assistance == "none"


def test_an_incident_that_is_over():
    found = gitlab.incident(raw_issue(), API)
    assert (found.incident_id, found.severity, found.status) == ("3000", "HIGH", "resolved")
    assert found.work_scope_id == str(API.repo_id)
    assert found.restore_hours == 2.5


def test_an_incident_that_was_opened_again_is_open():
    found = gitlab.incident(raw_issue(state="opened", severity="UNKNOWN"), API)
    assert (found.status, found.resolved_at, found.severity) == ("open", None, None)


def test_an_issue_of_another_type_is_none():
    assert gitlab.incident(raw_issue(issue_type="issue"), API) is None


@pytest.mark.parametrize(
    ("target", "raw", "known_by"),
    [
        ("prs", {"iid": 7, "title": None}, "merge request 7"),
        ("cicd", {"id": "gid://gitlab/Ci::Pipeline/500"}, "pipeline 500"),
        ("deployments", {"id": 42}, "deployment 42"),
        ("deployments", {"tag_name": "v1.2"}, "release v1.2"),
        ("incidents", {"iid": 12}, "incident 12"),
        ("incidents", {"web_url": URL}, URL),
        ("prs", {}, "merge request without `iid`"),
        ("prs", None, "merge request of no shape"),
    ],
)
def test_what_cannot_be_read_can_be_called(target, raw, known_by):
    assert gitlab.address(target, raw) == known_by
