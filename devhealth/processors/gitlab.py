"""GitLab's words → records, before the Directory is asked.

Merge requests are REST's, with what GraphQL tells of them under `details`; without it `notes` and
`commits` are REST's too. Pipelines are of either spelling. People are `gitlab:login`.
Every function raises `Unreadable` for what lacks what GitLab promises.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import uuid5

from devhealth.models.records import Incident, PullRequest, PullRequestCommit, Repository
from devhealth.processors import gitlab_notes as noted
from devhealth.processors.assistants import ai_assistance
from devhealth.processors.durations import hours
from devhealth.processors.gitlab_delivery import deployments, pipeline_runs, release_id
from devhealth.processors.gitlab_issues import work_item
from devhealth.processors.local import REPOSITORIES, size_bucket
from devhealth.processors.reading import (
    Raw,
    Unreadable,
    count,
    ident,
    instant,
    moment,
    part,
    parts,
    said,
    text,
    texts,
)
from devhealth.processors.references import Home, refers_to
from devhealth.processors.remotes import remote
from devhealth.processors.told import ToldPullRequest
from devhealth.processors.trailers import co_authors

__all__ = [
    "address",
    "deployments",
    "incident",
    "known_by",
    "pipeline_runs",
    "pull_request",
    "repository",
    "work_item",
]

_STATES = {"opened": "open", "locked": "open", "closed": "closed", "merged": "merged"}
_REVERTS = re.compile(r"^(?:this )?reverts (?:merge request )?([\w./-]*)!(\d{1,9})\b", re.I | re.M)
_TELLS_CHANGES = 17  # gitlab.com/gitlab-org/gitlab/-/merge_requests/151047
_NAMES = {
    "prs": ("merge request", "iid"),
    "cicd": ("pipeline", "id"),
    "deployments": ("deployment", "id"),
    "incidents": ("incident", "iid"),
    "work-items": ("issue", "iid"),
}


def repository(raw: Raw) -> Repository:
    url = text(raw, "web_url")
    full_name = text(raw, "path_with_namespace")
    origin = remote(url)
    if origin is None:
        raise Unreadable("`web_url` is no address of a repository.")
    return Repository(
        repo_id=uuid5(REPOSITORIES, f"{origin.host}/{origin.path}".lower()),
        source_id=origin.host,
        provider="gitlab",
        full_name=full_name,
        url=url,
        native_id=ident(raw, "id"),
        default_branch=said(raw, "default_branch") or None,
        is_fork=raw.get("forked_from_project") is not None,
        is_archived=raw.get("archived") is True,
        created_at=instant(raw, "created_at"),
    )


def pull_request(raw: Raw, repository: Repository) -> ToldPullRequest:
    """A merge request with its commits, reviews and comments."""
    number = _number(raw)
    notes = noted.notes_of(raw)
    commits = _commits(raw)
    told = _merge_request(raw, repository, number, notes)
    _with_commits(told, raw, commits)
    _with_size(told, raw)
    found = ToldPullRequest(
        pull_request=told,
        commits=[
            PullRequestCommit(repo_id=repository.repo_id, number=number, hash=each, committed_at=at)
            for each, at in sorted(
                {_hash(commit): _clock(commit, "committed") for commit in commits or ()}.items()
            )
        ],
        reviews=noted.reviews(notes, repository.repo_id, number, told.author_login),
        comments=noted.comments(notes, repository.repo_id, number),
    )
    told.comments_count = len(found.comments)
    told.changes_requested_count = _changes_requested(raw, found)
    return found


def incident(raw: Raw, repository: Repository) -> Incident | None:
    """Null: an issue of another type."""
    incident_id = ident(raw, "id")
    if text(raw, "issue_type", text(raw, "type", "issue")).lower() != "incident":
        return None
    started_at = moment(raw, "created_at")
    is_open = text(raw, "state") != "closed"
    resolved_at = None if is_open else moment(raw, "closed_at")
    severity = text(raw, "severity", "")
    return Incident(
        source_id=repository.source_id,
        incident_id=incident_id,
        repo_id=repository.repo_id,
        work_scope_id=str(repository.repo_id),
        title=text(raw, "title"),
        severity=severity if severity.lower() not in ("", "unknown") else None,
        status="open" if is_open else "resolved",
        started_at=started_at,
        resolved_at=resolved_at,
        restore_hours=hours(started_at, resolved_at),
        url=text(raw, "web_url"),
    )


def known_by(target: str, raw: Raw) -> str:
    """The id that the thing's records have: of a pull request its number."""
    if target == "prs":
        return str(_number(raw))
    if target == "deployments" and isinstance(raw, Mapping) and "tag_name" in raw:
        return release_id(raw)
    return ident(raw, "id").rpartition("/")[2]


def address(target: str, raw: Any) -> str:
    """What to call a thing that could not be read; of a thing without a number its address."""
    name, key = _NAMES.get(target, (target, "id"))
    if not isinstance(raw, Mapping):
        return f"{name} of no shape"
    if target == "deployments" and "tag_name" in raw:
        name, key = "release", "tag_name"
    known_by = raw.get(key)
    if isinstance(known_by, int | str) and known_by != "":
        return f"{name} {str(known_by).rpartition('/')[2] if key == 'id' else known_by}"
    url = raw.get("web_url")
    return url if isinstance(url, str) and url else f"{name} without `{key}`"


def _merge_request(
    raw: Raw, repository: Repository, number: int, notes: list[noted.Note]
) -> PullRequest:
    state = _STATES.get(text(raw, "state"))
    if state is None:
        raise Unreadable("`state` is none that is known.")
    title, author = text(raw, "title"), part(raw, "author")
    login = noted.login_of(author)
    created_at, base_branch = moment(raw, "created_at"), text(raw, "target_branch")
    is_draft = _is_draft(raw, title)
    merged_at = _ended(raw, "merged_at", "merged", notes) if state == "merged" else None
    closed_at = _ended(raw, "closed_at", "closed", notes) if state == "closed" else merged_at
    return PullRequest(
        repo_id=repository.repo_id,
        number=number,
        title=title,
        url=text(raw, "web_url"),
        state=state,
        is_draft=is_draft,
        author_login=login,
        author_name=noted.name_of(author, login),
        created_at=created_at,
        updated_at=moment(raw, "updated_at"),
        ready_at=noted.ready_at(notes, created_at, is_draft=is_draft),
        merged_at=merged_at,
        closed_at=closed_at,
        base_branch=base_branch,
        head_branch=text(raw, "source_branch", ""),
        is_into_default=base_branch == repository.default_branch,
        merge_commit_hash=_became(raw) if state == "merged" else None,
        reverts_number=_reverts(text(raw, "description", ""), repository.full_name, number),
        labels=sorted(texts(raw, "labels")),
        refers_to=_refers_to(raw, repository, title),
    )


def _refers_to(raw: Raw, repository: Repository, title: str) -> list[str]:
    """GitLab tells what a merge request closes one by one only: its words say the same."""
    home = Home(
        prefix="gitlab", host=repository.source_id, full_name=repository.full_name, is_list=True
    )
    branch, body = text(raw, "source_branch", ""), text(raw, "description", "")
    return refers_to(home, title=title, branch=branch, body=body)


def _number(raw: Raw) -> int:
    try:
        return int(ident(raw, "iid"))
    except ValueError as error:
        raise Unreadable("`iid` is no whole number.") from error


def _is_draft(raw: Raw, title: str) -> bool:
    told = raw.get("draft", raw.get("work_in_progress"))
    return told if isinstance(told, bool) else noted.is_draft_title(title)


def _ended(raw: Raw, key: str, words: str, notes: list[noted.Note]) -> datetime:
    """Of the oldest merge requests only a note tells it."""
    return instant(raw, key) or noted.noted_at(notes, words) or moment(raw, key)


def _became(raw: Raw) -> str | None:
    """What came onto the branch: a fast-forward has no commit of its own but its last one's."""
    told = (said(raw, key) for key in ("merge_commit_sha", "squash_commit_sha", "sha"))
    return next(filter(None, told), None)


def _reverts(description: str, full_name: str, number: int) -> int | None:
    """What GitLab's revert button writes; one of another project, or a later one, is not meant."""
    for path, found in _REVERTS.findall(description) if "!" in description else ():
        if path.lower() in ("", full_name.lower()) and int(found) < number:
            return int(found)
    return None


def _commits(raw: Raw) -> list[Raw] | None:
    """Null: they are not told, for want of a permission."""
    if raw.get("details") is None:
        return None if raw.get("commits") is None else parts(raw, "commits")
    connection = part(raw, "details").get("commits")
    return None if connection is None else parts(part(raw["details"], "commits"), "nodes")


def _hash(commit: Raw) -> str:
    return text(commit, "sha" if "sha" in commit else "id")


def _with_commits(told: PullRequest, raw: Raw, commits: list[Raw] | None) -> None:
    counted = count(part(raw, "details"), "commitCount")
    told.commits_count = len(commits) if counted is None and commits is not None else counted
    clocks = (_clock(commit, "authored") for commit in commits or ())
    authored = [at for at in clocks if at is not None]
    told.first_commit_at = min(authored, default=None)
    told.ai_assistance = _assistance(told.author_login, commits or ())


def _clock(commit: Raw, whose: str) -> datetime | None:
    """Null: not told, or no instant, which is no reason to put the merge request aside."""
    with suppress(Unreadable):
        return instant(commit, f"{whose}Date" if f"{whose}Date" in commit else f"{whose}_date")
    return None


def _assistance(login: str, commits: Iterable[Raw]) -> str:
    if ai_assistance("", login) == "assisted":
        return "assisted"
    for commit in commits:
        name = said(commit, "authorName") or said(commit, "author_name") or ""
        email = said(commit, "authorEmail") or said(commit, "author_email") or ""
        if ai_assistance(name, email, co_authors(text(commit, "message", ""))) == "assisted":
            return "assisted"
    return "none"


def _with_size(told: PullRequest, raw: Raw) -> None:
    """Lines and files: REST does not tell them."""
    summary = part(part(raw, "details"), "diffStatsSummary")
    added, deleted = count(summary, "additions"), count(summary, "deletions")
    told.files_changed = count(summary, "fileCount")
    if added is not None and deleted is not None:
        told.loc_added, told.loc_deleted, told.loc_changed = added, deleted, added + deleted
        told.size_bucket = size_bucket(added + deleted)


def _changes_requested(raw: Raw, found: ToldPullRequest) -> int | None:
    """0 where GitLab can tell of such (`derived` counts them). Null: it was not made for it yet."""
    version = text(raw, "instance_version", "").partition(".")[0]
    can_tell = version.isdecimal() and int(version) >= _TELLS_CHANGES
    asked = sum(review.state == "changes_requested" for review in found.reviews)
    return asked if can_tell or asked else None
