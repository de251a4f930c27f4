"""A new organisation out of an archive: closed until all of it is there.

First it is suspended and empty, then its facts are written, then one transaction brings the control
plane and opens it. What fails in between is deleted by a unit of work, as any organisation is;
after a `kill -9` it stays suspended, and staff delete it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.billing.models import Entitlement, OwnLimit
from apps.errors import Unprocessable
from apps.metrics.store import store
from apps.orgs import deletion, schemas, services, suspension
from apps.orgs.models import AuditEntry, Domain, Invitation, Membership, Organization, User
from apps.pipeline.archives import container, tables
from apps.pipeline.archives.container import Archive
from apps.pipeline.models import DirtyDays, Stateful
from apps.pipeline.services import compute, configs, dirty_days
from devhealth import copying
from devhealth.models.states import ENDED, State
from devhealth.sinks.tables import CLASSES

PUBLIC: Mapping[str, type[models.Model]] = {
    "invitations": Invitation,
    "own_limits": OwnLimit,
    "entitlement": Entitlement,
    "audit_log": AuditEntry,
}
REASON = "It is being restored from an archive."
CUT = "It was under way when the organisation was exported."


def restore(archive: IO[bytes], *, slug: str, name: str) -> Organization:
    """Verified before anything is written. Raises `Unprocessable`, `Conflict`, `BadRequest`."""
    with container.reading(archive) as read:
        _require_known(read)
        organization = _begin(slug, name or read.manifest["organization"]["name"])
        try:
            _write_facts(read, organization)
            with transaction.atomic():
                _write_control(read, organization)
                _plan(organization)
                suspension.resume(organization, "It was restored from an archive.")
        except BaseException:
            deletion.ask(organization, slug)
            raise
    organization.refresh_from_db()
    return organization


def _require_known(archive: Archive) -> None:
    known = {f"facts/{cls.table}" for cls in CLASSES} | {f"public/{each}" for each in PUBLIC}
    known |= {"public/memberships"} | {tables.member_of(model) for model in tables.tenant_models()}
    if unknown := sorted(set(archive.names()) - known):
        raise Unprocessable(
            f"A newer release wrote this archive: nobody knows {', '.join(unknown)} here.",
            code="newer_archive",
        )


def _begin(slug: str, name: str) -> Organization:
    """It is there, its slug is taken, and nothing opens it."""
    with transaction.atomic():
        services.require_free(slug)
        organization = Organization.objects.create(slug=slug, name=name, ready_at=timezone.now())
        schemas.create(organization.schema_name)
        Domain.objects.create(domain=services.host_of(slug), tenant=organization)
        suspended: Organization = suspension.suspend(organization, REASON)
    return suspended


def _write_facts(archive: Archive, organization: Organization) -> None:
    sink = store().for_org(organization.pk)
    for cls in CLASSES:
        copying.put(sink, cls, copying.parsed(cls, archive.lines(f"facts/{cls.table}")))


# --- the control plane, in one transaction -------------------------------------------------------


def _write_control(archive: Archive, organization: Organization) -> None:
    people = _people(archive, organization)
    _write_public(archive, organization, people)
    with tenant_context(organization):
        for model in tables.tenant_models():
            rows = tables.made(model, archive.rows(tables.member_of(model)), people)
            with _unguarded(model):
                _insert(model, map(_at_rest, rows))
            _count_on(model)


def _people(archive: Archive, organization: Organization) -> dict[UUID, UUID]:
    """Members, matched by e-mail or made without a password: ids of then → ids of here."""
    people = {}
    for row in archive.rows("public/memberships"):
        email, name = row.pop("user__email"), row.pop("user__name")
        person = services.find_person(email) or User.objects.create_user(email, None, name=name)
        people[UUID(row["user_id"])] = person.pk
        _insert(Membership, _owned(tables.made(Membership, [row], people), organization))
    return people


def _write_public(
    archive: Archive, organization: Organization, people: Mapping[UUID, UUID]
) -> None:
    for name, model in PUBLIC.items():
        rows = archive.rows(f"public/{name}")
        _insert(model, _owned(tables.made(model, rows, people), organization))


def _owned(rows: Iterable[Any], organization: Organization) -> Iterator[Any]:
    for each in rows:
        each.organization = organization
        yield each


def _insert(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """As they are: instants of when they were made are not those of now."""
    left = iter(rows)
    while batch := list(islice(left, tables.BATCH)):
        is_numbered = batch[0].pk is not None  # else the table gives a number
        fields = [
            each for each in model._meta.concrete_fields if is_numbered or not each.primary_key
        ]
        model._base_manager._insert(batch, fields=fields, using=DEFAULT_DB_ALIAS, raw=True)


def _at_rest(row: models.Model) -> models.Model:
    """Nobody works on it here."""
    if isinstance(row, DirtyDays):
        row.work_unit_id = dirty_days.WRITTEN
    elif hasattr(row, tables.UNIT):
        row.work_unit_id = None
    if isinstance(row, Stateful) and row.state not in ENDED:
        row.state, row.error = State.CANCELED.value, CUT
        row.finished_at = timezone.now()
    return row


@contextmanager
def _unguarded(model: type[models.Model]) -> Iterator[None]:
    """Rows come in the state that they had, which no row begins with."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"alter table {table} disable trigger user")
    yield
    with connection.cursor() as cursor:  # a check that is pending forbids the change
        cursor.execute(f"set constraints all immediate; alter table {table} enable trigger user")
        cursor.execute("set constraints all deferred")


def _count_on(model: type[models.Model]) -> None:
    """Ids go on where these end."""
    if isinstance(model._meta.pk, models.BigAutoField):
        table = connection.ops.quote_name(model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"select setval(pg_get_serial_sequence(%s, 'id'), coalesce(max(id), 1),"  # noqa: S608 - our own name
                f" count(*) > 0) from {table}",
                [model._meta.db_table],
            )


def _plan(organization: Organization) -> None:
    """Schedules, the daily unit, and the days that wait to be computed."""
    with tenant_context(organization):
        configs.plan_all(organization.pk)
        compute.plan_daily(organization.pk)
        dirty_days.ask_for_compute(organization.pk)
