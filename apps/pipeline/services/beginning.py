"""What an organisation does next, by what there is: connect, choose, wait, fetch the past."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from apps.billing import tiers
from apps.billing.services import tier_of
from apps.integrations.models import Integration
from apps.orgs.members import Member
from apps.pipeline import operations
from apps.pipeline.models import SyncConfig, SyncRun, SyncWatermark
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
    for each in SyncConfig.objects.order_by("created_at"):
        if (past := past_of(each, by=by)) is not None:
            return Next(stage=Stage.BACKFILL, config=each, past=past)
    return Next(stage=Stage.DONE)


def past_of(config: SyncConfig, *, by: Member) -> Past | None:
    """What a backfill would add to a config. None: nothing, or nothing is synced yet."""
    names = targets.with_a_past(config.targets)
    marks = config.watermarks.filter(target__in=names, source__in=config.sources)
    firsts = marks.values_list("covered_since", flat=True)
    before = max((day for day in firsts if day), default=None)
    if before is None:
        return None
    floor = tiers.floor(tier_of(by.organization.id), queue.now().date())
    since = floor or before - OFFERED
    asked = config.backfills.exclude(state=State.CANCELED)
    is_asked = asked.filter(since__lte=since, before__gte=before).exists()
    return None if since >= before or is_asked else Past(since, before)


def _before_the_first(config: SyncConfig) -> Next:
    run = SyncRun.objects.order_by("-created_at").select_related("config").first()
    if run is None:
        return Next(stage=Stage.START, config=config)
    stage = Stage.WAIT if run.state in LIVE else Stage.MEND
    return Next(stage=stage, config=run.config, run=run)
