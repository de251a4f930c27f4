"""Sessions that have expired are forgotten, once a day."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.utils import timezone

from apps.errors import Conflict
from apps.orgs import cleaning, founding, services, sessions
from apps.orgs.models import ApiToken, Organization, RefreshToken, Session
from apps.queue import clock
from apps.queue.models import WorkUnit
from tests import work
from tests.apps.orgs.people import PASSWORD, join

HOUR = timedelta(hours=1)


@pytest.fixture
def ada(committed, tenants, unhurried):
    person = join(tenants["acme"])
    yield person
    person.user.delete()


def log_in(person):
    return sessions.log_in(person.user.email, PASSWORD, None, address="tests").member.session


def expire(session):
    Session.objects.filter(pk=session.pk).update(expires_at=timezone.now() - HOUR)


def clean_up():
    clock.begin_daily()
    return work.run_all("webhooks")


def test_what_has_expired_goes_with_its_tokens_and_what_has_not_stays(ada):
    old, new = log_in(ada), log_in(ada)
    expire(old)
    clean_up()
    for of in (RefreshToken, ApiToken):
        assert set(of.objects.filter(session__user=ada.user).values_list("session", flat=True)) == {
            new.pk
        }
    assert not Session.objects.filter(pk=old.pk).exists()
    assert ApiToken.objects.filter(session=None, created_by=ada.user).exists()


def test_more_than_one_statement_deletes_go_too(ada, monkeypatch):
    monkeypatch.setattr(cleaning, "AT_ONCE", 2)
    kept = log_in(ada)
    for number in range(5):
        Session.objects.create(
            organization=kept.organization, user=ada.user, expires_at=timezone.now() - number * HOUR
        )
    clean_up()
    assert list(Session.objects.filter(user=ada.user)) == [kept]


def test_a_browsers_session_that_has_expired_goes_too(committed):
    for key, hours in {"old": -1, "new": 1}.items():
        BrowserSession.objects.create(
            session_key=key, session_data="", expire_date=timezone.now() + hours * HOUR
        )
    clean_up()
    found = BrowserSession.objects.filter(session_key__in=["old", "new"])
    assert list(found.values_list("session_key", flat=True)) == ["new"]
    found.delete()


def planned():
    return work.units(actor=cleaning.ACTOR, state="pending")


def test_it_plans_itself_for_tomorrow(committed):
    clean_up()
    assert work.states(actor=cleaning.ACTOR) == ["completed", "pending"]
    (next_one,) = planned()
    assert timezone.now() + 23 * HOUR < next_one.not_before < timezone.now() + 25 * HOUR


def test_whatever_becomes_of_it_there_is_a_tomorrow(committed, monkeypatch):
    def failing(work):
        raise RuntimeError("?")

    monkeypatch.setattr(cleaning, "_expired", lambda: failing(None))
    clock.begin_daily()
    for _ in range(3):
        work.run_all("webhooks")
        if planned()[0].starts:
            work.make_due()
    assert work.states(actor=cleaning.ACTOR) == ["quarantined", "pending"]


def test_a_clock_that_begins_again_adds_no_second_one(committed):
    clean_up()
    clock.begin_daily()
    assert len(planned()) == 1


def founded(person, slug, **ago):
    """An organisation whose tables nobody has made; so old."""
    made = founding.found(slug.title(), slug, by=person.user).organization
    WorkUnit.objects.filter(organization_id=made.pk).delete()
    Organization.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(**ago))
    return made


def test_what_never_opened_in_a_week_is_deleted_and_its_address_is_free(ada):
    never, lately = founded(ada, "never", days=8), founded(ada, "lately", days=6)
    clean_up()
    work.run_all("sync")
    assert not Organization.objects.filter(pk=never.pk).exists()
    assert Organization.objects.filter(pk=lately.pk, deletion_asked_at=None).exists()
    services.require_free("never")
    lately.delete()


def test_one_that_opened_stays_however_old_it_is(ada, tenants):
    acme = tenants["acme"].organization
    Organization.objects.filter(pk=acme.pk).update(created_at=timezone.now() - timedelta(days=999))
    clean_up()
    assert Organization.objects.filter(pk=acme.pk, deletion_asked_at=None).exists()


def test_one_that_may_not_be_deleted_stays_and_the_rest_goes_on(ada, settings, caplog):
    settings.DELETION_RULES = ("tests.apps.orgs.test_cleaning.forbid",)
    never = founded(ada, "never", days=8)
    clean_up()
    assert Organization.objects.filter(pk=never.pk, deletion_asked_at=None).exists()
    assert "is kept: It is paid for." in caplog.text
    assert set(work.states(actor=cleaning.ACTOR)) == {"completed", "pending"}
    never.delete()


def forbid(organization):
    raise Conflict("It is paid for.")
