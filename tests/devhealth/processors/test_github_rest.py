"""REST's shapes say the same as GraphQL's, with made-up people."""

from datetime import UTC, datetime

import pytest

from devhealth.places import scope_of
from devhealth.processors import github, github_rest
from devhealth.processors.reading import Unreadable
from tests.provider.github_things import repository

API = github.repository(repository())
ADA = {"login": "Ada", "id": 1, "type": "User"}
GRACE = {"login": "grace", "id": 2, "type": "User"}


def on(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def pull(**but):
    return {
        "number": 7,
        "title": "Carry the lamp",
        "html_url": "https://github.com/acme/api/pull/7",
        "state": "open",
        "draft": False,
        "user": ADA,
        "body": None,
        "created_at": "2026-03-02T08:00:00Z",
        "updated_at": "2026-03-02T12:00:00Z",
        "merged_at": None,
        "closed_at": None,
        "merge_commit_sha": "f" * 40,
        "base": {"ref": "main"},
        "head": {"ref": "lamp"},
        "labels": [{"name": "bug"}],
        **but,
    }


def review(number=1, state="APPROVED", **but):
    at = "2026-03-02T10:00:00Z"
    return {"id": number, "state": state, "user": GRACE, "submitted_at": at, **but}


def comment(number=1, **but):
    return {"id": number, "user": GRACE, "created_at": "2026-03-02T09:00:00Z", **but}


def commit(day=1):
    author = {"name": "Ada", "email": "ada@acme.example", "date": f"2026-03-0{day}T18:00:00Z"}
    return {"sha": f"{day}" * 40, "commit": {"author": author, "message": "Lamp"}}


def event(kind, hour, **more):
    return {"event": kind, "created_at": f"2026-03-02T{hour:02}:00:00Z", **more}


def test_a_listed_pull_request_tells_no_lines_and_no_commits():
    found = github_rest.pull_request(pull(), API).pull_request
    assert (found.number, found.state, found.author_login) == (7, "open", "github:ada")
    assert (found.loc_added, found.size_bucket, found.commits_count) == (None, None, None)
    assert (found.ready_at, found.merge_commit_hash) == (on(2, 8), None)  # only a trial merge


def test_one_alone_tells_how_many_there_are():
    raw = pull(additions=40, deletions=20, commits=3, comments=2, review_comments=5)
    found = github_rest.pull_request(raw, API).pull_request
    assert (found.loc_changed, found.commits_count, found.comments_count) == (60, 3, 7)


def test_a_merged_one():
    raw = pull(state="closed", merged_at="2026-03-03T10:00:00Z", closed_at="2026-03-03T10:00:00Z")
    found = github_rest.pull_request(raw, API).pull_request
    assert (found.state, found.merged_at, found.merge_commit_hash) == (
        "merged",
        on(3, 10),
        "f" * 40,
    )


def test_what_stands_beside_it_is_read_too():
    told = github_rest.pull_request(
        pull(),
        API,
        reviews=[review(1, "DISMISSED"), review(2, "PENDING", submitted_at=None)],
        review_comments=[comment(1)],
        comments=[comment(1), comment(2, user=None)],
        commits=[commit(2), commit(1)],
        events=[
            event("labeled", 8),
            event("ready_for_review", 9),
            event(
                "review_dismissed",
                11,
                dismissed_review={"state": "changes_requested", "review_id": 1},
            ),
        ],
    )
    assert [(each.review_id, each.state) for each in told.reviews] == [("1", "changes_requested")]
    assert len(told.comments) == told.pull_request.comments_count == 3
    assert [each.hash for each in told.commits] == ["1" * 40, "2" * 40]
    assert told.pull_request.ready_at == on(2, 9)
    assert told.pull_request.first_commit_at == on(1, 18)


@pytest.mark.parametrize("who", [None, {"login": "ghost", "id": 10137, "type": "User"}])
def test_an_account_that_is_gone(who):
    assert github_rest.pull_request(pull(user=who), API).pull_request.author_login == ""


def test_a_bot_has_its_own_login():
    who = {"login": "dependabot[bot]", "id": 3, "type": "Bot"}
    found = github_rest.pull_request(pull(user=who), API).pull_request
    assert found.author_login == "github:dependabot[bot]"


def test_who_is_not_told_at_all_is_missing():
    raw = pull()
    del raw["user"]
    with pytest.raises(Unreadable, match="`user` is missing"):
        github_rest.pull_request(raw, API)


def test_a_webhooks_review():
    found = github_rest.review(review(5, "commented"), pull(), API)
    assert (found.number, found.review_id, found.state) == (7, "5", "commented")
    assert (found.reviewer_login, found.author_login) == ("github:grace", "github:ada")


def test_a_review_that_is_not_submitted_is_none():
    assert github_rest.review(review(submitted_at=None), pull(), API) is None


def test_a_webhooks_comment():
    found = github_rest.comment(comment(6), 7, "issue", API)
    assert (found.comment_id, found.kind, found.created_at) == ("6", "issue", on(2, 9))


def test_a_deployment_may_say_that_it_is_for_production():
    raw = {
        "node_id": "DE_1",
        "environment": "blue",
        "production_environment": True,
        "created_at": "2026-03-03T10:00:00Z",
        "sha": "c" * 40,
        "ref": "main",
    }
    ended = {"node_id": "DES_1", "state": "success", "created_at": "2026-03-03T10:30:00Z"}
    found = github_rest.deployment(raw, API, [ended])
    assert (found.deployment_id, found.is_production, found.status) == ("DE_1", True, "success")
    assert (found.ref, found.finished_at) == ("main", on(3, 10, 30))


def release(**but):
    return {
        "node_id": "RE_1",
        "tag_name": "v1.0",
        "html_url": "https://github.com/acme/api/releases/tag/v1.0",
        "draft": False,
        "prerelease": False,
        "published_at": "2026-03-04T09:00:00Z",
        **but,
    }


def test_a_release():
    found = github_rest.release(release(), API)
    assert (found.deployment_id, found.ref, found.finished_at) == ("release:RE_1", "v1.0", on(4, 9))


def test_a_drafted_release_is_none():
    assert github_rest.release(release(draft=True, published_at=None), API) is None


def issue(**but):
    return {
        "id": 905,
        "number": 5,
        "title": "Nobody can pay",
        "html_url": "https://github.com/acme/api/issues/5",
        "state": "closed",
        "created_at": "2026-03-05T10:00:00Z",
        "closed_at": "2026-03-05T11:30:00Z",
        "labels": [{"name": "outage"}],
        **but,
    }


def test_an_issue_with_a_label_that_counts():
    found = github_rest.incident(issue(), API, labels=["outage"])
    assert (found.incident_id, found.status, found.restore_hours) == ("905", "resolved", 1.5)


@pytest.mark.parametrize(
    "raw", [issue(), issue(pull_request={"url": "…"}, labels=[{"name": "incident"}])]
)
def test_other_issues_and_pull_requests_are_none(raw):
    assert github_rest.incident(raw, API) is None


def filed(**but):
    return {
        "id": 905,
        "number": 5,
        "title": "Nobody can pay",
        "html_url": "https://github.com/acme/api/issues/5",
        "state": "closed",
        "state_reason": "not_planned",
        "user": ADA,
        "created_at": "2026-03-02T08:00:00Z",
        "updated_at": "2026-03-02T12:00:00Z",
        "closed_at": "2026-03-02T12:00:00Z",
        "labels": [{"name": "bug"}],
        "assignees": [GRACE],
        "milestone": None,
        **but,
    }


def change(number, kind, hour, **more):
    at = f"2026-03-02T{hour:02}:00:00Z"
    return {"node_id": f"E{number}", "event": kind, "created_at": at, "actor": GRACE, **more}


def test_an_issue_with_its_events_is_a_work_item():
    events = [
        change(1, "assigned", 9, assignee=GRACE),
        change(2, "subscribed", 9),
        change(3, "labeled", 10, label={"name": "bug"}),
        change(4, "milestoned", 11, milestone={"title": "Spring"}),
        change(5, "closed", 12, state_reason="not_planned"),
    ]
    found = github_rest.work_item(filed(), scope_of(API), events)
    assert found.item.status_raw == "closed: not planned"
    assert [(each.change_id, each.field, each.actor_login) for each in found.changes] == [
        ("created", "created", "github:ada"),
        ("E1", "assignee", "github:grace"),
        ("E3", "label", "github:grace"),
        ("E4", "sprint", "github:grace"),
        ("E5", "status", "github:grace"),
    ]


def test_an_issue_without_its_events_was_closed_when_it_says():
    told = {"node_id": "MI", "title": "Spring", "state": "open"}
    found = github_rest.work_item(filed(milestone=told, type={"name": "Task"}), scope_of(API))
    assert [each.field for each in found.changes] == ["created", "assignee", "status"]
    assert (found.item.item_type, found.item.sprint_id) == ("task", "MI")


def test_a_pull_request_among_issues_is_no_work_item():
    assert github_rest.work_item(filed(pull_request={"url": "x"}), scope_of(API)) is None
