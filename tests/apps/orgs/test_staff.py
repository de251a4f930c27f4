"""The operator's own people: made on the console, and what they do with accounts."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.errors import Conflict, NotFound
from apps.orgs import staff
from apps.orgs.models import AuditEntry, User
from tests.apps.orgs.people import join


def told(*asked):
    out = StringIO()
    call_command("staff", *asked, stdout=out)
    return out.getvalue().split()


@pytest.fixture
def sue(db):
    return User.objects.create_user("sue@staff.example", is_staff=True)


def test_nobody_is_staff_by_an_address_that_has_no_account(db):
    with pytest.raises(CommandError, match="no account of nobody"):
        told("grant", "nobody@x.example")


def test_staff_are_made_and_unmade_on_the_console(acme):
    ada = join(acme).user
    assert told("grant", ada.email.upper()) == [ada.email]
    assert told("list") == [ada.email]
    assert told("revoke", ada.email) == []


def test_an_account_is_switched_off_and_each_organisation_reads_why(acme, sue):
    ada = join(acme)
    staff.set_active(ada.user.pk, False, reason="asked for", by=sue)
    assert ada.get("me").status_code == 401
    entry = AuditEntry.objects.get(action="members.set_active")
    assert (entry.organization_id, entry.staff_id) == (acme.organization.pk, sue.pk)
    assert entry.after == {"is_active": False, "reason": "asked for"}


def test_staff_switch_off_no_staff(sue):
    with pytest.raises(Conflict):
        staff.set_active(sue.pk, False, reason="a quarrel", by=sue)


def test_nobody_is_not_found(acme, sue):
    with pytest.raises(NotFound):
        staff.set_active(acme.organization.pk, False, reason="?", by=sue)
