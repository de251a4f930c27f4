"""REST: sync configs."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Header, Query, Router, Schema, Status
from pydantic import StringConstraints

from apps.pipeline.models import SyncConfig, SyncWatermark
from apps.pipeline.services import configs, lists, removal
from apps.rest import (
    IDEMPOTENT,
    NO_NUL,
    In,
    PageOut,
    PageQuery,
    described,
    page_out,
    point_to,
    version_of,
)

router = Router(tags=["sync"])

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Source = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=NO_NUL)]
Target = Annotated[str, StringConstraints(max_length=20)]
Sources = Annotated[list[Source], Field(max_length=200)]
BY_WHICH = "The integration by which the provider is asked. Null: none is needed."
TARGETS = "`git`: commits. `blame`, after git: whose today's lines are; no past can be fetched."
Targets = Annotated[list[Target], Field(max_length=20, description=TARGETS)]
Cron = Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)]
Zone = Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]


@described(SyncConfig)
class ConfigIn(In):
    name: Name
    provider: Target
    integration_id: UUID | None = Field(None, description=BY_WHICH)
    targets: Targets
    sources: Sources
    options: dict[str, Any] = Field(default_factory=dict)
    schedule_cron: Cron = ""
    timezone: Zone = "UTC"
    is_active: bool = True


@described(SyncConfig)
class ConfigPatch(In):
    """What is not named stays."""

    name: Name = Field(default_factory=str)
    targets: Targets = Field(default_factory=list)
    sources: Sources = Field(default_factory=list)
    options: dict[str, Any] = Field(default_factory=dict)
    schedule_cron: Cron = Field(default_factory=str)
    timezone: Zone = Field(default_factory=str)
    is_active: bool = Field(default_factory=bool)


@described(SyncWatermark)
class WatermarkOut(Schema):
    """Up to when a source's target is synced."""

    target: str
    source: str
    synced_through: datetime
    covered_since: date | None
    updated_at: datetime


@described(SyncConfig)
class ConfigOut(Schema):
    """Which sources of one provider are synced, what of them, and when."""

    id: UUID
    name: str
    provider: str
    integration_id: UUID | None = Field(description=BY_WHICH)
    targets: list[str] = Field(description=TARGETS)
    sources: list[str]
    options: dict[str, Any]
    schedule_cron: str
    timezone: str
    is_active: bool
    next_run_at: datetime | None = Field(description="Null: no schedule, or switched off.")
    watermarks: list[WatermarkOut] = Field(description="None before a source's first sync.")
    created_by: UUID
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_watermarks(config: SyncConfig) -> list[SyncWatermark]:
        return sorted(config.watermarks.all(), key=lambda mark: (mark.source, mark.target))


class ConfigPage(PageOut[ConfigOut]):
    """The newest first."""


class RemovalQuery(Schema):
    source: Source = Field(description="As the config names it.")
    facts: Literal["keep", "remove"] = Field(description="What becomes of all that was stored.")


class RemovedOut(Schema):
    """A source that is synced no more."""

    source: str
    facts: Literal["keep", "remove"]
    repository_id: UUID | None = Field(description="Whose facts are removed. Null: they stay.")


def given(response: HttpResponse, config: SyncConfig, by: Any) -> SyncConfig:
    """As it is shown, with the version that `If-Match` is held against."""
    response["ETag"] = configs.version(config)
    return lists.config_shown(config, by=by)


@router.get("/sync-configs", response=ConfigPage, summary="List sync configs")
def list_configs(request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]) -> Any:
    """What is synced, the newest config first."""
    page = lists.configs_page(by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


@router.post(
    "/sync-configs",
    response={201: ConfigOut},
    summary="Create a sync config",
    openapi_extra=IDEMPOTENT,
)
def create_config(request: HttpRequest, response: HttpResponse, body: ConfigIn) -> SyncConfig:
    """Every source must be readable; a schedule may run as often as the tier allows."""
    config = configs.create(SyncConfig(**body.dict()), by=request.auth)
    point_to(response, "read_config", config_id=config.pk)
    return given(response, config, request.auth)


@router.get("/sync-configs/{config_id}", response=ConfigOut, summary="Read a sync config")
def read_config(request: HttpRequest, response: HttpResponse, config_id: UUID) -> SyncConfig:
    """One config, how far its sources are, and when it runs next."""
    return given(response, configs.config_of(config_id, by=request.auth), request.auth)


@router.patch("/sync-configs/{config_id}", response=ConfigOut, summary="Change a sync config")
def update_config(
    request: HttpRequest,
    response: HttpResponse,
    config_id: UUID,
    body: ConfigPatch,
    if_match: str = Header("", alias="If-Match", description="The `ETag` read; else 412."),
) -> SyncConfig:
    """Change what is named; the schedule is planned anew."""
    changes, version = body.dict(exclude_unset=True), version_of(if_match)
    config = configs.update(config_id, changes, by=request.auth, unless_changed_since=version)
    return given(response, config, request.auth)


@router.delete("/sync-configs/{config_id}", response={204: None}, summary="Delete a sync config")
def delete_config(request: HttpRequest, config_id: UUID) -> Status[None]:
    """Its runs, backfills and schedule go with it; facts and metrics stay."""
    configs.delete(config_id, by=request.auth)
    return Status(204, None)


@router.delete(
    "/sync-configs/{config_id}/sources",
    response={202: RemovedOut},
    summary="Remove a source, with or without its facts",
)
def remove_source(
    request: HttpRequest, config_id: UUID, asked: Query[RemovalQuery]
) -> Status[removal.Removed]:
    """It is synced no more; with its last source the config goes. `remove`: all facts and metrics
    of the repository are deleted for good, and those of teams and people computed anew."""
    return Status(202, removal.remove_source(config_id, **asked.dict(), by=request.auth))
