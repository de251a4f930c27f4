"""Taking an invitation up in a browser: from the first page, and by the link in the e-mail."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from apps.orgs.models import AuditEntry, Invitation, Membership
from tests.apps.orgs.test_invitations_accepted import invitation
from tests.apps.web.people import somebody, text_of
from tests.browsers import ACCOUNT, Browser

LINK = f"{ACCOUNT}invitations/accept"
GRACE = "grace@people.example"


@pytest.fixture
def browser(tenants, db):
    return somebody(GRACE)[1]


@pytest.fixture
def mallory(tenants, db):
    return somebody("mallory@people.example")[1]


@pytest.fixture
def secret(acme):
    return invitation(acme, GRACE, "admin")


def role(tenant, email=GRACE):
    found = Membership.objects.filter(organization=tenant.organization, user__email=email)
    return found.values_list("role", flat=True).first()


def accept(browser):
    browser.get(f"{ACCOUNT}organizations/new")  # any page with a form
    return browser.post(f"/invitations/{Invitation.objects.get().pk}/accept")


def use(browser, secret):
    browser.get(LINK)
    return browser.post(LINK, {"secret": secret})


# --- from the first page -------------------------------------------------------------------------


def test_a_stranger_is_sent_to_the_login(secret):
    path = f"/invitations/{Invitation.objects.get().pk}/accept"
    assert Browser().get(f"{ACCOUNT}{path[1:]}", follow=False)["Location"].startswith("/account/")


def test_mallory_neither_sees_nor_accepts_it(secret, mallory, acme):
    assert "Accept" not in text_of(mallory.get(ACCOUNT))
    assert (accept(mallory).status_code, role(acme)) == (404, None)


def test_an_address_that_is_not_confirmed_is_offered_nothing(secret, browser, acme):
    EmailAddress.objects.update(verified=False)
    assert "Accept" not in text_of(browser.get(ACCOUNT))
    assert (accept(browser).status_code, role(acme)) == (404, None)


def test_who_is_invited_sees_it_and_is_inside_after_one_click(secret, browser, acme):
    assert "<strong>Acme</strong>" in text_of(browser.get(ACCOUNT))
    answer = accept(browser)
    assert (role(acme), browser.url) == ("admin", "http://acme.localhost:8000/")
    assert "<h1>Acme</h1>" in text_of(answer)


def test_another_confirmed_address_of_theirs_counts(secret, mallory, acme):
    person = EmailAddress.objects.get(email="mallory@people.example").user
    EmailAddress.objects.create(user=person, email=GRACE.upper(), verified=True)
    accept(mallory)
    assert role(acme, "mallory@people.example") == "admin"


def test_it_is_in_the_audit_log(secret, browser, acme):
    accept(browser)
    entry = AuditEntry.objects.get(action="invitations.accept", organization=acme.organization)
    assert entry.after["role"] == "admin"


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"accepted_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
    ],
)
def test_what_is_not_open_any_more_is_neither_seen_nor_accepted(secret, browser, acme, change):
    Invitation.objects.update(**change)
    assert (accept(browser).status_code, role(acme)) == (404, None)
    assert "Accept" not in text_of(browser.get(ACCOUNT))


def test_it_is_accepted_once(secret, browser, acme):
    accept(browser)
    assert accept(browser).status_code == 404


def test_a_full_organisation_has_no_room(secret, browser, acme, settings):
    settings.SEAT_RULES = ("tests.apps.web.test_invited.no_room",)
    assert (accept(browser).status_code, role(acme)) == (402, None)


def no_room(organization):
    from apps.errors import PaymentRequired

    raise PaymentRequired


# --- by the link ---------------------------------------------------------------------------------


def test_who_is_not_logged_in_is_led_to_it_and_back(tenants, db):
    answer = text_of(Browser().get(LINK))
    assert 'href="/account/login/?next=/invitations/accept"' in answer
    assert 'href="/account/signup/?next=/invitations/accept"' in answer


def test_who_is_not_logged_in_accepts_nothing(secret, mallory, acme):
    mallory.get(LINK)
    stranger = Browser()
    stranger.client("localhost").cookies["csrftoken"] = (
        mallory.client("localhost").cookies["csrftoken"].value
    )
    stranger._form_token = mallory._form_token
    stranger.post(LINK, {"secret": secret})
    assert role(acme) is None


def test_the_secret_lets_them_in(secret, browser, acme):
    use(browser, secret)
    assert (role(acme), browser.url) == ("admin", "http://acme.localhost:8000/")


def test_the_secret_is_proof_of_an_address_that_is_not_confirmed(secret, browser, acme):
    EmailAddress.objects.update(verified=False)
    use(browser, secret)
    assert role(acme) == "admin"


def test_mallory_who_has_the_link_is_told_whose_it_is_for(secret, mallory, acme):
    assert "This invitation is for another address" in text_of(use(mallory, secret))
    assert role(acme, "mallory@people.example") is None


@pytest.mark.parametrize("cut", [slice(0, -1), slice(4, None), slice(0, 0)])
def test_a_link_that_is_cut_off_opens_nothing(secret, browser, acme, cut):
    use(browser, secret[cut])
    assert role(acme) is None


def test_a_secret_that_is_wrong_is_not_sent_back(secret, browser):
    Invitation.objects.update(revoked_at=timezone.now())
    answer = text_of(use(browser, secret))
    assert ("This link was used" in answer, secret in answer) == (True, False)
