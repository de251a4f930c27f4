"""Adding work, and steering it. In the caller's transaction; the bell rings after the commit."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from apps.errors import Conflict, NotFound
from apps.queue import bells, claims
from apps.queue.mechanics import call
from apps.queue.models import WorkUnit
from apps.trace import current
from devhealth.models.states import State

DEFAULT_TIER = "community"

_ADD = "select * from public.queue_add(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"

_LIMITS = """
insert into queue_queueshare
    (organization_id, queue, running, "limit", tier, expiries, redeliveries)
select %(organization)s, key, 0, value::int, %(tier)s, 0, 0
from jsonb_each(%(limits)s::jsonb) order by key
on conflict (organization_id, queue)
do update set "limit" = excluded."limit", tier = excluded.tier
"""


def add(
    actor: str,
    organization_id: UUID,
    *,
    ids: Mapping[str, Any] | None = None,
    not_before: datetime | None = None,
    dedupe_key: str = "",
    slots: Mapping[str, int] | None = None,
) -> int:
    """Add a unit of work to the caller's transaction; its id.

    actor       a name in `settings.ACTORS`, which says the queue
    not_before  when it is due (null: now, by the database's clock)
    dedupe_key  if one of that key is pending already, that one is meant, and it waits for the
                caller's commit before it runs: it will see what the caller wrote
    slots       names of what it uses while it runs → how many may use it at once
    """
    queue = settings.ACTORS[actor]
    values = [
        organization_id,
        queue,
        actor,
        json.dumps(ids or {}),
        dedupe_key,
        json.dumps(dict(slots or {})),
        current()["request_id"],
        not_before,
        settings.QUEUES[queue],
        DEFAULT_TIER,
    ]
    ((unit, due),) = call(_ADD, *values)
    transaction.on_commit(lambda: bells.notice(organization_id, queue, due), robust=True)
    return int(unit)


def set_limits(organization_id: UUID, tier: str, running: Mapping[str, int]) -> None:
    """How many units of each queue the organisation may have running, from the next claim on."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LIMITS,
            {"organization": organization_id, "tier": tier, "limits": json.dumps(dict(running))},
        )


def request_stop(organization_id: UUID, units: Iterable[int]) -> None:
    """Ask for an end: what is pending ends now, what runs at its next checkpoint."""
    found = WorkUnit.objects.filter(organization_id=organization_id, id__in=list(units))
    with transaction.atomic():
        for unit in found.order_by("id").select_for_update():
            if unit.state == State.RUNNING:
                WorkUnit.objects.filter(id=unit.id).update(stop_requested=True)
            elif unit.state == State.PENDING:
                claims.end_pending(unit.id, State.CANCELED)


def cancel(unit_id: int) -> None:
    """End it so that its actor hears of it: what is pending is taken up for nothing else.

    Raises `NotFound`, `Conflict`.
    """
    with transaction.atomic():
        unit = _locked(unit_id)
        if unit.state not in (State.PENDING, State.RUNNING):
            raise Conflict(f"Unit {unit_id} is {unit.state}: there is nothing to cancel.")
        found = WorkUnit.objects.filter(id=unit_id)
        if unit.state == State.RUNNING:
            found.update(stop_requested=True)
            return
        found.update(stop_requested=True, not_before=Now())
        transaction.on_commit(lambda: bells.notice_now(unit), robust=True)


def requeue(unit_id: int) -> None:
    """Take up again what failed, was canceled or quarantined. Raises `NotFound`, `Conflict`."""
    with transaction.atomic():
        unit = _locked(unit_id)
        if unit.state not in (State.FAILED, State.CANCELED, State.QUARANTINED):
            raise Conflict(f"Unit {unit_id} is {unit.state}: only what ended without being done.")
        try:
            with transaction.atomic():
                claims.begin_again(unit)
        except IntegrityError as error:
            raise Conflict(f"Another unit of the key `{unit.dedupe_key}` is pending.") from error
        transaction.on_commit(lambda: bells.notice_now(unit), robust=True)


def _locked(unit_id: int) -> WorkUnit:
    unit = WorkUnit.objects.select_for_update().filter(id=unit_id).first()
    if unit is None:
        raise NotFound(f"There is no unit {unit_id}.")
    return unit


def now() -> datetime:
    """The database's clock, the only one that decides anything."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        (instant,) = cursor.fetchone()
    found: datetime = instant
    return found
