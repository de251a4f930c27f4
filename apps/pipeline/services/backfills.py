"""Days of the past: asked for once, cut into chunks, fetched one at a time, stopped and resumed.

A chunk is one window of one source; what is done with it stands in `chunks`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Avg, Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.billing import tiers
from apps.billing.services import require_depth, tier_of
from apps.errors import BadRequest, Conflict, NotFound
from apps.orgs import audit
from apps.orgs.operations import Operation
from apps.orgs.services import Member
from apps.pipeline import operations
from apps.pipeline.models import BackfillChunk, BackfillJob, SyncConfig
from apps.pipeline.services import dirty_days, sources, stages, targets
from apps.pipeline.services.chunks import follow
from apps.pipeline.services.stages import LIVE
from apps.queue import services as queue
from devhealth.backfill.chunker import Order, chunk_date_range
from devhealth.models.states import State

CHUNK_DAYS = 7
EARLIEST = date(1970, 1, 1)
SECONDS_A_CHUNK = 2.0  # where nobody has run one yet

UNDONE = (State.FAILED, State.QUARANTINED, State.CANCELED)


@dataclass(frozen=True, slots=True)
class Asked:
    """A backfill as somebody wants it: UTC days, half open."""

    config_id: UUID
    since: date
    before: date
    order: Order = "newest"

    def windows(self, floor: date | None = None) -> list[tuple[date, date]]:
        """In the order in which they are fetched; nothing before the floor."""
        first = max(self.since, floor or self.since)
        if first >= self.before:
            return []
        return list(chunk_date_range(first, self.before, CHUNK_DAYS, order=self.order))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a backfill would take. `more`: what the next tier up would add; null where nothing."""

    targets: list[str]
    chunks: int
    first_day: date
    seconds: float
    requests: int
    is_allowed: bool
    allowed_by: str
    more: "More | None"


@dataclass(frozen=True, slots=True)
class More:
    tier: str
    first_day: date
    chunks: int


# --- asking for one ------------------------------------------------------------------------------


def preview(asked: Asked, *, by: Member) -> Preview:
    """What `start` would do, without doing it. Days beyond the tier are left out of the figures."""
    by.require(operations.BACKFILLS_PREVIEW)
    config, today = _config(asked.config_id), queue.now().date()
    _require_range(asked, today)
    tier = tier_of(by.organization.id)
    floor = tiers.floor(tier, today)
    chunks = len(asked.windows(floor)) * len(config.sources)
    needed = tiers.lowest_allowing(asked.since, today)
    return Preview(
        targets=targets.with_a_past(config.targets),
        chunks=chunks,
        first_day=max(asked.since, floor or asked.since),
        seconds=round(chunks * _seconds_a_chunk(config), 1),
        requests=chunks * sources.PROVIDERS[config.provider].requests_per_chunk,
        is_allowed=not _is_beyond(asked.since, floor),
        allowed_by=needed.key,
        more=_more(asked, config, tier, today, chunks),
    )


def start(asked: Asked, *, by: Member) -> BackfillJob:
    """The job with its chunks, and the first one queued. Raises `TierLimit`, `NotFound`, …"""
    by.require(operations.BACKFILLS_CREATE)
    today = queue.now().date()
    _require_range(asked, today)
    with transaction.atomic():
        config = _config(asked.config_id)
        if not config.is_active:
            raise Conflict("This sync config is switched off; switch it on first.", code="inactive")
        tier = tier_of(by.organization.id)
        require_depth(tier, asked.since, today)
        job = BackfillJob.objects.create(
            config=config,
            since=asked.since,
            before=asked.before,
            chunk_days=CHUNK_DAYS,
            order=asked.order,
            tier=tier.key,
            requested_by=by.user.id,
        )
        _cut(job, asked, config)
        follow(job, by.organization.id)
        _record(by, operations.BACKFILLS_CREATE, job)
    return job


def _cut(job: BackfillJob, asked: Asked, config: SyncConfig) -> None:
    places = [(window, source) for window in asked.windows() for source in config.sources]
    BackfillChunk.objects.bulk_create(
        (
            BackfillChunk(job=job, index=index, source=source, since=since, before=before)
            for index, ((since, before), source) in enumerate(places)
        ),
        batch_size=1000,
    )


def _config(config_id: UUID) -> SyncConfig:
    if (config := SyncConfig.objects.filter(id=config_id).first()) is None:
        raise NotFound("There is no such sync config.")
    return config


def _require_range(asked: Asked, today: date) -> None:
    tomorrow = today + timedelta(days=1)
    if not EARLIEST <= asked.since < asked.before <= tomorrow:
        raise BadRequest(
            f"A backfill goes from a day since {EARLIEST} to a later one, exclusive, "
            f"which is {tomorrow} at the latest.",
            code="invalid_range",
        )


def _is_beyond(day: date, floor: date | None) -> bool:
    return floor is not None and day < floor


def _more(
    asked: Asked, config: SyncConfig, tier: tiers.Tier, today: date, chunks: int
) -> More | None:
    """What the next tier would add to a range that this one cuts off."""
    higher = tiers.next_above(tier)
    if higher is None or not _is_beyond(asked.since, tiers.floor(tier, today)):
        return None
    floor = tiers.floor(higher, today)
    wider = len(asked.windows(floor)) * len(config.sources)
    return More(higher.key, max(asked.since, floor or asked.since), wider - chunks)


def _seconds_a_chunk(config: SyncConfig) -> float:
    """As long as they took lately, in this organisation, with this provider."""
    done = BackfillChunk.objects.filter(
        job__config__provider=config.provider, state=State.COMPLETED
    ).order_by("-finished_at")[:50]
    took = done.aggregate(took=Avg(F("finished_at") - F("started_at")))["took"]
    return took.total_seconds() if took is not None else SECONDS_A_CHUNK


# --- steering ------------------------------------------------------------------------------------


def jobs() -> QuerySet[BackfillJob]:
    """With what their answers show of the chunks: one query, however many jobs."""
    done, undone = Q(chunks__state=State.COMPLETED), Q(chunks__state__in=UNDONE)
    return BackfillJob.objects.select_related("config").annotate(
        total_chunks=Count("chunks"),
        completed_chunks=Count("chunks", filter=done),
        failed_chunks=Count("chunks", filter=undone),
        attempts=Coalesce(Sum("chunks__attempts"), 0),
        records_fetched=Coalesce(Sum("chunks__records_fetched"), 0),
        rows_written=Coalesce(Sum("chunks__rows_written"), 0),
        seconds_a_chunk=Avg(F("chunks__finished_at") - F("chunks__started_at"), filter=done),
        retry_at=Max("chunks__retry_at"),
    )


def job_of(job_id: UUID, *, by: Member) -> BackfillJob:
    """Raises `NotFound`."""
    by.require(operations.BACKFILLS_READ)
    if (job := jobs().filter(id=job_id).first()) is None:
        raise NotFound("There is no such backfill.")
    return job


def pause(job_id: UUID, *, by: Member) -> None:
    """Stop at the next boundary; what a chunk has not finished is fetched again by `resume`."""
    by.require(operations.BACKFILLS_PAUSE)
    with transaction.atomic():
        job = _locked(job_id, State.PENDING, State.RUNNING, verb="paused")
        was = _shown(job)
        _stop(job, by.organization.id)
        stages.end(job, State.PAUSED)
        stages.end_all(job.chunks.filter(state=State.RUNNING), State.PENDING)
        _record(by, operations.BACKFILLS_PAUSE, job, was)


def resume(job_id: UUID, *, by: Member) -> None:
    """Go on where `pause` stopped it."""
    by.require(operations.BACKFILLS_RESUME)
    with transaction.atomic():
        job = _locked(job_id, State.PAUSED, verb="resumed")
        was = _shown(job)
        stages.end(job, State.PENDING)
        follow(job, by.organization.id)
        _record(by, operations.BACKFILLS_RESUME, job, was)


def cancel(job_id: UUID, *, by: Member) -> None:
    """Fetch no more of it; what is stored stays, and `retry` takes the rest up again."""
    by.require(operations.BACKFILLS_CANCEL)
    with transaction.atomic():
        job = _locked(job_id, State.PENDING, State.RUNNING, State.PAUSED, verb="canceled")
        was = _shown(job)
        _stop(job, by.organization.id)
        stages.end(job, State.CANCELED, f"Canceled by {by.user.email}.")
        stages.end_all(job.chunks.filter(state__in=LIVE), State.CANCELED)
        _record(by, operations.BACKFILLS_CANCEL, job, was)


def retry(job_id: UUID, *, by: Member) -> None:
    """Take up what failed, was quarantined or canceled, as far as the tier reaches today."""
    by.require(operations.BACKFILLS_RETRY)
    with transaction.atomic():
        job = _locked(job_id, *UNDONE, verb="retried")
        was = _shown(job)
        tier, today = tier_of(by.organization.id), queue.now().date()
        undone = job.chunks.filter(state__in=UNDONE)
        if (floor := tiers.floor(tier, today)) is not None:
            undone = undone.filter(before__gt=floor)
        if not stages.end_all(undone, State.PENDING, is_beyond_tier=False):
            require_depth(tier, job.since, today)
        stages.end(job, State.PENDING)
        follow(job, by.organization.id)
        _record(by, operations.BACKFILLS_RETRY, job, was)


def _locked(job_id: UUID, *states: State, verb: str) -> BackfillJob:
    job = BackfillJob.objects.select_for_update().filter(id=job_id).first()
    if job is None:
        raise NotFound("There is no such backfill.")
    if job.state not in states:
        raise Conflict(f"This backfill is {job.state}; it cannot be {verb}.", code="wrong_state")
    return job


def _shown(job: BackfillJob) -> audit.State:
    told = ("config_id", "since", "before", "order", "state")
    return {name: getattr(job, name) for name in told}


def _record(
    by: Member, operation: Operation, job: BackfillJob, before: audit.State | None = None
) -> None:
    audit.record(by, operation, target=f"backfill:{job.pk}", before=before, after=_shown(job))


def _stop(job: BackfillJob, organization_id: UUID) -> None:
    """Ask the unit at work to end; what it wrote is computed. The job's row is locked."""
    live = job.chunks.filter(state__in=LIVE, work_unit_id__isnull=False)
    queue.request_stop(organization_id, live.values_list("work_unit_id", flat=True))
    dirty_days.ask_for_compute(organization_id)
