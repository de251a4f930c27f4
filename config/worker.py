"""What `dramatiq config.worker --queues sync` runs: one actor for each queue, and it drains.

Dramatiq brings processes, threads and signals; what is done, how often and by whom is decided in
PostgreSQL (apps.queue). Its own retries, time limits and delays stay out of it.
"""

import os
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import django
import dramatiq

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from apps.queue.actors import drain  # noqa: E402
from apps.queue.bells import broker as bell  # noqa: E402
from apps.queue.work import stopping  # noqa: E402


class Boundaries(dramatiq.Middleware):
    """A worker asked to end stops at its next checkpoint; a thread closes what it opened."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        worker.queue_prefetch = worker.worker_threads  # a bell for a busy worker is for another

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        stopping.set()

    def before_worker_thread_shutdown(self, broker: dramatiq.Broker, thread: object) -> None:
        connections.close_all()


def load_actors() -> None:
    """Every app's `tasks`, so that its bodies are known by name."""
    for config in apps.get_app_configs():
        if config.name.startswith("apps.") and find_spec(f"{config.name}.tasks"):
            import_module(f"{config.name}.tasks")


def work(queue: str) -> None:
    """What a bell asks for. Dramatiq complains of answers that nobody reads."""
    drain(queue)


load_actors()
broker = bell(settings.REDIS_URL)
broker.add_middleware(Boundaries())
dramatiq.set_broker(broker)
for queue in settings.QUEUES:
    dramatiq.Actor(
        partial(work, queue),
        broker=broker,
        actor_name=f"work_{queue}",
        queue_name=queue,
        priority=0,
        options={},
    )
