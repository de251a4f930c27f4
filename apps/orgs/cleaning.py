"""Once a day: what opens nothing any more is forgotten.

A session takes its access and refresh tokens with it; the audit log names tokens by plain ids. An
organisation whose tables were not made in a week, whoever tried again, keeps its address from
nobody else: it is deleted like any other (`deletion`).
"""

import logging
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from apps.errors import AppError
from apps.orgs import deletion
from apps.orgs.models import Organization, Session
from apps.queue import services as queue
from apps.queue.models import PUBLIC
from apps.queue.work import Work
from devhealth.models.states import State

ACTOR = "orgs.clean_up"
EVERY = timedelta(days=1)
AT_ONCE = 1_000
NEVER_READY = timedelta(days=7)

log = logging.getLogger("devhealth.orgs")


def clean_up(work: Work) -> None:
    """Sessions that have expired, browsers' and programs'; organisations that never opened."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    while ids := list(_expired().values_list("pk", flat=True)[:AT_ONCE]):
        work.checkpoint()
        Session.objects.filter(pk__in=ids).delete()
    for organization in _never_ready():
        work.checkpoint()
        _give_up(organization)
    with work.finishing():
        _plan()


def clean_up_ended(work: Work, state: State, error: str) -> None:
    """Tomorrow again, whatever became of today's."""
    if state != State.PENDING:
        _plan()


def _expired() -> QuerySet[Session]:
    return Session.objects.filter(expires_at__lt=timezone.now())


def _never_ready() -> QuerySet[Organization]:
    since = timezone.now() - NEVER_READY
    return Organization.objects.filter(ready_at=None, deletion_asked_at=None, created_at__lt=since)


def _give_up(organization: Organization) -> None:
    try:
        deletion.ask(organization, organization.slug)
    except AppError as error:
        log.warning("An organisation that never opened is kept: %s", error.detail)
    else:
        log.info("An organisation was not ready in %d days: it is deleted.", NEVER_READY.days)


def _plan() -> None:
    queue.add(ACTOR, PUBLIC, dedupe_key=ACTOR, not_before=queue.now() + EVERY)
