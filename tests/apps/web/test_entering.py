"""From the account host to an organisation's host, by tickets."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from apps.orgs.models import Membership, Session
from tests.apps.orgs.people import join
from tests.browsers import Browser

ACME = "http://acme.localhost:8000/"
GLOBEX = "http://globex.localhost:8000/"


@pytest.fixture
def ada(acme):
    return join(acme)


@pytest.fixture
def browser(ada):
    """Ada is logged in on the account host, and nowhere else yet."""
    browser = Browser()
    browser.log_in(ada.user)
    return browser


def ticket_for(browser, url=ACME):
    """The address with a ticket, not opened yet."""
    answer = browser.get(browser.get(url, follow=False)["Location"], follow=False)
    return answer["Location"]


def test_a_stranger_is_sent_to_the_login(tenants, db):
    browser = Browser()
    browser.get(ACME)
    assert urlsplit(browser.url)[1:3] == ("localhost:8000", "/account/login/")


def test_who_is_a_member_elsewhere_is_told_what_nobody_is_told(browser, globex):
    answer = browser.get(GLOBEX)
    assert answer.status_code == 404
    assert "You have no organisation of this name." in answer.content.decode()
    assert browser.get(GLOBEX.replace("globex", "nobody")).status_code == 404


def test_a_member_comes_in_where_they_wanted_to(browser):
    answer = browser.get(f"{ACME}?page=2")
    assert browser.url == f"{ACME}?page=2"
    assert "<h1>Acme</h1>" in answer.content.decode()


def test_a_ticket_opens_once(browser):
    url = ticket_for(browser)
    nonce = browser.client("acme.localhost").cookies["nonce"].value
    assert browser.get(url).status_code == 200
    other = Browser()
    other.client("acme.localhost").cookies["nonce"] = nonce
    assert other.get(url).status_code == 403


def test_a_ticket_opens_nothing_in_another_browser(browser):
    other = Browser()
    other.get(ACME, follow=False)
    assert other.get(ticket_for(browser)).status_code == 403
    assert other.client("acme.localhost").session.get("organization_session") is None


def test_a_ticket_opens_nothing_once_the_password_is_another_one(browser, ada):
    url = ticket_for(browser)
    ada.user.set_password("another canary")
    ada.user.save()
    assert browser.get(url).status_code == 403
    assert not Session.objects.filter(user=ada.user).exists()


def test_a_ticket_opens_nothing_once_its_login_has_ended(browser, ada):
    url = ticket_for(browser)
    browser.get("http://localhost:8000/account/logout/")
    browser.post("/account/logout/")
    assert browser.get(url).status_code == 403
    browser.log_in(ada.user)
    assert browser.get(ACME).status_code == 200, "another login is another one"


def test_a_ticket_to_acme_opens_nothing_at_globex(browser, globex):
    url = ticket_for(browser).replace("acme", "globex")
    nonce = browser.client("acme.localhost").cookies["nonce"].value
    browser.client("globex.localhost").cookies["nonce"] = nonce
    assert browser.get(url).status_code == 403


def test_acmes_cookie_stands_for_nobody_at_globex(browser, globex):
    browser.get(ACME)
    cookie = browser.client("acme.localhost").cookies["session"].value
    other = Browser()
    other.client("globex.localhost").cookies["session"] = cookie
    assert other.get(GLOBEX, follow=False).status_code == 302
    other.client("acme.localhost").cookies["session"] = cookie
    assert other.get(ACME, follow=False).status_code == 302, "it was logged out everywhere"


def test_the_account_hosts_cookie_stands_for_nobody_at_acme(browser):
    cookie = browser.client("localhost").cookies["session"].value
    other = Browser()
    other.client("acme.localhost").cookies["session"] = cookie
    assert other.get(ACME, follow=False).status_code == 302


@pytest.mark.parametrize("path", ["api/v1/me", "graphql?query={viewer{role}}"])
def test_a_cookie_opens_nothing_that_is_for_programs(browser, path):
    browser.get(ACME)
    assert browser.get(f"{ACME}{path}").status_code == 401


@pytest.mark.parametrize(
    "to", ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_nobody_is_led_to_another_site(browser, to):
    parts = urlsplit(ticket_for(browser))
    ticket = parse_qs(parts.query)["ticket"][0]
    answer = browser.client(parts.hostname).get("/enter", {"ticket": ticket, "next": to})
    assert answer["Location"] == "/"


def test_who_is_removed_is_out_at_once(browser, ada):
    browser.get(ACME)
    Membership.objects.filter(id=ada.membership.id).delete()
    assert browser.get(ACME, follow=False).status_code == 302


def test_another_password_ends_all_sessions(browser, ada):
    browser.get(ACME)
    ada.user.set_password("another canary")
    ada.user.save()
    assert browser.get(ACME, follow=False).status_code == 302


def test_a_session_ends_by_itself(browser):
    browser.get(ACME)
    Session.objects.update(expires_at=timezone.now())
    assert browser.get(ACME, follow=False).status_code == 302


def test_who_logs_out_on_the_account_host_is_out_everywhere(browser):
    browser.get(ACME)
    browser.get("http://localhost:8000/account/logout/")
    browser.post("/account/logout/")
    assert browser.get(ACME, follow=False).status_code == 302


def test_who_leaves_acme_is_logged_in_on_the_account_host_still(browser):
    browser.get(ACME)
    answer = browser.post("/leave")
    assert "Your organisations" in answer.content.decode()
    assert Session.objects.filter(revoked_at=None, refresh_tokens=None).count() == 0


def test_nobody_is_made_to_leave_by_another_site(browser):
    browser.get(ACME)
    assert browser.client("acme.localhost").post("/leave").status_code == 403
    assert browser.get(ACME, follow=False).status_code == 200


def test_staff_are_out_of_a_persons_session_when_they_are_staff_no_more(browser, ada):
    browser.get(ACME)
    Session.objects.update(staff=ada.user, reason="a question")
    assert browser.get(ACME, follow=False).status_code == 302


def test_a_session_of_twelve_hours_is_not_kept_longer(browser):
    browser.get(ACME)
    found = Session.objects.get()
    assert found.expires_at - timezone.now() < timedelta(hours=12)


@pytest.mark.parametrize("state", ["", "short", "x" * 65])
def test_a_link_without_a_browsers_state_is_told_so(browser, state):
    answer = browser.get(f"http://localhost:8000/enter?organization=acme&state={state}")
    assert answer.status_code == 400


def test_pages_take_nothing_from_the_requests_of_a_minute(browser):
    assert "RateLimit" not in browser.get(ACME).headers
