"""Signing up, logging in, another password, a second factor: on the account host."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail

from apps.errors import TooManyRequests, Unauthorized
from apps.orgs import attempts, passwords, second_factor, sessions
from apps.orgs.models import Session, User
from tests.apps.orgs.people import PASSWORD, join
from tests.browsers import Browser
from tests.tenants import client, send

ACCOUNT = "http://localhost:8000"
LOGIN = f"{ACCOUNT}/account/login/"
SIGN_UP = f"{ACCOUNT}/account/signup/"
ACME = "http://acme.localhost:8000/"
LINK = re.compile(r"http://localhost:8000\S+")
NEW = "another canary of a password"


@pytest.fixture
def ada(acme, unhurried):
    return join(acme).user


@pytest.fixture
def browser(unhurried, stranger):
    return Browser()


def log_in(browser, person, password=PASSWORD):
    browser.get(LOGIN)
    return browser.post(LOGIN, {"login": person.email, "password": password})


def sign_up(browser, email="grace@people.example", password=PASSWORD):
    browser.get(SIGN_UP)
    return browser.post(SIGN_UP, {"email": email, "password1": password, "name": "Grace"})


def link():
    return LINK.search(mail.outbox[-1].body)[0]


def path(browser):
    return urlsplit(browser.url).path


def secret_of(person):
    """A second factor of theirs, as an authenticator app would know it."""
    return TOTP.activate(person, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP") and (
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    )


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


# --- logging in ----------------------------------------------------------------------------------


def test_a_stranger_gets_no_further_than_the_login(browser):
    browser.get(f"{ACCOUNT}/")
    assert path(browser) == "/account/login/"


def test_who_has_an_account_logs_in_and_is_where_they_wanted_to(browser, ada):
    browser.get(ACME)
    browser.post(browser.url, {"login": ada.email, "password": PASSWORD})
    assert browser.url == ACME


@pytest.mark.parametrize("email", ["nobody@people.example", ""])
def test_a_wrong_password_and_an_unknown_address_are_one_answer(browser, ada, email):
    browser.get(LOGIN)
    data = {"login": email or ada.email, "password": "not a canary"}
    text = browser.post(LOGIN, data).content.decode()
    assert "The email address and/or password you specified are not correct." in text
    assert path(browser) == "/account/login/"


def test_passwords_are_counted_whichever_door_they_are_tried_at(browser, ada):
    for _ in range(5):
        log_in(browser, ada, "not a canary")
    body = {"email": ada.email, "password": "not a canary"}
    for _ in range(5):
        assert send(client(), "POST", "auth/login", body).status_code == 401
    answer = log_in(browser, ada)
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()


def test_whoever_is_switched_off_is_not_let_in(browser, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    log_in(browser, ada)
    browser.get(f"{ACCOUNT}/")
    assert path(browser) == "/account/login/"


@pytest.mark.parametrize("page", ["login", "signup", "password/reset"])
def test_pages_have_our_look_and_load_nothing_from_elsewhere(browser, page):
    answer = browser.get(f"{ACCOUNT}/account/{page}/")
    text = answer.content.decode()
    assert 'class="name" href="/">devhealth</a>' in text
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert not re.search(r'(src|href)="(https?:)?//', text)
    assert not re.search(r"<script(?![^>]*(src=|application/json))|<style|\son\w+=", text)


# --- signing up ----------------------------------------------------------------------------------


def test_who_signs_up_confirms_their_address_first(browser):
    sign_up(browser, "Grace@People.example")
    assert path(browser) == "/account/confirm-email/"
    log_in(browser, User.objects.get(email="grace@people.example"))
    assert path(browser) == "/account/confirm-email/"
    browser.get(link())
    assert not EmailAddress.objects.get(email="grace@people.example").verified, "a GET does nothing"
    browser.post(browser.url)
    assert EmailAddress.objects.get(email="grace@people.example").verified
    answer = log_in(browser, User.objects.get(email="grace@people.example"))
    assert "Create an organisation" in answer.content.decode()


def test_an_address_that_has_an_account_is_answered_like_any_other(browser, ada):
    known = sign_up(browser, ada.email)
    where = path(browser)
    unknown = sign_up(Browser(), "new@people.example")
    assert (known.status_code, where) == (unknown.status_code, "/account/confirm-email/")
    assert User.objects.filter(email=ada.email).count() == 1


@pytest.mark.parametrize("password", ["short", "password123", "grace@people.example"])
def test_an_easy_password_is_refused(browser, password):
    sign_up(browser, password=password)
    assert not User.objects.filter(email="grace@people.example").exists()


def test_who_has_not_confirmed_gets_no_session_from_the_api(browser):
    sign_up(browser)
    body = {"email": "grace@people.example", "password": PASSWORD}
    answer = send(client(), "POST", "auth/login", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")


# --- another password ----------------------------------------------------------------------------


def test_a_forgotten_password_is_set_anew_and_ends_every_session(browser, ada):
    there = Browser()
    log_in(there, ada)
    there.get(ACME)
    body = {"email": ada.email, "password": PASSWORD}
    tokens = send(client(), "POST", "auth/login", body).json()
    browser.get(f"{ACCOUNT}/account/password/reset/")
    browser.post(browser.url, {"email": ada.email})
    browser.get(link())
    browser.post(browser.url, {"password1": NEW, "password2": NEW})
    assert there.get(ACME, follow=False).status_code == 302
    assert not Session.objects.filter(user=ada, revoked_at=None).exists()
    again = {"refresh_token": tokens["refresh_token"]}
    assert send(client(), "POST", "auth/refresh", again).status_code == 401
    assert path_after(Browser(), ada, NEW) == "/"


def path_after(browser, person, password):
    log_in(browser, person, password)
    return path(browser)


def test_a_password_that_changes_meanwhile_opens_no_session(ada, monkeypatch):
    def meanwhile(person):
        changed = User.objects.get(pk=person.pk)
        changed.set_password(NEW)
        changed.save()

    monkeypatch.setattr(sessions.verified, "require_verified", meanwhile)
    body = {"email": ada.email, "password": PASSWORD}
    assert send(client(), "POST", "auth/login", body).status_code == 401
    assert not Session.objects.filter(user=ada).exists()


def test_nobody_learns_from_a_reset_who_has_an_account(browser, ada):
    def asked(email):
        browser.get(f"{ACCOUNT}/account/password/reset/")
        answer = browser.post(browser.url, {"email": email})
        return answer.status_code, browser.url

    assert asked(ada.email) == asked("nobody@people.example")


# --- a second factor -----------------------------------------------------------------------------


def test_who_has_a_second_factor_gets_no_ticket_without_it(browser, ada):
    secret = secret_of(ada)
    log_in(browser, ada)
    assert path(browser) == "/account/2fa/authenticate/"
    for code in ("", "000000"):
        browser.post("/account/2fa/authenticate/", {"code": code})
        browser.get(ACME)
        assert browser.url == f"{ACCOUNT}/account/2fa/authenticate/"
    browser.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    browser.get(ACME)
    assert browser.url == ACME


def test_the_api_asks_for_the_second_factor_too_and_takes_a_code_once(ada, unhurried):
    secret = secret_of(ada)
    body = {"email": ada.email, "password": PASSWORD}

    def told(**more):
        answer = send(client(), "POST", "auth/login", body | more)
        return answer.status_code, answer.json().get("code")

    assert told() == (401, "mfa_required")
    assert told(code="000000") == (401, "wrong_code")
    assert told(code=(code := code_of(secret))) == (200, None)
    assert told(code=code) == (401, "wrong_code")


def test_codes_are_counted_as_passwords_are(ada, unhurried):
    secret = secret_of(ada)
    body = {"email": ada.email, "password": PASSWORD}
    answers = [
        send(client(), "POST", "auth/login", body | {"code": f"{each:06}"}).status_code
        for each in range(11)
    ]
    assert answers[-1] == 429
    answer = send(client(), "POST", "auth/login", body | {"code": code_of(secret)})
    assert answer.status_code == 429


def test_the_right_password_forgives_no_wrong_codes_wherever_they_come_from(ada, unhurried):
    secret_of(ada)
    for number in range(attempts.MOST):
        address = f"192.0.2.{number}"
        passwords.verify(ada.email, PASSWORD, address=address)
        with pytest.raises(Unauthorized):
            second_factor.require(ada, "000000", address=address)
    passwords.verify(ada.email, PASSWORD, address="192.0.2.200")
    with pytest.raises(TooManyRequests):
        second_factor.require(ada, "000000", address="192.0.2.200")


def test_the_secret_of_a_second_factor_is_sealed(ada):
    secret = secret_of(ada)
    kept = str(Authenticator.objects.get(user=ada).data)
    assert secret not in kept
    assert "v1." in kept


def test_no_password_code_or_link_is_in_the_log(browser, ada, caplog):
    caplog.set_level("DEBUG")
    secret = secret_of(ada)
    log_in(browser, ada)
    browser.post("/account/2fa/authenticate/", {"code": (code := code_of(secret))})
    sign_up(Browser())
    browser.get(ACME)
    for each in (PASSWORD, secret, code, link().rstrip("/").rpartition("/")[2]):
        assert each not in caplog.text
