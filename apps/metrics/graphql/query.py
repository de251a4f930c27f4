"""The root fields of this folder."""

import strawberry

from apps.metrics.graphql.analytics import AnalyticsResult, read_analytics
from apps.metrics.graphql.catalog import CatalogResult, read_catalog
from apps.metrics.graphql.deliveries import (
    Deployment,
    Incident,
    read_deployments,
    read_incidents,
)
from apps.metrics.graphql.delivery_performance import COST as DORA
from apps.metrics.graphql.delivery_performance import Dora, read_dora
from apps.metrics.graphql.entities import (
    Person,
    Repository,
    Team,
    read_people,
    read_repositories,
    read_teams,
)
from apps.metrics.graphql.evidence import EvidenceConnection, read_evidence
from apps.metrics.graphql.home import COST as HOME
from apps.metrics.graphql.home import Home, read_home
from apps.metrics.graphql.investment import COST as INVESTMENT
from apps.metrics.graphql.investment import Investment, read_investment
from apps.metrics.graphql.ownership import COST as OWNERSHIP
from apps.metrics.graphql.ownership import OwnershipConnection, read_ownership
from apps.metrics.graphql.pull_requests import (
    PullRequest,
    read_pull_request,
    read_pull_requests,
)
from apps.metrics.graphql.review_edges import COST as REVIEW_EDGES
from apps.metrics.graphql.review_edges import ReviewingConnection, read_review_edges
from apps.metrics.graphql.work_flow import (
    FLOW,
    FORECAST,
    FlowConnection,
    Forecast,
    read_flow,
    read_forecast,
)
from apps.metrics.graphql.work_items import (
    Sprint,
    WorkItem,
    read_sprints,
    read_work_item,
    read_work_items,
)
from apps.metrics.nodes import Connection
from apps.metrics.prices import BATCH


@strawberry.type
class AnalyticsQuery:
    home: Home = strawberry.field(
        resolver=read_home,
        description="An organisation at a glance.",
        metadata={"cost": HOME},
    )
    catalog: CatalogResult = strawberry.field(
        resolver=read_catalog, description="What can be asked about measures."
    )
    analytics: AnalyticsResult = strawberry.field(
        resolver=read_analytics,
        description="Measures over time and by group, many at once.",
        metadata={"cost": BATCH},
    )
    evidence: EvidenceConnection = strawberry.field(
        resolver=read_evidence,
        description="The records behind a measure on one UTC day, newest first.",
    )
    ownership: OwnershipConnection = strawberry.field(
        resolver=read_ownership,
        description="Whose today's code is, by directory and file, as of the last blame.",
        metadata={"cost": OWNERSHIP},
    )


@strawberry.type
class EntitiesQuery:
    repositories: Connection[Repository] = strawberry.field(
        resolver=read_repositories, description="Repositories by full name."
    )
    people: Connection[Person] = strawberry.field(
        resolver=read_people,
        description="Who made a stored commit, by name: an order that says nothing of anybody.",
    )
    teams: Connection[Team] = strawberry.field(
        resolver=read_teams, description="Teams by name, as the Directory has them now."
    )


@strawberry.type
class DeliveryQuery:
    pull_requests: Connection[PullRequest] = strawberry.field(
        resolver=read_pull_requests, description="Pull requests, the newest first unless said."
    )
    pr: PullRequest | None = strawberry.field(
        resolver=read_pull_request, description="One pull request. Null: there is none of yours."
    )
    deployments: Connection[Deployment] = strawberry.field(
        resolver=read_deployments, description="Deployments, the newest first."
    )
    incidents: Connection[Incident] = strawberry.field(
        resolver=read_incidents, description="Incidents, the newest first."
    )
    review_edges: ReviewingConnection = strawberry.field(
        resolver=read_review_edges,
        description="Who reviews whose work, by their ids: nobody is ranked.",
        metadata={"cost": REVIEW_EDGES},
    )
    dora: Dora = strawberry.field(
        resolver=read_dora,
        description="DORA's figures over some days, with the sizes of their samples.",
        metadata={"cost": DORA},
    )


@strawberry.type
class WorkQuery:
    work_items: Connection[WorkItem] = strawberry.field(
        resolver=read_work_items, description="Work items, the last changed first unless said."
    )
    work_item: WorkItem | None = strawberry.field(
        resolver=read_work_item, description="One work item. Null: there is none of yours."
    )
    sprints: Connection[Sprint] = strawberry.field(
        resolver=read_sprints, description="Sprints, those that began last first."
    )
    investment: Investment = strawberry.field(
        resolver=read_investment,
        description="What work was for: the share of each theme.",
        metadata={"cost": INVESTMENT},
    )
    flow: FlowConnection = strawberry.field(
        resolver=read_flow,
        description="Work in progress as it ages.",
        metadata={"cost": FLOW},
    )
    forecast: Forecast = strawberry.field(
        resolver=read_forecast,
        description="When items will be done, and how many will be by a day.",
        metadata={"cost": FORECAST},
    )
