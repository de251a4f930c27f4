"""How changes reach people: pipelines, deployments, incidents, and what belongs to what.

What depends on other records, or on the Directory, is not told by a provider: `processors.resolve`
finds it, and says which columns these are (`RESOLVED`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from devhealth.models.directory import UNASSIGNED
from devhealth.models.fields import column
from devhealth.models.records.record import Record

OWNER = "The team that owns the repository; `unassigned` where none."


@dataclass(slots=True, kw_only=True)
class PipelineRun(Record):
    """One attempt of a run of a pipeline (GitHub's workflow runs, GitLab's pipelines)."""

    table: ClassVar[str] = "pipeline_runs"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "run_id", "attempt")
    instants: ClassVar[tuple[str, ...]] = ("finished_at", "queued_at")

    repo_id: UUID = column("The repository.")
    run_id: str = column("The provider's own id.")
    attempt: int = column("1 for the first; a rerun is the next.")
    name: str = column("The workflow or pipeline; '' where it has no name.", "")
    branch: str | None = column("Null: of none, or not told.", None)
    is_default_branch: bool = column("`branch` is the repository's default branch.", False)
    commit_hash: str | None = column("What it ran on. Null: not told.", None)
    event: str | None = column("What began it, in the provider's words. Null: not told.", None)
    status: str = column("queued, running, success, failed, cancelled or skipped.")
    queued_at: datetime | None = column("When the attempt was asked for. Null: not told.", None)
    started_at: datetime | None = column("When its first job began. Null: not begun.", None)
    finished_at: datetime | None = column("When its last job ended. Null: not ended.", None)
    queue_minutes: float | None = column("queued → started. Null: not both.", None)
    duration_minutes: float | None = column("started → finished. Null: not both.", None)
    is_final_attempt: bool = column("There is no later attempt of the run.", True)
    is_flaky: bool = column(
        "It passed where the same workflow had failed on the same commit; the first to do so.",
        False,
    )
    time_to_green_hours: float | None = column(
        "Of the default branch: the end of the workflow's first failure since it last passed → "
        "its own end. Null: it did not end such a stretch.",
        None,
    )
    team_id: str = column(OWNER, UNASSIGNED)
    url: str = column("Where a person opens it.")


@dataclass(slots=True, kw_only=True)
class Deployment(Record):
    """Something was brought to an environment, or that was tried.

    What counts as one is the organisation's choice for each repository: the provider's deployments,
    its releases, or merges into the default branch.
    """

    table: ClassVar[str] = "deployments"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "deployment_id")
    instants: ClassVar[tuple[str, ...]] = ("finished_at", "created_at")

    repo_id: UUID = column("The repository.")
    deployment_id: str = column("The provider's own id; `release:…` and `merge:…` of the others.")
    kind: str = column("deployment, release or merge.", "deployment")
    environment: str = column("As the provider names it; `production` of releases and merges.")
    is_production: bool = column("The environment is one where people use it.", False)
    is_counted: bool = column("Of the kind that the organisation chose for the repository.", True)
    status: str = column(
        "pending, success, failed or cancelled: the first of the last three that it had; what "
        "became of it later aside."
    )
    ref: str | None = column("The branch or tag. Null: not told.", None)
    commit_hash: str | None = column("What was deployed. Null: not told.", None)
    created_at: datetime = column("When it was asked for.")
    started_at: datetime | None = column("When it began. Null: not told.", None)
    finished_at: datetime | None = column("When it had its status. Null: still pending.", None)
    deploy_minutes: float | None = column("started → finished. Null: not both.", None)
    failure_basis: str | None = column(
        "How it is known that people got something broken by it, of several ways the surest: "
        "native, explicit_text or heuristic. Null: not that anybody knows.",
        None,
    )
    team_id: str = column(OWNER, UNASSIGNED)
    url: str = column("Where a person opens it.")


@dataclass(slots=True, kw_only=True)
class DeploymentChange(Record):
    """A change that people first got with this deployment of an environment."""

    table: ClassVar[str] = "deployment_changes"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "environment", "change_id")
    instants: ClassVar[tuple[str, ...]] = ("deployed_at",)

    repo_id: UUID = column("The repository.")
    environment: str = column("The deployment's.")
    change_id: str = column("`#7` of a pull request; the hash of a commit that belongs to none.")
    deployment_id: str = column("The first successful one of the environment that contains it.")
    deployed_at: datetime = column("The deployment's `finished_at`.")
    is_production: bool = column("The deployment's.", False)
    first_commit_at: datetime | None = column("The author's clock of its first commit.", None)
    merged_at: datetime | None = column("When it came onto the branch.", None)
    lead_first_commit_hours: float | None = column("First commit → deployed. Null: not told.", None)
    lead_merge_hours: float | None = column("Merged → deployed. Null: not told.", None)
    team_id: str = column("The change's owning team; `unassigned` where none.", UNASSIGNED)
    basis: str = column("How it is known to be part of it: native, explicit_text or heuristic.")


@dataclass(slots=True, kw_only=True)
class Incident(Record):
    """Something was broken for the people who use it."""

    table: ClassVar[str] = "incidents"
    key: ClassVar[tuple[str, ...]] = ("source_id", "incident_id")
    instants: ClassVar[tuple[str, ...]] = ("resolved_at", "started_at")

    source_id: str = column("The provider's host.")
    incident_id: str = column("The provider's own id.")
    repo_id: UUID = column("The repository; the nil UUID where it is of none.")
    work_scope_id: str = column("The scope that it is filed in, as work items have it.", "")
    title: str = column("As it reads now.")
    severity: str | None = column("In the provider's words. Null: not told.", None)
    status: str = column("open or resolved.")
    started_at: datetime = column("When it began, as far as the provider knows.")
    resolved_at: datetime | None = column("Null: still open, or again.", None)
    restore_hours: float | None = column("started → resolved. Null: not resolved.", None)
    deployment_id: str | None = column("The deployment that brought it. Null: none is known.", None)
    link_basis: str | None = column(
        "native, explicit_text or heuristic. Null: no deployment.", None
    )
    recovery_hours: float | None = column(
        "The deployment's end → resolved. Null: not resolved, or no deployment.", None
    )
    team_id: str = column(OWNER, UNASSIGNED)
    url: str = column("Where a person opens it.")


@dataclass(slots=True, kw_only=True)
class Link(Record):
    """Two things belong together, and how that is known."""

    table: ClassVar[str] = "links"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "from_kind", "from_id", "to_kind", "to_id")

    repo_id: UUID = column("Of what it leads from; the nil UUID where that is of none.")
    from_kind: str = column("pull_request, incident or work_item.")
    from_id: str = column("`#7` of a pull request; else the record's own id.")
    to_kind: str = column("pull_request, deployment or work_item.")
    to_id: str = column("The same.")
    basis: str = column("native, explicit_text or heuristic.")
    confidence: float = column("0 to 1; 1 where the provider says so.")
    rule: str = column("What was found, in a word.")
