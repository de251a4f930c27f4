"""What there is, page by page, and single rows as the doors show them.

A page is read by a constant number of queries, however many rows it has.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from apps.cursors import Page, page
from apps.errors import NotFound
from apps.integrations.models import Integration
from apps.integrations.operations import INTEGRATIONS_READ
from apps.integrations.services import integrations
from apps.orgs.services import Member
from apps.pipeline import operations
from apps.pipeline.models import (
    BackfillChunk,
    BackfillJob,
    SyncConfig,
    SyncRun,
    SyncUnit,
    SyncWatermark,
)
from apps.pipeline.services import backfills, configs, syncs
from apps.queue.models import WorkUnit
from devhealth.models.states import State

BY_TURN = ("index", "id")

States = Sequence[State]


# --- configs -------------------------------------------------------------------------------------


def configs_page(*, by: Member, limit: int, after: str | None = None) -> Page[SyncConfig]:
    by.require(operations.SYNC_CONFIGS_READ)
    found = page(configs.configs(), after=after, limit=limit)
    return replace(found, rows=_with_next_run(found.rows, by))


def config_shown(config: SyncConfig, *, by: Member) -> SyncConfig:
    """With its next run."""
    return _with_next_run([config], by)[0]


def _with_next_run(rows: Sequence[SyncConfig], by: Member) -> Sequence[SyncConfig]:
    keys = {f"schedule:{row.pk}": row for row in rows}
    planned = WorkUnit.objects.filter(
        organization_id=by.organization.id, dedupe_key__in=keys, state=State.PENDING
    )
    instants: dict[str, datetime] = dict(planned.values_list("dedupe_key", "not_before"))
    for key, row in keys.items():
        row.next_run_at = instants.get(key)
    return rows


# --- integrations --------------------------------------------------------------------------------


def integrations_shown(*, by: Member) -> list[Integration]:
    """By name, each with `synced_at`."""
    by.require(INTEGRATIONS_READ)
    return list(with_last_sync(integrations()).order_by("name"))


def with_last_sync(rows: QuerySet[Integration]) -> QuerySet[Integration]:
    """`synced_at`: up to when the newest of all that goes by it is synced. Null: nothing is."""
    marks = SyncWatermark.objects.filter(config__integration=OuterRef("pk"))
    newest = marks.order_by("-synced_through").values("synced_through")[:1]
    return rows.annotate(synced_at=Subquery(newest))


def integrations_page(
    providers: Sequence[str] | None, *, by: Member, limit: int, after: str | None = None
) -> Page[Integration]:
    """The newest first, each with `synced_at`; its configs are read if somebody asks."""
    by.require(INTEGRATIONS_READ)
    where = {} if providers is None else {"provider__in": sorted(providers)}
    shown = with_last_sync(integrations()).filter(**where)
    found = page(shown, after=after, limit=limit, bound=where)
    reader = ConfigsOf(found.rows, by)
    for row in found.rows:
        row.config_reader = reader
    return found


def integration_shown(integration_id: UUID, *, by: Member) -> Integration:
    """The same of one. Raises `NotFound`."""
    by.require(INTEGRATIONS_READ)
    row: Any = with_last_sync(integrations()).filter(id=integration_id).first()
    if row is None:
        raise NotFound("There is no such integration.")
    row.config_reader = ConfigsOf([row], by)
    return row


class ConfigsOf:
    """The configs of several integrations, by one query for all of them; none before one is
    asked."""

    def __init__(self, rows: Sequence[Integration], by: Member) -> None:
        self._ids = [row.pk for row in rows]
        self._by = by

    def of(self, integration: Integration) -> list[SyncConfig]:
        """By name. Raises `Forbidden`."""
        return [each for each in self._configs if each.integration_id == integration.pk]

    @cached_property
    def _configs(self) -> list[SyncConfig]:
        self._by.require(operations.SYNC_CONFIGS_READ)
        found = SyncConfig.objects.filter(integration__in=self._ids).order_by("name")
        return with_marks(list(found), self._by)


# --- how far sources are -------------------------------------------------------------------------


def marks_page(*, by: Member, limit: int, after: str | None = None) -> Page[SyncWatermark]:
    """By source and target, each with its config."""
    by.require(operations.SYNC_CONFIGS_READ)
    marks = SyncWatermark.objects.select_related("config").defer("etags")
    found = page(marks, ("source", "target", "id"), after=after, limit=limit)
    with_marks([row.config for row in found.rows], by)
    return found


def with_marks(rows: list[SyncConfig], by: Member) -> list[SyncConfig]:
    """They know where to read what belongs to all of them, if somebody asks."""
    reader = MarksOf(rows, by)
    for row in rows:
        row.mark_reader = reader
    return rows


class MarksOf:
    """Watermarks and next runs of several configs, each by one query for all of them."""

    def __init__(self, rows: Sequence[SyncConfig], by: Member) -> None:
        self._rows = {row.pk: row for row in rows}
        self._by = by

    def of(self, config: SyncConfig) -> list[SyncWatermark]:
        """By source and target. Raises `Forbidden`."""
        return self._marks.get(config.pk, [])

    def next_run_at(self, config: SyncConfig) -> datetime | None:
        """Null: no schedule, or switched off. Raises `Forbidden`."""
        return self._planned[config.pk]

    @cached_property
    def _marks(self) -> dict[UUID, list[SyncWatermark]]:
        self._by.require(operations.SYNC_CONFIGS_READ)
        found: dict[UUID, list[SyncWatermark]] = {}
        marks = SyncWatermark.objects.filter(config__in=self._rows).defer("etags")
        for mark in marks.order_by("source", "target"):
            found.setdefault(mark.config_id, []).append(mark)
        return found

    @cached_property
    def _planned(self) -> dict[UUID, datetime | None]:
        self._by.require(operations.SYNC_CONFIGS_READ)
        rows = _with_next_run(list(self._rows.values()), self._by)
        return {row.pk: row.next_run_at for row in rows}


# --- runs ----------------------------------------------------------------------------------------


def runs_page(
    config_id: UUID | None,
    states: States,
    *,
    integration_id: UUID | None = None,
    by: Member,
    limit: int,
    after: str | None = None,
) -> Page[SyncRun]:
    """The newest first, with their units."""
    by.require(operations.RUNS_READ)
    where = _where(config_id, states, integration_id)
    return page(syncs.runs().filter(**where), after=after, limit=limit, bound=where)


def count_runs(config_id: UUID, *, by: Member) -> int:
    by.require(operations.RUNS_READ)
    return SyncRun.objects.filter(config_id=config_id).count()


def run_shown(run_id: UUID) -> SyncRun:
    run: SyncRun = syncs.runs().get(id=run_id)
    return run


def units_of(run: SyncRun) -> list[SyncUnit]:
    """In the order of the config's sources; no query where they were prefetched."""
    return sorted(run.units.all(), key=lambda unit: unit.pk)


# --- backfills -----------------------------------------------------------------------------------


def jobs_page(
    config_id: UUID | None,
    states: States,
    *,
    integration_id: UUID | None = None,
    by: Member,
    limit: int,
    after: str | None = None,
) -> Page[BackfillJob]:
    """The newest first. Only the chunks of the page's own jobs are counted."""
    by.require(operations.BACKFILLS_READ)
    where = _where(config_id, states, integration_id)
    found = page(BackfillJob.objects.filter(**where), after=after, limit=limit, bound=where)
    shown = backfills.jobs().in_bulk([job.pk for job in found.rows])
    rows = [shown[job.pk] for job in found.rows if job.pk in shown]  # one may be gone since
    return replace(found, rows=rows, has_next=found.has_next and bool(rows))


def count_jobs(*, by: Member) -> int:
    by.require(operations.BACKFILLS_READ)
    return BackfillJob.objects.count()


def job_shown(job_id: UUID) -> BackfillJob:
    job: BackfillJob = backfills.jobs().get(id=job_id)
    return job


def chunks_page(
    job_id: UUID, states: States, *, by: Member, limit: int, after: str | None = None
) -> Page[BackfillChunk]:
    """In the order in which they are fetched. Raises `NotFound`."""
    by.require(operations.BACKFILLS_READ)
    if not BackfillJob.objects.filter(id=job_id).exists():
        raise NotFound("There is no such backfill.")
    where = {"job_id": job_id, **_where(None, states)}
    chunks = BackfillChunk.objects.filter(**where)
    return page(chunks, BY_TURN, after=after, limit=limit, bound=where)


class ChunksOf:
    """The first chunks of several jobs, by one query for all of them; none before one is asked."""

    def __init__(self, jobs: Sequence[BackfillJob]) -> None:
        self._jobs = [job.pk for job in jobs]
        self._known: dict[Any, dict[UUID, list[BackfillChunk]]] = {}

    def of(self, job: BackfillJob, states: States, most: int) -> list[BackfillChunk]:
        asked = (frozenset(states), most)
        if asked not in self._known:
            self._known[asked] = self._read(states, most)
        return self._known[asked].get(job.pk, [])

    def _read(self, states: States, most: int) -> dict[UUID, list[BackfillChunk]]:
        place = Window(RowNumber(), partition_by=F("job_id"), order_by=("index", "id"))
        where = {"job__in": self._jobs, **_where(None, states)}
        chunks: QuerySet[BackfillChunk] = BackfillChunk.objects.filter(**where)
        found: dict[UUID, list[BackfillChunk]] = {}
        for chunk in chunks.annotate(place=place).filter(place__lte=most).order_by(*BY_TURN):
            found.setdefault(chunk.job_id, []).append(chunk)
        return found


def _where(
    config_id: UUID | None, states: States, integration_id: UUID | None = None
) -> dict[str, Any]:
    """A filter, and what a cursor is bound to."""
    config = {"config_id": config_id} if config_id else {}
    if integration_id:
        config["config__integration_id"] = integration_id
    return config | ({"state__in": sorted({str(each) for each in states})} if states else {})
