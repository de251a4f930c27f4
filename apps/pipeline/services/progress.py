"""How far a piece of work is, and how long it still takes."""

from datetime import date, timedelta

from apps.pipeline.models import BackfillJob, Stateful
from apps.pipeline.services import targets
from apps.pipeline.services.stages import LIVE
from apps.queue import services as queue

TEXTS = {
    "targets": "What is fetched: the targets of its config that have a past; blame has none.",
    "total_chunks": "All: a window of one source each.",
    "completed_chunks": "Fetched.",
    "failed_chunks": "Failed, quarantined or canceled; `retry` takes them up again.",
    "progress": "From 0 to 1: the share of the chunks that are completed.",
    "eta_seconds": "At the pace of its chunks so far. Null: none is done, or nothing moves.",
    "records_fetched": "Commits, over all chunks.",
    "rows_written": "Over all chunks.",
    "attempts": "Times that a worker began a chunk.",
    "retry_at": "Put off until then. Null: it is not.",
}
"""What a backfill's answers say beside its row, in either API."""


def is_moving(row: Stateful) -> bool:
    """It changes by itself: worth asking again."""
    return row.state in LIVE


def fetched(job: BackfillJob) -> list[str]:
    return targets.with_a_past(job.config.targets)


def progress(job: BackfillJob) -> float:
    return round(job.completed_chunks / job.total_chunks, 4) if job.total_chunks else 0.0


def eta_seconds(job: BackfillJob) -> float | None:
    if not is_moving(job) or job.seconds_a_chunk is None:
        return None
    remaining = job.total_chunks - job.completed_chunks - job.failed_chunks
    return round(remaining * job.seconds_a_chunk.total_seconds(), 1)


def tomorrow() -> date:
    """The day after today (UTC), by the database's clock: where a backfill ends unless told."""
    return queue.now().date() + timedelta(days=1)
