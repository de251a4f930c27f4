"""Looks all the time at what must hold at every moment, whatever is under way.

- a share has as many running as there are running units of it, and no more than its limit
- so has a slot
- a watermark, and a repository's mark in the fact store, never goes back
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Any
from uuid import UUID

import psycopg

from apps.metrics.store import store
from apps.orgs.models import Organization
from devhealth.errors import Transient
from devhealth.sinks.clickhouse import ClickHouseStore
from devhealth.sinks.postgres_schema import SCHEMA

EVERY = 0.1  # seconds

_SHARES = """
select organization_id, queue, running, "limit",
       (select count(*) from queue_workunit u where u.organization_id = s.organization_id
        and u.queue = s.queue and u.state = 'running')
from queue_queueshare s
"""
_SLOTS = """
select organization_id, name, running, "limit",
       (select count(*) from queue_workunit u where u.organization_id = s.organization_id
        and s.name = any (u.slots) and u.state = 'running')
from queue_slot s
"""
_MARKS = f"select org_id, head_hash, synced_at from {SCHEMA}.repositories where head_hash <> ''"
_MARKS_IN_CLICKHOUSE = """
select org_id, head_hash, toString(synced_at) || 'Z' from {table} final where head_hash <> ''
"""
_WATERMARK = "select '{id}'::uuid, target, synced_through from {schema}.pipeline_syncwatermark"


class Watcher:
    def __init__(self, uri: str, heads: Sequence[str]) -> None:
        self._uri = uri
        self._heads = heads
        self._organizations: list[Organization] = []
        self._lock = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.wrong: dict[UUID, list[str]] = defaultdict(list)
        self.watermarks: dict[UUID, set[datetime]] = defaultdict(set)
        self.marks: dict[UUID, list[tuple[int, datetime]]] = defaultdict(list)
        self.may_exceed: set[UUID] = set()  # their limit was lowered while they worked
        self._newest: dict[tuple[UUID, str], datetime] = {}
        self.samples = 0

    def add(self, organization: Organization) -> None:
        with self._lock:
            self._organizations.append(organization)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except psycopg.OperationalError:  # it is being restarted
                time.sleep(EVERY)

    def _look(self) -> None:
        with psycopg.connect(self._uri, autocommit=True, connect_timeout=2) as connection:
            while not self._stop.wait(EVERY):
                self._look_at_places(connection.execute(_SHARES).fetchall())
                self._look_at_places(connection.execute(_SLOTS).fetchall())
                self._look_at_marks(_marks(connection))
                self._look_at_watermarks(connection)
                self.samples += 1

    def _look_at_places(self, rows: Sequence[Any]) -> None:
        for organization, name, running, limit, counted in rows:
            if running != counted:
                self._tell(organization, f"{name}: {running} running, of which {counted} are.")
            if running > limit and organization not in self.may_exceed:
                self._tell(organization, f"{name}: {running} running, allowed are {limit}.")

    def _look_at_marks(self, rows: Sequence[Any]) -> None:
        for organization, head, synced_at in rows:
            mark = (self._heads.index(head), synced_at)
            seen = self.marks[organization]
            if seen and (mark[0] < seen[-1][0] or mark[1] < seen[-1][1]):
                self._tell(organization, f"The repository's mark went back to {mark}.")
            if not seen or seen[-1] != mark:
                seen.append(mark)

    def _look_at_watermarks(self, connection: psycopg.Connection[Any]) -> None:
        with self._lock:
            known = list(self._organizations)
        if not known:
            return
        each = (_WATERMARK.format(id=one.id, schema=one.schema_name) for one in known)
        for organization, target, through in connection.execute(" union all ".join(each)):
            newest = self._newest.get((organization, target), through)
            if through < newest:
                self._tell(organization, f"The watermark of {target} went back to {through}.")
            self._newest[organization, target] = through
            self.watermarks[organization].add(through)

    def _tell(self, organization: UUID, sentence: str) -> None:
        if sentence not in self.wrong[organization]:
            self.wrong[organization].append(sentence)


def _marks(connection: psycopg.Connection[Any]) -> Sequence[Any]:
    """Of all organisations at once, hence not through their sinks."""
    facts = store()
    if not isinstance(facts, ClickHouseStore):
        return connection.execute(_MARKS).fetchall()
    table = facts.dialect.table("repositories")
    try:
        rows = facts.rows(_MARKS_IN_CLICKHOUSE.format(table=table))
    except Transient:  # it is being restarted
        return []
    return [(org, head, datetime.fromisoformat(at)) for org, head, at in rows]
