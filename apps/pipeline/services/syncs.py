"""Runs of a config: what is new at each of its sources, from the watermark on."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from apps.errors import Conflict, NotFound
from apps.inbound import endpoints
from apps.notify import services as notify
from apps.notify.models import Event
from apps.orgs.services import Member
from apps.pipeline import operations
from apps.pipeline.models import SyncConfig, SyncRun, SyncUnit
from apps.pipeline.services import (
    dirty_days,
    looking,
    restamps,
    sources,
    stages,
    targets,
    watermarks,
)
from apps.pipeline.services.stages import LIVE
from apps.pipeline.services.targets import Done, Source, Target
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.models.states import ENDED, State
from devhealth.sync import Watch

REACHED = "run__config__integration__credential"
MOST_TOLD = 20  # sources of a failed run, by name

# --- asking for one ------------------------------------------------------------------------------


def start_run(config_id: UUID, *, by: Member) -> SyncRun:
    """Queue a sync of every source of a config. Raises `NotFound`, `Conflict`."""
    by.require(operations.RUNS_CREATE)
    with transaction.atomic():
        config = SyncConfig.objects.select_for_update().filter(id=config_id).first()
        if config is None:
            raise NotFound("There is no such sync config.")
        if not config.is_active:
            raise Conflict("This sync config is switched off; switch it on first.", code="inactive")
        return launch(config, by.organization.id, trigger="manual", requested_by=by.user.id)


def start_or_join(config_id: UUID, *, by: Member) -> SyncRun:
    """A run of a config; while one is under way that one, with the sources that it has not yet."""
    by.require(operations.RUNS_CREATE)
    organization_id = by.organization.id
    with transaction.atomic():
        config = SyncConfig.objects.select_for_update().get(id=config_id)
        live = SyncRun.objects.select_for_update().filter(config=config, state__in=LIVE).first()
        if live is None:
            return launch(config, organization_id, trigger="manual", requested_by=by.user.id)
        known = set(live.units.values_list("source", flat=True))
        _add_units(live, [each for each in config.sources if each not in known], organization_id)
    return live


def launch(
    config: SyncConfig, organization_id: UUID, *, trigger: str, requested_by: UUID | None
) -> SyncRun:
    """The run, a unit for each source, and their units of work, in the caller's transaction."""
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(config=config, trigger=trigger, requested_by=requested_by)
    except IntegrityError as error:
        raise Conflict("A run of this config is under way.", code="run_in_progress") from error
    _add_units(run, config.sources, organization_id)
    return run


def _add_units(run: SyncRun, names: Sequence[str], organization_id: UUID) -> None:
    for source in names:
        unit = SyncUnit.objects.create(run=run, source=source)
        unit.work_unit_id = queue.add(
            "pipeline.sync",
            organization_id,
            ids={"unit": unit.pk},
            slots=sources.slots(run.config, source),
        )
        unit.save(update_fields=["work_unit_id"])


def runs() -> QuerySet[SyncRun]:
    """With what their answers show; for a list, one query and one for all units."""
    return SyncRun.objects.select_related("config").prefetch_related("units")


def run_of(run_id: UUID, *, by: Member) -> SyncRun:
    """Raises `NotFound`."""
    by.require(operations.RUNS_READ)
    if (run := runs().filter(id=run_id).first()) is None:
        raise NotFound("There is no such run.")
    return run


# --- doing it ------------------------------------------------------------------------------------


def sync(work: Work) -> None:
    """One source, target after target, each from its mark on. Safe to run again, by anybody."""
    unit = _begin(work)
    if unit is None:
        return
    *before, last = targets.in_order(unit.run.config.targets)
    done: list[tuple[Target, Done]] = []
    with dirty_days.watching(work) as watch:
        source_of = _sources(work, unit, watch)
        for target in before:
            done.append((target, target.fetch(source := source_of(target))))
            with work.going_on():
                _keep(work, unit, target, source, done[-1][1])
                dirty_days.are_written(work)
        done.append((last, last.fetch(source := source_of(last))))
        with work.finishing():
            _keep(work, unit, last, source, done[-1][1])
            targets.end(unit, done)
            looking.overtaken(work, unit.run.config, unit.source)
            _conclude(unit.run_id, work.organization_id)
            dirty_days.ask_for_compute(work.organization_id)
            restamps.ask_if_changed(work.organization_id, unit)


def _begin(work: Work) -> SyncUnit | None:
    """The unit, running; None where it is over already."""
    with transaction.atomic():
        unit = SyncUnit.objects.filter(id=work.ids["unit"]).first()
        if unit is None:  # its config was deleted
            return None
        run = SyncRun.objects.select_for_update().get(id=unit.run_id)
        unit.refresh_from_db()
        if run.state in (State.COMPLETED, State.CANCELED) or not stages.begin(unit, work):
            return None
        stages.begin(run)
    return SyncUnit.objects.select_related(REACHED).get(id=unit.id)


def _sources(work: Work, unit: SyncUnit, watch: Watch) -> Callable[[Target], Source]:
    """The unit's source, as each of its targets is fetched from it."""
    config = unit.run.config
    shared = targets.reached(work, config, unit.source, run_id=unit.run_id, watch=watch)
    return lambda target: watermarks.marked(shared, config, unit.source, target, work)


def _keep(work: Work, unit: SyncUnit, target: Target, source: Source, done: Done) -> None:
    """What a target's end is remembered by, whatever becomes of the others."""
    if _is_told(work, unit.run.config, source):
        found = Coalesce("drift", 0) + done.changed
        SyncUnit.objects.filter(pk=unit.pk).update(drift=found)
    if not done.unreachable:
        config = unit.run.config
        watermarks.move(work, config, unit.source, target, source, is_whole=done.is_whole)
    SyncUnit.objects.filter(pk=unit.pk).update(
        records_fetched=F("records_fetched") + done.records_fetched,
        rows_written=F("rows_written") + done.rows_written,
    )


def _is_told(work: Work, config: SyncConfig, source: Source) -> bool:
    """A webhook tells of it, and did so already when its mark was set."""
    if config.integration_id is None or source.synced_through is None:
        return False
    endpoint = endpoints.of_integration(work.organization_id, config.integration_id)
    return endpoint is not None and endpoint.created_at <= source.synced_through


def sync_ended(work: Work, state: State, error: str) -> None:
    """Any end but `completed`: the same for the unit, and what it wrote is computed anyway."""
    if (unit := SyncUnit.objects.filter(id=work.ids["unit"]).first()) is not None:
        SyncRun.objects.select_for_update().get(id=unit.run_id)
        unit.refresh_from_db()
        if unit.state == State.RUNNING:
            stages.end(unit, state, error, **stages.retry(work, state))
            if state in ENDED:
                _conclude(unit.run_id, work.organization_id)
        restamps.ask_if_changed(work.organization_id, unit)
    dirty_days.ask_for_compute(work.organization_id)


def _conclude(run_id: UUID, organization_id: UUID) -> None:
    """A run is over when all its units are. Its row is locked, or locked here."""
    run = SyncRun.objects.select_for_update().get(id=run_id)
    states = list(run.units.values_list("state", flat=True))
    if any(state not in ENDED for state in states) or run.state not in LIVE:
        return
    undone = [state for state in states if state != State.COMPLETED]
    error = f"{len(undone)} of {len(states)} sources were not synced." if undone else ""
    stages.begin(run)
    stages.end(run, _worst(states), error)
    if run.state == State.FAILED:
        _tell_failed(run, error, organization_id)


def _tell_failed(run: SyncRun, error: str, organization_id: UUID) -> None:
    failed = run.units.filter(state__in=(State.FAILED, State.QUARANTINED)).order_by("source")
    facts = {
        "run_id": run.pk,
        "config_id": run.config_id,
        "config_name": run.config.name,
        "provider": run.config.provider,
        "error": error,
        "sources_failed": failed.count(),
        "sources": list(failed.values("source", "error")[:MOST_TOLD]),
    }
    notify.tell(organization_id, Event.SYNC_FAILED, facts, {"run": f"/api/v1/runs/{run.pk}"})


def _worst(states: list[str]) -> State:
    if any(state in (State.FAILED, State.QUARANTINED) for state in states):
        return State.FAILED
    return State.CANCELED if State.CANCELED in states else State.COMPLETED
