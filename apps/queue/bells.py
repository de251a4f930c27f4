"""The doorbell: a message that says no more than "look into this queue".

What happens to the messages does not matter: the clock rings for all that is due. While one lies
in the queue no other is needed, for whoever takes it looks later than now, and rings once more if
he finds work and leaves some.
"""

import logging
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import dramatiq
from django.conf import settings
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed
from redis import Redis, RedisError

from apps.queue.mechanics import call
from apps.queue.models import WorkUnit

log = logging.getLogger("devhealth.queue")

PATIENCE = 2.0  # seconds for a ring; a web request does not wait longer for Redis

_DUE = "select public.queue_is_due(%s)"
_NOTICE = "select public.queue_notice(%s, %s, %s)"


def notice(organization_id: UUID, queue: str, due: datetime) -> None:
    """Tell the organisation's share when its next unit is due, and ring. After the commit."""
    _ring_if(queue, _NOTICE, organization_id, queue, due)


def notice_now(unit: WorkUnit) -> None:
    """`notice` of a unit that is due by now."""
    unit.refresh_from_db(fields=["not_before"])
    notice(unit.organization_id, unit.queue, unit.not_before)


def ring_if_due(queue: str) -> None:
    _ring_if(queue, _DUE, queue)


def _ring_if(queue: str, question: str, *values: Any) -> None:
    ((is_due,),) = call(question, *values)
    if is_due:
        ring(queue)


def ring(queue: str) -> None:
    """Call a worker, unless a call lies in the queue already. An unreachable Redis is no error."""
    try:
        bell = broker(settings.REDIS_URL)
        if not bell.client.llen(f"{bell.namespace}:{queue}"):
            bell.enqueue(message(queue))
    except (RedisError, ConnectionClosed) as error:
        log.warning("The bell of %s is out of reach; the clock will ring. %s", queue, error)


def message(queue: str) -> dramatiq.Message:
    return dramatiq.Message(
        queue_name=queue, actor_name=f"work_{queue}", args=(), kwargs={}, options={}
    )


@cache
def broker(url: str) -> RedisBroker:
    """Dramatiq's, without a middleware: a worker adds its own."""
    client = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    made = RedisBroker(
        client=client, middleware=[], heartbeat_timeout=15_000, maintenance_chance=100_000
    )
    for queue in settings.QUEUES:
        made.declare_queue(queue)
    return made
