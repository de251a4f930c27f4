"""Which sources are synced, what of them, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet
from pydantic import ValidationError

from apps.billing.services import lock, require_interval, require_room, tier_of
from apps.errors import Conflict, NotFound, PreconditionFailed, Unprocessable
from apps.integrations.models import Integration
from apps.orgs import audit
from apps.orgs.operations import Operation
from apps.orgs.services import Member
from apps.pipeline import operations
from apps.pipeline.models import BackfillJob, SyncConfig, SyncRun, SyncWatermark
from apps.pipeline.services import compute, sources, syncs
from apps.pipeline.services.stages import LIVE
from apps.queue import services as queue
from apps.queue.models import WorkUnit
from apps.queue.work import Work
from devhealth.models.states import State

LOOKED_AHEAD = 400  # runs of a schedule that are looked at for the shortest pause between two
EARLY = 0.95  # of the tier's interval: daylight saving makes a day of 23 hours
EDITABLE = ("name", "targets", "sources", "options", "schedule_cron", "timezone", "is_active")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Cron fields and the zone that they are meant in."""

    cron: str
    timezone: str

    def after(self, instant: datetime) -> datetime:
        """The next run (UTC). Raises `Unprocessable` for what is no schedule."""
        return next(self._runs(instant)).astimezone(UTC)

    def shortest_pause(self, instant: datetime) -> timedelta:
        runs = (run.astimezone(UTC) for run in islice(self._runs(instant), LOOKED_AHEAD))
        return min(later - earlier for earlier, later in pairwise(runs))

    def _runs(self, instant: datetime) -> CronSim:
        try:
            return CronSim(self.cron, instant.astimezone(ZoneInfo(self.timezone)))
        except (CronSimError, ZoneInfoNotFoundError, ValueError) as error:
            raise invalid("schedule_cron", "Five cron fields in an IANA time zone.") from error


def invalid(field: str, sentence: str) -> Unprocessable:
    return Unprocessable(
        sentence,
        code="invalid_config",
        errors=[{"pointer": f"/body/{field}", "detail": sentence}],
    )


# --- reading -------------------------------------------------------------------------------------


def configs() -> QuerySet[SyncConfig]:
    marks = Prefetch("watermarks", SyncWatermark.objects.defer("etags"))
    return SyncConfig.objects.select_related("integration__credential").prefetch_related(marks)


def config_of(config_id: UUID, *, by: Member) -> SyncConfig:
    """Raises `NotFound`."""
    by.require(operations.SYNC_CONFIGS_READ)
    if (config := configs().filter(id=config_id).first()) is None:
        raise NotFound("There is no such sync config.")
    return config


# --- changing ------------------------------------------------------------------------------------


def create(config: SyncConfig, *, by: Member) -> SyncConfig:
    """A config whose sources can be read, with its schedule.

    Raises `Unprocessable`, `Conflict`, and `NotFound` for an integration of nobody here.
    """
    by.require(operations.SYNC_CONFIGS_CREATE)
    _load_integration(config)
    _require_valid(config, by.organization.id)
    config.created_by = by.user.id
    with transaction.atomic():
        _require_room(config, by.organization.id)
        _save(config)
        _plan(config, by.organization.id)
        compute.plan_daily(by.organization.id)
        _record(by, operations.SYNC_CONFIGS_CREATE, config, after=_shown(config))
    return config


def update(
    config_id: UUID, changes: Mapping[str, Any], *, by: Member, unless_changed_since: str = ""
) -> SyncConfig:
    """Change what is named. Raises `PreconditionFailed` if somebody else changed it meanwhile."""
    by.require(operations.SYNC_CONFIGS_UPDATE)
    with transaction.atomic():
        config = _locked(config_id)
        if unless_changed_since and unless_changed_since != version(config):
            raise PreconditionFailed
        before = _shown(config)
        for name in EDITABLE:
            setattr(config, name, changes.get(name, getattr(config, name)))
        _require_valid(config, by.organization.id)
        _require_room(config, by.organization.id)
        _save(config)
        _unplan(config, by.organization.id)
        _plan(config, by.organization.id)
        _record(by, operations.SYNC_CONFIGS_UPDATE, config, before, _shown(config))
    return config


def delete(config_id: UUID, *, by: Member) -> None:
    """Its runs, jobs and schedule go with it; facts and metrics stay. Raises `Conflict`."""
    by.require(operations.SYNC_CONFIGS_DELETE)
    with transaction.atomic():
        config = at_rest(config_id)
        _unplan(config, by.organization.id)
        _record(by, operations.SYNC_CONFIGS_DELETE, config, before=_shown(config))
        config.delete()


def at_rest(config_id: UUID) -> SyncConfig:
    """The config, locked: nothing of it is under way. Raises `NotFound`, `Conflict`."""
    config = _locked(config_id)
    live = BackfillJob.objects.filter(config=config, state__in=(*LIVE, State.PAUSED))
    if live.exists() or SyncRun.objects.filter(config=config, state__in=LIVE).exists():
        raise Conflict("Something of this config is under way: cancel it first.", code="busy")
    return config


def take_out(config: SyncConfig, source: str, organization_id: UUID) -> None:
    """A locked config without a source and its marks; with its last source the config goes."""
    config.sources = [each for each in config.sources if each != source]
    if config.sources:
        config.watermarks.filter(source=source).delete()
        _save(config)
    else:
        _unplan(config, organization_id)
        config.delete()


def version(config: SyncConfig) -> str:
    return config.updated_at.isoformat()


def _shown(config: SyncConfig) -> audit.State:
    return {name: getattr(config, name) for name in ("provider", "integration_id", *EDITABLE)}


def _record(
    by: Member,
    operation: Operation,
    config: SyncConfig,
    before: audit.State | None = None,
    after: audit.State | None = None,
) -> None:
    audit.record(by, operation, target=f"sync_config:{config.pk}", before=before, after=after)


def _locked(config_id: UUID) -> SyncConfig:
    found = SyncConfig.objects.select_related("integration__credential")
    config: SyncConfig | None = found.select_for_update(of=("self",)).filter(id=config_id).first()
    if config is None:
        raise NotFound("There is no such sync config.")
    return config


def _save(config: SyncConfig) -> None:
    try:
        with transaction.atomic():
            config.save()
    except IntegrityError as error:
        raise Conflict("There is a sync config of this name.", code="name_taken") from error


def _require_valid(config: SyncConfig, organization_id: UUID) -> None:
    if (provider := sources.PROVIDERS.get(config.provider)) is None:
        known = ", ".join(sources.PROVIDERS)
        raise invalid("provider", f"`{config.provider}` is no provider; known: {known}.")
    _require_integration(config, provider)
    _require_targets(config.targets, provider)
    if not config.sources or len(set(config.sources)) < len(config.sources):
        raise invalid("sources", "At least one source, each once.")
    try:
        provider.options.model_validate(config.options)
    except ValidationError as error:
        raise invalid("options", "; ".join(each["msg"] for each in error.errors())) from error
    if config.schedule_cron:
        tier = tier_of(organization_id)
        pause = Schedule(config.schedule_cron, config.timezone).shortest_pause(queue.now())
        if pause < EARLY * tier.sync_interval:
            require_interval(tier, pause)
    _require_readable(config, organization_id)


def _require_readable(config: SyncConfig, organization_id: UUID) -> None:
    """Sources that are new to the config, or all of one that is."""
    known = SyncConfig.objects.filter(pk=config.pk).values_list("sources", flat=True).first()
    new = [each for each in config.sources if each not in (known or ())]
    sources.require_readable([sources.place_of(config, each, organization_id) for each in new])


def _load_integration(config: SyncConfig) -> None:
    if config.integration_id is None:
        return
    found = Integration.objects.select_related("credential").filter(id=config.integration_id)
    if (integration := found.first()) is None:
        raise NotFound("There is no such integration.")
    config.integration = integration


def _require_integration(config: SyncConfig, provider: sources.Provider) -> None:
    """Whoever is behind an API is asked by an integration of the same provider."""
    integration = config.integration
    needs_one = provider.opened is not None
    if needs_one and integration is None:
        raise invalid("integration_id", f"{provider.name} is asked by an integration: connect one.")
    if integration and (not needs_one or integration.provider != provider.name):
        raise invalid("integration_id", f"This integration is of {integration.provider}.")


def _require_room(config: SyncConfig, organization_id: UUID) -> None:
    """As many repositories as the tier has, those of all configs together, each counted once."""
    lock(organization_id)
    has = sources.count_repositories(organization_id)
    asked = len(sources.sources_of(config) | sources.repositories(beside=config.pk))
    require_room(organization_id, "repositories", has=has, asked=asked)


def _require_targets(names: Sequence[str], provider: sources.Provider) -> None:
    if not names or not set(names) <= set(provider.targets):
        raise invalid("targets", f"{provider.name} has {', '.join(provider.targets)}.")
    if "blame" in names and "git" not in names:
        raise invalid("targets", "blame needs the commits of its source: name git, too.")


# --- schedules: units whose `not_before` is the next run -----------------------------------------


def _plan(config: SyncConfig, organization_id: UUID) -> None:
    if config.schedule_cron and config.is_active:
        queue.add(
            "pipeline.schedule",
            organization_id,
            ids={"config": str(config.pk)},
            dedupe_key=f"schedule:{config.pk}",
            not_before=Schedule(config.schedule_cron, config.timezone).after(queue.now()),
        )


def plan_all(organization_id: UUID) -> None:
    """The next run of every config, where no unit is left that has one."""
    for config in SyncConfig.objects.all():
        _plan(config, organization_id)


def _unplan(config: SyncConfig, organization_id: UUID) -> None:
    planned = WorkUnit.objects.filter(
        organization_id=organization_id,
        dedupe_key=f"schedule:{config.pk}",
        state=State.PENDING,
    )
    queue.request_stop(organization_id, planned.values_list("id", flat=True))


def on_schedule(work: Work) -> None:
    """The run that is due, once however many were missed, and the plan for the next."""
    with work.finishing():
        config = SyncConfig.objects.select_for_update().filter(id=work.ids["config"]).first()
        if config is None or not config.is_active or not config.schedule_cron:
            return
        if _may_run(config, work):
            syncs.launch(config, work.organization_id, trigger="schedule", requested_by=None)
        _plan(config, work.organization_id)


def _may_run(config: SyncConfig, work: Work) -> bool:
    """No other run is under way, and the tier's interval since the last scheduled one is over."""
    newest = config.runs.order_by("-created_at").first()
    if newest is None or newest.state in LIVE:
        return newest is None
    pause = work.claimed_at - newest.created_at
    return (
        newest.trigger != "schedule" or pause >= EARLY * tier_of(work.organization_id).sync_interval
    )


def schedule_ended(work: Work, state: State, error: str) -> None:
    """A schedule goes on, whatever became of one of its runs."""
    if state in (State.PENDING, State.CANCELED):
        return
    config = SyncConfig.objects.filter(id=work.ids["config"]).first()
    if config is not None:
        _plan(config, work.organization_id)
