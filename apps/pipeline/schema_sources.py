"""GraphQL: what an organisation is connected to, what it syncs, and how far each source is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
import strawberry_django
from django.utils import timezone
from strawberry import auto
from strawberry.types import Info

from apps.cost import HELD
from apps.global_ids import GlobalNode, Read
from apps.integrations.models import Integration
from apps.integrations.services import health_of
from apps.metrics.data_health import DEFAULT_DAYS
from apps.metrics.graphql import data_health
from apps.metrics.nodes import Connection, connection_of
from apps.metrics.schema import require_size
from apps.orgs.services import Member
from apps.pipeline.models import SyncConfig, SyncWatermark
from apps.pipeline.services import configs, lists
from apps.pipeline.services.lists import ConfigsOf, MarksOf

MOST_ROWS = 100
HOUR = 3600  # seconds


@strawberry_django.type(SyncWatermark, name="SyncWatermark")
class WatermarkNode:
    source: auto
    target: auto
    synced_through: auto
    covered_since: auto
    updated_at: auto

    @strawberry.field(description="Since `syncedThrough`.", metadata={"cost": HELD})
    def lag_hours(self) -> float:
        return round((timezone.now() - self.synced_through).total_seconds() / HOUR, 2)


def watermarks(root: strawberry.Parent[SyncConfig]) -> Any:
    reader: MarksOf = root.mark_reader
    return reader.of(root)


def next_run_at(root: strawberry.Parent[SyncConfig]) -> datetime | None:
    reader: MarksOf = root.mark_reader
    return reader.next_run_at(root)


@strawberry_django.type(SyncConfig, name="SyncConfig")
class ConfigNode(GlobalNode):
    id: strawberry.ID
    name: auto
    provider: auto
    targets: auto
    sources: auto
    schedule_cron: auto
    timezone: auto
    is_active: auto
    created_at: auto
    updated_at: auto
    watermarks: list[WatermarkNode] = strawberry.field(
        resolver=watermarks, description="By source and target; none before its first sync."
    )
    next_run_at: datetime | None = strawberry.field(
        resolver=next_run_at, description="Null: no schedule, or switched off."
    )


@strawberry_django.type(SyncWatermark, name="SourceWatermark")
class SourceWatermarkNode(WatermarkNode):
    config: ConfigNode


def sync_configs(root: strawberry.Parent[Integration]) -> Any:
    reader: ConfigsOf = root.config_reader
    return reader.of(root)


def health(root: strawberry.Parent[Integration]) -> str:
    return health_of(root)[0]


def health_reason(root: strawberry.Parent[Integration]) -> str:
    return health_of(root)[1]


def last_four(root: strawberry.Parent[Integration]) -> str:
    return root.held.last_four if root.held else ""


def expires_at(root: strawberry.Parent[Integration]) -> datetime | None:
    return root.held.expires_at if root.held else None


def told(resolver: Any, description: str) -> Any:
    """A field of an integration that is no column of its row."""
    return strawberry.field(resolver=resolver, description=description, metadata={"cost": HELD})


@strawberry_django.type(Integration, name="Integration")
class IntegrationNode(GlobalNode):
    id: strawberry.ID
    name: auto
    provider: auto
    url: auto
    kind: auto
    account: auto
    health: str = told(health, "ok, expiring, or reconnect.")
    health_reason: str = told(health_reason, "What to do. '': nothing.")
    last_four: str = told(last_four, "How its token ends; nothing else of it is told.")
    expires_at: datetime | None = told(expires_at, "Of the credential. Null: nobody has said.")
    checked_at: auto
    synced_at: datetime | None = strawberry.field(
        description="Up to when the newest of all that goes by it is synced. Null: nothing is."
    )
    created_at: auto
    updated_at: auto
    configs: list[ConfigNode] = strawberry.field(
        resolver=sync_configs, description="What is synced by it, by name."
    )


@strawberry.type(description="How far the data can be trusted, by the runs of some days.")
class DataHealth(data_health.DataHealth):
    @strawberry.field(
        description="Up to when each target of each source is synced, by source and target, "
        "whatever days and repositories are asked for."
    )
    def watermarks(
        self, info: Info, first: int = 50, after: str | None = None
    ) -> Connection[SourceWatermarkNode]:
        page = lists.marks_page(
            by=info.context.member, limit=require_size(first, MOST_ROWS), after=after
        )
        found: Connection[SourceWatermarkNode] = connection_of(page, page.rows, after)
        return found


# --- the query -----------------------------------------------------------------------------------


def member_of(info: Info, claim: str | None) -> Member:
    member: Member = info.context.member
    member.require_claim(claim)
    return member


def read_integrations(
    info: Info,
    providers: list[str] | None = None,
    org_id: str | None = None,
    first: int = 20,
    after: str | None = None,
) -> Any:
    by, limit = member_of(info, org_id), require_size(first, MOST_ROWS)
    page = lists.integrations_page(providers, by=by, limit=limit, after=after)
    return connection_of(page, page.rows, after)


def read_data_health(
    info: Info,
    days: int = DEFAULT_DAYS,
    repository_ids: list[strawberry.ID] | None = None,
    org_id: str | None = None,
) -> DataHealth:
    found = data_health.read_data_health(info, days, repository_ids, org_id)
    return DataHealth(as_of=found.as_of, since=found.since, told=found.told)


@strawberry.type
class SourcesQuery:
    integrations: Connection[IntegrationNode] = strawberry.field(
        resolver=read_integrations, description="Connections to providers, the newest first."
    )
    data_health: DataHealth = strawberry.field(
        resolver=read_data_health, description="How far the data can be trusted."
    )


def read_config(key: tuple[Any, ...], by: Member) -> SyncConfig:
    return lists.with_marks([configs.config_of(UUID(key[0]), by=by)], by)[0]


def read_integration(key: tuple[Any, ...], by: Member) -> Integration:
    return lists.integration_shown(UUID(key[0]), by=by)


NODES: Mapping[str, Read] = {"SyncConfig": read_config, "Integration": read_integration}
