"""From an invitation to logging out: what is secret stands in no line of the log."""

import logging

import pytest
from django.core import mail

from apps.orgs.models import AuditEntry
from apps.queue.models import Answer, WorkUnit
from tests import work
from tests.apps.orgs.people import PASSWORD, invite
from tests.tenants import client, send

GRACE = "grace@initech.example"


def post(path, body, text=""):
    headers = {"Authorization": f"Bearer {text}"} if text else {}
    return send(client(**headers), "POST", path, body)


def invited(initech):
    """The secret that Grace gets by e-mail."""
    mail.outbox = []
    invite(initech, GRACE)
    work.run_all("webhooks")
    return mail.outbox[-1].body.partition("#")[2].split()[0]


def whole_way(initech):
    """All that is secret on it."""
    secret = invited(initech)
    accepted = {"secret": secret, "name": "Grace", "password": PASSWORD}
    assert post("invitations/accept", accepted | {"password": "too easy"}).status_code == 422
    assert post("invitations/accept", accepted).status_code == 201
    assert post("invitations/accept", accepted).status_code == 404
    login = {"email": GRACE, "password": PASSWORD}
    assert post("auth/login", login | {"password": f"not {PASSWORD}"}).status_code == 401
    opened = post("auth/login", login).json()
    again = post("auth/refresh", {"refresh_token": opened["refresh_token"]}).json()
    made = post("tokens", {"name": "ci", "scopes": ["metrics:read"]}, again["access_token"]).json()
    assert post("auth/logout", None, again["access_token"]).status_code == 204
    last = post("auth/login", login).json()
    ended = [post("auth/refresh", {"refresh_token": last["refresh_token"]}) for _ in range(2)]
    assert [each.status_code for each in ended] == [200, 401]
    texts = [each[name] for each in (opened, again) for name in ("access_token", "refresh_token")]
    return [secret, PASSWORD, made["token"], *texts]


def test_no_secret_is_in_the_log_nor_kept(initech, unhurried, caplog):
    caplog.set_level(logging.DEBUG)
    secrets = whole_way(initech)
    kept = [*AuditEntry.objects.values(), *WorkUnit.objects.values(), *Answer.objects.values()]
    assert "came twice" in caplog.text
    for secret in secrets:
        assert secret[12:] not in caplog.text
        assert secret[12:] not in str(kept)


@pytest.mark.parametrize("kind", ["dh", "dhi", "dhr"])
def test_what_somebody_writes_into_the_log_is_hidden(kind):
    from apps.orgs import tokens
    from apps.secrecy import hide

    text = tokens.new_text(kind)
    assert hide(f"at https://x.example/#{text}, or {text}") == "at https://x.example/#***, or ***"
