"""Stored records say what the Directory says: stamped anew after each change of it.

A change queues a restamp in its own transaction. A sync or chunk that ran meanwhile stamps by the
Directory of its beginning, so that it asks for another one when it ends. Once a day somebody looks
whether all of that came to its end, and by the rules of this release.
"""

import asyncio
from uuid import UUID

from apps.metrics import directory
from apps.metrics.store import sink_of_work
from apps.pipeline.models import BackfillChunk, Stamping, SyncUnit
from apps.pipeline.services import dirty_days
from apps.queue.work import Work
from devhealth.models.states import State
from devhealth.restamp import RELEASE
from devhealth.restamp import restamp as stamp_anew


def restamp(work: Work) -> None:
    """All records that say otherwise. Safe to run again, at any point: it goes on."""
    loaded = directory.load()
    sink = sink_of_work(work.organization_id, work.claimed_at)
    with dirty_days.watching(work) as watch:
        done = asyncio.run(stamp_anew(sink, loaded.directory, watch=watch))
        with work.finishing():
            _remember(loaded.version, sum(done.rows.values()))
            dirty_days.ask_for_compute(work.organization_id)


def _remember(version: int, rows_written: int) -> None:
    now = {"directory_version": version, "release": RELEASE, "rows_written": rows_written}
    Stamping.objects.update_or_create(id=1, defaults=now)


def restamp_ended(work: Work, state: State, error: str) -> None:
    """Any end but `completed`: what it wrote is computed anyway, the rest waits for the next."""
    dirty_days.ask_for_compute(work.organization_id)


def ask_if_changed(organization_id: UUID, row: SyncUnit | BackfillChunk) -> None:
    """A restamp, if what the row's work wrote may be by an older Directory than there is now."""
    if row.directory_version is not None:
        ask_if_newer(organization_id, row.directory_version)


def ask_if_newer(organization_id: UUID, began_with: int) -> None:
    """A restamp, if there is a newer Directory than work began with."""
    if began_with < directory.version():
        directory.ask_for_restamp(organization_id)


def ask_if_behind(organization_id: UUID) -> None:
    """A restamp, unless the last one knew all that there is to know."""
    last = Stamping.objects.first() or Stamping(directory_version=-1, release=0)
    if last.directory_version < directory.version() or last.release < RELEASE:
        directory.ask_for_restamp(organization_id)
