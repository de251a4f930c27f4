"""Once a day: what opens nothing any more is forgotten.

A session takes its access and refresh tokens with it; the audit log names tokens by plain ids.
"""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from apps.orgs.models import Session
from apps.queue import services as queue
from apps.queue.models import PUBLIC
from apps.queue.work import Work
from devhealth.models.states import State

ACTOR = "orgs.clean_up"
EVERY = timedelta(days=1)
AT_ONCE = 1_000


def clean_up(work: Work) -> None:
    """Browsers' sessions and organisations' that have expired."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    while ids := list(_expired().values_list("pk", flat=True)[:AT_ONCE]):
        work.checkpoint()
        Session.objects.filter(pk__in=ids).delete()
    with work.finishing():
        _plan()


def clean_up_ended(work: Work, state: State, error: str) -> None:
    """Tomorrow again, whatever became of today's."""
    if state != State.PENDING:
        _plan()


def _expired() -> QuerySet[Session]:
    return Session.objects.filter(expires_at__lt=timezone.now())


def _plan() -> None:
    queue.add(ACTOR, PUBLIC, dedupe_key=ACTOR, not_before=queue.now() + EVERY)
