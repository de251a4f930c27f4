"""Sessions that have expired are forgotten, once a day."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.utils import timezone

from apps.orgs import cleaning, sessions
from apps.orgs.models import ApiToken, RefreshToken, Session
from apps.queue import clock
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
    assert clean_up() == 1
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
