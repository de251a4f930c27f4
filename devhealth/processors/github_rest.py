"""GitHub's REST shapes, which webhooks have too → records: named as GraphQL names things, read so.

Runs and repositories have no other shape than REST's: see `github`. What a body does not tell is
null; what stands beside it (reviews, comments, commits, events) is given beside it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from devhealth.models.records import Comment, Deployment, Incident, Repository, Review, WorkScope
from devhealth.processors import github
from devhealth.processors.github_nodes import labels as labels_of
from devhealth.processors.github_nodes import login
from devhealth.processors.reading import Raw, Unreadable, count, ident, needed, part, text, whole
from devhealth.processors.told import ToldPullRequest, ToldWorkItem

_GHOST = 10137  # the account that stands for those that are gone
_CHANGES = {
    "labeled": "LabeledEvent",
    "unlabeled": "UnlabeledEvent",
    "assigned": "AssignedEvent",
    "unassigned": "UnassignedEvent",
    "closed": "ClosedEvent",
    "reopened": "ReopenedEvent",
    "milestoned": "MilestonedEvent",
    "demilestoned": "DemilestonedEvent",
}
_EVENTS = {"ready_for_review": "ReadyForReviewEvent", "convert_to_draft": "ConvertToDraftEvent"}


def pull_request(
    raw: Raw,
    repository: Repository,
    *,
    reviews: Iterable[Raw] = (),
    review_comments: Sequence[Raw] = (),
    comments: Sequence[Raw] = (),
    commits: Sequence[Raw] = (),
    events: Iterable[Raw] = (),
) -> ToldPullRequest:
    """A body of `/pulls/7`, of a list or a webhook, with what other lists tell. UTC.

    `events` are the issue's. Without them one that is no draft counts as opened ready, and a
    dismissed review as a comment. Raises `Unreadable`.
    """
    node = _pull_request(raw) | {
        "reviews": _nodes(_review, reviews),
        "lineComments": _nodes(_comment, review_comments),
        "comments": _nodes(_comment, comments),
        "commits": _nodes(_commit, commits) | {"totalCount": count(raw, "commits")},
        "timelineItems": _nodes(_event, events),
    }
    told = github.pull_request(node, repository)
    if not commits and raw.get("commits") is None:
        told.pull_request.commits_count = None
    if not comments and not review_comments:
        said = (count(raw, "comments") or 0) + (count(raw, "review_comments") or 0)
        told.pull_request.comments_count = said
    return told


def review(raw: Raw, pull_request: Raw, repository: Repository) -> Review | None:
    """Null: it was not submitted yet. Raises `Unreadable`."""
    number, author = whole(pull_request, "number"), login(_authored(pull_request), "author")
    node = _review(raw)
    if node["submittedAt"] is None:
        return None
    return github.review(node, repository, number, author, before=None)


def comment(raw: Raw, number: int, kind: str, repository: Repository) -> Comment:
    """`kind`: issue or review. Raises `Unreadable`."""
    return github.comment(_comment(raw), repository, number, kind)


def deployment(raw: Raw, repository: Repository, statuses: Iterable[Raw] = ()) -> Deployment:
    """A body of `/deployments/7` with its statuses. Raises `Unreadable`."""
    node = {
        "__typename": "Deployment",
        "id": text(raw, "node_id"),
        "environment": text(raw, "environment"),
        "isProduction": raw.get("production_environment"),
        "createdAt": text(raw, "created_at"),
        "commitOid": text(raw, "sha"),
        "ref": {"name": text(raw, "ref")},
        "statuses": _nodes(_status, statuses),
    }
    return github.deployments(node, repository)[0]


def release(raw: Raw, repository: Repository) -> Deployment | None:
    """A body of `/releases/7`. Null: it is a draft. Raises `Unreadable`."""
    node = {
        "__typename": "Release",
        "id": text(raw, "node_id"),
        "tagName": text(raw, "tag_name"),
        "url": text(raw, "html_url"),
        "isDraft": needed(raw, "draft"),
        "isPrerelease": needed(raw, "prerelease"),
        "publishedAt": raw.get("published_at"),
    }
    return next(iter(github.deployments(node, repository)), None)


def incident(
    raw: Raw, repository: Repository, labels: Sequence[str] = ("incident",)
) -> Incident | None:
    """A body of `/issues/7`. Null: a pull request, or none of these labels. Raises `Unreadable`."""
    if raw.get("pull_request") is not None:
        return None
    node = {
        "__typename": "Issue",
        "fullDatabaseId": ident(raw, "id"),
        "title": text(raw, "title"),
        "url": text(raw, "html_url"),
        "state": text(raw, "state").upper(),
        "createdAt": raw.get("created_at"),
        "closedAt": raw.get("closed_at"),
        "labels": _nodes(_label, raw.get("labels") or ()),
    }
    if not set(labels) & set(labels_of(node)):
        return None
    return github.incident(node, repository)


def work_item(raw: Raw, scope: WorkScope, events: Iterable[Raw] = ()) -> ToldWorkItem | None:
    """A body of `/issues/7`, of a list or a webhook, with what `/issues/7/events` tells.

    REST tells no parent, and not where it was transferred from. Null: a pull request. Raises
    `Unreadable`.
    """
    if raw.get("pull_request") is not None:
        return None
    node = {
        "__typename": "Issue",
        "fullDatabaseId": ident(raw, "id"),
        "number": whole(raw, "number"),
        "title": text(raw, "title"),
        "url": text(raw, "html_url"),
        "state": text(raw, "state").upper(),
        "stateReason": text(raw, "state_reason", "").upper(),
        "createdAt": text(raw, "created_at"),
        "updatedAt": text(raw, "updated_at"),
        "closedAt": raw.get("closed_at"),
        "issueType": raw.get("type"),
        "milestone": _milestone(part(raw, "milestone")),
        **_authored(raw),
        "labels": _nodes(_label, raw.get("labels") or ()),
        "assignees": _nodes(_account, raw.get("assignees") or ()),
        "timelineItems": _nodes(_change, events),
    }
    return github.work_item(node, scope)


def _milestone(raw: Raw) -> dict[str, Any] | None:
    if not raw:
        return None
    return {
        "id": ident(raw, "node_id"),
        "title": text(raw, "title"),
        "state": text(raw, "state").upper(),
        "dueOn": raw.get("due_on"),
        "closedAt": raw.get("closed_at"),
    }


def _change(raw: Raw) -> dict[str, Any]:
    """Of an event that says nothing of the issue's history its kind is ''."""
    return {
        "__typename": _CHANGES.get(text(raw, "event"), ""),
        "id": ident(raw, "node_id"),
        "createdAt": text(raw, "created_at"),
        "actor": _account(raw.get("actor")),
        "assignee": _account(raw.get("assignee")),
        "label": raw.get("label"),
        "milestoneTitle": text(part(raw, "milestone"), "title", ""),
        "stateReason": text(raw, "state_reason", "").upper(),
    }


def _pull_request(raw: Raw) -> dict[str, Any]:
    is_merged = raw.get("merged_at") is not None
    commit = raw.get("merge_commit_sha")
    return {
        "number": whole(raw, "number"),
        "title": text(raw, "title"),
        "url": text(raw, "html_url"),
        "state": "MERGED" if is_merged else text(raw, "state").upper(),
        "isDraft": raw.get("draft"),
        "body": text(raw, "body", ""),
        **_authored(raw),
        "createdAt": text(raw, "created_at"),
        "updatedAt": text(raw, "updated_at"),
        "mergedAt": raw.get("merged_at"),
        "closedAt": raw.get("closed_at"),
        "baseRefName": text(needed(raw, "base"), "ref"),
        "headRefName": text(needed(raw, "head"), "ref"),
        "additions": raw.get("additions"),
        "deletions": raw.get("deletions"),
        "changedFiles": raw.get("changed_files"),
        "mergeCommit": {"oid": commit} if is_merged and commit else None,
        "labels": _nodes(_label, raw.get("labels") or ()),
    }


def _authored(raw: Raw) -> dict[str, Any]:
    """Its `author`, null where the account is gone. Raises `Unreadable` where nothing is told."""
    if "user" not in raw:
        raise Unreadable("`user` is missing.")
    return {"author": _account(raw["user"])}


def _account(user: Any) -> dict[str, Any] | None:
    """Null: it is gone."""
    if user is None or (isinstance(user, dict) and user.get("id") == _GHOST):
        return None
    kind = text(user, "type", "User")
    is_bot = kind == "Bot" and text(user, "login").endswith("[bot]")
    return {"__typename": "Bot" if is_bot else "User", "login": text(user, "login")}


def _review(raw: Raw) -> dict[str, Any]:
    own = ident(raw, "id")
    return {
        "id": own,
        "fullDatabaseId": own,
        "state": text(raw, "state").upper(),
        "submittedAt": raw.get("submitted_at"),
        **_authored(raw),
        "comments": {"nodes": []},
    }


def _comment(raw: Raw) -> dict[str, Any]:
    own, at = ident(raw, "id"), text(raw, "created_at")
    return {"fullDatabaseId": own, "createdAt": at, **_authored(raw)}


def _commit(raw: Raw) -> dict[str, Any]:
    told = needed(raw, "commit")
    author = needed(told, "author")
    return {
        "commit": {
            "oid": text(raw, "sha"),
            "message": text(told, "message", ""),
            "authoredDate": text(author, "date"),
            "committedDate": part(told, "committer").get("date"),
            "author": author,
        }
    }


def _event(raw: Raw) -> dict[str, Any]:
    kind, at = text(raw, "event"), text(raw, "created_at")
    if kind != "review_dismissed":
        return {"__typename": _EVENTS.get(kind, ""), "createdAt": at}
    told = needed(raw, "dismissed_review")
    return {
        "__typename": "ReviewDismissedEvent",
        "createdAt": at,
        "previousReviewState": text(told, "state").upper(),
        "review": {"id": ident(told, "review_id")},
    }


def _status(raw: Raw) -> dict[str, Any]:
    return {
        "id": ident(raw, "node_id"),
        "state": text(raw, "state"),
        "createdAt": text(raw, "created_at"),
        "logUrl": raw.get("log_url"),
    }


def _label(raw: Raw) -> dict[str, Any]:
    return {"name": text(raw, "name")}


def _nodes(named: Callable[[Raw], dict[str, Any] | None], raws: Iterable[Raw]) -> dict[str, Any]:
    return {"nodes": [named(each) for each in raws]}
