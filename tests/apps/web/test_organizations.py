"""Founding an organisation in a browser, and seeing how far it is."""

from urllib.parse import urlsplit
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from apps.orgs import founding
from apps.orgs.models import Organization, User
from apps.queue.models import WorkUnit
from tests.apps.web.people import somebody, text_of
from tests.browsers import ACCOUNT, Browser

NEW = f"{ACCOUNT}organizations/new"


@pytest.fixture
def grace(tenants, db):
    return somebody("grace@people.example")


@pytest.fixture
def browser(grace):
    return grace[1]


def found(browser, **told):
    browser.get(NEW)
    return browser.post(NEW, {"name": "New Home", "slug": "new-home"} | told)


def made():
    return Organization.objects.get(slug="new-home")


def become(state, error=""):
    """As the unit of work would be by then."""
    WorkUnit.objects.update(state="running", lease_until=timezone.now())
    if state != "running":
        WorkUnit.objects.update(state=state, error=error, lease_until=None)


# --- who may not ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["organizations/new", f"organizations/{UUID(int=7)}"])
def test_a_stranger_is_sent_to_the_login_and_comes_back(tenants, db, path):
    answer = Browser().get(f"{ACCOUNT}{path}", follow=False)
    assert answer["Location"] == f"/account/login/?next=/{path}"


def test_somebody_elses_is_not_found(browser, acme):
    answer = browser.get(f"{ACCOUNT}organizations/{acme.organization.pk}")
    assert (answer.status_code, "You have no organisation" in text_of(answer)) == (404, True)


def test_nobody_else_tries_again_for_one(browser, acme):
    browser.get(NEW)
    assert browser.post(f"/organizations/{acme.organization.pk}/again").status_code == 404


def test_nobody_is_made_to_found_one_by_another_site(grace):
    person, browser = grace
    sent = browser.client("localhost").post("/organizations/new", {"name": "x", "slug": "new-home"})
    assert (sent.status_code, person.memberships.count()) == (403, 0)


def test_an_address_that_is_not_confirmed_is_told_so(browser):
    EmailAddress.objects.update(verified=False)
    assert "Confirm grace@people.example first" in text_of(found(browser))
    assert not Organization.objects.filter(slug="new-home").exists()


# --- founding ------------------------------------------------------------------------------------


def test_who_is_a_member_nowhere_is_told_what_to_do(browser):
    answer = text_of(browser.get(ACCOUNT))
    assert "You are a member of no organisation yet." in answer
    assert 'href="/organizations/new">Create an organisation<' in answer


def test_who_founds_one_owns_it_and_sees_how_far_it_is(grace):
    person, browser = grace
    answer = found(browser)
    assert urlsplit(browser.url).path == f"/organizations/{made().pk}"
    assert '<li class="now">Queued</li>' in text_of(answer)
    assert person.memberships.get(organization=made()).role == "owner"


def test_an_empty_address_follows_from_the_name(browser):
    found(browser, slug="")
    assert made().name == "New Home"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"slug": "acme"}, "`acme` is taken."),
        ({"slug": "www"}, "`www` cannot be a host name here."),
        ({"slug": "New Home"}, "`New Home` cannot be a host name here."),
        ({"name": "株式会社", "slug": ""}, "Choose one: none follows from this name."),
        ({"name": " "}, "This field is required."),
    ],
)
def test_what_is_wrong_stands_at_its_field(browser, told, words):
    answer = text_of(found(browser, **told))
    assert words in answer
    assert not Organization.objects.filter(slug="new-home").exists()


def test_what_was_written_is_still_there(browser):
    assert 'value="Rockets"' in text_of(found(browser, name="Rockets", slug="acme"))


def test_who_owns_five_that_pay_nothing_is_told_so(grace):
    person, browser = grace
    for number in range(5):
        founding.found("New", f"new-{number}", by=person)
    assert "You own 5 organisations that pay nothing" in text_of(found(browser))


# --- its progress --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words", "is_asked_again"),
    [
        ("running", '<li class="now">Making its tables</li>', True),
        ("quarantined", "Its tables could not be made. No room.", False),
    ],
)
def test_the_page_says_how_far_it_is(browser, state, words, is_asked_again):
    found(browser)
    become(state, "No room.")
    answer = browser.get(browser.url)
    assert (words in text_of(answer), answer.has_header("Refresh")) == (True, is_asked_again)


def test_what_failed_is_tried_again_by_a_button(browser):
    found(browser)
    become("quarantined", "No room.")
    browser.get(browser.url)
    answer = browser.post(f"/organizations/{made().pk}/again")
    assert '<li class="now">Queued</li>' in text_of(answer)


def test_its_own_host_says_that_it_opens_in_a_moment_and_asks_again(browser):
    found(browser)
    answer = browser.get("http://new-home.localhost:8000/")
    assert (answer.status_code, answer["Refresh"]) == (503, "2")
    assert "it opens in a moment" in text_of(answer)


def test_until_it_is_ready_the_first_page_leads_to_its_progress(browser):
    found(browser)
    assert f'href="/organizations/{made().pk}"' in text_of(browser.get(ACCOUNT))


def test_once_it_is_ready_the_button_opens_it(browser):
    found(browser)
    progress = browser.url
    Organization.objects.filter(slug="new-home").update(ready_at=timezone.now())
    assert 'href="http://new-home.localhost:8000"' in text_of(browser.get(progress))
    inside = browser.get("http://new-home.localhost:8000/integrations/connect/github")
    assert "<h1>Connect GitHub</h1>" in text_of(inside)  # it asks no schema: none was made here


def test_names_are_text(browser):
    assert "&lt;b&gt;x" in text_of(found(browser, name="<b>x"))


def test_the_one_who_founded_it_is_known_by_the_browser_not_by_the_form(grace, acme):
    person, browser = grace
    found(browser, by=str(acme.owner.pk))
    assert list(User.objects.filter(memberships__organization=made())) == [person]
