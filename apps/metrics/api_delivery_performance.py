"""REST: DORA's figures."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from apps.metrics.delivery_performance import Asked, performance
from apps.metrics.services import Asked as Days
from devhealth.analytics.dora import Profile
from devhealth.models.rollups import DeployDay

router = Router(tags=["metrics"])


class DoraQuery(Schema):
    since: date | None = Field(None, description="First day. Default: 30 days before `until`.")
    until: date | None = Field(None, description="Day after the last. Default: tomorrow (UTC).")
    repo_id: list[UUID] = Field([], max_length=200)
    team_id: list[str] = Field([], max_length=200)
    profile: Profile = Field(
        "first_commit", description="From where a change's lead time is counted."
    )
    include_heuristics: bool = Field(
        True, description="Whether links that are inferred count beside those that are told."
    )


class FigureOut(Schema):
    """A number, what it is made of, and why it is null if it is."""

    value: float | None = Field(description="Null: not measured.")
    n: int = Field(description="Things that it is made of.")
    unit: str
    reason: str | None = Field(description="Why there is no value. Null: there is one.")


class DeploymentKindOut(Schema):
    """What counts as a deployment of a repository."""

    repo_id: UUID
    repository: str | None = Field(description="Full name. Null: not stored any more.")
    kind: str = Field(description="deployment, release or merge.")


class DoraOut(Schema):
    """DORA's figures of production over some days."""

    since: date
    until: date
    profile: Profile
    include_heuristics: bool
    deployment_frequency: FigureOut = Field(description="Successes a closed day.")
    change_lead_time: FigureOut = Field(
        description="Median over the changes that reached production, by profile."
    )
    change_fail_rate: FigureOut = Field(
        description="Successes that people got something broken by, of all successes."
    )
    failed_deployment_recovery_time: FigureOut = Field(
        description="(2023) Median over incidents, their deployment's end to their own."
    )
    time_to_restore: FigureOut = Field(description="(2021) Median over incidents, begin to end.")
    deployment_rework_rate: FigureOut = Field(
        description="(2024) Of unplanned deployments: nothing marks them, so that it is null."
    )
    closed_days: int = Field(description="Of these days, that are over.")
    unlinked_incidents: int = Field(
        description="Resolved in these days, of no deployment that is known."
    )
    kinds: list[DeploymentKindOut] = Field(
        description="What counts as a deployment, by repository."
    )


@router.get("/dora", response=DoraOut, summary="Read DORA's figures")
def read_dora(request: HttpRequest, asked: Query[DoraQuery]) -> dict[str, Any]:
    """Sums of rows and quantiles of records over the days, with the sizes of their samples."""
    question = Asked(
        days=Days(rollup=DeployDay, since=asked.since, until=asked.until),
        repositories=asked.repo_id or None,
        teams=asked.team_id or None,
        profile=asked.profile,
        heuristics=asked.include_heuristics,
    )
    told = performance(question, by=request.auth)
    found = told.found
    return {
        "since": found.asked.since,
        "until": found.asked.until,
        "profile": found.asked.profile,
        "include_heuristics": found.asked.heuristics,
        "closed_days": found.closed_days,
        "unlinked_incidents": found.unlinked_incidents,
        "kinds": [
            {"repo_id": repo_id, "repository": told.beside.full_name(repo_id), "kind": kind}
            for repo_id, kind in found.kinds.items()
        ],
    } | {name: asdict(each) for name, each in told.figures().items()}
