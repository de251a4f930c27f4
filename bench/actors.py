"""Actors that do nothing, for the benches: `dramatiq config.worker bench.actors` knows them too."""

from django.conf import settings

from apps.queue.actors import tenant_actor
from apps.queue.work import Work, stopping

NOTHING = "bench.nothing"
QUEUE = "sync"

settings.ACTORS[NOTHING] = QUEUE
left: list[int] = []  # how many units until this process stops draining; empty: it does not


@tenant_actor(NOTHING)
def nothing(work: Work) -> None:
    """A unit whose whole cost is the queue's."""
    if left:
        left[0] -= 1
        if left[0] <= 0:
            stopping.set()
