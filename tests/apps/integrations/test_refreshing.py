"""Tokens of OAuth that end: renewed once, whoever needs them, and nothing lost by it."""

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone

from apps.integrations import grants, refreshing
from apps.integrations import services as integrations
from apps.integrations.models import Credential, Integration
from apps.integrations.reaching import reach_of
from apps.integrations.refreshing import Grant, fresh
from apps.integrations.sealing import opened, sealed
from apps.orgs.models import Role
from apps.queue.bridge import inside_schema
from devhealth import discovery
from devhealth.errors import Permanent, Transient
from devhealth.http import Unauthorized
from tests.apps.integrations.consent import come_back, entered
from tests.apps.orgs.people import join
from tests.provider import Peer, Told
from tests.provider.oauth import OAuth
from tests.servers import ROOT

THREADS = 10


@pytest.fixture(params=["gitlab", "jira"])
def oauth(request, allowed, settings):
    with Peer() as peer:
        found = OAuth(peer, request.param)
        settings.PROVIDER_APPS = {request.param: found.app()}
        settings.ATLASSIAN_URLS = {"auth": peer.url, "api": peer.url}
        yield found


@pytest.fixture
def made(committed, tenants, oauth):
    """Connected at acme, in the organisation's schema."""
    acme = tenants["acme"]
    page = come_back(entered(acme), acme, oauth)
    assert page.status_code == 200, page.content
    with acme.entered():
        yield Integration.objects.select_related("credential").get()


def end(made):
    """As if its access token had ended."""
    change(made, until=time.time() - 1)


def change(made, **fields):
    found = Integration.objects.select_related("credential").get(pk=made.pk)
    secret = replace(opened(found), **fields)
    Credential.objects.update(sealed=sealed(made.pk, secret))
    made.refresh_from_db()


def secret_of(made):
    return opened(Integration.objects.select_related("credential").get(pk=made.pk))


def asked(made):
    """The account, by whatever token is good."""
    reached = reach_of(Integration.objects.select_related("credential").get(pk=made.pk))

    async def ask():
        async with reached.client() as client:
            return await discovery.account(reached.site, client)

    return asyncio.run(ask())


def health(made):
    return integrations.health_of(integrations.integrations().get(pk=made.pk))


def test_a_token_that_is_good_is_used_as_it_is(made, oauth):
    assert asked(made).name in ("ada", "ada@acme.dev")
    assert oauth.counts["renewed"] == 0


def test_a_token_that_has_ended_is_renewed_before_it_is_used(made, oauth):
    end(made)
    asked(made)
    asked(made)
    assert oauth.counts == {"exchanged": 1, "renewed": 1}


def test_a_token_that_is_refused_is_renewed_once(made, oauth):
    oauth.expire()
    asked(made)
    assert oauth.counts == {"exchanged": 1, "renewed": 1}
    assert health(made) == ("ok", "")


@pytest.mark.parametrize("how", ["ended", "refused"])
def test_twenty_threads_in_two_processes_renew_once(made, oauth, tenants, how, services):
    if how == "ended":
        end(made)
    oauth.expire()
    given = in_processes(made, oauth, tenants["acme"].organization.pk, how, services)
    assert len(given) == 2 * THREADS
    assert set(given) == {secret_of(made).token}
    assert (oauth.counts["renewed"], oauth.counts["reused"]) == (1, 0)


def in_processes(made, oauth, organization_id, how, services):
    name = oauth.provider.upper()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.apps.integrations.renewer_settings",
        "CONTROL_DATABASE_URI": services.control_database_uri,
        "DATABASE_URI": services.database_uri,
        "REDIS_URL": services.redis_url,
        "DEVHEALTH_ENCRYPTION_KEYS": ",".join(django_settings.ENCRYPTION_KEYS),
        "DEVHEALTH_PROVIDER_HOSTS": "127.0.0.1",
        "ATLASSIAN": oauth.peer.url,
        f"DEVHEALTH_{name}_URL": "" if name == "JIRA" else oauth.peer.url,
        f"DEVHEALTH_{name}_CLIENT_ID": oauth.client_id,
        f"DEVHEALTH_{name}_CLIENT_SECRET": oauth.client_secret,
    }
    command = [sys.executable, "-m", "tests.apps.integrations.renewer"]
    command += [str(organization_id), str(made.pk), str(THREADS), how]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) for _ in range(2)]
    for one in started:
        assert one.stdout.readline() == "ready\n"
    for one in started:
        one.stdin.write("\n")
        one.stdin.flush()
    return [each for one in started for each in json.loads(one.communicate(timeout=120)[0])]


def test_a_refresh_token_that_is_refused_says_connect_again(made, oauth):
    oauth.burn()
    end(made)
    with pytest.raises(Unauthorized, match="connect again"):
        asked(made)
    told, reason = health(made)
    assert told == "reconnect"
    assert "refresh token no more" in reason


def test_a_burned_refresh_token_is_not_sent_again(made, oauth):
    oauth.burn()
    end(made)
    for _ in range(3):
        with pytest.raises(Unauthorized):
            asked(made)
    assert oauth.counts["reused"] == 1


def test_who_connects_again_is_well(made, oauth, tenants):
    oauth.burn()
    end(made)
    with pytest.raises(Unauthorized):
        asked(made)
    acme = tenants["acme"]
    come_back(entered(acme), acme, oauth, integration=made.pk)
    with acme.entered():
        assert health(made) == ("ok", "")
        asked(made)


@pytest.mark.parametrize(
    "answer",
    [
        Told(status=500, json={}),
        Told(status=429, json={"error": "slow_down"}),
        Told(json={}),
        Told(json=["no"]),
        Told(json={"access_token": "x", "expires_in": "soon"}),
        Told(body=b"<html>"),
        Told(status=302, headers={"Location": "http://169.254.169.254/"}, json={}),
    ],
)
def test_a_provider_that_does_not_answer_loses_nothing(made, oauth, answer):
    end(made)
    before = secret_of(made)
    oauth.instead.append(answer)
    with pytest.raises(Transient):
        fresh(made.pk, known=before.token)
    assert secret_of(made) == before
    assert fresh(made.pk, known=before.token).token != before.token


def test_who_waits_too_long_for_others_tries_later(made, oauth, monkeypatch):
    end(made)
    monkeypatch.setattr(refreshing, "LOCK_PATIENCE", "10ms")
    schema = connection.schema_name
    with transaction.atomic():
        Credential.objects.select_for_update().get()
        with pytest.raises(Transient, match="Others"):
            asyncio.run(inside_schema(schema, fresh, made.pk, known=secret_of(made).token))
    assert oauth.counts["renewed"] == 0


def test_a_wrong_app_is_the_operators_to_correct_and_burns_nothing(made, oauth, settings):
    end(made)
    before = secret_of(made)
    settings.PROVIDER_APPS[oauth.provider]["client_secret"] = "wrong"
    with pytest.raises(Permanent, match="client id"):
        fresh(made.pk, known=before.token)
    assert secret_of(made) == before


def test_what_is_lost_before_the_commit_says_connect_again(made, oauth, monkeypatch):
    """As by `kill -9` between the provider's answer and ours: the refresh token is used."""
    end(made)
    before = secret_of(made)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(refreshing, "renewed", killed)
        with pytest.raises(KeyboardInterrupt):
            fresh(made.pk, known=before.token)
    assert secret_of(made) == before
    with pytest.raises(Unauthorized):
        asked(made)
    assert health(made)[0] == "reconnect"


def test_who_was_disconnected_meanwhile_is_told(made, oauth, tenants):
    acme = tenants["acme"]
    grant = Grant(
        schema_name=acme.organization.schema_name, integration_id=made.pk, secret=secret_of(made)
    )
    integrations.disconnect(made.pk, by=join(acme, Role.ADMIN).member)
    with pytest.raises(Unauthorized):
        asyncio.run(grant(is_rejected=True))


def test_a_foreign_organisations_integration_is_not_renewed(made, tenants):
    globex = tenants["globex"].organization.schema_name
    grant = Grant(schema_name=globex, integration_id=made.pk, secret=secret_of(made))
    with pytest.raises(Unauthorized):
        asyncio.run(grant(is_rejected=True))


def test_a_renewal_moves_the_idle_end_and_never_the_last_one(made, oauth):
    granted = timezone.now() - timedelta(days=300)
    Credential.objects.update(granted_at=granted)
    end(made)
    asked(made)
    ends = Credential.objects.get().expires_at
    assert ends == (granted + timedelta(days=365) if oauth.provider == "jira" else None)


def test_oauth_goes_through_the_guarded_client_of_httpx():
    """With httpx2 installed Authlib takes that, and our transport would be none of its."""
    assert issubclass(grants.AsyncOAuth2Client, httpx.AsyncClient)


def test_nobody_is_told_the_tokens(made, oauth, caplog):
    caplog.set_level("DEBUG")
    oauth.expire()
    asked(made)
    oauth.burn()
    oauth.expire()
    with pytest.raises(Unauthorized) as caught:
        asked(made)
    assert "canary" not in caplog.text + str(caught.value) + repr(reach_of(made))
    assert "canary" not in repr(
        grants.Tokens(access="canary", refresh="canary", until=0, scopes=())
    )
