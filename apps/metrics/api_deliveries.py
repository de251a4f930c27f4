"""REST: deployments and incidents as records."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from apps.metrics import deliveries
from apps.metrics.api_records import FULL_NAME, WindowQuery, record_schema
from apps.metrics.deliveries import (
    UNTOLD,
    UNTOLD_OF_CHANGES,
    DeploymentMoment,
    Deployments,
    DeploymentStatus,
    IncidentMoment,
    Incidents,
    IncidentStatus,
)
from apps.metrics.records import window_of
from apps.metrics.services import Cells
from apps.rest import PageOut, page_out
from devhealth.models.records import Deployment, DeploymentChange, Incident

router = Router(tags=["metrics"])

MOST_TOLD = 100  # changes or incidents of one deployment
REPOSITORY: Any = (str | None, Field(description=FULL_NAME))


class DeploymentsQuery(WindowQuery):
    repo_id: list[UUID] = Field([], max_length=200)
    team_id: list[str] = Field([], max_length=200, description="Which own the repository.")
    environment: list[str] = Field([], max_length=200, description="As the provider names them.")
    status: list[DeploymentStatus] = Field([], max_length=4)
    is_production: bool | None = Field(None, description="Default: both.")
    is_counted: bool | None = Field(None, description="Default: both.")
    at: DeploymentMoment = Field(
        "created_at", description="The instant that `since` and `until` are of."
    )


class IncidentsQuery(WindowQuery):
    repo_id: list[UUID] = Field([], max_length=200)
    team_id: list[str] = Field([], max_length=200, description="Which own the repository.")
    status: list[IncidentStatus] = Field([], max_length=2)
    at: IncidentMoment = Field(
        "started_at", description="The instant that `since` and `until` are of."
    )


DeploymentChangeOut = record_schema(DeploymentChange, UNTOLD_OF_CHANGES)


class ChangesOut(Schema):
    """What people first got with a deployment, by id."""

    items: list[DeploymentChangeOut]  # type: ignore[valid-type]
    has_more: bool = Field(description=f"There are more than these {MOST_TOLD}: ask GraphQL.")


class BroughtOut(Schema):
    """An incident that a deployment is known to have brought."""

    source_id: str
    incident_id: str
    link_basis: str | None = Field(description="native, explicit_text or heuristic.")


DeploymentOut = record_schema(
    Deployment,
    UNTOLD,
    repository=REPOSITORY,
    changes=(ChangesOut, ...),
    incidents=(list[BroughtOut], Field(description=f"The oldest {MOST_TOLD}.")),
)


class DeploymentBrieflyOut(Schema):
    """The deployment that brought an incident; `link_basis` says how that is known."""

    repo_id: UUID
    deployment_id: str
    environment: str
    status: str
    commit_hash: str | None
    finished_at: datetime | None = Field(description="Null: still pending.")
    url: str


IncidentOut = record_schema(
    Incident,
    UNTOLD,
    repository=REPOSITORY,
    deployment=(
        DeploymentBrieflyOut | None,
        Field(description="Null: none is known, or it is not stored any more."),
    ),
)


class DeploymentPage(PageOut[DeploymentOut]):  # type: ignore[valid-type]
    """The newest first."""


class IncidentPage(PageOut[IncidentOut]):  # type: ignore[valid-type]
    """The newest first."""


@router.get("/deployments", response=DeploymentPage, summary="List deployments")
def list_deployments(
    request: HttpRequest, response: HttpResponse, asked: Query[DeploymentsQuery]
) -> Any:
    """Deployments with the changes that they brought and the incidents, the newest first."""
    question = deliveries.deployments_asked(
        repositories=asked.repo_id or None,
        teams=asked.team_id or None,
        environments=asked.environment or None,
        statuses=asked.status or None,
        production=asked.is_production,
        counted=asked.is_counted,
        window=window_of(asked.at, asked.since, asked.until),
    )
    page = deliveries.deliveries_page(
        question, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    among = Deployments(list(page.rows), request.auth)
    items = [deployment_out(row, among) for row in page.rows]
    return page_out(request, response, page) | {"items": items}


@router.get("/incidents", response=IncidentPage, summary="List incidents")
def list_incidents(
    request: HttpRequest, response: HttpResponse, asked: Query[IncidentsQuery]
) -> Any:
    """Incidents with the deployments that brought them, the newest first."""
    question = deliveries.incidents_asked(
        repositories=asked.repo_id or None,
        teams=asked.team_id or None,
        statuses=asked.status or None,
        window=window_of(asked.at, asked.since, asked.until),
    )
    page = deliveries.deliveries_page(
        question, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    among = Incidents(list(page.rows), request.auth)
    items = [incident_out(row, among) for row in page.rows]
    return page_out(request, response, page) | {"items": items}


def deployment_out(row: Cells, among: Deployments) -> Cells:
    changes = among.changes(row, MOST_TOLD)
    return row | {
        "repository": among.beside.full_name(row["repo_id"]),
        "changes": {"items": changes.rows, "has_more": changes.has_next},
        "incidents": among.incidents(row, MOST_TOLD).rows,
    }


def incident_out(row: Cells, among: Incidents) -> Cells:
    return row | {
        "repository": among.beside.full_name(row["repo_id"]),
        "deployment": among.deployment(row),
    }
