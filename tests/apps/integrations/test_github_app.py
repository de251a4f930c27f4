"""Connecting by a GitHub App: an installation is believed of who administers it."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from apps.integrations.models import Credential, Integration
from apps.orgs.models import AuditEntry
from tests.apps.integrations.consent import begin, entered
from tests.provider import Peer
from tests.provider.github_app import ADA, SLUG, Installations, private_key
from tests.provider.oauth import OAuth

KEY = private_key()


@pytest.fixture
def github(allowed, settings):
    with Peer() as peer:
        found = Installations(OAuth(peer, "github", life=0, scopes=""))
        settings.PROVIDER_APPS = {"github": found.app(KEY)}
        yield found


@pytest.fixture
def ada(acme):
    return entered(acme)


def install(browser, tenant, github, installation="41", **more):
    """The last answer to who comes back from installing it."""
    there = urlsplit(begin(browser, tenant, "github")["Location"])
    assert there.path == f"/apps/{SLUG}/installations/new"
    told = {
        "state": parse_qs(there.query)["state"][0],
        "code": github.oauth.code(),
        "installation_id": installation,
        "setup_action": "install",
    }
    return browser.get(f"{github.oauth.callback}?{urlencode(told | more)}")


def stored(tenant):
    with tenant.entered():
        return list(Integration.objects.all())


def test_an_installation_that_nobody_showed_them_is_not_connected(ada, acme, github):
    answer = install(ada, acme, github, installation="42")
    assert answer.status_code == 403
    assert "not_your_installation" in answer.content.decode()
    assert stored(acme) == []


def test_who_only_sees_an_installation_does_not_connect_it(ada, acme, github):
    github.role = "member"
    assert install(ada, acme, github).status_code == 403
    assert stored(acme) == []


def test_somebody_elses_own_account_is_not_connected(ada, acme, github):
    github.seen = {41: ADA | {"id": 8, "login": "eve"}}
    assert install(ada, acme, github).status_code == 403


@pytest.mark.parametrize("installation", ["", "41'", "4١", "null"])
def test_what_is_no_installation_is_not_connected(ada, acme, github, installation):
    assert install(ada, acme, github, installation=installation).status_code == 403


def test_who_has_to_wait_for_an_owner_is_told(ada, acme, github):
    answer = install(ada, acme, github, code="", installation="")
    assert answer.status_code == 422
    assert "owner" in answer.content.decode()


@pytest.mark.parametrize("account", ["acme", "ada"])
def test_who_administers_it_connects_it(ada, acme, github, account):
    if account == "ada":
        github.seen = {41: ADA}
    assert install(ada, acme, github).status_code == 200
    (made,) = stored(acme)
    assert (made.kind, made.account) == ("app", "acme")
    shown = acme.get(f"integrations/{made.pk}").json()
    assert (shown["kind"], shown["health"], shown["last_four"]) == ("app", "ok", "")


def test_the_persons_own_token_is_given_back(ada, acme, github):
    install(ada, acme, github)
    assert github.oauth.counts["revoked"] == 1


def test_it_is_asked_by_the_installations_token(ada, acme, github):
    install(ada, acme, github)
    (made,) = stored(acme)
    found = acme.get(f"integrations/{made.pk}/repositories").json()
    assert [each["name"] for each in found["items"]] == ["acme/api"]
    tested = acme.send("POST", f"integrations/{made.pk}/test").json()
    assert (tested["health"], tested["account"]) == ("ok", "acme")


def test_an_installation_that_is_gone_says_what_to_do(ada, acme, github):
    install(ada, acme, github)
    (made,) = stored(acme)
    github.gone = True
    answer = acme.get(f"integrations/{made.pk}/repositories")
    assert answer.status_code == 422
    assert "installed" in answer.json()["detail"]
    assert acme.get(f"integrations/{made.pk}").json()["health"] == "reconnect"


def test_disconnecting_leaves_it_installed_for_others(ada, acme, github):
    install(ada, acme, github)
    (made,) = stored(acme)
    before = len(github.oauth.peer.seen)
    assert acme.send("DELETE", f"integrations/{made.pk}").status_code == 204
    assert len(github.oauth.peer.seen) == before


def test_no_row_log_or_audit_entry_has_a_token_or_the_key(ada, acme, github, caplog):
    caplog.set_level("DEBUG")
    page = install(ada, acme, github)
    with acme.entered():
        rows = [*Integration.objects.values(), *Credential.objects.values()]
    entries = list(AuditEntry.objects.values())
    text = " ".join((page.content.decode(), caplog.text, str(rows), str(entries)))
    assert "canary" not in text
    assert "PRIVATE KEY" not in text
