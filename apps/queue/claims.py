"""One unit for one worker, in a constant number of statements, whatever is pending.

An organisation's share of the queue is locked first (fewest running, then oldest), then its oldest
due unit, then the slots that it needs, in order of name. Whoever ends a unit locks in the same
order, and a share is never locked while anything is waited for but slots: no deadlock, and no
organisation above its limit. A unit whose slot is taken is parked until somebody leaves that slot.
"""

import json
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from apps.queue import bells
from apps.queue.bells import OTHERS_ARE_DUE
from apps.queue.models import MOST_RUNNING, WorkUnit
from devhealth.models.states import State

LEASE = timedelta(seconds=15)
MOST_PARKED = 50  # in one transaction
WORKER = f"{socket.gethostname()}:{os.getpid()}"

# Level by level, so that those with nothing due or no room are never looked at.
_SHARE = f"""
select found.id, found.organization_id
from generate_series(0, {MOST_RUNNING - 1}) as level, lateral (
    select id, organization_id from queue_queueshare
    where queue = %(queue)s and running = level and running < "limit"
      and next_at <= statement_timestamp()
    order by next_at limit 1 for update skip locked
) as found
limit 1
"""

_UNIT = """
select id, slots from queue_workunit
where organization_id = %s and queue = %s and state = 'pending' and waits_for is null
  and not_before <= statement_timestamp()
order by not_before, id limit 1 for update skip locked
"""

_SLOTS = """
select name, running < "limit" from queue_slot
where organization_id = %s and name = any (%s) order by name for update
"""

# One statement, and what it leaves: when the share's next is due, whether anybody's is.
_TAKE = f"""
with share as (
    update queue_queueshare s set
        running = running + 1,
        redeliveries = redeliveries + (mine.starts > 0)::int,
        claimed_at = greatest(date_trunc('milliseconds', clock_timestamp()),
                              s.claimed_at + interval '1 millisecond'),
        next_at = (select not_before from queue_workunit u
                   where u.organization_id = s.organization_id and u.queue = s.queue
                     and u.state = 'pending' and u.waits_for is null and u.id <> mine.id
                   order by not_before limit 1)
    from queue_workunit mine
    where s.id = %(share)s and mine.id = %(unit)s
    returning s.claimed_at,
              s.running < s."limit" and coalesce(s.next_at <= clock_timestamp(), false) as is_due
),
slot as (
    update queue_slot set running = running + 1
    where organization_id = %(organization)s and name = any (%(slots)s)
)
update queue_workunit u set
    state = 'running', starts = starts + 1, fence = fence + 1, claimed_at = share.claimed_at,
    lease_until = clock_timestamp() + %(lease)s, worker = %(worker)s
from share where u.id = %(unit)s
returning u.id, u.organization_id, u.queue, u.actor, u.ids, u.fence, u.claimed_at, u.starts,
          u.delays, u.stop_requested, u.request_id, u.slots, share.is_due or {OTHERS_ARE_DUE}
"""

_NEXT = """
update queue_queueshare s set
    next_at = (select min(not_before) from queue_workunit u
               where u.organization_id = s.organization_id and u.queue = s.queue
                 and u.state = 'pending' and u.waits_for is null)
where id = %s
returning coalesce(next_at <= clock_timestamp(), false)
"""

_PARK = "update queue_workunit set waits_for = %s where id = %s"

# Waiters, the oldest first, as many as a slot has room for. One that is locked is being ended.
_WAKE = """
with woken as (
    update queue_workunit set waits_for = null where id in (
        select waiter.id from queue_slot s, lateral (
            select id from queue_workunit u
            where u.organization_id = s.organization_id and u.waits_for = s.name
              and u.state = 'pending'
            order by not_before, id limit greatest(s."limit" - s.running, 0)
            for update skip locked
        ) as waiter
        where s.organization_id = %(organization)s and s.name = any (%(names)s)
    ) returning organization_id, queue, not_before
)
select organization_id, queue, min(not_before) from woken group by 1, 2
"""

_RELEASE_SLOTS = """
update queue_slot set running = running - 1 where id in (
    select id from queue_slot where organization_id = %s and name = any (%s)
    order by name for update
)
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A unit as a worker got it."""

    id: int
    organization_id: UUID
    queue: str
    actor: str
    ids: dict[str, Any]
    fence: int
    claimed_at: datetime
    starts: int
    delays: int
    stop_requested: bool
    request_id: str
    slots: list[str]
    is_more_due: bool
    """Whether it left something that another worker could do."""


def claim(queue: str) -> Claim | None:
    """The unit that comes next in a queue, now running and leased; None if none is due."""
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SHARE, {"queue": queue})
            if (row := cursor.fetchone()) is None:
                return None
            share, organization = row
            found, parked = _first_free(cursor, queue, organization)
            if found:
                return _take(cursor, queue, share, organization, *found)
            cursor.execute(_NEXT, [share])
            (is_due,) = cursor.fetchone()
        if is_due and not parked:  # somebody holds its unit, and rings when he lets go
            return None


def _first_free(
    cursor: Any, queue: str, organization: UUID
) -> tuple[tuple[int, list[str]] | None, int]:
    """The oldest due unit whose slots are free, and how many were parked before it."""
    for parked in range(MOST_PARKED):
        cursor.execute(_UNIT, [organization, queue])
        if (row := cursor.fetchone()) is None:
            return None, parked
        unit, slots = row
        if (taken := _taken(cursor, organization, slots)) is None:
            return (unit, slots), parked
        cursor.execute(_PARK, [taken, unit])
    return None, MOST_PARKED


def _taken(cursor: Any, organization: UUID, slots: list[str]) -> str | None:
    """The first slot without room; whoever waits for one of the others may try again."""
    if not slots:
        return None
    cursor.execute(_SLOTS, [organization, slots])
    rooms = dict(cursor.fetchall())
    taken = next((name for name in slots if not rooms[name]), None)
    if taken is not None:
        _wake(cursor, organization, [name for name in slots if rooms[name]])
    return taken


def _wake(cursor: Any, organization: UUID, slots: list[str]) -> None:
    """Let go on, after the commit, who waits for slots in which there is room."""
    if not slots:
        return
    cursor.execute(_WAKE, {"organization": organization, "names": slots})
    for woken in cursor.fetchall():
        transaction.on_commit(partial(bells.notice, *woken), robust=True)


def _take(
    cursor: Any, queue: str, share: int, organization: UUID, unit: int, slots: list[str]
) -> Claim:
    cursor.execute(
        _TAKE,
        {
            "queue": queue,
            "share": share,
            "organization": organization,
            "slots": slots,
            "lease": LEASE,
            "worker": WORKER,
            "unit": unit,
        },
    )
    id, organization_id, queue, actor, ids, *rest = cursor.fetchone()
    return Claim(id, organization_id, queue, actor, json.loads(ids), *rest)


# --- the other way -------------------------------------------------------------------------------


def release_slots(organization_id: UUID, slots: list[str]) -> None:
    """Give back what a unit had beside its share, as the last act of ending it."""
    if not slots:
        return
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE_SLOTS, [organization_id, slots])
        _wake(cursor, organization_id, slots)


def end_pending(unit_id: int, state: State) -> None:
    """End a unit that nobody works on. Its row is locked by the caller."""
    WorkUnit.objects.filter(id=unit_id).update(
        state=state, waits_for=None, finished_at=Now(), stop_requested=False
    )


def begin_again(unit: WorkUnit) -> None:
    """Pending, due now, as if it had never begun. Its row is locked by the caller."""
    WorkUnit.objects.filter(id=unit.id).update(
        state=State.PENDING,
        starts=0,
        delays=0,
        stop_requested=False,
        finished_at=None,
        not_before=Now(),
        waits_for=None,
    )
