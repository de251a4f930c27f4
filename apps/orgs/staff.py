"""The operator's own people, and what they do with accounts."""

from uuid import UUID

from django.db import transaction

from apps.errors import Conflict, NotFound
from apps.orgs import audit
from apps.orgs.models import Membership, Organization, User
from apps.queue import services as queue
from apps.queue.models import WorkUnit


def everybody() -> list[User]:
    """By address."""
    return list(User.objects.filter(is_staff=True).order_by("email"))


def set_staff(email: str, is_staff: bool) -> User:
    """For the operator's console alone: no page does this. Raises `NotFound`."""
    person = User.objects.filter(email=email.lower()).first()
    if person is None:
        raise NotFound(f"There is no account of {email}.")
    person.is_staff = is_staff
    person.save(update_fields=["is_staff"])
    return person


def set_active(person_id: UUID, is_active: bool, *, reason: str, by: User) -> User:
    """Switch an account on or off, everywhere; each of its organisations reads why.

    Raises `NotFound`, and `Conflict` for staff: who is one is decided on the console.
    """
    with transaction.atomic():
        person: User | None = User.objects.select_for_update().filter(id=person_id).first()
        if person is None:
            raise NotFound("There is no such person.")
        if person.is_staff:
            raise Conflict("They are staff: take that back first (`manage.py staff revoke`).")
        before = {"is_active": person.is_active}
        person.is_active = is_active
        person.save(update_fields=["is_active"])
        for membership in Membership.objects.filter(user=person).select_related("organization"):
            audit.note(
                membership.organization,
                "members.set_active",
                target=f"member:{membership.pk}",
                before=before,
                after={"is_active": is_active, "reason": reason},
                staff_id=by.pk,
            )
    return person


def requeue(unit_id: int, *, by: User) -> None:
    """Take work up again that ended without being done. Raises `NotFound`, `Conflict`."""
    with transaction.atomic():
        queue.requeue(unit_id)
        unit = WorkUnit.objects.get(id=unit_id)
        organization = Organization.objects.filter(id=unit.organization_id).first()
        if organization is not None:
            audit.note(
                organization,
                "work.requeue",
                target=f"unit:{unit_id}",
                before=None,
                after={"actor": unit.actor},
                staff_id=by.pk,
            )
