"""The client's sync configs, runs and backfill jobs: ours, in its names and states."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Status

from apps.errors import Unprocessable
from apps.orgs.members import Member
from apps.pipeline.models import BackfillJob, SyncConfig, SyncRun
from apps.pipeline.services import backfills, configs, lists, progress, sources, syncs
from apps.web.web_client.admin_bodies import (
    ADMIN_TAG,
    OffsetQuery,
    admin,
    by_offset,
    everything,
    limits_as_the_client_reads_them,
    paged,
)
from apps.web.web_client.bodies import Answer, Body, Claim
from devhealth.models.states import ENDED, State

router = Router(tags=[ADMIN_TAG])
router.add_decorator(limits_as_the_client_reads_them, mode="view")

MOST_RUNS = 200  # looked through for each config's last one
SOURCES = ("repos", "repositories", "projects", "sources")
BACKFILL_STATES: Mapping[State, str] = {
    State.PAUSED: "planned",
    State.QUARANTINED: "failed",
    State.CANCELED: "failed",
}
OPTIONS = "`repos`: full names, or of Jira `projects`; the rest is the provider's own."


class ClientConfigIn(Body):
    name: str = Field(min_length=1, max_length=200)
    provider: str = Field(max_length=20)
    credential_id: UUID | None = None
    sync_targets: list[str] = Field(max_length=20)
    sync_options: dict[str, Any] = Field({}, description=OPTIONS)
    schedule_cron: str | None = Field(None, max_length=100)
    timezone: str = Field("UTC", max_length=64)
    is_active: bool = True
    initial_sync_depth: int | None = None


class ClientConfigPatch(Body):
    """What is not named stays."""

    name: str | None = Field(None, min_length=1, max_length=200)
    sync_targets: list[str] | None = Field(None, max_length=20)
    sync_options: dict[str, Any] | None = Field(None, description=OPTIONS)
    schedule_cron: str | None = Field(None, max_length=100)
    timezone: str | None = Field(None, max_length=64)
    is_active: bool | None = None


class ClientRepositoriesIn(Body):
    repositories: list[str] = Field(max_length=200)


class ClientBackfillIn(Body):
    since: date
    before: date = Field(description="Day after the last (UTC).")


# --- configs -------------------------------------------------------------------------------------


@router.get("/admin/sync-configs", response=list[Answer], summary="List sync configs")
def list_client_configs(request: HttpRequest, asked: Query[Claim]) -> list[Answer]:
    """The newest first."""
    by = admin(request, asked)
    found, last = everything(partial(lists.configs_page, by=by)), last_runs(by)
    return [config_out(each, last.get(each.pk)) for each in found]


@router.post("/admin/sync-configs", response={201: Answer}, summary="Create a sync config")
def create_client_config(
    request: HttpRequest, body: ClientConfigIn, asked: Query[Claim]
) -> Status[Answer]:
    """Every source must be readable."""
    by = admin(request, asked)
    names, options = sources_in(body.sync_options)
    if body.initial_sync_depth is not None:
        options["initial_days"] = body.initial_sync_depth
    config = SyncConfig(
        name=body.name,
        provider=body.provider,
        integration_id=body.credential_id,
        targets=body.sync_targets,
        sources=names or [],
        options=options,
        schedule_cron=body.schedule_cron or "",
        timezone=body.timezone,
        is_active=body.is_active,
    )
    return Status(201, config_out(configs.create(config, by=by), None))


@router.get("/admin/sync-configs/{config_id}", response=Answer, summary="Read a sync config")
def read_client_config(request: HttpRequest, config_id: UUID, asked: Query[Claim]) -> Answer:
    """One config and its last run."""
    by = admin(request, asked)
    config = configs.config_of(config_id, by=by)
    runs = lists.runs_page(config_id, sorted(ENDED), by=by, limit=1).rows
    return config_out(config, runs[0] if runs else None)


@router.patch("/admin/sync-configs/{config_id}", response=Answer, summary="Change a sync config")
def update_client_config(
    request: HttpRequest, config_id: UUID, body: ClientConfigPatch, asked: Query[Claim]
) -> Answer:
    """Change what is named; the schedule is planned anew."""
    by = admin(request, asked)
    return config_out(configs.update(config_id, changes_in(body), by=by), None)


@router.delete(
    "/admin/sync-configs/{config_id}", response={204: None}, summary="Delete a sync config"
)
def delete_client_config(
    request: HttpRequest, config_id: UUID, asked: Query[Claim]
) -> Status[None]:
    """Facts and metrics stay."""
    configs.delete(config_id, by=admin(request, asked))
    return Status(204, None)


@router.get(
    "/admin/sync-configs/{config_id}/repositories", response=Answer, summary="A config's sources"
)
def read_client_config_repositories(
    request: HttpRequest, config_id: UUID, asked: Query[Claim]
) -> Answer:
    """As the config names them."""
    return {"repositories": configs.config_of(config_id, by=admin(request, asked)).sources}


@router.put(
    "/admin/sync-configs/{config_id}/repositories",
    response=Answer,
    summary="Replace a config's sources",
)
def replace_client_config_repositories(
    request: HttpRequest, config_id: UUID, body: ClientRepositoriesIn, asked: Query[Claim]
) -> Answer:
    """Exactly these; facts of the others stay."""
    by = admin(request, asked)
    changed = configs.update(config_id, {"sources": body.repositories}, by=by)
    return {"repositories": changed.sources}


@router.get(
    "/admin/sync-configs/{config_id}/coverage", response=Answer, summary="How far a config is"
)
def read_client_config_coverage(
    request: HttpRequest, config_id: UUID, asked: Query[Claim]
) -> Answer:
    """Of each source and target, from when to when it is synced."""
    config = configs.config_of(config_id, by=admin(request, asked))
    told = ("source", "target", "covered_since", "synced_through")
    return {
        "sync_config_id": str(config.pk),
        "items": [
            {name: getattr(mark, name) for name in told}
            for mark in sorted(config.watermarks.all(), key=lambda each: (each.source, each.target))
        ],
    }


@router.get("/admin/sync-targets", response=Answer, summary="What can be synced")
def list_client_targets(request: HttpRequest, asked: Query[Claim]) -> Answer:
    """Of each provider."""
    by = admin(request, asked)
    lists.configs_page(by=by, limit=1)
    return {name: list(each.targets) for name, each in sources.PROVIDERS.items()}


# --- runs ----------------------------------------------------------------------------------------


@router.post("/admin/sync-configs/{config_id}/trigger", response={202: Answer}, summary="Sync now")
def trigger_client_sync(
    request: HttpRequest, config_id: UUID, asked: Query[Claim]
) -> Status[Answer]:
    """Queue a run."""
    run = syncs.start_run(config_id, by=admin(request, asked))
    told = {"status": run.state, "sync_run_id": str(run.pk), "task_id": str(run.pk)}
    return Status(202, told)


@router.get("/admin/sync-configs/{config_id}/jobs", response=Answer, summary="A config's runs")
def list_client_jobs(request: HttpRequest, config_id: UUID, asked: Query[OffsetQuery]) -> Answer:
    """The newest first."""
    by = admin(request, asked)
    configs.config_of(config_id, by=by)
    found = by_offset(partial(lists.runs_page, config_id, [], by=by), asked)
    total = lists.count_runs(config_id, by=by)
    return paged([run_out(each) for each in found], total, asked)


@router.get("/admin/sync-runs/{run_id}", response=Answer, summary="Read a run")
def read_client_run(request: HttpRequest, run_id: UUID, asked: Query[Claim]) -> Answer:
    """How far it is."""
    return run_out(syncs.run_of(run_id, by=admin(request, asked)))


@router.get("/admin/sync-runs/{run_id}/units", response=list[Answer], summary="A run's sources")
def list_client_units(request: HttpRequest, run_id: UUID, asked: Query[Claim]) -> list[Answer]:
    """One for each source."""
    run = syncs.run_of(run_id, by=admin(request, asked))
    told = ("source", "attempts", "records_fetched", "rows_written", "started_at", "finished_at")
    return [
        {"id": str(unit.pk), "status": unit.state, "error": unit.error or None}
        | {name: getattr(unit, name) for name in told}
        for unit in lists.units_of(run)
    ]


# --- backfills -----------------------------------------------------------------------------------


@router.post(
    "/admin/sync-configs/{config_id}/backfill", response={202: Answer}, summary="Start a backfill"
)
def create_client_backfill(
    request: HttpRequest, config_id: UUID, body: ClientBackfillIn, asked: Query[Claim]
) -> Status[Answer]:
    """How far back the days may lie is the tier's to say."""
    by = admin(request, asked)
    job = backfills.start(backfills.Asked(config_id, body.since, body.before), by=by)
    told = {"status": job.state, "backfill_job_id": str(job.pk), "task_id": str(job.pk)}
    return Status(202, told)


@router.get("/admin/backfill-jobs", response=Answer, summary="List backfills")
def list_client_backfills(request: HttpRequest, asked: Query[OffsetQuery]) -> Answer:
    """The newest first."""
    by = admin(request, asked)
    found = by_offset(partial(lists.jobs_page, None, [], by=by), asked)
    return paged([job_out(each) for each in found], lists.count_jobs(by=by), asked)


@router.get("/admin/backfill-jobs/{job_id}", response=Answer, summary="Read a backfill")
def read_client_backfill(request: HttpRequest, job_id: UUID, asked: Query[Claim]) -> Answer:
    """How far it is."""
    return job_out(backfills.job_of(job_id, by=admin(request, asked)))


# --- in the client's words -----------------------------------------------------------------------


def sources_in(options: Mapping[str, Any]) -> tuple[list[str] | None, dict[str, Any]]:
    """Sources among the options (None: they are not named), and the rest. Raises
    `Unprocessable`."""
    found = [options[name] for name in SOURCES if options.get(name)]
    rest = {name: each for name, each in options.items() if name not in SOURCES}
    if not found:
        return None, rest
    if not isinstance(found[0], list) or not all(isinstance(each, str) for each in found[0]):
        raise Unprocessable("`sync_options.repos` is a list of names.", code="invalid_config")
    return found[0], rest


def changes_in(body: ClientConfigPatch) -> dict[str, Any]:
    told = body.dict(exclude_unset=True)
    changes = {name: told[name] for name in ("name", "timezone", "is_active") if told.get(name)}
    if body.is_active is False:
        changes["is_active"] = False
    if body.sync_targets is not None:
        changes["targets"] = body.sync_targets
    if "schedule_cron" in told:
        changes["schedule_cron"] = body.schedule_cron or ""
    if body.sync_options is not None:
        names, options = sources_in(body.sync_options)
        changes |= {"options": options} | ({} if names is None else {"sources": names})
    return changes


def last_runs(by: Member) -> dict[UUID, SyncRun]:
    """Each config's last one that is over, among the newest."""
    found: Sequence[SyncRun] = lists.runs_page(None, sorted(ENDED), by=by, limit=MOST_RUNS).rows
    return {run.config_id: run for run in reversed(found)}


def config_out(config: SyncConfig, last: SyncRun | None) -> Answer:
    return {
        "id": str(config.pk),
        "name": config.name,
        "provider": config.provider,
        "credential_id": config.integration_id and str(config.integration_id),
        "sync_targets": config.targets,
        "sync_options": {**config.options, "repos": config.sources},
        "is_active": config.is_active,
        "schedule_cron": config.schedule_cron or None,
        "timezone": config.timezone,
        "initial_sync_depth": config.options.get("initial_days"),
        "last_sync_at": last and last.finished_at,
        "last_sync_success": None if last is None else last.state == State.COMPLETED,
        "last_sync_error": (last and last.error) or None,
        "parent_id": None,
        "created_at": config.created_at,
        "updated_at": config.updated_at,
    }


def run_out(run: SyncRun) -> Answer:
    return {
        "id": str(run.pk),
        "sync_config_id": str(run.config_id),
        "status": run.state,
        "triggered_by": run.trigger,
        "started_at": run.started_at,
        "completed_at": run.finished_at,
        "error": run.error or None,
        "created_at": run.created_at,
    }


def job_out(job: BackfillJob) -> Answer:
    state = State(job.state)
    status = BACKFILL_STATES.get(state, str(state))
    if status == "failed" and job.completed_chunks:
        status = "partial_failed"
    return {
        "id": str(job.pk),
        "sync_config_id": str(job.config_id),
        "status": status,
        "since_date": str(job.since),
        "before_date": str(job.before),
        "total_chunks": job.total_chunks,
        "completed_chunks": job.completed_chunks,
        "failed_chunks": job.failed_chunks,
        "progress_pct": round(100 * progress.progress(job), 1),
        "error_message": job.error or None,
        "started_at": job.started_at,
        "completed_at": job.finished_at,
        "created_at": job.created_at,
        "updated_at": job.finished_at or job.started_at or job.created_at,
        "metrics_diagnostics": None,
    }
