"""Once a day: old messages and secrets that sign no more are forgotten."""

from datetime import timedelta

from django.db.models.functions import Now

from apps.notify.models import Endpoint, Message
from apps.queue import services as queue
from apps.queue.models import PUBLIC
from apps.queue.work import Work
from devhealth.models.states import State

ACTOR = "notify.forget"
EVERY = timedelta(days=1)
KEPT = timedelta(days=30)
AT_ONCE = 1_000


def forget(work: Work) -> None:
    """Whosever they are: messages with their deliveries, some of them at a time."""
    Endpoint.objects.filter(old_until__lte=Now()).update(old_sealed="", old_until=None)
    old = Message.objects.filter(created_at__lt=Now() - KEPT)
    while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        work.checkpoint()
        Message.objects.filter(pk__in=ids).delete()
    with work.finishing():
        _plan()


def forget_ended(work: Work, state: State, error: str) -> None:
    """Tomorrow again, whatever became of today's."""
    if state != State.PENDING:
        _plan()


def _plan() -> None:
    queue.add(ACTOR, PUBLIC, dedupe_key=ACTOR, not_before=queue.now() + EVERY)
