"""GitLab's pipelines, deployments and releases → records."""

from collections.abc import Mapping
from datetime import datetime

from devhealth.models.records import Deployment, PipelineRun, Repository
from devhealth.processors.durations import minutes
from devhealth.processors.environments import is_production
from devhealth.processors.reading import Raw, Unreadable, ident, instant, moment, part, said, text

_RUNS = {
    "canceled": "cancelled",
    "canceling": "running",
    "created": "queued",
    "failed": "failed",
    "manual": "running",  # as far as it goes without a person
    "pending": "queued",
    "preparing": "queued",
    "running": "running",
    "scheduled": "queued",
    "skipped": "skipped",
    "success": "success",
    "waiting_for_callback": "queued",
    "waiting_for_resource": "queued",
}
_DEPLOYED = {
    "blocked": "pending",
    "canceled": "cancelled",
    "created": "pending",
    "failed": "failed",
    "running": "pending",
    "skipped": "cancelled",
    "success": "success",
}
_GRAPHQL = {
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "started_at": "startedAt",
    "finished_at": "finishedAt",
}
_OVER = frozenset({"success", "failed", "cancelled", "skipped"})
_MERGE_REQUESTS = "refs/merge-requests/"


def pipeline_runs(raw: Raw, repository: Repository) -> list[PipelineRun]:
    """One: GitLab retries jobs inside the pipeline, which then ends later; its attempt is always 1.

    Keys as REST or as GraphQL spells them.
    """
    spelled = _spelled(raw)
    run_id = ident(spelled, "id").rpartition("/")[2]
    status = _known(_RUNS, spelled)
    queued_at, started_at = moment(spelled, "created_at"), instant(spelled, "started_at")
    finished_at = _finished_at(spelled) if status in _OVER else None
    branch = _branch(spelled)
    return [
        PipelineRun(
            repo_id=repository.repo_id,
            run_id=run_id,
            attempt=1,
            name=text(spelled, "name", ""),
            branch=branch,
            is_default_branch=branch is not None and branch == repository.default_branch,
            commit_hash=said(spelled, "sha"),
            event=said(spelled, "source"),
            status=status,
            queued_at=queued_at,
            started_at=started_at,
            finished_at=finished_at,
            queue_minutes=minutes(queued_at, started_at),
            duration_minutes=minutes(started_at, finished_at),
            url=text(spelled, "web_url", f"{repository.url}/-/pipelines/{run_id}"),
        )
    ]


def _spelled(raw: Raw) -> Raw:
    """As REST spells it."""
    if not isinstance(raw, Mapping) or "createdAt" not in raw:
        return raw
    return {**raw, **{rest: raw.get(graphql) for rest, graphql in _GRAPHQL.items()}}


def deployments(raw: Raw, repository: Repository) -> list[Deployment]:
    """One: a deployment, or a release."""
    if isinstance(raw, Mapping) and "tag_name" in raw:
        return [_release(raw, repository)]
    status = _known(_DEPLOYED, raw)
    environment, job = part(raw, "environment"), part(raw, "deployable")
    name = text(environment, "name")
    started_at = instant(job, "started_at")
    finished_at = _job_ended_at(raw, job) if status != "pending" else None
    return [
        Deployment(
            repo_id=repository.repo_id,
            deployment_id=ident(raw, "id"),
            environment=name,
            is_production=is_production(name) or environment.get("tier") == "production",
            status=status,
            ref=said(raw, "ref"),
            commit_hash=said(raw, "sha"),
            created_at=moment(raw, "created_at"),
            started_at=started_at,
            finished_at=finished_at,
            deploy_minutes=minutes(started_at, finished_at),
            url=said(job, "web_url") or _page(environment, repository),
        )
    ]


def release_id(raw: Raw) -> str:
    """A release is known by its tag."""
    return f"release:{text(raw, 'tag_name')}"


def _release(raw: Raw, repository: Repository) -> Deployment:
    """It is out when its author says so; one of the future is pending."""
    tag = text(raw, "tag_name")
    is_out = raw.get("upcoming_release") is not True
    return Deployment(
        repo_id=repository.repo_id,
        deployment_id=release_id(raw),
        kind="release",
        environment="production",
        is_production=True,
        status="success" if is_out else "pending",
        ref=tag,
        commit_hash=said(part(raw, "commit"), "id"),
        created_at=moment(raw, "created_at"),
        finished_at=moment(raw, "released_at") if is_out else None,
        url=text(part(raw, "_links"), "self", f"{repository.url}/-/releases/{tag}"),
    )


def _known(statuses: dict[str, str], raw: Raw) -> str:
    status = statuses.get(text(raw, "status").lower())
    if status is None:
        raise Unreadable("`status` is none that is known.")
    return status


def _branch(raw: Raw) -> str | None:
    """Null: of a tag, or of a merge request, whose pipelines run on a ref of their own."""
    ref = text(raw, "ref", "")
    is_none = raw.get("tag") is True or ref.startswith(_MERGE_REQUESTS)
    return None if is_none else ref or None


def _finished_at(raw: Raw) -> datetime:
    """Of what never ran a job, and of lists that do not tell it, when it last changed."""
    return instant(raw, "finished_at") or moment(raw, "updated_at")


def _job_ended_at(raw: Raw, job: Raw) -> datetime:
    """Of one that was made through the API without a job, when it last changed."""
    return instant(job, "finished_at") or moment(raw, "updated_at")


def _page(environment: Raw, repository: Repository) -> str:
    return f"{repository.url}/-/environments/{ident(environment, 'id')}"
