"""One chunk of a backfill after the other: begun, fetched, followed, concluded.

How far back one may reach is the tier's to say at the moment of its claim, by absolute day and by
the database's clock; whatever was asked for before.
"""

from datetime import date, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Count, Max, Q, Sum

from apps.billing import tiers
from apps.billing.services import tier_of
from apps.notify import services as notify
from apps.notify.models import Event
from apps.pipeline.models import BackfillChunk, BackfillJob
from apps.pipeline.services import dirty_days, restamps, sources, stages, targets
from apps.pipeline.services.stages import LIVE
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.models.states import State

BEYOND = "The organisation's tier does not reach so far back."
REACHED = "job__config__integration__credential"
BETWEEN_COMPUTES = timedelta(seconds=30)  # while chunks of a job follow one another


def run_chunk(work: Work) -> None:
    """One window of one source, of each target that has a past, then the next one is queued.

    Safe to run again, by anybody.
    """
    chunk = _begin(work)
    if chunk is None:
        with work.finishing():
            follow(_job(work), work.organization_id)
        return
    config = chunk.job.config
    with dirty_days.watching(work) as watch:
        run_id = uuid5(chunk.job_id, str(chunk.pk))
        source = targets.reached(work, config, chunk.source, run_id=run_id, watch=watch)
        done = [
            (target, target.fill(source, chunk.since, chunk.before))
            for target in targets.in_order(config.targets)
            if target.fill
        ]
        with work.finishing():
            job = _job(work)
            targets.end(
                chunk,
                done,
                records_fetched=sum(each.records_fetched for _, each in done),
                rows_written=sum(each.rows_written for _, each in done),
            )
            is_last = not follow(job, work.organization_id)
            delay = timedelta() if is_last else BETWEEN_COMPUTES
            dirty_days.ask_for_compute(work.organization_id, delay=delay)
            restamps.ask_if_changed(work.organization_id, chunk)


def _job(work: Work) -> BackfillJob | None:
    return BackfillJob.objects.select_for_update().filter(id=work.ids["job"]).first()


def _begin(work: Work) -> BackfillChunk | None:
    """The chunk, running; None where there is nothing to fetch, or nothing any more."""
    floor = tiers.floor(tier_of(work.organization_id), work.claimed_at.date())
    with transaction.atomic():
        job = _job(work)
        if job is None or job.state not in LIVE:
            return None
        stages.begin(job)
        chunk = job.chunks.select_related(REACHED).get(id=work.ids["chunk"])
        if chunk.work_unit_id != work.claim.id or not stages.begin(chunk, work):
            return None
        chunk.refresh_from_db(fields=["directory_version"])
        if floor is not None and chunk.before <= floor:
            _leave_out(chunk)
            return None
        if floor is not None and chunk.since < floor:
            _split(chunk, floor)
    return chunk


def _split(chunk: BackfillChunk, floor: date) -> None:
    """The days before the floor become a chunk of their own, left out until the tier allows it."""
    last = chunk.job.chunks.aggregate(last=Max("index"))["last"]
    beyond = BackfillChunk.objects.create(
        job=chunk.job, index=last + 1, source=chunk.source, since=chunk.since, before=floor
    )
    _leave_out(beyond)
    chunk.since = floor
    chunk.save(update_fields=["since"])


def _leave_out(chunk: BackfillChunk) -> None:
    stages.end(chunk, State.CANCELED, BEYOND, is_beyond_tier=True)


def follow(job: BackfillJob | None, organization_id: UUID) -> bool:
    """Queue the job's next chunk, or tell that it is over; whether more follows.

    The job's row is locked.
    """
    if job is None or job.state not in LIVE:
        return False
    if job.chunks.filter(state=State.RUNNING).exists():
        return True
    chunk = job.chunks.filter(state=State.PENDING).order_by("index").first()
    if chunk is None:
        _conclude(job, organization_id)
        return False
    chunk.work_unit_id = queue.add(
        "pipeline.backfill",
        organization_id,
        ids={"job": str(job.pk), "chunk": chunk.pk},
        dedupe_key=f"chunk:{chunk.pk}",
        slots=sources.slots(job.config, chunk.source),
    )
    chunk.save(update_fields=["work_unit_id"])
    return True


def _conclude(job: BackfillJob, organization_id: UUID) -> None:
    """Every chunk is over: so is the job, and it says what is missing."""
    found = job.chunks.aggregate(
        all=Count("id"),
        rows=Sum("rows_written", default=0),
        wrong=Count("id", filter=Q(state__in=(State.FAILED, State.QUARANTINED))),
        beyond=Count("id", filter=Q(is_beyond_tier=True)),
        canceled=Count("id", filter=Q(state=State.CANCELED)),
    )
    stages.begin(job)
    if found["wrong"]:
        error = f"{found['wrong']} of {found['all']} chunks failed: see them, then retry."
        stages.end(job, State.FAILED, error)
    elif found["canceled"]:
        error = (
            f"{found['beyond']} of {found['all']} chunks lie beyond the tier: upgrade and retry."
        )
        stages.end(job, State.CANCELED, error)
    else:
        stages.end(job, State.COMPLETED)
        _tell_completed(job, found["all"], found["rows"], organization_id)


def _tell_completed(job: BackfillJob, chunks: int, rows: int, organization_id: UUID) -> None:
    facts = {
        "backfill_id": job.pk,
        "config_id": job.config_id,
        "config_name": job.config.name,
        "since": job.since,
        "before": job.before,
        "chunks": chunks,
        "rows_written": rows,
    }
    links = {"backfill": f"/api/v1/backfills/{job.pk}"}
    notify.tell(organization_id, Event.BACKFILL_COMPLETED, facts, links)


def chunk_ended(work: Work, state: State, error: str) -> None:
    """Any end but `completed`: the same for the chunk; the job goes on unless a person must act."""
    if (job := _job(work)) is not None:
        chunk = job.chunks.get(id=work.ids["chunk"])
        if chunk.work_unit_id == work.claim.id and chunk.state == State.RUNNING:
            stages.end(chunk, state, error, **stages.retry(work, state))
        restamps.ask_if_changed(work.organization_id, chunk)
        if state == State.FAILED and job.state in LIVE:
            stages.begin(job)
            stages.end(job, State.FAILED, error)
        elif state == State.PENDING:
            BackfillJob.objects.filter(id=job.pk).update(error=error)
        else:
            follow(job, work.organization_id)
    dirty_days.ask_for_compute(work.organization_id)


def apply_tier(work: Work) -> None:
    """After a change of tier: chunks that now lie too far back are canceled, resumably."""
    floor = tiers.floor(tier_of(work.organization_id), work.claimed_at.date())
    with work.finishing():
        live = BackfillJob.objects.filter(state__in=(*LIVE, State.PAUSED)).order_by("id")
        for job in live.select_for_update() if floor else ():
            beyond = job.chunks.filter(state__in=LIVE, before__lte=floor)
            units = beyond.filter(work_unit_id__isnull=False)
            queue.request_stop(work.organization_id, units.values_list("work_unit_id", flat=True))
            stages.end_all(beyond, State.CANCELED, BEYOND, is_beyond_tier=True)
            follow(job, work.organization_id)
