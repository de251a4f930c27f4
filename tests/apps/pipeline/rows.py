"""Rows as services leave them, made without any work."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import QuerySet

from apps.pipeline.models import BackfillChunk, BackfillJob, SyncConfig, SyncRun, SyncUnit
from tests.tenants import Tenant

JAN_1 = date(2026, 1, 1)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DONE = {
    "attempts": 1,
    "records_fetched": 2,
    "rows_written": 5,
    "started_at": NOON,
    "finished_at": NOON + timedelta(seconds=10),
}

_numbers = count(1)


def sync_config(tenant: Tenant, **more: Any) -> SyncConfig:
    values = {
        "name": f"config {next(_numbers)}",
        "provider": "local",
        "targets": ["git"],
        "sources": ["/srv/api"],
        "created_by": tenant.owner.id,
    }
    with tenant.entered():
        return SyncConfig.objects.create(**values | more)


def run_of(tenant: Tenant, config: SyncConfig, state: str = "pending", units: int = 1) -> SyncRun:
    """A run with as many sources."""
    with tenant.entered():
        run = SyncRun.objects.create(config=config, trigger="manual")
        bring(SyncRun.objects.filter(pk=run.pk), state)
        SyncUnit.objects.bulk_create(
            SyncUnit(run=run, source=f"/srv/{number}") for number in range(units)
        )
    return run


def backfill_job(
    tenant: Tenant,
    config: SyncConfig,
    state: str = "pending",
    chunks: tuple[str, ...] = ("pending",),
) -> BackfillJob:
    """A week for each of the states; a completed one took 10 s, read 2 commits and wrote 5 rows."""
    with tenant.entered():
        job = BackfillJob.objects.create(
            config=config,
            since=JAN_1,
            before=JAN_1 + timedelta(weeks=max(len(chunks), 1)),
            chunk_days=7,
            order="oldest",
            tier="enterprise",
            requested_by=tenant.owner.id,
        )
        bring(BackfillJob.objects.filter(pk=job.pk), state)
        BackfillChunk.objects.bulk_create(_chunk(job, index) for index in range(len(chunks)))
        for index, each in enumerate(chunks):
            more = DONE if each == "completed" else {}
            bring(BackfillChunk.objects.filter(job=job, index=index), each, **more)
    return job


def bring(rows: QuerySet, state: str, **more: Any) -> None:
    """By moves that the database allows."""
    if state != "pending":
        rows.update(state="running")
    if state not in ("pending", "running"):
        rows.update(state=state, **more)


def _chunk(job: BackfillJob, index: int) -> BackfillChunk:
    return BackfillChunk(
        job=job,
        index=index,
        source="/srv/api",
        since=job.since + timedelta(weeks=index),
        before=job.since + timedelta(weeks=index + 1),
    )
