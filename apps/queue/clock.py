"""The clock: what nobody told in time, it tells. Safe to run several; one of them ticks.

A tick takes back expired leases, lets waiters go on where a slot is free, tells shares of units
whose bell was lost, and rings every queue in which something is due: a constant number of
statements, however many organisations there are. Schedules need no part of it: they are units
whose `not_before` is the next run.
"""

import logging
import signal
import time
from threading import Event
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction

from apps.queue import bells, services
from apps.queue.models import PUBLIC

log = logging.getLogger("devhealth.queue")

TICK_SECONDS = 5.0
PURGE_SECONDS = 60.0
MOST_PURGED = 5_000
CLOCK = 0x6465_7668  # the advisory lock of whoever ticks

_TURN = "select pg_try_advisory_xact_lock(%s)"

# Units, shares and slots are locked in the order in which a claim and an end lock them.
_EXPIRED = """
select id, organization_id, queue, slots from queue_workunit
where state = 'running' and lease_until < statement_timestamp()
order by id for update skip locked
"""
# Of several of one key only one can be pending; what another one does need not be done twice.
_TAKE_BACK = """
with lost as (
    select id, dedupe_key <> '' and (
        row_number() over (partition by organization_id, dedupe_key order by id desc) > 1
        or exists (select from queue_workunit o
                   where o.organization_id = u.organization_id and o.dedupe_key = u.dedupe_key
                     and o.state = 'pending')
    ) as is_superseded
    from queue_workunit u where id = any (%s)
)
update queue_workunit u set
    state = case when is_superseded then 'canceled' else 'pending' end,
    finished_at = case when is_superseded then clock_timestamp() end,
    lease_until = null,
    error = 'Its worker stopped answering.'
from lost where u.id = lost.id
"""
_LEAVE_SHARES = """
update queue_queueshare s set running = s.running - lost.n, expiries = s.expiries + lost.n
from (
    select locked.id, count(*) as n
    from unnest(%(organizations)s::uuid[], %(queues)s::text[]) as u (organization_id, queue)
    join (select id, organization_id, queue from queue_queueshare
          where (organization_id, queue) in (
              select * from unnest(%(organizations)s::uuid[], %(queues)s::text[])
          ) order by id for update) as locked using (organization_id, queue)
    group by 1
) as lost
where s.id = lost.id
"""
_LEAVE_SLOTS = """
update queue_slot s set running = s.running - lost.n
from (
    select locked.id, count(*) as n
    from unnest(%(organizations)s::uuid[], %(names)s::text[]) as u (organization_id, name)
    join (select id, organization_id, name from queue_slot
          where (organization_id, name) in (
              select * from unnest(%(organizations)s::uuid[], %(names)s::text[])
          ) order by organization_id, name for update) as locked using (organization_id, name)
    group by 1
) as lost
where s.id = lost.id
"""
_WAKE_ALL = """
update queue_workunit set waits_for = null where id in (
    select waiter.id
    from (select distinct organization_id, waits_for from queue_workunit
          where state = 'pending' and waits_for is not null) as w
    join queue_slot s on s.organization_id = w.organization_id and s.name = w.waits_for
                     and s.running < s."limit",
    lateral (
        select id from queue_workunit u
        where u.organization_id = s.organization_id and u.waits_for = s.name
          and u.state = 'pending'
        order by not_before, id limit s."limit" - s.running
        for update skip locked
    ) as waiter
)
"""
_TELL_SHARES = """
update queue_queueshare s set next_at = found.next
from (
    select share.id, first.not_before as next
    from queue_queueshare share, lateral (
        select not_before from queue_workunit u
        where u.organization_id = share.organization_id and u.queue = share.queue
          and u.state = 'pending' and u.waits_for is null
        order by not_before limit 1
    ) as first
    where share.next_at is null or share.next_at > first.not_before
    order by share.id for update of share skip locked
) as found
where s.id = found.id
"""
_PURGE = """
with old as (
    select id from queue_workunit
    where finished_at < statement_timestamp() - interval '7 days'
      and (state = 'completed' or finished_at < statement_timestamp() - interval '90 days')
    order by finished_at limit %(most)s for update skip locked
), answers as (
    delete from queue_answer where id in (
        select id from queue_answer where created_at < statement_timestamp() - interval '24 hours'
        limit %(most)s
    )
)
delete from queue_workunit where id in (select id from old)
"""


def tick() -> bool:
    """Everything once; False where another clock is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TURN, [CLOCK])
        if not cursor.fetchone()[0]:
            return False
        _take_back(cursor)
        cursor.execute(_WAKE_ALL)
        cursor.execute(_TELL_SHARES)
    for queue in settings.QUEUES:
        bells.ring_if_due(queue)
    return True


def begin_daily() -> None:
    """What is to be done every day is done now, and plans itself from then on."""
    for actor in settings.DAILY:
        services.add(actor, PUBLIC, dedupe_key=actor)


def _take_back(cursor: Any) -> None:
    """What nobody answers for is pending again; the share and the slots that it had are free."""
    cursor.execute(_EXPIRED)
    lost = cursor.fetchall()
    if not lost:
        return
    log.warning("Leases ended by themselves: units %s", [unit for unit, *_ in lost])
    cursor.execute(_TAKE_BACK, [[unit for unit, *_ in lost]])
    places = [(organization, queue) for _, organization, queue, _ in lost]
    cursor.execute(_LEAVE_SHARES, _columns(("organizations", "queues"), places))
    slots = [(organization, name) for _, organization, _, names in lost for name in names]
    if slots:
        cursor.execute(_LEAVE_SLOTS, _columns(("organizations", "names"), slots))


def _columns(names: tuple[str, str], rows: list[tuple[Any, Any]]) -> dict[str, list[Any]]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def purge() -> int:
    """Forget units that are over (a week, or what failed for 90 days) and old answers."""
    with connection.cursor() as cursor:
        cursor.execute(_PURGE, {"most": MOST_PURGED})
        return int(cursor.rowcount)


def run() -> None:
    """Tick until told to stop (SIGTERM, SIGINT)."""
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    purged_at, has_begun = -PURGE_SECONDS, False
    while not stop.is_set():
        close_old_connections()
        try:
            tick()
            if not has_begun:
                begin_daily()
                has_begun = True
            if time.monotonic() >= purged_at + PURGE_SECONDS:
                purged_at = time.monotonic()
                purge()
        except (DatabaseError, InterfaceError) as error:
            log.warning("A tick failed: %s", error)
            connection.close()
        stop.wait(TICK_SECONDS)
