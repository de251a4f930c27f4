"""The heart of a worker process: one thread, one connection, all leases in one statement."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from django.db import DatabaseError, InterfaceError, connection

from apps.queue.claims import LEASE, Claim
from apps.queue.work import Work

log = logging.getLogger("devhealth.queue")

EVERY = LEASE.total_seconds() / 5

_BEAT = """
update queue_workunit u set lease_until = clock_timestamp() + %(lease)s
from (
    select id from queue_workunit
    where state = 'running' and (id, fence) in (
        select * from unnest(%(ids)s::bigint[], %(fences)s::bigint[])
    )
    order by id for update skip locked
) held
where u.id = held.id
returning u.id, u.stop_requested, (
    select is_held from queue_queueshare s
    where s.organization_id = u.organization_id and s.queue = u.queue
)
"""

_GONE = """
select id from unnest(%(ids)s::bigint[], %(fences)s::bigint[]) as held (id, fence)
where not exists (select from queue_workunit u
                  where u.id = held.id and u.fence = held.fence and u.state = 'running')
"""


class Leases:
    """What this process works on. A lease that cannot be renewed ends by its own deadline."""

    def __init__(self) -> None:
        self._held: dict[int, Work] = {}
        self._lock = Lock()
        self._wake = Event()
        self._thread: Thread | None = None

    @contextmanager
    def holding(self, claim: Claim, claimed: float) -> Iterator[Work]:
        """The claim's lease is renewed within the block. `claimed`: monotonic, before the claim."""
        work = Work(claim, claimed + LEASE.total_seconds(), is_stop_requested=claim.stop_requested)
        with self._lock:
            self._held[claim.id] = work
            if self._thread is None:
                self._thread = Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()
        try:
            yield work
        finally:
            with self._lock:
                self._held.pop(claim.id, None)

    def _run(self) -> None:
        while True:
            self._wake.wait(EVERY)
            try:
                self.beat()
            except (DatabaseError, InterfaceError) as error:
                log.warning("No heartbeat: %s", error)
                connection.close()

    def beat(self) -> None:
        """Renew all leases; note which were lost, which are to stop and which to wait."""
        with self._lock:
            held = dict(self._held)
        if not held:
            return
        began = time.monotonic()
        keys = {"ids": list(held), "fences": [work.claim.fence for work in held.values()]}
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, {**keys, "lease": LEASE})
            for unit, is_stop_requested, is_held in cursor.fetchall():
                held[unit].deadline = began + LEASE.total_seconds()
                held[unit].is_held = bool(is_held)
                held[unit].is_stop_requested = is_stop_requested
            cursor.execute(_GONE, keys)
            for (unit,) in cursor.fetchall():
                held[unit].is_lost = True


leases = Leases()
