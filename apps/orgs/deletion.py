"""Deleting an organisation: nothing opens it from the commit on, then a unit of work deletes all.

The unit is nobody's and names nobody: it deletes whatever organisation says that it is to be. That
row goes last, so that what is left is found again by whoever comes next, wherever the one before
was killed; every step may be taken again.

    the facts and metrics, what other apps keep (`settings.DELETION_STEPS`)
    keys of Redis that name it
    its schema
    its rows in tables of all, the audit log with it; people who are members nowhere any more
"""

import logging
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.errors import Unprocessable
from apps.orgs import audit, operations
from apps.orgs.members import Member
from apps.orgs.models import Membership, Organization, User
from apps.queue import bells, holding
from apps.queue import services as queue
from apps.queue.models import PUBLIC, WorkUnit
from apps.queue.work import Work
from devhealth.errors import Transient
from devhealth.models.states import State

log = logging.getLogger("devhealth.orgs")

ACTOR = "orgs.delete_organizations"
WAIT = 5.0  # seconds until what runs has come to its next checkpoint


# --- asking for it -------------------------------------------------------------------------------


def delete(confirmed: str, *, by: Member) -> Organization:
    """For owners, who say its slug once more. Raises `Unprocessable`, and what rules say."""
    by.require(operations.ORGANIZATION_DELETE)
    return ask(by.organization, confirmed, by=by.user)


def ask(organization: Organization, confirmed: str, *, by: User | None = None) -> Organization:
    """From the commit on it is suspended for good. Nobody named: the operator."""
    if confirmed != organization.slug:
        raise Unprocessable(
            "Confirm with the slug of the organisation: all of it is deleted, for good.",
            code="not_confirmed",
        )
    with transaction.atomic():
        found = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        for rule in settings.DELETION_RULES:
            import_string(rule)(found)
        if found.deletion_asked_at is None:
            found.deletion_asked_at = timezone.now()
            found.save(update_fields=["deletion_asked_at"])
        holding.hold(found.pk)
        queue.add(ACTOR, PUBLIC, dedupe_key=ACTOR, slots={ACTOR: 1})
        audit.note(
            found,
            operations.ORGANIZATION_DELETE,
            target=f"organization:{found.pk}",
            before=None,
            after={"deletion_asked_at": found.deletion_asked_at},
            user=by,
        )
    return found


# --- doing it ------------------------------------------------------------------------------------


def delete_all(work: Work) -> None:
    """Every organisation that is to be deleted. Raises `Transient` while one has work under way."""
    asked = Organization.objects.exclude(deletion_asked_at=None).order_by("deletion_asked_at")
    busy = [each for each in asked if not _delete(each, work)]
    if busy:
        raise Transient("Work of it is still under way.", retry_after=WAIT)


def _delete(organization: Organization, work: Work) -> bool:
    """Step by step; False: it has work under way, which ends at its next checkpoint."""
    work.checkpoint()
    if WorkUnit.objects.filter(organization_id=organization.pk, state=State.RUNNING).exists():
        return False
    for step in settings.DELETION_STEPS:
        import_string(step)(organization.pk)
        work.checkpoint()
    _forget_keys(organization)
    _drop_schema(organization)
    work.checkpoint()
    people = _delete_rows(organization)
    log.info(
        "An organisation was deleted, as was asked at %s; %d people were members of no other.",
        organization.deletion_asked_at,
        people,
    )
    return True


def _forget_keys(organization: Organization) -> None:
    """Whatever is one organisation's in Redis has its id in its name."""
    redis = bells.broker(settings.REDIS_URL).client
    for name in (str(organization.pk), organization.pk.hex):
        for key in redis.scan_iter(f"*{name}*", count=1000):
            redis.delete(key)


def _drop_schema(organization: Organization) -> None:
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(organization.schema_name)
        cursor.execute(f"drop schema if exists {name} cascade")


def _delete_rows(organization: Organization) -> int:
    """In one transaction; how many people went with it."""
    with transaction.atomic():
        people = list(
            Membership.objects.filter(organization=organization).values_list("user_id", flat=True)
        )
        for model in unlinked_models():
            model._default_manager.filter(organization_id=organization.pk).delete()
        organization.delete()
        alone = User.objects.filter(id__in=people, memberships=None, is_staff=False)
        count = alone.count()
        alone.delete()
    return count


def unlinked_models() -> Iterator[type[models.Model]]:
    """Tables of all whose rows say whose they are by no foreign key that would take them along."""
    for config in apps.get_app_configs():
        for model in config.get_models() if config.name in settings.SHARED_APPS else ():
            for field in model._meta.concrete_fields:
                if field.name == "organization_id" and not field.is_relation:
                    yield model
