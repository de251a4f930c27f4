"""Days that must be computed, kept from before their records are written until they are."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from apps.metrics import directory
from apps.pipeline.models import DirtyDays
from apps.queue import services as queue
from apps.queue.bridge import inside
from apps.queue.work import LeaseLost, Work
from devhealth.models.records import RECORDS, Record
from devhealth.models.touches import Touches
from devhealth.sync import Watch

WRITTEN = 0  # no unit has this id, so that nobody waits for it

CLASSES: Mapping[str, type[Record]] = {cls.table: cls for cls in RECORDS}

# What a unit that is still running noted may not be written yet.
_READY = """
select id from pipeline_dirtydays d
where not exists (select from public.queue_workunit u
                  where u.id = d.work_unit_id and u.state = 'running')
"""


def note(work_unit_id: int, touches: Touches) -> None:
    """Keep what is about to be touched."""
    DirtyDays.objects.bulk_create(
        DirtyDays(
            table=cls.table, partition=partition, days=sorted(days), work_unit_id=work_unit_id
        )
        for (cls, partition), days in touches.days.items()
        if days
    )


def are_written(work: Work) -> None:
    """All that the unit noted so far: its days are computed while it goes on."""
    DirtyDays.objects.filter(work_unit_id=work.claim.id).update(work_unit_id=WRITTEN)
    ask_for_compute(work.organization_id)


@contextmanager
def watching(work: Work) -> Iterator[Watch]:
    """Stops the library at a boundary when the work is not ours any more; keeps what it touches.

    What was written late may be by a Directory of long ago, too.
    """
    touched = Touches()

    async def noted(touches: Touches) -> None:
        for key, days in touches.days.items():
            touched.days[key] |= days
        await inside(work, note, work.claim.id, touches)

    with again_if_late(work, touched, by_directory=True):
        yield Watch(noted=noted, checkpoint=work.checkpoint)


@contextmanager
def again_if_late(work: Work, touched: Touches, *, by_directory: bool = False) -> Iterator[None]:
    """A worker that was frozen just before a write has written late, over what others made since.

    It finds out at its next checkpoint, and then what it touched is dirty once more.
    """
    try:
        yield
    except LeaseLost:
        with transaction.atomic():
            note(work.claim.id, touched)
            ask_for_compute(work.organization_id)
            if by_directory:
                directory.ask_for_restamp(work.organization_id)
        raise


def ready() -> tuple[list[int], Touches]:
    """The notes of units that are over, and what they say together."""
    with connection.cursor() as cursor:
        cursor.execute(_READY)
        ids = [row for (row,) in cursor.fetchall()]
    touches = Touches()
    for each in DirtyDays.objects.filter(id__in=ids):
        touches.days[CLASSES[each.table], each.partition].update(each.days)
    return ids, touches


def forget(ids: Iterable[int]) -> None:
    DirtyDays.objects.filter(id__in=list(ids)).delete()


def ask_for_compute(organization_id: UUID, *, delay: timedelta = timedelta()) -> int:
    """The organisation's next compute, which all who ask until it begins share; its unit."""
    due = queue.now() + delay if delay else None
    return queue.add(
        "pipeline.compute",
        organization_id,
        dedupe_key="compute",
        slots={"compute": 1},
        not_before=due,
    )
