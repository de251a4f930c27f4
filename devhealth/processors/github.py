"""GitHub's words → records: nodes of its GraphQL, workflow runs and repositories of its REST.

People are told as `github_nodes` says.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid5

from devhealth.models.records import (
    Comment,
    Deployment,
    Incident,
    PipelineRun,
    PullRequest,
    PullRequestCommit,
    Repository,
    Review,
)
from devhealth.processors.assistants import ai_assistance
from devhealth.processors.durations import hours
from devhealth.processors.github_delivery import deployment, release, runs
from devhealth.processors.github_issues import work_item
from devhealth.processors.github_nodes import labels, login, name, nodes, whole_thing
from devhealth.processors.local import REPOSITORIES, size_bucket
from devhealth.processors.reading import (
    KEYED,
    Raw,
    Unreadable,
    count,
    ident,
    instant,
    moment,
    needed,
    part,
    text,
    whole,
)
from devhealth.processors.references import Home, refers_to
from devhealth.processors.remotes import remote
from devhealth.processors.reverts import reverted
from devhealth.processors.told import ToldPullRequest
from devhealth.processors.trailers import co_authors

__all__ = [
    "address",
    "comment",
    "deployments",
    "incident",
    "known_by",
    "pipeline_runs",
    "pull_request",
    "repository",
    "review",
    "work_item",
]

_STATES = {"OPEN": "open", "CLOSED": "closed", "MERGED": "merged"}
_SUBMITTED = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
}
_SEVERITY = re.compile(
    r"sev(erity)?[ :/_-]*\d+|(sev|severity|priority)[ :/_-]+\w+|p[0-5]", re.IGNORECASE
)


def repository(raw: Raw) -> Repository:
    """REST's body of `/repos/owner/name`. Raises `Unreadable`."""
    url = text(raw, "html_url")
    at = remote(url)
    if at is None:
        raise Unreadable("`html_url` is no address of a repository.")
    return Repository(
        repo_id=uuid5(REPOSITORIES, f"{at.host}/{at.path}".lower()),
        source_id=at.host,
        provider="github",
        full_name=text(raw, "full_name"),
        url=url,
        native_id=ident(raw, "id"),
        default_branch=text(raw, "default_branch", "") or None,
        is_fork=bool(needed(raw, "fork")),
        is_archived=bool(raw.get("archived")),
        created_at=instant(raw, "created_at"),
    )


def pull_request(raw: Raw, repository: Repository) -> ToldPullRequest:
    """A node of GraphQL with all of its lists. Raises `Unreadable`."""
    whole_thing(raw)
    number, author = whole(raw, "number"), login(raw, "author")
    commits = [part(node, "commit") for node in nodes(raw, "commits")]
    reviews = _reviews(raw, repository, number, author)
    comments = _comments(raw, repository, number)
    told = _pull_request(raw, repository, number, author)
    told.comments_count = len(comments)
    told.commits_count = count(raw["commits"], "totalCount") or len(commits)
    told.first_commit_at = min((moment(each, "authoredDate") for each in commits), default=None)
    if _is_assisted(author, commits):
        told.ai_assistance = "assisted"
    told.refers_to = _refers_to(raw, repository, told)
    committed = {text(each, "oid"): instant(each, "committedDate") for each in commits}
    return ToldPullRequest(
        pull_request=told,
        commits=[
            PullRequestCommit(repo_id=repository.repo_id, number=number, hash=each, committed_at=at)
            for each, at in sorted(committed.items())
        ],
        reviews=reviews,
        comments=comments,
    )


def pipeline_runs(raw: Raw, repository: Repository) -> list[PipelineRun]:
    """The attempts of a workflow run of REST; see `github_delivery.runs`. Raises `Unreadable`."""
    return runs(raw, repository)


def deployments(raw: Raw, repository: Repository) -> list[Deployment]:
    """Of a node of GraphQL: a deployment or a release, which is none as long as it is a draft.

    Raises `Unreadable`.
    """
    whole_thing(raw)
    kind = text(raw, "__typename")
    if kind == "Deployment":
        return [deployment(raw, repository)]
    if kind == "Release":
        return [] if needed(raw, "isDraft") else [release(raw, repository)]
    raise Unreadable("`__typename` is neither Deployment nor Release.")


def incident(raw: Raw, repository: Repository) -> Incident | None:
    """An issue of GraphQL that carries one of the labels that the connector asked for.

    Its severity is the first of its labels that reads like one (`sev1`, `severity: high`, `P0`).
    Null: it is a pull request. Raises `Unreadable`.
    """
    whole_thing(raw)
    if text(raw, "__typename") != "Issue":
        return None
    names = labels(raw)
    is_open = text(raw, "state") == "OPEN"
    started_at, closed_at = moment(raw, "createdAt"), instant(raw, "closedAt")
    resolved_at = None if is_open else closed_at
    return Incident(
        source_id=repository.source_id,
        incident_id=ident(raw, "fullDatabaseId"),
        repo_id=repository.repo_id,
        work_scope_id=str(repository.repo_id),
        title=text(raw, "title"),
        severity=next((each for each in names if _SEVERITY.fullmatch(each)), None),
        status="open" if is_open else "resolved",
        started_at=started_at,
        resolved_at=resolved_at,
        restore_hours=hours(started_at, resolved_at),
        url=text(raw, "url"),
    )


def known_by(target: str, raw: Raw) -> str:
    """The id that the records of a thing have, from what a sweep asks for. Raises `Unreadable`."""
    if target == "prs":
        return str(whole(raw, "number"))
    if target in ("incidents", "work-items"):
        return ident(raw, "fullDatabaseId")
    own = ident(raw, "id")
    return f"release:{own}" if raw.get("__typename") == "Release" else own


def address(target: str, raw: Any) -> str:
    """What a broken thing is called, from as much of it as can be read: its URL, or a few words."""
    if not isinstance(raw, KEYED):
        return f"{target}: something that is no object"
    thing = _THINGS.get(target, target)
    for key in ("html_url", "url", "number", "id", "node_id"):
        value = raw.get(key)
        if isinstance(value, str) and value.startswith("http"):
            return value[:500]
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return f"{thing} {value}"[:500]
    return f"{thing} without a number"


_THINGS = {
    "prs": "pull request",
    "cicd": "run",
    "deployments": "deployment",
    "incidents": "issue",
    "work-items": "issue",
}


def _pull_request(raw: Raw, repository: Repository, number: int, author: str) -> PullRequest:
    state = _STATES.get(text(raw, "state"))
    if state is None:
        raise Unreadable("`state` is none of OPEN, CLOSED and MERGED.")
    merged_at = moment(raw, "mergedAt") if state == "merged" else None
    added, deleted = count(raw, "additions"), count(raw, "deletions")
    changed = None if added is None or deleted is None else added + deleted
    base, head = text(raw, "baseRefName"), text(raw, "headRefName", "")
    return PullRequest(
        repo_id=repository.repo_id,
        number=number,
        title=text(raw, "title"),
        url=text(raw, "url"),
        state=state,
        is_draft=bool(raw.get("isDraft")),
        author_login=author,
        author_name=name(raw, "author"),
        created_at=moment(raw, "createdAt"),
        updated_at=moment(raw, "updatedAt"),
        ready_at=_ready_at(raw),
        merged_at=merged_at,
        closed_at=None if state == "open" else instant(raw, "closedAt") or merged_at,
        base_branch=base,
        head_branch=head,
        is_into_default=base == repository.default_branch,
        merge_commit_hash=text(part(raw, "mergeCommit"), "oid", "") or None if merged_at else None,
        loc_added=added,
        loc_deleted=deleted,
        loc_changed=changed,
        files_changed=count(raw, "changedFiles"),
        size_bucket=None if changed is None else size_bucket(changed),
        changes_requested_count=0,  # before anybody is known; null would say that none can ask
        reverts_number=reverted(repository.full_name, number, head, text(raw, "body", "")),
        labels=labels(raw),
    )


def _refers_to(raw: Raw, repository: Repository, told: PullRequest) -> list[str]:
    """GitHub says which issues it will close; older answers do not."""
    closing = nodes(raw, "closingIssuesReferences") if "closingIssuesReferences" in raw else ()
    home = Home(prefix="gh", host=repository.source_id, full_name=repository.full_name)
    return refers_to(
        home,
        told=[
            f"gh:{text(part(each, 'repository'), 'nameWithOwner')}#{whole(each, 'number')}"
            for each in closing
        ],
        title=told.title,
        branch=told.head_branch,
        body=text(raw, "body", ""),
    )


def _ready_at(raw: Raw) -> datetime | None:
    """When it was opened, unless as a draft: then when that first ended. Null: it never did.

    It was opened as a draft if the first that became of that is its end, or if it still is one.
    """
    events = sorted(
        (moment(each, "createdAt"), each["__typename"] == "ReadyForReviewEvent")
        for each in nodes(raw, "timelineItems")
        if each.get("__typename") in ("ReadyForReviewEvent", "ConvertToDraftEvent")
    )
    was_draft = events[0][1] if events else bool(raw.get("isDraft"))
    if not was_draft:
        return moment(raw, "createdAt")
    return events[0][0] if events else None


def _reviews(raw: Raw, repository: Repository, number: int, author: str) -> list[Review]:
    """Those that were submitted, each once."""
    before = dict(_dismissed(raw))
    found = [
        review(node, repository, number, author, before.get(text(node, "id")))
        for node in nodes(raw, "reviews")
        if node.get("submittedAt") is not None
    ]
    return list({each.review_id: each for each in found}.values())


def review(
    node: Raw, repository: Repository, number: int, author: str, before: str | None
) -> Review:
    """One that was submitted. `before`: its state before it was dismissed, where that is told; a
    dismissed one that nobody tells it of counts as a comment, the least it was."""
    state = text(node, "state")
    if state == "DISMISSED":
        state = before if before in _SUBMITTED else "COMMENTED"
    if state not in _SUBMITTED:
        raise Unreadable("`state` of a review is none that it can be submitted with.")
    return Review(
        repo_id=repository.repo_id,
        number=number,
        review_id=ident(node, "fullDatabaseId"),
        state=_SUBMITTED[state],
        submitted_at=moment(node, "submittedAt"),
        reviewer_login=login(node, "author"),
        reviewer_name=name(node, "author"),
        author_login=author,
    )


def _dismissed(raw: Raw) -> Iterator[tuple[str, str]]:
    """(review, the state that it had before it was dismissed)"""
    for event in nodes(raw, "timelineItems"):
        if event.get("__typename") == "ReviewDismissedEvent" and event.get("review"):
            yield text(part(event, "review"), "id"), text(event, "previousReviewState")


def _comments(raw: Raw, repository: Repository, number: int) -> list[Comment]:
    """Of the conversation and of lines, each once; drafts of reviews are nobody's words yet.

    `lineComments`: those that are told without their reviews.
    """
    of_reviews = [each for each in nodes(raw, "reviews") if each.get("submittedAt") is not None]
    said = [
        *(("issue", node) for node in nodes(raw, "comments")),
        *(("review", node) for each in of_reviews for node in nodes(each, "comments")),
        *(
            ("review", node)
            for node in (nodes(raw, "lineComments") if "lineComments" in raw else ())
        ),
    ]
    found = [
        comment(node, repository, number, kind)
        for kind, node in said
        if node.get("state") != "PENDING"
    ]
    return list({(each.kind, each.comment_id): each for each in found}.values())


def comment(node: Raw, repository: Repository, number: int, kind: str) -> Comment:
    """`kind`: issue or review."""
    return Comment(
        repo_id=repository.repo_id,
        number=number,
        comment_id=ident(node, "fullDatabaseId"),
        kind=kind,
        created_at=moment(node, "createdAt"),
        author_login=login(node, "author"),
        author_name=name(node, "author"),
    )


def _is_assisted(author: str, commits: list[Any]) -> bool:
    """By who opened it, and by the authors and trailers of its commits."""
    if ai_assistance("", author) == "assisted":
        return True
    for each in commits:
        by = part(each, "author")
        signed = co_authors(text(each, "message", ""))
        if ai_assistance(text(by, "name", ""), text(by, "email", ""), signed) == "assisted":
            return True
    return False
