"""A grant that is given up is revoked at its provider, after the commit and under no lock."""

import pytest
from django.db import OperationalError, connections, transaction
from django_tenants.utils import tenant_context

from apps.integrations.models import Credential, Integration
from apps.orgs.models import AuditEntry
from tests.apps.integrations.connected import connected
from tests.apps.integrations.consent import come_back, entered
from tests.apps.integrations.test_oauth import served, stored
from tests.apps.web.admins import Inside
from tests.provider import Peer, faults


@pytest.fixture
def peer(allowed):
    with Peer() as found:
        yield found


@pytest.fixture
def acme(committed, tenants):
    return tenants["acme"]


@pytest.fixture(params=["github", "gitlab", "jira"])
def oauth(request, peer, settings):
    return served(peer, settings, request.param, life=0 if request.param == "github" else 7200)


@pytest.fixture
def ada(acme):
    return entered(acme)


def said(integration):
    """What the audit log has of its revocations, the oldest first."""
    target = f"integration:{integration.pk}"
    entries = AuditEntry.objects.filter(action="integrations.revoke", target=target)
    return [each.after["revoked"] for each in entries.order_by("at")]


def test_disconnecting_revokes_at_the_provider(ada, acme, oauth):
    come_back(ada, acme, oauth)
    (made,) = stored(acme)
    assert acme.send("DELETE", f"integrations/{made.pk}").status_code == 204
    is_told = oauth.provider != "jira"  # which takes no such word
    assert (oauth.counts["revoked"], said(made)) == (is_told, [is_told])


def test_connecting_again_revokes_what_it_replaces_and_nothing_else(ada, acme, oauth):
    come_back(ada, acme, oauth)
    (made,) = stored(acme)
    come_back(ada, acme, oauth, integration=made.pk)
    is_told = oauth.provider != "jira"
    assert (oauth.counts["revoked"], said(made)) == (is_told, [is_told])
    assert acme.send("POST", f"integrations/{made.pk}/test").json()["health"] == "ok"
    oauth.expire()
    renewed = acme.send("POST", f"integrations/{made.pk}/test").json()["health"]
    assert renewed == ("ok" if oauth.life else "reconnect"), "its refresh token is as good as ever"


def test_what_was_no_grant_is_not_revoked(ada, acme, oauth):
    with acme.entered():
        known = connected(oauth.provider, url=oauth.peer.url, token="made-by-a-person")
    if oauth.provider != "jira":  # its site is another one
        come_back(ada, acme, oauth, integration=known.pk)
    assert acme.send("DELETE", f"integrations/{known.pk}").status_code == 204
    assert len(said(known)) == (oauth.provider != "jira")  # the grant's own, when it went


@pytest.mark.parametrize("fault", [faults.answering(500, {}), faults.expired])
def test_a_provider_that_does_not_hear_keeps_nobody_from_connecting(ada, acme, oauth, fault):
    come_back(ada, acme, oauth)
    (made,) = stored(acme)
    for path in ("/oauth/revoke", "/api/v3/applications/*"):
        oauth.peer.misbehave(fault, times=9, path=path)
    assert come_back(ada, acme, oauth, integration=made.pk).status_code == 200
    assert stored(acme)[0].credential.updated_at > made.credential.updated_at
    assert acme.send("DELETE", f"integrations/{made.pk}").status_code == 204
    assert (stored(acme), said(made)) == ([], [False, False])


def test_a_credential_that_opens_no_more_keeps_nobody_connected(ada, acme, oauth):
    come_back(ada, acme, oauth)
    (made,) = stored(acme)
    with acme.entered():
        Credential.objects.update(sealed="of another key")
    assert acme.send("DELETE", f"integrations/{made.pk}").status_code == 204
    assert (stored(acme), said(made)) == ([], [False])


@pytest.fixture
def locks(acme, oauth):
    """Whether the row was free when the provider was told to forget, by another connection."""
    seen = []

    def look(asked):
        try:
            with tenant_context(acme.organization), transaction.atomic():
                Integration.objects.select_for_update(nowait=True).first()
                Credential.objects.select_for_update(nowait=True).first()
            seen.append("free")
        except OperationalError:
            seen.append("locked")
        finally:
            connections.close_all()
        return {}

    for method, path in (("POST", "/oauth/revoke"), ("DELETE", "/api/v3/applications/[^/]+/token")):
        oauth.peer.route(method, path, look)
        oauth.peer._routes.insert(0, oauth.peer._routes.pop())
    return seen


def test_no_row_is_locked_while_the_provider_is_asked(ada, acme, oauth, locks):
    """Of the admin's pages, too, which are one transaction each."""
    come_back(ada, acme, oauth)
    (made,) = stored(acme)
    come_back(ada, acme, oauth, integration=made.pk)
    Inside(acme).send(f"integrations/integration/{made.pk}/delete/", post="yes")
    assert stored(acme) == []
    assert locks == ["free"] * 2 * (oauth.provider != "jira")
