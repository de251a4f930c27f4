"""DORA's figures."""

from datetime import date
from typing import Any, get_args

import strawberry
from strawberry.types import Info

from apps.cost import HELD, Cost
from apps.metrics.delivery_performance import Asked, Performance, performance
from apps.metrics.graphql.catalog import enum_of, member_of
from apps.metrics.graphql.cells import ids
from apps.metrics.graphql.entities import Repository
from apps.metrics.graphql.pull_requests import repository
from apps.metrics.nodes import BigInt, Connection, connection_of
from apps.metrics.schema import DateRangeInput, require_size
from apps.metrics.services import Asked as Days
from apps.metrics.services import shift
from devhealth.analytics import dora
from devhealth.models.rollups import DeployDay

MOST_ROWS = 200
COST = Cost(questions=9)  # counts twice, changes, incidents, deployments, repositories, Directory
PROFILE: Any = enum_of(
    "DoraProfile", get_args(dora.Profile), "From where a change's lead time is counted."
)


@strawberry.type(description="A number, what it is made of, and why it is null if it is.")
class Figure:
    value: float | None = strawberry.field(description="Null: not measured.")
    n: BigInt = strawberry.field(description="Things that it is made of.")
    unit: str
    reason: str | None = strawberry.field(description="Why there is no value. Null: there is one.")


@strawberry.type(description="What counts as a deployment of a repository.")
class DeploymentKind:
    repo_id: strawberry.ID
    kind: str = strawberry.field(description="deployment, release or merge.")
    told: strawberry.Private[Performance]

    @strawberry.field(description="Null: not stored any more.")
    def repository(self) -> Repository | None:
        return repository(self.told.beside, self.repo_id)


@strawberry.type(
    description="DORA's figures of production over some days: sums of rows, quantiles of records, "
    "no mean of days."
)
class Dora:
    since: date = strawberry.field(description="First day.")
    until: date = strawberry.field(description="Day after the last.")
    profile: PROFILE
    include_heuristics: bool
    deployment_frequency: Figure = strawberry.field(description="Successes a closed day.")
    change_lead_time: Figure = strawberry.field(
        description="Median over the changes that reached production, by profile."
    )
    change_fail_rate: Figure = strawberry.field(
        description="Successes that people got something broken by, of all successes."
    )
    failed_deployment_recovery_time: Figure = strawberry.field(
        description="(2023) Median over incidents, their deployment's end to their own."
    )
    time_to_restore: Figure = strawberry.field(
        description="(2021) Median over incidents, begin to end."
    )
    deployment_rework_rate: Figure = strawberry.field(
        description="(2024) Of unplanned deployments: nothing marks them, so that it is null."
    )
    closed_days: BigInt = strawberry.field(description="Of these days, that are over.")
    unlinked_incidents: BigInt = strawberry.field(
        description="Resolved in these days, of no deployment that is known."
    )
    told: strawberry.Private[Performance]

    @strawberry.field(
        description="What counts as a deployment, by repository.", metadata={"cost": HELD}
    )
    def kinds(self, first: int = 50, after: str | None = None) -> Connection[DeploymentKind]:
        page = self.told.kinds(require_size(first, MOST_ROWS), after)
        nodes = [
            DeploymentKind(repo_id=strawberry.ID(repo_id), kind=kind, told=self.told)
            for repo_id, kind in page.rows
        ]
        found: Connection[DeploymentKind] = connection_of(page, nodes, after)
        return found


def read_dora(
    info: Info,
    range: DateRangeInput,
    repository_ids: list[strawberry.ID] | None = None,
    team_ids: list[strawberry.ID] | None = None,
    profile: PROFILE = PROFILE.FIRST_COMMIT,
    include_heuristics: bool = True,
    org_id: str | None = None,
) -> Dora:
    by = member_of(info, org_id)
    days = Days(rollup=DeployDay, since=range.start_date, until=shift(range.end_date, 1))
    asked = Asked(
        days=days,
        repositories=ids(repository_ids),
        teams=team_ids,
        profile=profile.value,
        heuristics=include_heuristics,
    )
    return dora_of(performance(asked, by=by))


def dora_of(told: Performance) -> Dora:
    found, asked = told.found, told.found.asked
    return Dora(
        since=asked.since,
        until=asked.until,
        profile=PROFILE(asked.profile),
        include_heuristics=asked.heuristics,
        closed_days=BigInt(found.closed_days),
        unlinked_incidents=BigInt(found.unlinked_incidents),
        told=told,
        **{name: figure(each) for name, each in told.figures().items()},
    )


def figure(found: dora.Figure) -> Figure:
    return Figure(value=found.value, n=BigInt(found.n), unit=found.unit, reason=found.reason)
