"""What an organisation does next, by what there is: connect, choose, wait, fetch the past."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Max, QuerySet

from apps.billing import tiers
from apps.billing.services import tier_of
from apps.integrations.models import Integration
from apps.orgs.members import Member
from apps.pipeline import operations
from apps.pipeline.models import BackfillJob, SyncConfig, SyncRun, SyncWatermark
from apps.pipeline.services import targets
from apps.pipeline.services.stages import LIVE
from apps.queue import services as queue
from devhealth.models.states import State

OFFERED = timedelta(days=365)
"""Of the past, where the tier reaches as far back as there is anything."""


class Stage(StrEnum):
    CONNECT = "connect"
    CHOOSE = "choose"
    START = "start"
    WAIT = "wait"
    MEND = "mend"  # nothing was ever synced, and the last run says why
    BACKFILL = "backfill"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Past:
    """Days that the tier reaches and nobody has fetched: UTC, half open."""

    since: date
    before: date

    @property
    def last(self) -> date:
        return self.before - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The stage, and what it is about."""

    stage: Stage
    integration: Integration | None = None
    config: SyncConfig | None = None
    run: SyncRun | None = None
    past: Past | None = None


def next_step(*, by: Member) -> Next:
    """Of the whole organisation."""
    by.require(operations.RUNS_READ)
    config = SyncConfig.objects.order_by("created_at").first()
    if config is None:
        integration = Integration.objects.order_by("created_at").first()
        stage = Stage.CHOOSE if integration else Stage.CONNECT
        return Next(stage=stage, integration=integration)
    if not SyncWatermark.objects.exists():
        return _before_the_first(config)
    configs = SyncConfig.objects.order_by("created_at")
    first = next(iter(_pasts(configs, by).items()), None)
    if first is None:
        return Next(stage=Stage.DONE)
    return Next(stage=Stage.BACKFILL, config=first[0], past=first[1])


def past_of(config: SyncConfig, *, by: Member) -> Past | None:
    """What a backfill would add to a config. None: nothing, or nothing is synced yet."""
    return _pasts(SyncConfig.objects.filter(pk=config.pk), by).get(config)


def _pasts(configs: QuerySet[SyncConfig], by: Member) -> dict[SyncConfig, Past]:
    """Of those that have one, by four queries however many there are."""
    floor = tiers.floor(tier_of(by.organization.id), queue.now().date())
    covered = _covered_since(configs)
    found = {}
    for each in configs:
        before = covered.get(each.pk)
        since = floor or (before and before - OFFERED)
        if before and since and since < before:
            found[each] = Past(since, before)
    for job in BackfillJob.objects.exclude(state=State.CANCELED).filter(config__in=list(found)):
        past = found.get(config := SyncConfig(pk=job.config_id))  # rows are equal by their keys
        if past and job.since <= past.since and job.before >= past.before:
            del found[config]
    return found


def _covered_since(configs: QuerySet[SyncConfig]) -> dict[UUID, date | None]:
    """By config: from when on all of what it names now is covered. Null: from the beginning."""
    names = [name for name, each in targets.TARGETS.items() if each.has_past]
    marks = SyncWatermark.objects.filter(
        config__in=configs,
        target__in=names,
        config__sources__contains=_listed("source"),
        config__targets__contains=_listed("target"),
    )
    return dict(marks.values_list("config").annotate(Max("covered_since")))


def _listed(column: str) -> Func:
    field = ArrayField(models.CharField())
    return Func(F(column), template="array[%(expressions)s]::varchar[]", output_field=field)


def _before_the_first(config: SyncConfig) -> Next:
    run = SyncRun.objects.order_by("-created_at").select_related("config").first()
    if run is None:
        return Next(stage=Stage.START, config=config)
    stage = Stage.WAIT if run.state in LIVE else Stage.MEND
    return Next(stage=stage, config=run.config, run=run)
