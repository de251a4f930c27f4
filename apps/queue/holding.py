"""Letting an organisation's work wait: nothing of it is claimed, and nothing of it is lost.

What runs is told with its next heartbeat and is handed back at its next checkpoint.
"""

from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from apps.queue import bells
from apps.queue.models import QueueShare
from apps.queue.services import DEFAULT_TIER

# Of every queue, so that whatever is added later finds one that is held.
_HOLD = """
insert into queue_queueshare
    (organization_id, queue, running, "limit", tier, is_held, expiries, redeliveries)
select %s, queue, 0, "limit", %s, true, 0, 0
from unnest(%s::text[], %s::int[]) as queues (queue, "limit") order by queue
on conflict (organization_id, queue) do update set is_held = true
"""


def hold(organization_id: UUID) -> None:
    """From the caller's commit on. Whoever claims just now is waited for."""
    queues, limits = list(settings.QUEUES), list(settings.QUEUES.values())
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [organization_id, DEFAULT_TIER, queues, limits])


def release(organization_id: UUID) -> None:
    """What waited goes on."""
    QueueShare.objects.filter(organization_id=organization_id).update(is_held=False)
    transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    for queue in settings.QUEUES:
        bells.ring_if_due(queue)
