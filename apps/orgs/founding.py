"""Founding an organisation: it is there at once, its tables follow, and only then does it open.

    found        its row, its host, its owner, in one transaction with the unit of work that
    make_tables  makes its schema, in one transaction with `ready_at` and with its own end

So there is no half schema, wherever a worker is killed: the unit is begun again, on nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.text import slugify
from django_tenants.utils import schema_context

from apps.errors import Conflict, Forbidden, NotFound, TooManyRequests
from apps.orgs import attempts, audit, schemas, services, verified
from apps.orgs.members import Member
from apps.orgs.models import Domain, Membership, Organization, Role, User
from apps.queue import services as queue
from apps.queue.models import WorkUnit
from apps.queue.work import Work
from devhealth.models.states import State

ACTOR = "orgs.make_tables"
MOST_A_DAY = 10
DAY = 24 * 60 * 60  # seconds
LONGEST_SLUG = 63
NO_SUCH = "You have no organisation of this id."


class Step(StrEnum):
    QUEUED = "queued"
    MAKING_TABLES = "making_tables"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Founded:
    """How far an organisation of one's own is. `detail`: what went wrong last, else ''."""

    organization: Organization
    role: str
    step: Step
    detail: str = ""

    @property
    def is_under_way(self) -> bool:
        return self.step in (Step.QUEUED, Step.MAKING_TABLES)


# --- asking for it -------------------------------------------------------------------------------


def found(name: str, slug: str, *, by: User, staff_id: UUID | None = None) -> Founded:
    """An organisation whose owner is `by`. Its tables are made after the commit.

    Raises `BadRequest` and `Conflict` for its slug, `Forbidden`, `TooManyRequests`, and what
    `FOUNDING_RULES` say.
    """
    verified.require_verified(by)
    services.require_free(slug)
    with transaction.atomic():
        _require_room(by)
        organization = _registered(name, slug)
        membership = services.add_member(organization, by, Role.OWNER)
        _queue(organization)
        audit.note(
            organization,
            services.CREATE,
            target=f"organization:{organization.pk}",
            before=None,
            after={"name": name, "slug": slug, "owner": by.pk},
            user=by,
            staff_id=staff_id,
        )
    return _founded(membership)


def found_as(name: str, slug: str, *, by: Member) -> Founded:
    """The same for who has logged in; an API token is of one organisation and makes no other."""
    if by.session is None:
        raise Forbidden("This is for who has logged in, not for API tokens.", code="no_session")
    return found(name, slug, by=by.user, staff_id=by.session.staff_id)


def suggested_slug(name: str) -> str:
    """What its host could be called; '' where the name has no letter of a host name."""
    return slugify(name.replace("_", "-"))[:LONGEST_SLUG].strip("-")


def _require_room(person: User) -> None:
    """One at a time: of two that a person founds at once, the second is counted with the first."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    for rule in settings.FOUNDING_RULES:
        import_string(rule)(person)
    if wait := attempts.wait_for("founding", str(person.pk), most=MOST_A_DAY, window=DAY):
        raise TooManyRequests(
            f"You have founded {MOST_A_DAY} organisations within a day: the next one has to wait.",
            code="too_many_organizations",
            retry_after=wait,
        )


def _registered(name: str, slug: str) -> Organization:
    """Of two at once of one slug the second waits for the first, and is told."""
    try:
        with schema_context("public"), transaction.atomic():  # a token's organisation was entered
            organization: Organization = Organization.objects.create(name=name, slug=slug)
            Domain.objects.create(domain=services.host_of(slug), tenant=organization)
    except IntegrityError as error:
        raise Conflict(f"`{slug}` is taken.", code="slug_taken") from error
    return organization


def _queue(organization: Organization) -> None:
    queue.add(ACTOR, organization.pk, dedupe_key=ACTOR)


# --- how far it is -------------------------------------------------------------------------------


def of_person(organization_id: UUID, person: User) -> Founded:
    """Raises `NotFound` for who is no member."""
    membership = (
        Membership.objects.select_related("organization")
        .filter(organization=organization_id, user=person)
        .first()
    )
    if membership is None:
        raise NotFound(NO_SUCH)
    return _founded(membership)


def of_member(organization_id: UUID, *, by: Member) -> Founded:
    """An API token knows of its own organisation only. Raises `NotFound`."""
    if by.session is None and organization_id != by.organization.pk:
        raise NotFound(NO_SUCH)
    return of_person(organization_id, by.user)


def try_again(organization_id: UUID, person: User) -> Founded:
    """Begin anew what has failed; what is under way or done stays as it is."""
    with transaction.atomic():
        founded = of_person(organization_id, person)
        if founded.step is Step.FAILED:
            _queue(founded.organization)
    return of_person(organization_id, person)


def _founded(membership: Membership) -> Founded:
    organization, role = membership.organization, str(membership.role)
    if organization.ready_at is not None:
        return Founded(organization, role, Step.READY)
    units = WorkUnit.objects.filter(organization_id=organization.pk, actor=ACTOR)
    unit = units.order_by("-id").first()
    if unit is None:  # it failed so long ago that it is forgotten
        return Founded(organization, role, Step.FAILED, "Its tables were never made.")
    steps = {State.PENDING: Step.QUEUED, State.RUNNING: Step.MAKING_TABLES}
    return Founded(organization, role, steps.get(State(unit.state), Step.FAILED), unit.error)


# --- doing it ------------------------------------------------------------------------------------


def make_tables(work: Work) -> None:
    """All of them or none. Whoever comes second finds it ready."""
    with work.finishing():
        organization = Organization.objects.select_for_update(no_key=True).get(
            pk=work.organization_id
        )
        if organization.ready_at is None:
            schemas.create(organization.schema_name)
            organization.ready_at = timezone.now()
            organization.save(update_fields=["ready_at"])
