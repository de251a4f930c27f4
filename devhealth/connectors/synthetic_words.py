"""Things of a made-up world in a provider's words: git's own, GitHub's, and a tracker's.

What the tracker tells of an item is in a shape of our own, which `processors.synthetic` reads:

    {id, key, project, title, type, url, priority?, labels[], points?, flagged, status {name,
     category}, assignee?, reporter, sprint?, parent?, due?, created, updated, sprints[],
     changes: [{id, at, field, from?, to?, by}]}
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from devhealth.connectors.git_log import RawCommit
from devhealth.connectors.local import RawPersons
from devhealth.synthetic import world as truth

Raw = dict[str, Any]
People = Mapping[str, truth.Person]

_CONCLUSIONS = {
    "success": "success",
    "failed": "failure",
    "cancelled": "cancelled",
    "skipped": "skipped",
}
_ENDED = {"success": "SUCCESS", "failed": "FAILURE", "cancelled": "INACTIVE"}


def commit(of: truth.Commit, people: People) -> RawCommit:
    """As `git log --numstat` tells it."""
    seconds = str(int(of.authored_at.timestamp())).encode()
    return {
        **persons(of, people),
        "parents": " ".join(of.parents).encode(),
        "authored_at": seconds,
        "authored_zoned": seconds + b" " + _zone(of.utc_offset_minutes),
        "committed_at": str(int(of.committed_at.timestamp())).encode(),
        "subject": of.subject.encode(),
        "body": _trailers(of).encode(),
        "files": [_file(each) for each in of.files],
    }


def persons(of: truth.Commit, people: People) -> RawPersons:
    name = people[of.author].name.encode()
    is_own = of.committer_email == of.email
    return {
        "hash": of.hash.encode(),
        "author_name": name,
        "author_email": of.email.encode(),
        "committer_name": name if is_own else b"Synthetic",
        "committer_email": of.committer_email.encode(),
    }


def repository(of: truth.Repository, name: str, commits: tuple[truth.Commit, ...]) -> Raw:
    """As GitHub's REST tells it, with what a clone says of itself beside it."""
    url = f"https://{truth.HOST}/{name}"
    return {
        "id": of.native_id,
        "full_name": name,
        "html_url": url,
        "default_branch": "main",
        "fork": of.fork_of is not None,
        "archived": of.archived_at is not None,
        "created_at": text(of.created_at),
        "path": f"/synthetic/{name}",
        "name": name.rpartition("/")[2],
        "remote_url": f"{url}.git",
        "root_hash": commits[0].hash if commits else "",
        "head_hash": commits[-1].hash if commits else "",
    }


def pull_request(of: truth.PullRequest, name: str, people: People) -> Raw:
    return {
        "__typename": "PullRequest",
        "id": f"PR_{of.number}",
        "number": of.number,
        "title": of.title,
        "url": f"https://{truth.HOST}/{name}/pull/{of.number}",
        "state": of.state.upper(),
        "isDraft": of.is_draft,
        "body": f"Reverts #{of.reverts}" if of.reverts else "",
        "author": who(of.author, people),
        "createdAt": text(of.created_at),
        "updatedAt": text(of.updated_at),
        "mergedAt": told(of.merged_at),
        "closedAt": told(of.closed_at),
        "baseRefName": of.base_branch,
        "headRefName": of.head_branch,
        "additions": of.added,
        "deletions": of.deleted,
        "changedFiles": of.files_changed,
        "mergeCommit": {"oid": of.merge_commit} if of.merge_commit else None,
        "labels": nodes({"name": each} for each in of.labels),
        "reviews": nodes(_review(each, of.comments, people) for each in of.reviews),
        "comments": nodes(_comment(each, people) for each in of.comments if each.kind == "issue"),
        "commits": nodes({"commit": _branch_commit(each, people)} for each in of.commits),
        "timelineItems": nodes(_timeline(of)),
        "refersTo": list(of.refers_to),
    }


def run(of: truth.Run, repository: truth.Repository, name: str) -> Raw:
    """REST's run: the last attempt, the earlier ones and the jobs of all beside it."""
    *earlier, last = (_attempt(of, each, repository, name) for each in of.attempts)
    jobs = [job for each in of.attempts for job in each.jobs]
    return {**last, "earlier_attempts": earlier, "jobs": [_job(each) for each in jobs]}


def deployment(of: truth.Deployment, name: str) -> Raw:
    if of.kind == "release":
        return {
            "__typename": "Release",
            "id": of.deployment_id,
            "tagName": of.ref,
            "url": f"https://{truth.HOST}/{name}/releases/tag/{of.ref}",
            "isDraft": False,
            "isPrerelease": not of.is_production,
            "createdAt": text(of.created_at),
            "publishedAt": told(of.finished_at),
            "tagCommit": {"oid": of.commit},
        }
    return {
        "__typename": "Deployment",
        "id": of.deployment_id,
        "environment": of.environment,
        "createdAt": text(of.created_at),
        "commitOid": of.commit,
        "ref": {"name": of.ref},
        "statuses": nodes(_statuses(of)),
    }


def incident(of: truth.Incident, name: str) -> Raw:
    labels = ["incident", *([of.severity] if of.severity else [])]
    return {
        "__typename": "Issue",
        "id": f"I_{of.number}",
        "fullDatabaseId": of.incident_id,
        "number": of.number,
        "title": of.title,
        "url": f"https://{truth.HOST}/{name}/issues/{of.number}",
        "state": "CLOSED" if of.resolved_at else "OPEN",
        "createdAt": text(of.opened_at),
        "updatedAt": text(of.resolved_at or of.opened_at),
        "closedAt": told(of.resolved_at),
        "labels": nodes({"name": each} for each in labels),
    }


def who(key: str | None, people: People) -> Raw | None:
    """None: the account is gone."""
    if key is None:
        return None
    person = people[key]
    if person.kind == "bot":
        return {"__typename": "Bot", "login": person.login}
    return {"__typename": "User", "login": person.login, "name": person.name}


def nodes(listed: Iterable[Raw]) -> Raw:
    """A list as GraphQL has it."""
    found = list(listed)
    return {"totalCount": len(found), "nodes": found}


def text(at: datetime) -> str:
    """As GitHub writes it, with the milliseconds that there are."""
    plain = at.astimezone(UTC).replace(tzinfo=None)
    return plain.isoformat(timespec="milliseconds" if plain.microsecond else "seconds") + "Z"


def told(at: datetime | None) -> str | None:
    return text(at) if at else None


def _zone(minutes: int) -> bytes:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}".encode()


def _file(of: truth.File) -> tuple[bytes, bytes, bytes, bytes | None]:
    added, deleted = ("-", "-") if of.is_binary else (str(of.added), str(of.deleted))
    previous = of.previous_path.encode() if of.previous_path else None
    return added.encode(), deleted.encode(), of.path.encode(), previous


def _trailers(of: truth.Commit) -> str:
    return "".join(f"Co-authored-by: {name} <{email}>\n" for name, email in of.co_authors)


def _branch_commit(of: truth.Commit, people: People) -> Raw:
    return {
        "oid": of.hash,
        "message": f"{of.subject}\n\n{_trailers(of)}",
        "authoredDate": text(of.authored_at),
        "committedDate": text(of.committed_at),
        "author": {"name": people[of.author].name, "email": of.email},
    }


def _review(of: truth.Review, comments: Iterable[truth.Comment], people: People) -> Raw:
    lines = [each for each in comments if each.review_id == of.review_id]
    return {
        "__typename": "PullRequestReview",
        "id": f"PRR_{of.review_id}",
        "fullDatabaseId": str(of.review_id),
        "state": "DISMISSED" if of.is_dismissed else of.state.upper(),
        "submittedAt": text(of.at),
        "author": who(of.reviewer, people),
        "comments": nodes(_comment(each, people) for each in lines),
    }


def _comment(of: truth.Comment, people: People) -> Raw:
    return {
        "fullDatabaseId": str(of.comment_id),
        "createdAt": text(of.at),
        "author": who(of.author, people),
        "state": "SUBMITTED",
    }


def _timeline(of: truth.PullRequest) -> Iterable[Raw]:
    for at, is_ready in of.drafts:
        kind = "ReadyForReviewEvent" if is_ready else "ConvertToDraftEvent"
        yield {"__typename": kind, "createdAt": text(at)}
    for review in of.reviews:
        if review.is_dismissed:
            yield {
                "__typename": "ReviewDismissedEvent",
                "createdAt": text(of.updated_at),
                "previousReviewState": review.state.upper(),
                "review": {"id": f"PRR_{review.review_id}"},
            }


def _attempt(of: truth.Run, attempt: truth.Attempt, repository: truth.Repository, name: str) -> Raw:
    is_over = attempt.status in _CONCLUSIONS
    return {
        "id": of.run_id,
        "name": of.name,
        "head_branch": of.branch,
        "head_sha": of.commit,
        "event": of.event,
        "status": "completed" if is_over else "in_progress" if attempt.jobs else "queued",
        "conclusion": _CONCLUSIONS.get(attempt.status),
        "created_at": text(of.attempts[0].queued_at),
        "run_started_at": text(attempt.queued_at),
        "updated_at": text(attempt.finished_at or attempt.queued_at),
        "run_attempt": attempt.number,
        "html_url": f"https://{truth.HOST}/{name}/actions/runs/{of.run_id}",
        "head_repository": {"id": repository.native_id},
    }


def _job(of: truth.Job) -> Raw:
    return {
        "startedAt": text(of.started_at),
        "completedAt": told(of.finished_at),
        "conclusion": "SUCCESS" if of.finished_at else None,
    }


def _statuses(of: truth.Deployment) -> Iterable[Raw]:
    ended = _ENDED.get(of.status)
    steps = (("IN_PROGRESS", of.started_at), (ended, of.finished_at), ("INACTIVE", of.retired_at))
    for place, (state, at) in enumerate(steps):
        if state and at:
            own = f"DES_{of.deployment_id}_{place}"
            yield {"id": own, "state": state, "createdAt": text(at), "logUrl": ""}


# --- the tracker's --------------------------------------------------------------------------------


def project(of: truth.Project) -> Raw:
    return {"id": of.native_id, "key": of.key, "name": of.name, "is_project": True}


def item(
    of: truth.Item,
    people: People,
    statuses: Mapping[str, truth.Status],
    projects: Mapping[str, truth.Project],
    sprints: Mapping[str, truth.Sprint],
) -> Raw:
    def change(each: truth.Change) -> Raw:
        def side(value: str | None) -> Any:
            return _side(each, value, people, statuses, projects)

        return {
            "id": each.change_id,
            "at": text(each.at),
            "field": each.field,
            "from": side(each.before),
            "to": side(each.after),
            "by": who(each.actor, people),
            "is_mid_sprint": each.is_mid_sprint,
        }

    named = [each.after for each in of.changes if each.field == "sprint" and each.after]
    return {
        "id": of.native_id,
        "key": of.key,
        "project": project(projects[of.now.project]),
        "former_keys": list(of.former_keys),
        "title": of.title,
        "type": of.item_type,
        "url": f"https://{truth.HOST}/items/{of.key}",
        "priority": of.priority,
        "labels": list(of.labels),
        "points": of.now.points,
        "flagged": of.now.is_flagged,
        "status": _status(statuses[of.now.status]),
        "assignee": who(of.now.assignee, people),
        "reporter": who(of.reporter, people),
        "sprint": of.now.sprint,
        "parent": of.parent,
        "due": told(of.due_at),
        "created": text(of.created_at),
        "updated": text(of.updated_at),
        "changes": [change(each) for each in of.changes],
        "sprints": [_sprint(sprints[each]) for each in dict.fromkeys(named) if each in sprints],
    }


def _side(
    of: truth.Change,
    value: str | None,
    people: People,
    statuses: Mapping[str, truth.Status],
    projects: Mapping[str, truth.Project],
) -> Any:
    """What was or became, in the shape that its field has."""
    if value is None:
        return None
    if of.field == "status":
        return _status(statuses[value])
    if of.field == "assignee":
        return who(value, people)
    if of.field == "scope":
        return {"key": value, "project": project(projects[value.rpartition("-")[0]])}
    return value


def _status(of: truth.Status) -> Raw:
    return {"name": of.name, "category": of.category}


def _sprint(of: truth.Sprint) -> Raw:
    state = "closed" if of.completed_at else "active" if of.started_at else "future"
    return {
        "id": of.sprint_id,
        "name": of.name,
        "state": state,
        "started": told(of.started_at),
        "ends": text(of.ended_at),
        "completed": told(of.completed_at),
    }
