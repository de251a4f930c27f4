"""What a day brought to people, how its pipelines went, and what was broken and mended on it."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from devhealth.models.fields import RECORD, SUM, column, measure, ratio
from devhealth.models.rollups.rollup import Rollup


@dataclass(slots=True, kw_only=True)
class CicdDay(Rollup):
    """One repository's pipelines, one UTC day: what ended on it. Skipped attempts count nowhere."""

    table: ClassVar[str] = "cicd_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "day")

    repo_id: UUID = column("The repository.")
    runs_count: int = measure(
        "runs", "Whose final attempt ended that day: passed, failed or cancelled.", SUM
    )
    success_count: int = measure("runs", "Whose final attempt passed.", SUM)
    failed_count: int = measure("runs", "Whose final attempt failed.", SUM, better="lower")
    cancelled_count: int = measure("runs", "Whose final attempt was cancelled.", SUM)
    success_ratio: float | None = measure(
        "ratio",
        "success_count / runs_count, cancelled ones included. Null: no run.",
        ratio("success_count", "runs_count"),
        better="higher",
    )
    rerun_count: int = measure("attempts", "That were not their run's first.", SUM, better="lower")
    first_attempts_count: int = measure("attempts", "That were their run's first.", SUM)
    first_attempt_success_count: int = measure("attempts", "First ones that passed.", SUM)
    first_attempt_success_ratio: float | None = measure(
        "ratio",
        "first_attempt_success_count / first_attempts_count. Null: no first attempt.",
        ratio("first_attempt_success_count", "first_attempts_count"),
        better="higher",
    )
    flaky_count: int = measure(
        "commits",
        "That passed where the same workflow had failed on them before, each once a workflow.",
        SUM,
        better="lower",
    )
    duration_minutes_p50: float | None = measure(
        "minutes",
        "Median of final attempts, first job's begin to last job's end. Null: none tells both.",
        RECORD,
        sample="duration_minutes_n",
        better="lower",
    )
    duration_minutes_p90: float | None = measure(
        "minutes",
        "90th percentile of the same.",
        RECORD,
        sample="duration_minutes_n",
        better="lower",
    )
    duration_minutes_n: int = measure("runs", "Whose final attempt tells how long it took.", SUM)
    queue_minutes_p50: float | None = measure(
        "minutes",
        "Median of final attempts, asked for to first job's begin. Null: none tells both.",
        RECORD,
        sample="queue_minutes_n",
        better="lower",
    )
    queue_minutes_n: int = measure("runs", "Whose final attempt tells how long it waited.", SUM)
    time_to_green_hours_p50: float | None = measure(
        "hours",
        "Median over the default branch's red stretches that ended that day, per workflow: the end "
        "of the first failed final attempt to that of the one that passed. Null: none ended.",
        RECORD,
        sample="time_to_green_n",
        better="lower",
    )
    time_to_green_n: int = measure("stretches", "That ended that day.", SUM)


@dataclass(slots=True, kw_only=True)
class DeployDay(Rollup):
    """One environment of a repository, one UTC day: deployments that ended on it, of the kind that
    the organisation counts.
    """

    table: ClassVar[str] = "deploy_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "environment", "day")
    labels: ClassVar[tuple[str, ...]] = ("is_production",)

    repo_id: UUID = column("The repository.")
    environment: str = column("As the provider names it; `production` of releases and merges.")
    is_production: bool = column("The environment is one where people use it.", False)
    deployments_count: int = measure(
        "deployments", "That succeeded that day.", SUM, better="higher"
    )
    failed_deployments_count: int = measure(
        "deployments", "That failed; nobody got anything by them.", SUM, better="lower"
    )
    cancelled_deployments_count: int = measure("deployments", "That were cancelled.", SUM)
    change_failures_count: int = measure(
        "deployments",
        "Successes of that day with an incident of their own, or with a change that a later merge "
        "reverted, each once, whenever that was found.",
        SUM,
        better="lower",
    )
    change_fail_rate: float | None = measure(
        "ratio",
        "change_failures_count / deployments_count (DORA 2023). Null: no success.",
        ratio("change_failures_count", "deployments_count"),
        better="lower",
    )
    deploy_minutes_p50: float | None = measure(
        "minutes",
        "Median of successes, begin to end. Null: none tells both.",
        RECORD,
        sample="deploy_minutes_n",
        better="lower",
    )
    deploy_minutes_n: int = measure("deployments", "That tell how long they took.", SUM)
    change_lead_hours_p50: float | None = measure(
        "hours",
        "Median over changes that people first got that day, first commit to deployed (DORA's "
        "profile `first_commit`). Null: none.",
        RECORD,
        sample="change_lead_n",
        better="lower",
    )
    change_lead_hours_p90: float | None = measure(
        "hours",
        "90th percentile of the same.",
        RECORD,
        sample="change_lead_n",
        better="lower",
    )
    change_lead_n: int = measure("changes", "That tell when they were begun.", SUM)
    merge_lead_hours_p50: float | None = measure(
        "hours",
        "Median over the same changes, merged to deployed (profile `merge`). Null: none.",
        RECORD,
        sample="merge_lead_n",
        better="lower",
    )
    merge_lead_hours_p90: float | None = measure(
        "hours",
        "90th percentile of the same.",
        RECORD,
        sample="merge_lead_n",
        better="lower",
    )
    merge_lead_n: int = measure("changes", "That tell when they were merged.", SUM)


@dataclass(slots=True, kw_only=True)
class IncidentDay(Rollup):
    """One repository's incidents of one project, one UTC day. Each counts once as opened and, if
    it stays so, once as resolved, on days of their own.
    """

    table: ClassVar[str] = "incident_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("source_id", "work_scope_id", "repo_id", "day")

    source_id: str = column("The provider's host.")
    work_scope_id: str = column("The scope that they are filed in; '' where there is none.")
    repo_id: UUID = column("The repository; the nil UUID where they are of none.")
    incidents_opened: int = measure("incidents", "That began that day.", SUM, better="lower")
    incidents_resolved: int = measure("incidents", "That were resolved that day, for good.", SUM)
    restore_hours_p50: float | None = measure(
        "hours",
        "Median over those resolved that day, begin to end (DORA 2021: time to restore service). "
        "Null: none.",
        RECORD,
        sample="restore_hours_n",
        better="lower",
    )
    restore_hours_p90: float | None = measure(
        "hours",
        "90th percentile of the same.",
        RECORD,
        sample="restore_hours_n",
        better="lower",
    )
    restore_hours_n: int = measure("incidents", "Resolved that day.", SUM)
    recovery_hours_p50: float | None = measure(
        "hours",
        "Median over those of them that have a deployment, its end to theirs (DORA 2023: failed "
        "deployment recovery time). Null: none.",
        RECORD,
        sample="recovery_hours_n",
        better="lower",
    )
    recovery_hours_n: int = measure("incidents", "Resolved that day, with a deployment.", SUM)
