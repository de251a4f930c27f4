"""What `node` finds in the store: by a key, one of each kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.global_ids import Read
from apps.metrics import identities, operations
from apps.metrics.entities import Now
from apps.metrics.graphql.deliveries import deployment_nodes, incident_nodes
from apps.metrics.graphql.entities import Person, Team, made_of_person, made_of_repository
from apps.metrics.graphql.entities import team_node as made_of_team
from apps.metrics.graphql.pull_requests import nodes_of as pull_request_nodes
from apps.metrics.graphql.work_items import nodes_of as work_item_nodes
from apps.metrics.graphql.work_items import sprint_node
from apps.metrics.services import Cells
from apps.metrics.store import sink
from apps.orgs.members import Member
from apps.orgs.operations import Operation
from devhealth.models import records

Key = tuple[Any, ...]


def stored(
    cls: type[records.Record],
    operation: Operation,
    made: Callable[[Sequence[Cells], Member], Sequence[Any]],
) -> Read:
    """Of a record's key, by one query of the store."""

    def read(key: Key, by: Member) -> Any:
        by.require(operation)
        rows = sink(by.organization).get(cls, [key]).to_dicts()
        return next(iter(made(rows, by)), None)

    return read


def team(key: Key, by: Member) -> Team | None:
    by.require(operations.DIRECTORY_READ)
    now = Now()
    return made_of_team(now.teams.get(key[0]), now)


def person(key: Key, by: Member) -> Person:
    found = identities.identity_of(UUID(key[0]), by=by)
    return made_of_person(found, by.user.pk, Now())


NODES: Mapping[str, Read] = {
    "Repository": stored(
        records.Repository,
        operations.METRICS_READ,
        lambda rows, by: [made_of_repository(row, Now()) for row in rows],
    ),
    "Team": team,
    "Person": person,
    "PullRequest": stored(records.PullRequest, operations.PULL_REQUESTS_READ, pull_request_nodes),
    "WorkItem": stored(records.WorkItem, operations.WORK_ITEMS_READ, work_item_nodes),
    "Sprint": stored(
        records.Sprint, operations.SPRINTS_READ, lambda rows, by: [sprint_node(row) for row in rows]
    ),
    "Deployment": stored(records.Deployment, operations.DEPLOYMENTS_READ, deployment_nodes),
    "Incident": stored(records.Incident, operations.INCIDENTS_READ, incident_nodes),
}
