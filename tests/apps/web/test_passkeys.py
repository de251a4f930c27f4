"""A passkey in a real browser: made on the account host, and a login from then on."""

import os

import pytest

from apps.orgs.models import User
from tests.apps.orgs.people import PASSWORD, join
from tests.chromium import needs_chromium, opened, serving

pytestmark = needs_chromium


@pytest.fixture
def site(committed, tenants, unhurried, settings, monkeypatch):
    """Where the service answers, and Ada, who is a member of acme."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright has a loop here
    ada = join(tenants["acme"]).user
    with serving() as port:
        settings.ACCOUNT_URL = f"http://localhost:{port}"
        yield settings.ACCOUNT_URL, ada
    User.objects.filter(pk=ada.pk).delete()


def virtual_authenticator(page):
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def log_in(page, account, person):
    page.goto(f"{account}/account/login/")
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button:has-text('Sign In')")
    page.wait_for_url(f"{account}/")


def test_a_passkey_made_in_the_account_logs_in_and_opens_the_organisation(site):
    account, ada = site
    said = []
    with opened() as page:
        page.on("console", lambda message: said.append(message.text))
        virtual_authenticator(page)
        log_in(page, account, ada)
        page.goto(f"{account}/account/2fa/webauthn/add/")
        page.fill("[name=password]", PASSWORD)  # to change how one gets in, one says who one is
        page.click("main form button")
        page.check("[name=passwordless]")
        page.click("#mfa_webauthn_add")
        page.wait_for_url(lambda url: not url.endswith("/webauthn/add/"))
        page.goto(f"{account}/account/logout/")
        page.click("main form button")
        page.goto(f"{account}/account/login/")
        page.click("#passkey_login")
        page.wait_for_url(f"{account}/")
        page.click("main a:has-text('Acme')")
        page.wait_for_url(f"{account.replace('localhost', 'acme.localhost')}/")
        assert page.inner_text("h1") == "Acme"
    assert [each for each in said if "Content Security Policy" in each] == []
