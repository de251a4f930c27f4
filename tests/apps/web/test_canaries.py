"""A recognisable secret goes through each flow that takes or makes one; then it is looked for.

Where: each row of each table of each schema, sessions as they are read, Redis, every line of the
log, and every page but the one that hands it out.
"""

import logging
import re

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session as BrowserSession
from django.core import mail
from redis import Redis

from apps.orgs.models import User
from tests import stripe_server, work
from tests.apps.inbound import told
from tests.apps.integrations.consent import come_back, entered, home
from tests.apps.integrations.test_webhooks import deliver
from tests.apps.orgs import people
from tests.apps.orgs.people import join
from tests.apps.orgs.test_deletion_whole import kept
from tests.apps.web.test_login import ACCOUNT, LOGIN, code_of, link, sign_up
from tests.browsers import Browser
from tests.isolation.test_beside import everything
from tests.provider import Peer
from tests.provider.oauth import OAuth
from tests.tenants import client, send

PASSWORD, ANOTHER = "canary password of the sign-up", "canary password of the reset"
APPS_SECRET, TOKEN = "canary-of-an-own-apps-secret", "canary-of-a-token-at-the-provider"
TOTP = f"{ACCOUNT}/account/2fa/totp/activate/"


class Pages:
    """Everything that browsers were shown, but for what is handed out once."""

    def __init__(self):
        self.texts, self.secrets = [], {}

    def show(self, answer, **secrets):
        text = answer.content.decode()
        for name, secret in secrets.items():
            assert secret in text, f"{name} is handed out here"
            self.secrets[name] = secret
            text = text.replace(secret, "")
        self.texts.append(text)
        return text


@pytest.fixture
def peer(settings):
    settings.PROVIDER_HOSTS = ["127.0.0.1"]
    with Peer() as found:
        yield found


@pytest.fixture
def pages():
    return Pages()


def account(pages, email):
    """Signed up, logged in, with an authenticator app, recovery codes and another password."""
    browser = Browser()
    pages.show(sign_up(browser, email, PASSWORD))
    pages.secrets["address's proof"] = link().rstrip("/").rpartition("/")[2]
    browser.get(link())
    pages.show(browser.post(browser.url))
    browser.get(LOGIN)
    pages.show(browser.post(LOGIN, {"login": email, "password": "not it"}))
    pages.show(browser.post(LOGIN, {"login": email, "password": PASSWORD}))
    pages.show(browser.get(TOTP))  # asks who it is
    set_up = browser.post(
        browser.url, {"password": PASSWORD, "next": "/account/2fa/totp/activate/"}
    )
    secret = re.search(r"\b[A-Z2-7]{32}\b", set_up.content.decode())[0]
    pages.show(set_up, totp=secret)
    assert found_in(sessions_as_read(), {"totp": secret}) == [], "while it is being set up"
    codes = browser.post(browser.url, {"code": code_of(secret)})
    found = re.findall(r"\b\d{8}\b", codes.content.decode())
    assert len(found) > 5
    pages.show(codes, **{f"recovery code {place}": code for place, code in enumerate(found)})
    there = Browser()
    there.get(f"{ACCOUNT}/account/password/reset/")
    pages.show(there.post(there.url, {"email": email}))
    pages.secrets["reset's proof"] = link().rstrip("/").rpartition("-")[2]
    there.get(link())
    pages.show(there.post(there.url, {"password1": ANOTHER, "password2": ANOTHER}))
    pages.secrets |= {"password": PASSWORD, "another": ANOTHER}


def programs(pages, tenant, peer):
    """By REST: a session, an API token, an invitation, an integration by token."""
    peer.route("GET", "/api/v3/user", lambda asked: {"login": "ada"})
    ada = join(tenant, "owner")
    body = {"email": ada.user.email, "password": people.PASSWORD}
    opened = send(client(), "POST", "auth/login", body).json()
    body = {"refresh_token": opened["refresh_token"]}
    again = send(client(), "POST", "auth/refresh", body).json()
    pages.secrets |= {"Ada's password": people.PASSWORD, "Ada's token": ada.text}
    for name, answer in (("opened", opened), ("again", again)):
        pages.secrets |= {
            f"{name} {each}": answer[each] for each in ("access_token", "refresh_token")
        }
    made = ada.send("POST", "tokens", {"name": "ci", "scopes": ["metrics:read"]})
    pages.show(made, token=made.json()["token"])
    pages.show(ada.send("POST", "invitations", {"email": "new@acme.example", "role": "viewer"}))
    work.run_all()
    pages.secrets["invitation"] = mail.outbox[-1].body.partition("#")[2].split()[0]
    body = {"name": "by token", "provider": "github", "url": peer.url, "token": TOKEN}
    answer = tenant.send("POST", "integrations", body)
    assert answer.status_code == 201, answer.content
    pages.show(answer)
    pages.show(tenant.client().get("/api/v1/integrations"))
    pages.show(tenant.client().get("/api/v1/audit-log"))
    pages.secrets["token at the provider"] = TOKEN


def paying(pages, tenant, stripe):
    """By Stripe: a checkout, and what it tells afterwards."""
    pages.show(tenant.send("POST", "billing/checkout", {"tier": "team", "interval": "monthly"}))
    stripe.pay(stripe.sessions[-1])
    for event in stripe.events:
        assert stripe_server.deliver(event).status_code == 200
    assert stripe_server.deliver(event, secret="whsec_forged").status_code == 400
    work.run_all()
    plan = tenant.client().get("/api/v1/billing/plan")
    assert plan.json()["tier"] == "team"
    pages.show(plan)
    pages.secrets |= {"Stripe's key": stripe_server.KEY, "its webhook's": stripe_server.SECRET}


def consent(pages, tenant, peer):
    """By OAuth, with an app of the organisation's own."""
    oauth = OAuth(peer, "gitlab", client_secret=APPS_SECRET)
    browser = entered(tenant)
    own = {"url": peer.url, "client_id": oauth.client_id, "client_secret": APPS_SECRET}
    pages.show(come_back(browser, tenant, oauth, **own))
    assert oauth.counts["exchanged"] == 1
    for place in ("admin/integrations/integration/", "admin/orgs/auditentry/", ""):
        pages.show(browser.get(f"{home(tenant)}{place}"))
    pages.secrets |= {"app's secret": APPS_SECRET, "code, tokens": "canary-", "x": "-of-gitlab"}


def telling(pages, tenant):
    """By webhooks, of GitLab by a secret that stands in a header; right and wrong."""
    for made in tenant.get("integrations").json()["items"]:
        provider, path = made["provider"], f"integrations/{made['id']}/webhook"
        for number in range(2):
            answer = tenant.send("POST", path)
            hook = answer.json()
            pages.show(answer, **{f"{provider}'s secret {number}": hook["secret"]})
            place, body = hook["url"].partition("/webhooks/")[2], told.BODIES[provider]()
            headers = told.headers(provider, body, hook["secret"], delivery=f"d-{number}")
            assert deliver(place, body, headers).status_code == 202
        forged = told.headers(provider, body, "canary-of-a-forged-secret")
        pages.show(deliver(place, body, forged))
        pages.show(tenant.client().get(f"/api/v1/{path}"))
    work.make_due()
    work.run_all()
    pages.secrets["forged secret"] = "canary-of-a-forged-secret"


def everywhere(tenant, pages, caplog):
    redis = Redis.from_url(settings.REDIS_URL)
    yield from kept(tenant.organization.id)
    yield from sessions_as_read()
    yield from (("redis", str(each)) for each in everything(redis))
    yield from (("log", line) for line in caplog.text.splitlines())
    yield from (("page", text) for text in pages.texts)


def sessions_as_read():
    """As whoever has the table reads them."""
    return [("session", str(each.get_decoded())) for each in BrowserSession.objects.all()]


def found_in(places, secrets):
    return [
        (place, name, text)
        for place, text in places
        for name, secret in secrets.items()
        if secret in text
    ]


def test_no_secret_is_kept_shown_or_logged(
    committed, tenants, unhurried, peer, stripe, pages, caplog
):
    caplog.set_level(logging.DEBUG)
    tenant = tenants["acme"]
    account(pages, "grace@people.example")
    programs(pages, tenant, peer)
    consent(pages, tenant, peer)
    paying(pages, tenant, stripe)
    telling(pages, tenant)
    pages.secrets |= {
        "the operator's encryption key": "07" * 21,
        "the operator's secret key": settings.SECRET_KEY,
    }
    assert User.objects.filter(email="grace@people.example").exists()
    assert len(pages.secrets) > 25
    assert found_in(everywhere(tenant, pages, caplog), pages.secrets) == []
