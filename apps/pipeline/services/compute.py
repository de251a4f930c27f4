"""Metrics of the days that were touched, computed once for all who touched them."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from apps.errors import BadRequest, NotFound
from apps.integrations import expiring
from apps.metrics import data_version
from apps.metrics.store import sink_of_work
from apps.notify import services as notify
from apps.notify.models import Event
from apps.orgs import audit
from apps.orgs.services import Member
from apps.pipeline import operations
from apps.pipeline.models import Recompute
from apps.pipeline.services import dirty_days, restamps, stages
from apps.pipeline.services.stages import LIVE
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.due import everything, overdue
from devhealth.models.states import State
from devhealth.models.touches import Touches
from devhealth.recompute import recompute
from devhealth.sinks import Sink

AFTER_MIDNIGHT = timedelta(minutes=5)


def request_recompute(asked: Recompute, *, by: Member) -> Recompute:
    """Have any range of days computed anew; it shares the organisation's next compute."""
    by.require(operations.METRICS_RECOMPUTE)
    if asked.since and asked.before and asked.since >= asked.before:
        raise BadRequest("`before` is the day after the last one.", code="invalid_range")
    asked.requested_by = by.user.id
    with transaction.atomic():
        asked.save(force_insert=True)
        dirty_days.ask_for_compute(by.organization.id)
        audit.record(
            by,
            operations.METRICS_RECOMPUTE,
            target=f"recompute:{asked.pk}",
            before=None,
            after={"since": asked.since, "before": asked.before},
        )
    return asked


def recompute_of(recompute_id: UUID, *, by: Member) -> Recompute:
    """Raises `NotFound`."""
    by.require(operations.RECOMPUTES_READ)
    if (found := Recompute.objects.filter(id=recompute_id).first()) is None:
        raise NotFound("There is no such recompute.")
    return found


def compute(work: Work) -> None:
    """All days that are known dirty by now, and the ranges that were asked for."""
    asked = _begin()
    ids, touches = dirty_days.ready()
    sink = sink_of_work(work.organization_id, work.claimed_at)
    for each in asked:
        touches |= everything(sink, each.since, each.before)
    with dirty_days.again_if_late(work, touches):
        written = recompute(sink, touches, today=work.claimed_at.date(), checkpoint=work.checkpoint)
        with work.finishing():
            dirty_days.forget(ids)
            data_version.move_on()
            for each in asked:
                stages.end(each, State.COMPLETED, rows_written=sum(written.values()))
            if any(written.values()) or work.claim.fence > 1:
                _tell_updated(work, written)
            for after in settings.AFTER_COMPUTE:
                import_string(after)(work.organization_id)


def _tell_updated(work: Work, written: Mapping[str, int]) -> None:
    """Once for all that a compute has changed: rows by table, as of its claim.

    What an attempt that was cut short wrote is found unchanged by the next one, and told, too.
    """
    facts = {
        "computed_at": work.claimed_at,
        "rows_written": sum(written.values()),
        "tables": {table: rows for table, rows in sorted(written.items()) if rows},
    }
    notify.tell(work.organization_id, Event.METRICS_UPDATED, facts)


def _begin() -> list[Recompute]:
    with transaction.atomic():
        asked = list(Recompute.objects.filter(state__in=LIVE).order_by("id").select_for_update())
        for each in asked:
            stages.begin(each)
    return asked


def compute_ended(work: Work, state: State, error: str) -> None:
    """The days stay dirty: the organisation's next compute takes them."""
    for each in Recompute.objects.filter(state=State.RUNNING).order_by("id").select_for_update():
        stages.end(each, state, error)


# --- once a day ----------------------------------------------------------------------------------


def daily(work: Work) -> None:
    """What time itself made dirty: days that ended, in whose windows something lies."""
    touches = _overdue(sink_of_work(work.organization_id, work.claimed_at), work)
    with work.finishing():
        dirty_days.note(work.claim.id, touches)
        dirty_days.ask_for_compute(work.organization_id)
        restamps.ask_if_behind(work.organization_id)
        expiring.ask(work.organization_id)
        plan_daily(work.organization_id)


def _overdue(sink: Sink, work: Work) -> Touches:
    return overdue(sink, work.claimed_at.date())


def daily_ended(work: Work, state: State, error: str) -> None:
    """Whatever happened today, there is a tomorrow."""
    if state != State.PENDING:
        plan_daily(work.organization_id)


def plan_daily(organization_id: UUID) -> None:
    """A few minutes after the next midnight (UTC), not all organisations at once."""
    tomorrow = queue.now().date() + timedelta(days=1)
    spread = timedelta(seconds=organization_id.int % 3600)
    queue.add(
        "pipeline.daily",
        organization_id,
        dedupe_key="daily",
        not_before=datetime.combine(tomorrow, time(), UTC) + AFTER_MIDNIGHT + spread,
    )
