"""GitHub's workflow runs, deployments and releases → records.

Jobs are what the connector lays beside a run (`jobs`, of its check suite, of all its attempts).
Where it may not see them, the run's own instants stand in: it began when it was asked for, and
ended when it last changed, seconds after its last job; how long it waited is null then.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from devhealth.models.records import Deployment, PipelineRun, Repository
from devhealth.processors.durations import minutes
from devhealth.processors.environments import is_production
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

_WAITING = frozenset({"queued", "requested", "waiting", "pending"})
_CONCLUSIONS = {
    "success": "success",
    "neutral": "success",  # what requires checks takes it as passed
    "failure": "failed",
    "timed_out": "failed",
    "startup_failure": "failed",
    "cancelled": "cancelled",
    "stale": "cancelled",  # given up by GitHub after 14 days
    "skipped": "skipped",
    "action_required": "skipped",  # a person must first allow that it runs
}
_ENDED = {"success": "success", "failure": "failed", "error": "failed"}


class Jobs(NamedTuple):
    """When the first of an attempt's jobs began and the last ended. Null: not yet, or not told."""

    started_at: datetime | None = None
    finished_at: datetime | None = None


def runs(raw: Raw, repository: Repository) -> list[PipelineRun]:
    """A run of REST, `earlier_attempts` beside it, oldest first. Raises `Unreadable`."""
    if not isinstance(raw, KEYED):
        raise Unreadable("It is no object.")
    attempts = [*_listed(raw, "earlier_attempts"), raw]
    began = [moment(each, "run_started_at") for each in attempts]
    spans = zip(began, [*began[1:], None], strict=True)
    jobs = _listed(raw, "jobs")
    return [
        _attempt(each, repository, begun, _jobs(jobs, begun, next_at), is_final=each is raw)
        for each, (begun, next_at) in zip(attempts, spans, strict=True)
    ]


def deployment(raw: Raw, repository: Repository) -> Deployment:
    """A node of GraphQL with its statuses: the first that ended it decides.

    One that was made inactive without ever having succeeded or failed was cancelled. Its id is
    GitHub's node id: GraphQL tells no other that fits all of today's deployments.
    """
    if "statuses" not in raw:
        raise Unreadable("`statuses` is missing.")
    statuses = sorted(
        (moment(each, "createdAt"), text(each, "id"), text(each, "state").lower(), _logs(each))
        for each in _listed(part(raw, "statuses"), "nodes")
    )
    started_at = next((at for at, _, state, _ in statuses if state == "in_progress"), None)
    ended = next((each for each in statuses if each[2] in _ENDED), None)
    status = _ENDED[ended[2]] if ended else "pending"
    if ended is None:
        ended = next((each for each in statuses if each[2] == "inactive"), None)
        status = "cancelled" if ended else "pending"
    finished_at = ended[0] if ended else None
    environment = text(raw, "environment", "")
    return Deployment(
        repo_id=repository.repo_id,
        deployment_id=text(raw, "id"),
        environment=environment,
        is_production=raw.get("isProduction") is True or is_production(environment),
        status=status,
        ref=text(part(raw, "ref"), "name", "") or None,
        commit_hash=text(raw, "commitOid", "") or None,
        created_at=moment(raw, "createdAt"),
        started_at=started_at,
        finished_at=finished_at,
        deploy_minutes=minutes(started_at, finished_at),
        url=_page_of(ended[3] if ended else "", repository),
    )


def release(raw: Raw, repository: Repository) -> Deployment:
    """Published is when people got it. A prerelease is in an environment of its own."""
    published_at = moment(raw, "publishedAt")
    is_final = not needed(raw, "isPrerelease")
    return Deployment(
        repo_id=repository.repo_id,
        deployment_id=f"release:{text(raw, 'id')}",
        kind="release",
        environment="production" if is_final else "prerelease",
        is_production=is_final,
        status="success",
        ref=text(raw, "tagName"),
        commit_hash=text(part(raw, "tagCommit"), "oid", "") or None,
        created_at=published_at,
        finished_at=published_at,
        url=text(raw, "url"),
    )


def _attempt(
    raw: Raw,
    repository: Repository,
    begun: datetime,
    jobs: Jobs | None,
    *,
    is_final: bool,
) -> PipelineRun:
    status = _status(raw)
    number = count(raw, "run_attempt") or 1
    queued_at = moment(raw, "created_at") if number == 1 else begun
    is_over = status not in {"queued", "running"}
    started_at = begun if jobs is None else jobs.started_at
    if status == "queued":
        started_at = None
    finished_at = (jobs.finished_at if jobs else None) or instant(raw, "updated_at")
    branch = text(raw, "head_branch", "") or None
    return PipelineRun(
        repo_id=repository.repo_id,
        run_id=str(whole(raw, "id")),
        attempt=number,
        name=text(raw, "name", ""),
        branch=branch,
        is_default_branch=branch == repository.default_branch and _is_at_home(raw, repository),
        commit_hash=text(raw, "head_sha", "") or None,
        event=text(raw, "event", "") or None,
        status=status,
        queued_at=queued_at,
        started_at=started_at,
        finished_at=finished_at if is_over else None,
        queue_minutes=minutes(queued_at, started_at) if jobs else None,
        duration_minutes=minutes(started_at, finished_at if is_over else None),
        is_final_attempt=is_final,
        url=text(raw, "html_url"),
    )


def _status(raw: Raw) -> str:
    state = text(raw, "status")
    if state != "completed":
        return "queued" if state in _WAITING else "running"
    ended = _CONCLUSIONS.get(text(raw, "conclusion"))
    if ended is None:
        raise Unreadable("`conclusion` is none that is known.")
    return ended


def _is_at_home(raw: Raw, repository: Repository) -> bool:
    """A fork's `main` is not ours. Null: the fork is gone."""
    if "head_repository" not in raw:
        return True
    home = part(raw, "head_repository")
    return bool(home) and ident(home, "id") == repository.native_id


def _jobs(jobs: Iterable[Raw], begun: datetime, next_at: datetime | None) -> Jobs | None:
    """Those of this attempt: begun at or after it, and before the next. Null: none are told.

    What was skipped has no beginning of its own.
    """
    spans = [
        (started_at, instant(job, "completedAt"))
        for job in jobs
        if text(job, "conclusion", "") != "SKIPPED"
        and (started_at := instant(job, "startedAt")) is not None
        and begun <= started_at
        and (next_at is None or started_at < next_at)
    ]
    if not spans:
        return None
    ends = [ended_at for _, ended_at in spans if ended_at is not None]
    return Jobs(min(began for began, _ in spans), max(ends, default=None))


def _logs(status: Raw) -> str:
    return text(status, "logUrl", "")


def _listed(raw: Raw, key: str) -> list[Raw]:
    """Objects, gaps left out; none where nothing is told. Raises `Unreadable`."""
    found = raw.get(key) or []
    if not isinstance(found, list) or not all(
        each is None or isinstance(each, KEYED) for each in found
    ):
        raise Unreadable(f"`{key}` is no list of objects.")
    return [each for each in found if each is not None]


def _page_of(logs: str, repository: Repository) -> str:
    """Where it was deployed from, if that is a page of the same host; anybody may set the link."""
    same = urlsplit(repository.url)
    try:
        parts = urlsplit(logs)
    except ValueError:
        parts = same._replace(path="")
    if parts.scheme == "https" and parts.netloc == same.netloc and parts.path:
        return logs
    return f"{repository.url}/deployments"
