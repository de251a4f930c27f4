"""Logging in by GitHub: one of our own on 127.0.0.1, that knows each code once."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter

from apps.orgs.models import User
from tests.apps.orgs.people import join
from tests.apps.web.test_login import NEW, link
from tests.browsers import Browser
from tests.provider import Peer, Told

ACCOUNT = "http://localhost:8000"
BEGIN = f"{ACCOUNT}/account/github/login/"
BACK = f"{ACCOUNT}/account/github/login/callback/"
SECRET, TOKEN = "a canary of an app's secret", "a-canary-of-a-token"
APP = {"client_id": "devhealth", "secret": SECRET, "key": ""}


class GitHub:
    """Whoever comes is the person with these addresses."""

    def __init__(self, peer: Peer) -> None:
        self.emails = [{"email": "ada@people.example", "primary": True, "verified": True}]
        self.codes: set[str] = set()
        peer.route("POST", "/login/oauth/access_token", self.token)
        peer.route("GET", "/user", lambda asked: {"id": 7, "login": "ada", "name": "Ada"})
        peer.route("GET", "/user/emails", lambda asked: self.emails)

    def code(self) -> str:
        self.codes.add(code := uuid4().hex)
        return code

    def token(self, asked):
        known = self.codes & {asked.json.get("code")}
        self.codes -= known
        told = {"access_token": TOKEN, "token_type": "bearer"} if known else {"error": "bad_code"}
        return Told(json=told, headers={"Content-Type": "application/json"})


@pytest.fixture
def github(settings, monkeypatch, unhurried, stranger):
    settings.SOCIALACCOUNT_PROVIDERS = {"github": {"APPS": [APP], "SCOPE": ["user:email"]}}
    with Peer() as peer:
        for name, path in {
            "access_token_url": "/login/oauth/access_token",
            "authorize_url": "/login/oauth/authorize",
            "profile_url": "/user",
            "emails_url": "/user/emails",
        }.items():
            monkeypatch.setattr(GitHubOAuth2Adapter, name, f"{peer.url}{path}")
        yield GitHub(peer)


def begin(browser):
    """The state with which GitHub sends one back."""
    browser.get(f"{ACCOUNT}/account/login/")
    answer = browser.post(BEGIN, follow=False)
    return parse_qs(urlsplit(answer["Location"]).query)["state"][0]


def back(browser, **told):
    query = "&".join(f"{name}={value}" for name, value in told.items())
    return browser.get(f"{BACK}?{query}")


def log_in(browser, github):
    return back(browser, code=github.code(), state=begin(browser))


def is_in(browser):
    browser.get(f"{ACCOUNT}/")
    return urlsplit(browser.url).path == "/"


@pytest.fixture
def ada(acme):
    return join(acme, email="ada@people.example").user


def test_there_is_no_button_without_an_app(stranger):
    assert "github" not in Browser().get(f"{ACCOUNT}/account/login/").content.decode().lower()


def test_a_get_leads_nowhere_by_itself(github):
    """Else another site could begin a login."""
    assert Browser().get(BEGIN, follow=False).status_code == 200


def test_who_is_new_is_let_in_with_the_address_that_github_has_confirmed(github):
    browser = Browser()
    log_in(browser, github)
    assert is_in(browser)
    address = EmailAddress.objects.get(email="ada@people.example")
    assert (address.verified, address.user.email) == (True, "ada@people.example")


def test_a_confirmed_address_leads_to_the_account_that_has_it(github, ada):
    browser = Browser()
    log_in(browser, github)
    assert is_in(browser)
    assert SocialAccount.objects.get().user == ada


def test_an_address_that_github_has_not_confirmed_takes_over_nothing(github, ada):
    github.emails[0]["verified"] = False
    browser = Browser()
    log_in(browser, github)
    assert not is_in(browser)
    assert not SocialAccount.objects.filter(user=ada).exists()


def test_who_signed_up_with_anothers_address_is_out_when_its_owner_comes(github, ada):
    """The address is whose GitHub confirms it; the password of whoever was first opens nothing."""
    EmailAddress.objects.filter(user=ada).update(verified=False)
    log_in(Browser(), github)
    ada.refresh_from_db()
    assert not ada.has_usable_password()
    assert User.objects.filter(email="ada@people.example").count() == 1


def reset(browser, email):
    browser.get(f"{ACCOUNT}/account/password/reset/")
    browser.post(browser.url, {"email": email})
    browser.get(link())
    browser.post(browser.url, {"password1": NEW, "password2": NEW})


def test_who_came_by_github_with_anothers_address_is_out_when_its_owner_sets_a_password(github):
    github.emails[0]["verified"] = False
    stranger = Browser()
    log_in(stranger, github)
    account = SocialAccount.objects.get().user
    assert account.email == "ada@people.example"
    reset(Browser(), account.email)
    assert not SocialAccount.objects.filter(user=account).exists()
    log_in(stranger, github)
    assert not is_in(stranger)


def test_who_has_confirmed_their_address_keeps_the_way_in_with_another_password(github, ada):
    log_in(Browser(), github)
    reset(Browser(), ada.email)
    assert SocialAccount.objects.get().user == ada


@pytest.mark.parametrize("state", ["", "made-up"])
def test_a_state_of_nobodys_opens_nothing(github, state):
    browser = Browser()
    begin(browser)
    back(browser, code=github.code(), state=state)
    assert not is_in(browser)


def test_a_state_works_once_and_in_its_own_browser_only(github):
    browser, other = Browser(), Browser()
    state = begin(browser)
    back(other, code=github.code(), state=state)
    assert not is_in(other)
    back(browser, code=github.code(), state=state)
    assert is_in(browser)
    browser.get(f"{ACCOUNT}/account/logout/")
    browser.post("/account/logout/")
    back(browser, code=github.code(), state=state)
    assert not is_in(browser)


def test_who_says_no_at_github_is_told_so(github):
    browser = Browser()
    answer = back(browser, error="access_denied", state=begin(browser))
    assert answer.status_code == 200
    assert "cancel" in answer.content.decode().lower()
    assert not is_in(browser)


def test_who_has_a_second_factor_is_asked_for_it(github, ada):
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(ada, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    browser = Browser()
    log_in(browser, github)
    assert urlsplit(browser.url).path == "/account/2fa/authenticate/"


def test_no_token_is_kept_and_no_secret_is_in_the_log(github, caplog):
    caplog.set_level("DEBUG")
    log_in(Browser(), github)
    assert not SocialToken.objects.exists()
    assert SECRET not in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("path", ["account/login/", "account/2fa/", "account/github/login/"])
def test_nobody_logs_in_on_an_organisations_host(acme, path):
    """So that a passkey is of the account host, and of no organisation's."""
    assert Browser().get(f"http://acme.localhost:8000/{path}").status_code == 404
