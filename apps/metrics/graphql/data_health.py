"""How far the data can be trusted."""

from datetime import datetime

import strawberry
from strawberry.types import Info

from apps.cost import HELD, Cost
from apps.metrics import data_health
from apps.metrics.data_health import DEFAULT_DAYS
from apps.metrics.definitions import describe
from apps.metrics.graphql.catalog import member_of
from apps.metrics.graphql.cells import cells_of, ids, told
from apps.metrics.graphql.entities import Repository, made_of_repository
from apps.metrics.nodes import BigInt, Connection, connection_of
from apps.metrics.schema import require_size
from devhealth.analytics import health
from devhealth.models import records

MOST_ROWS = 200
UNTOLD = ("deleted_at", "deleted_reason")
Told = data_health.DataHealth
QuarantinedCells = cells_of(records.QuarantinedRecord, UNTOLD)


@strawberry.type(description="One target of one repository, as its runs of these days tell.")
class Source:
    source_id: str = strawberry.field(description="The provider's host.")
    repo_id: strawberry.ID = strawberry.field(description="The nil UUID where it is of none.")
    target: str = strawberry.field(description="git, blame, prs, cicd, deployments or incidents.")
    last_run_at: datetime
    last_success_at: datetime | None = strawberry.field(
        description="Of the newest run that could see it. Null: none of these days."
    )
    lag_hours: float | None = strawberry.field(
        description="Since the last success. Null: none of these days."
    )
    unreachable_reason: str | None = strawberry.field(
        description="Why the newest run could not see it. Null: it could."
    )
    quarantined_count: BigInt = strawberry.field(description="Things of it that cannot be read.")
    among: strawberry.Private[Told]

    @strawberry.field(description="Null: of none, or not stored any more.", metadata={"cost": HELD})
    def repository(self) -> Repository | None:
        return repository(self.among, self.repo_id)


@strawberry.type(description=describe(records.QuarantinedRecord))
class Quarantined(QuarantinedCells):  # type: ignore[valid-type, misc]
    among: strawberry.Private[Told]

    @strawberry.field(description="Null: of none, or not stored any more.")
    def repository(self) -> Repository | None:
        return repository(self.among, self.repo_id)


@strawberry.type(description="Things, and how many of them are linked to nothing.")
class Unlinked:
    total: BigInt
    unlinked: BigInt
    share: float | None = strawberry.field(description="unlinked / total. Null: there are none.")


@strawberry.type(description="How far the data can be trusted, by the runs of some days.")
class DataHealth:
    as_of: datetime
    since: datetime = strawberry.field(description="Runs since then are looked at.")
    told: strawberry.Private[Told]

    @strawberry.field(
        description="Each target of each repository that had a run, by full name.",
        metadata={"cost": Cost(questions=3)},
    )
    def sources(self, first: int = 50, after: str | None = None) -> Connection[Source]:
        page = self.told.sources(require_size(first, MOST_ROWS), after)
        nodes = [source(each, self.told) for each in page.rows]
        found: Connection[Source] = connection_of(page, nodes, after)
        return found

    @strawberry.field(description="All that cannot be read, whenever it was found.")
    def quarantined_count(self) -> BigInt:
        return BigInt(self.told.quarantined_count)

    @strawberry.field(description="What it is, the newest first.")
    def quarantined(self, first: int = 50, after: str | None = None) -> Connection[Quarantined]:
        page = self.told.quarantined(require_size(first, MOST_ROWS), after)
        nodes = [Quarantined(**told(QuarantinedCells, row), among=self.told) for row in page.rows]
        found: Connection[Quarantined] = connection_of(page, nodes, after)
        return found

    @strawberry.field(description="Incidents that began since then and have no deployment.")
    def unlinked_incidents(self) -> Unlinked:
        return unlinked(self.told.unlinked_incidents)

    @strawberry.field(
        description="Pull requests that were merged since then into a default branch and that no "
        "deployment is known to have brought: that may be still to come.",
        metadata={"cost": Cost(questions=2)},
    )
    def unlinked_pull_requests(self) -> Unlinked:
        return unlinked(self.told.unlinked_pull_requests)

    @strawberry.field(
        description="Pull requests that were merged since then and name no work item that is "
        "known: what work was for is told of these by themselves alone.",
        metadata={"cost": Cost(questions=2)},
    )
    def pull_requests_without_item(self) -> Unlinked:
        return unlinked(self.told.pull_requests_without_item)


def read_data_health(
    info: Info,
    days: int = DEFAULT_DAYS,
    repository_ids: list[strawberry.ID] | None = None,
    org_id: str | None = None,
) -> DataHealth:
    by = member_of(info, org_id)
    found = Told(by=by, days=days, repositories=ids(repository_ids))
    return DataHealth(as_of=found.as_of, since=found.since, told=found)


def source(found: health.Source, among: Told) -> Source:
    return Source(
        source_id=found.source_id,
        repo_id=strawberry.ID(found.repo_id),
        target=found.target,
        last_run_at=found.last_run_at,
        last_success_at=found.last_success_at,
        lag_hours=found.lag_hours,
        unreachable_reason=found.unreachable_reason,
        quarantined_count=BigInt(found.quarantined_count),
        among=among,
    )


def unlinked(found: health.Unlinked) -> Unlinked:
    return Unlinked(total=BigInt(found.total), unlinked=BigInt(found.unlinked), share=found.share)


def repository(among: Told, repo_id: str) -> Repository | None:
    row = among.repository(repo_id)
    return made_of_repository(row, among.now) if row else None
