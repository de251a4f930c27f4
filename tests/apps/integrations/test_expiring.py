"""Whoever may connect again is told 30, 7 and 1 days before a credential ends, once each."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.utils import timezone

from apps.integrations import expiring
from apps.integrations.models import Credential, Integration
from apps.orgs.models import Membership, User
from tests import work
from tests.apps.integrations.connected import connected
from tests.apps.integrations.test_synced_by_an_integration import config_of


@pytest.fixture
def letters(settings):
    mail.outbox = []
    return mail.outbox


@pytest.fixture
def jira(world, letters):
    with world.tenant.entered():
        return connected("jira", kind="oauth", name="Our Jira")


def days_before(world, left):
    """As if the credential ended in so many days; what is sent."""
    with world.tenant.entered():
        Credential.objects.update(expires_at=timezone.now() + timedelta(days=left))
    return looked(world)


def looked(world):
    before = len(mail.outbox)
    with world.tenant.entered():
        expiring.ask(world.tenant.organization.id)
    work.run_all("webhooks")
    return mail.outbox[before:]


def test_nobody_elses_people_are_told(world, jira, tenants):
    told = [address for letter in days_before(world, 7) for address in letter.to]
    assert told == [world.tenant.owner.email]
    assert tenants["globex"].owner.email not in told


def test_each_stage_is_told_once(world, jira):
    told = [len(days_before(world, left)) for left in (91, 31, 29.9, 20, 7, 6, 2, 0.9, 0.5)]
    assert told == [0, 0, 1, 0, 1, 0, 0, 1, 0]


def test_a_stage_that_was_slept_through_is_told_with_the_next(world, jira):
    assert [len(days_before(world, left)) for left in (40, 3, 2)] == [0, 1, 0]


def test_it_says_what_ends_when_and_where_to_connect_again(world, jira):
    (letter,) = days_before(world, 7)
    ends = timezone.now() + timedelta(days=7)
    assert letter.subject == "Our Jira on devhealth ends in 6 days"
    assert f"{ends:%Y-%m-%d}" in letter.body
    assert f"://{world.tenant.host}" in letter.body
    assert f"/integrations/{jira.pk}" in letter.body


def test_an_end_that_was_put_off_is_told_anew(world, jira):
    assert [len(days_before(world, left)) for left in (7, 90, 30)] == [1, 0, 1]


def test_what_is_over_is_told_by_its_health(world, jira):
    assert days_before(world, -1) == []
    with world.tenant.entered():
        Integration.objects.update(health="reconnect")
    assert days_before(world, 1) == []


def test_what_never_ends_is_not_looked_at(world, jira):
    assert looked(world) == []
    assert work.units(actor="integrations.warn") == []


@pytest.mark.parametrize(("role", "told"), [("admin", True), ("member", False), ("viewer", False)])
def test_who_may_connect_is_told(world, jira, role, told):
    grace = User.objects.create_user("grace@acme.example", "correct horse")
    Membership.objects.create(organization=world.tenant.organization, user=grace, role=role)
    addresses = [letter.to for letter in days_before(world, 1)]
    assert ([grace.email] in addresses) is told


def test_an_address_that_is_refused_keeps_nobody_else_from_being_told(world, jira, monkeypatch):
    anna = User.objects.create_user("anna@acme.example", "correct horse")
    Membership.objects.create(organization=world.tenant.organization, user=anna, role="admin")
    send = mail.EmailMessage.send

    def refused(letter, *more, **named):
        if letter.to == [anna.email]:
            raise SMTPRecipientsRefused({anna.email: (550, b"no such user")})
        return send(letter, *more, **named)

    monkeypatch.setattr(mail.EmailMessage, "send", refused)
    assert [letter.to for letter in days_before(world, 1)] == [[world.tenant.owner.email]]


def test_it_is_looked_at_once_a_day(world, hub, letters):
    config_of(world, hub, targets=["prs"])
    with world.tenant.entered():
        Credential.objects.update(expires_at=timezone.now() + timedelta(days=7))
    work.make_due()
    work.run_all()
    assert len(mail.outbox) == 1
