"""Connecting in a browser: to the provider and back, by whom it was begun, once."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from apps.errors import Forbidden
from apps.inbound import oauth_states
from apps.inbound.models import OAuthState
from apps.integrations.models import Credential, Integration
from apps.orgs.models import AuditEntry, Membership, Role, Session
from tests.apps.integrations.connected import connected
from tests.apps.integrations.consent import begin, come_back, entered, home
from tests.browsers import Browser
from tests.provider import Peer, faults
from tests.provider.oauth import SITES, OAuth
from tests.tenants import client

CALLBACK = "http://localhost:8000/oauth/callback"


@pytest.fixture
def peer(allowed):
    with Peer() as found:
        yield found


@pytest.fixture
def hub(peer, settings):
    return served(peer, settings, "github", life=0)


@pytest.fixture(params=["github", "gitlab", "jira"])
def oauth(request, peer, settings):
    return served(peer, settings, request.param, life=0 if request.param == "github" else 7200)


def served(peer, settings, provider, **more):
    found = OAuth(peer, provider, **more)
    settings.PROVIDER_APPS = {provider: found.app()}
    settings.ATLASSIAN_URLS = {"auth": peer.url, "api": peer.url}
    return found


@pytest.fixture
def ada(acme):
    return entered(acme)


def stored(tenant):
    with tenant.entered():
        return list(Integration.objects.select_related("credential"))


def problem(answer):
    return answer.status_code, answer.content.decode().split("· ")[1].split(" ·")[0].strip()


# --- strangers -----------------------------------------------------------------------------------


def test_a_stranger_is_sent_to_the_login(acme, hub):
    browser = Browser()
    browser.get(f"{home(acme)}integrations/connect/github")
    assert urlsplit(browser.url).path == "/account/login/"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_only_admins_begin(acme, hub, role):
    assert problem(begin(entered(acme, role), acme, "github")) == (403, "missing_role")
    assert not OAuthState.objects.exists()


def test_nobody_begins_by_a_token(acme, hub):
    asked = acme.client(acme.host, Accept="application/json")
    answer = asked.post("/integrations/connect/github")
    assert (answer.status_code, answer.json()["code"]) == (403, "browser_only")


def test_nobody_is_made_to_begin_by_another_site(ada, acme, hub):
    assert ada.client(acme.host).post("/integrations/connect/github").status_code == 403
    assert not OAuthState.objects.exists()


@pytest.mark.parametrize("state", ["", "forged", "x" * 43])
def test_a_forged_state_leads_nowhere(ada, acme, hub, state):
    for host in ("localhost", acme.host):
        answer = ada.get(f"http://{host}:8000/oauth/callback?code=c&state={state}", follow=False)
        assert problem(answer) == (403, "invalid_state")
    assert hub.counts["exchanged"] == 0


# --- connecting ----------------------------------------------------------------------------------


def test_what_was_allowed_is_connected(ada, acme, oauth):
    page = come_back(ada, acme, oauth)
    assert page.status_code == 200, page.content
    (made,) = stored(acme)
    assert urlsplit(ada.url).path == f"/integrations/{made.pk}"
    assert made.account in page.content.decode()
    assert (made.kind, made.health) == ("oauth", "ok")
    assert made.account in ("ada", "ada@acme.dev")
    assert acme.get(f"integrations/{made.pk}").json()["kind"] == "oauth"


def test_jira_is_connected_to_the_site_by_its_cloud_id(ada, acme, peer, settings):
    oauth = served(peer, settings, "jira")
    come_back(ada, acme, oauth)
    (made,) = stored(acme)
    assert (made.url, made.cloud_id) == ("https://acme.atlassian.net", "c-1")
    assert timedelta(days=89) < made.credential.expires_at - timezone.now() < timedelta(days=91)


def test_of_several_sites_one_is_chosen(ada, acme, peer, settings):
    oauth = served(peer, settings, "jira", sites=SITES)
    page = come_back(ada, acme, oauth).content.decode()
    assert stored(acme) == []
    state = page.split('name="state" value="')[1].split('"')[0]
    done = ada.post("/oauth/choose", {"state": state, "cloud_id": "c-2"})
    assert done.status_code == 200
    assert [each.url for each in stored(acme)] == ["https://lab.atlassian.net"]
    again = ada.post("/oauth/choose", {"state": state, "cloud_id": "c-1"})
    assert problem(again) == (403, "invalid_state")


def test_a_site_that_was_not_offered_is_not_chosen(ada, acme, peer, settings):
    oauth = served(peer, settings, "jira", sites=SITES)
    page = come_back(ada, acme, oauth).content.decode()
    state = page.split('name="state" value="')[1].split('"')[0]
    answer = ada.post("/oauth/choose", {"state": state, "cloud_id": "c-3"})
    assert problem(answer) == (422, "wrong_site")
    assert stored(acme) == []


def test_the_site_that_was_named_is_the_one(ada, acme, peer, settings):
    oauth = served(peer, settings, "jira", sites=SITES)
    come_back(ada, acme, oauth, url="https://lab.atlassian.net/")
    assert [each.cloud_id for each in stored(acme)] == ["c-2"]
    other = come_back(ada, acme, oauth, url="https://x.atlassian.net", name="x")
    assert problem(other) == (422, "wrong_site")


def test_an_integration_is_connected_again_and_keeps_what_goes_by_it(ada, acme, hub):
    with acme.entered():
        known = connected("github", url=hub.peer.url, name="mine", health="reconnect")
    come_back(ada, acme, hub, integration=known.pk)
    (made,) = stored(acme)
    assert (made.pk, made.name, made.kind, made.health) == (known.pk, "mine", "oauth", "ok")
    actions = AuditEntry.objects.filter(target=f"integration:{known.pk}").values_list("action")
    assert list(actions) == [("integrations.update",)]


def test_globexs_integration_is_not_connected_again_by_acme(ada, acme, globex, hub):
    with globex.entered():
        theirs = connected("github", url=hub.peer.url)
    answer = begin(ada, acme, "github", integration=theirs.pk)
    assert problem(answer) == (404, "not_found")


def test_a_name_that_is_taken_is_told_before_anybody_is_asked(ada, acme, hub):
    with acme.entered():
        connected("github", name="mine")
    assert problem(begin(ada, acme, "github", name="mine")) == (409, "name_taken")


# --- what comes back and is refused --------------------------------------------------------------


def test_a_way_back_is_good_once(ada, acme, hub):
    back = hub.allow(begin(ada, acme, "github")["Location"])
    assert ada.get(back).status_code == 200
    assert problem(ada.get(back)) == (403, "invalid_state")
    assert len(stored(acme)) == 1


def test_a_way_back_ends_after_ten_minutes(ada, acme, hub):
    back = hub.allow(begin(ada, acme, "github")["Location"])
    OAuthState.objects.update(expires_at=timezone.now())
    assert problem(ada.get(back)) == (403, "invalid_state")
    assert stored(acme) == []


def test_another_browser_ends_nothing_and_takes_nothing(ada, acme, hub):
    back = hub.allow(begin(ada, acme, "github")["Location"])
    assert problem(entered(acme).get(back)) == (403, "invalid_state")
    assert problem(Browser().get(back)) == (403, "no_session")
    assert ada.get(back).status_code == 200, "it was not used up"


def test_acmes_state_is_worth_nothing_at_globex(ada, acme, globex, hub):
    eve = entered(globex)
    query = urlsplit(hub.allow(begin(ada, acme, "github")["Location"])).query
    answer = eve.get(f"{home(globex)}oauth/callback?{query}")
    assert problem(answer) == (403, "invalid_state")
    assert stored(globex) == stored(acme) == []


def test_a_state_is_one_organisations_whatever_session_is_claimed(ada, acme, globex, hub):
    back = hub.allow(begin(ada, acme, "github")["Location"])
    text = parse_qs(urlsplit(back).query)["state"][0]
    claimed = oauth_states.Browser(
        organization_id=globex.organization.id, session_id=Session.objects.get().id
    )
    with pytest.raises(Forbidden):
        oauth_states.take(text, "authorize", claimed)
    assert ada.get(back).status_code == 200, "it was not used up"


def test_a_code_of_somebody_else_is_worth_nothing(ada, acme, globex, peer, settings):
    """Injected into one's own way back: the verifier is another one's."""
    oauth = served(peer, settings, "gitlab")
    eve = entered(globex)
    stolen = parse_qs(urlsplit(oauth.allow(begin(ada, acme, "gitlab")["Location"])).query)
    own = parse_qs(urlsplit(begin(eve, globex, "gitlab")["Location"]).query)
    answer = eve.get(f"{CALLBACK}?code={stolen['code'][0]}&state={own['state'][0]}")
    assert answer.status_code == 422
    assert stored(globex) == []


def test_who_says_no_is_told_that_nothing_was_connected(ada, acme, hub):
    state = parse_qs(urlsplit(begin(ada, acme, "github")["Location"]).query)["state"][0]
    answer = ada.get(f"{CALLBACK}?error=access_denied&error_description=<b>x</b>&state={state}")
    assert problem(answer) == (403, "authorization_denied")
    assert "<b>x" not in answer.content.decode()


def test_a_redirect_goes_to_our_own_hosts_only(ada, acme, hub):
    back = hub.allow(begin(ada, acme, "github")["Location"])
    answer = ada.get(f"{back}&next=https://evil.example&host=evil.example", follow=False)
    parts = urlsplit(answer["Location"])
    assert (parts.scheme, parts.netloc, parts.path) == (
        "http",
        "acme.localhost:8000",
        "/oauth/callback",
    )
    assert set(parse_qs(parts.query)) == {"code", "state"}


def test_programs_are_told_by_a_problem_document(acme, hub):
    answer = client("localhost").get("/oauth/callback?state=x")
    assert answer.json()["code"] == "invalid_state"


def test_who_is_no_admin_any_more_ends_nothing(ada, acme, hub):
    back = hub.allow(begin(ada, acme, "github")["Location"])
    Membership.objects.filter(user=Session.objects.get().user).update(role=Role.MEMBER)
    assert problem(ada.get(back)) == (403, "missing_role")


@pytest.mark.parametrize(
    ("provider", "scopes", "missing"),
    [
        ("github", "read:org", "repo"),
        ("github", "", "read:org, repo"),
        ("gitlab", "read_api", "read_repository"),
        ("jira", "read:jira-user", "read:jira-work"),
    ],
)
def test_what_was_not_allowed_is_named(ada, acme, peer, settings, provider, scopes, missing):
    oauth = served(peer, settings, provider, scopes=scopes)
    answer = come_back(ada, acme, oauth)
    assert problem(answer) == (422, "missing_scope")
    assert f": {missing}." in answer.content.decode()
    assert stored(acme) == []


def test_a_grant_that_cannot_be_renewed_is_not_enough(ada, acme, peer, settings):
    oauth = served(peer, settings, "jira", life=0)
    assert "offline_access" in come_back(ada, acme, oauth).content.decode()


def test_a_provider_that_is_away_is_told_as_that(ada, acme, hub):
    hub.peer.misbehave(faults.answering(502, {}), path="/login/oauth/access_token")
    assert come_back(ada, acme, hub).status_code == 503
    assert stored(acme) == []


def test_an_app_with_a_wrong_secret_is_told_as_that(ada, acme, hub, settings):
    there = begin(ada, acme, "github")
    settings.PROVIDER_APPS["github"]["client_secret"] = "wrong"
    answer = ada.get(hub.allow(there["Location"]))
    assert answer.status_code == 422
    assert "client id" in answer.content.decode()


# --- sites and apps of one's own -----------------------------------------------------------------


def test_the_operators_secret_goes_to_its_own_site_only(ada, acme, hub):
    answer = begin(ada, acme, "github", url="https://evil.example")
    assert problem(answer) == (422, "no_app")


def test_no_app_is_told_as_that(ada, acme, settings):
    settings.PROVIDER_APPS = {}
    assert problem(begin(ada, acme, "gitlab")) == (422, "no_app")


def test_an_app_of_ones_own_connects_ones_own_site(ada, acme, peer, settings):
    oauth = served(peer, settings, "gitlab")
    settings.PROVIDER_APPS = {}
    own = {"client_id": oauth.client_id, "client_secret": oauth.client_secret}
    page = come_back(ada, acme, oauth, url=peer.url, **own)
    assert page.status_code == 200, page.content
    assert [each.url for each in stored(acme)] == [peer.url]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1",
        "https://169.254.169.254",
        "https://[::1]",
        "https://10.0.0.1",
        "http://gitlab.com",
        "https://user:pw@gitlab.com",
        "ftp://gitlab.com",
        "nothing",
    ],
)
def test_no_address_inside_is_asked_or_led_to(ada, acme, settings, url):
    settings.PROVIDER_HOSTS = []
    own = {"client_id": "c", "client_secret": "s"}
    assert begin(ada, acme, "gitlab", url=url, **own).status_code == 422
    assert not OAuthState.objects.exists()


# --- afterwards ----------------------------------------------------------------------------------


def test_no_page_log_row_or_audit_entry_has_a_secret(ada, acme, oauth, caplog):
    caplog.set_level("DEBUG")
    there = begin(ada, acme, oauth.provider)
    states = list(OAuthState.objects.values())
    page = ada.get(oauth.allow(there["Location"]))
    (made,) = stored(acme)
    acme.send("POST", f"integrations/{made.pk}/test")
    with acme.entered():
        rows = [*Integration.objects.values(), *Credential.objects.values()]
    answers = [page.content.decode(), acme.get("integrations").content.decode()]
    state = parse_qs(urlsplit(there["Location"]).query)["state"][0]
    for text in map(str, (states, rows, answers, list(AuditEntry.objects.values()))):
        assert "canary" not in text
        assert state not in text
    assert "canary" not in caplog.text


def test_a_token_does_not_take_the_place_of_what_was_allowed(ada, acme, oauth):
    come_back(ada, acme, oauth)
    (made,) = stored(acme)
    answer = acme.send("PATCH", f"integrations/{made.pk}", {"token": "x" * 20})
    assert (answer.status_code, answer.json()["code"]) == (409, "connected_by_oauth")
    renamed = acme.send("PATCH", f"integrations/{made.pk}", {"name": "other"})
    assert renamed.json()["name"] == "other"


def test_a_page_of_globexs_integration_is_nobodys(ada, acme, globex):
    with globex.entered():
        theirs = connected()
    assert problem(ada.get(f"{home(acme)}integrations/{theirs.pk}")) == (404, "not_found")


@pytest.mark.parametrize(
    ("days", "health", "word"),
    [
        (31, "ok", ""),
        (29, "expiring", "before"),
        (6, "expiring", "this week"),
        (0.5, "expiring", "today"),
    ],
)
def test_the_end_of_a_grant_is_told_in_time(ada, acme, oauth, days, health, word):
    come_back(ada, acme, oauth)
    with acme.entered():
        Credential.objects.update(expires_at=timezone.now() + timedelta(days=days))
    shown = acme.get("integrations").json()["items"][0]
    assert shown["health"] == health
    assert word in shown["health_reason"]
