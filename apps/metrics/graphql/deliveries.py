"""Deployments, what they brought and broke, and incidents."""

from collections.abc import Sequence
from typing import Any, ClassVar, get_args

import strawberry
from strawberry.types import Info

from apps.global_ids import GlobalNode
from apps.metrics import deliveries
from apps.metrics.definitions import describe
from apps.metrics.deliveries import (
    UNTOLD,
    UNTOLD_OF_CHANGES,
    Deployments,
    DeploymentStatus,
    Incidents,
    IncidentStatus,
)
from apps.metrics.graphql import pull_requests
from apps.metrics.graphql.catalog import enum_of, member_of
from apps.metrics.graphql.cells import cells_of, ids, one_window, told, values
from apps.metrics.graphql.entities import Repository
from apps.metrics.graphql.pull_requests import PullRequest, repository
from apps.metrics.nodes import Connection, connection_of
from apps.metrics.schema import DateRangeInput, require_size
from apps.metrics.services import Cells
from apps.orgs.services import Member
from devhealth.models import records

MOST_ROWS = 200
NOT_BOTH = "Of the two ranges of days, one."
DEPLOYMENT_STATUS: Any = enum_of(
    "DeploymentStatus", get_args(DeploymentStatus), "How a deployment ended, the first that it did."
)
INCIDENT_STATUS: Any = enum_of(
    "IncidentStatus", get_args(IncidentStatus), "Whether something is broken still."
)
DeploymentCells = cells_of(records.Deployment, UNTOLD, {"status": DEPLOYMENT_STATUS})
ChangeCells = cells_of(records.DeploymentChange, UNTOLD_OF_CHANGES)
IncidentCells = cells_of(records.Incident, UNTOLD, {"status": INCIDENT_STATUS})


@strawberry.type(description=describe(records.DeploymentChange))
class DeploymentChange(ChangeCells):  # type: ignore[valid-type, misc]
    row: strawberry.Private[Cells]
    among: strawberry.Private[Deployments]

    @strawberry.field(description="Null: a commit that belongs to none, or not stored any more.")
    def pull_request(self) -> PullRequest | None:
        found = self.among.pull_request(self.row)
        return pull_requests.node(found, self.among.landed) if found else None


@strawberry.type(description=describe(records.Incident))
class Incident(IncidentCells, GlobalNode):  # type: ignore[valid-type, misc]
    node_key: ClassVar[tuple[str, ...]] = records.Incident.key
    id: strawberry.ID
    row: strawberry.Private[Cells]
    among: strawberry.Private[Incidents]

    @strawberry.field(description="Null: of none, or not stored any more.")
    def repository(self) -> Repository | None:
        return repository(self.among.beside, self.repo_id)

    @strawberry.field(description="That brought it; `linkBasis` says how that is known.")
    def deployment(self) -> "Deployment | None":
        found = self.among.deployment(self.row)
        return deployment_node(found, self.among.brought) if found else None


@strawberry.type(description=describe(records.Deployment))
class Deployment(DeploymentCells, GlobalNode):  # type: ignore[valid-type, misc]
    node_key: ClassVar[tuple[str, ...]] = records.Deployment.key
    id: strawberry.ID
    row: strawberry.Private[Cells]
    among: strawberry.Private[Deployments]

    @strawberry.field(description="Null: not stored any more.")
    def repository(self) -> Repository | None:
        return repository(self.among.beside, self.repo_id)

    @strawberry.field(description="What people first got with it, by id.")
    def changes(self, first: int = 10, after: str | None = None) -> Connection[DeploymentChange]:
        page = self.among.changes(self.row, require_size(first, MOST_ROWS), after)
        nodes = [
            DeploymentChange(**told(ChangeCells, row), row=row, among=self.among)
            for row in page.rows
        ]
        found: Connection[DeploymentChange] = connection_of(page, nodes, after)
        return found

    @strawberry.field(description="That it is known to have brought, the oldest first.")
    def incidents(self, first: int = 10, after: str | None = None) -> Connection[Incident]:
        page = self.among.incidents(self.row, require_size(first, MOST_ROWS), after)
        nodes = [incident_node(row, self.among.broken) for row in page.rows]
        found: Connection[Incident] = connection_of(page, nodes, after)
        return found


@strawberry.input(
    description="All that is named must hold. An id that is not of your organisation matches none."
)
class DeploymentFilter:
    repository_ids: list[strawberry.ID] | None = None
    team_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Which own the repository."
    )
    environments: list[str] | None = strawberry.field(
        default=None, description="As the provider names them."
    )
    statuses: list[DEPLOYMENT_STATUS] | None = None
    is_production: bool | None = None
    is_counted: bool | None = None
    created_in: DateRangeInput | None = strawberry.field(default=None, description=NOT_BOTH)
    finished_in: DateRangeInput | None = None


@strawberry.input(
    description="All that is named must hold. An id that is not of your organisation matches none."
)
class IncidentFilter:
    repository_ids: list[strawberry.ID] | None = None
    team_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Which own the repository."
    )
    statuses: list[INCIDENT_STATUS] | None = None
    started_in: DateRangeInput | None = strawberry.field(default=None, description=NOT_BOTH)
    resolved_in: DateRangeInput | None = None


def read_deployments(
    info: Info,
    filter: DeploymentFilter | None = None,
    org_id: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> Any:
    by, asked = member_of(info, org_id), filter or DeploymentFilter()
    question = deliveries.deployments_asked(
        repositories=ids(asked.repository_ids),
        teams=asked.team_ids,
        environments=asked.environments,
        statuses=values(asked.statuses),
        production=asked.is_production,
        counted=asked.is_counted,
        window=one_window(created_at=asked.created_in, finished_at=asked.finished_in),
    )
    limit = require_size(first, MOST_ROWS)
    page = deliveries.deliveries_page(question, by=by, limit=limit, after=after)
    return connection_of(page, deployment_nodes(page.rows, by), after)


def read_incidents(
    info: Info,
    filter: IncidentFilter | None = None,
    org_id: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> Any:
    by, asked = member_of(info, org_id), filter or IncidentFilter()
    question = deliveries.incidents_asked(
        repositories=ids(asked.repository_ids),
        teams=asked.team_ids,
        statuses=values(asked.statuses),
        window=one_window(started_at=asked.started_in, resolved_at=asked.resolved_in),
    )
    limit = require_size(first, MOST_ROWS)
    page = deliveries.deliveries_page(question, by=by, limit=limit, after=after)
    return connection_of(page, incident_nodes(page.rows, by), after)


def deployment_nodes(rows: Sequence[Cells], by: Member) -> list[Deployment]:
    among = Deployments(list(rows), by)
    return [deployment_node(row, among) for row in rows]


def incident_nodes(rows: Sequence[Cells], by: Member) -> list[Incident]:
    among = Incidents(list(rows), by)
    return [incident_node(row, among) for row in rows]


def deployment_node(row: Cells, among: Deployments) -> Deployment:
    return Deployment(
        **told(DeploymentCells, row | {"status": DEPLOYMENT_STATUS(row["status"])}),
        id=strawberry.ID(f"{row['repo_id']}:{row['deployment_id']}"),
        row=row,
        among=among,
    )


def incident_node(row: Cells, among: Incidents) -> Incident:
    return Incident(
        **told(IncidentCells, row | {"status": INCIDENT_STATUS(row["status"])}),
        id=strawberry.ID(f"{row['source_id']}:{row['incident_id']}"),
        row=row,
        among=among,
    )
