"""Setting up a webhook in the admin: its secret is seen once, by who made it."""

import re

import pytest

from apps.inbound.models import WebhookEndpoint
from tests.apps.inbound import told
from tests.apps.integrations.connected import connected
from tests.apps.integrations.test_webhooks import deliver
from tests.apps.web.admins import Inside, admin_of, text


@pytest.fixture
def integration(acme):
    with acme.entered():
        return connected("github")


@pytest.fixture
def inside(acme):
    found = Inside(acme)
    found.open()
    return found


def path_of(integration):
    return f"integrations/integration/{integration.pk}/webhook/"


def press(inside, integration, button):
    inside.open(path_of(integration))
    return inside.post(f"{admin_of(inside.tenant)}{path_of(integration)}", {button: "1"})


def secret_in(page):
    return re.search(r'class="secret">([^<]+)<', page.content.decode())[1]


def test_globexs_admin_finds_none_of_acmes(integration, globex):
    inside = Inside(globex)
    inside.open()
    assert inside.open(path_of(integration)).status_code == 404


def test_before_there_is_one_it_says_what_it_is_for(inside, integration):
    page = text(inside.open(path_of(integration)))
    assert "Set it up" in page
    assert "Address" not in page


def test_its_secret_is_shown_once_and_is_good(inside, integration):
    secret = secret_in(press(inside, integration, "set"))
    place = f"github/{WebhookEndpoint.objects.get().key}"
    page = text(inside.open(path_of(integration)))
    assert (secret in page, place in page) == (False, True)
    body = told.pull_request()
    headers = told.headers("github", body, secret, kind="pull_request")
    assert deliver(place, body, headers).status_code == 202
    page = text(inside.open(path_of(integration)))
    assert "pull_request.synchronize" in page
    assert "nothing of this is synced here" in page


def test_another_secret_leaves_the_address_and_says_until_when_the_one_before_is_good(
    inside, integration
):
    first = secret_in(press(inside, integration, "set"))
    key = WebhookEndpoint.objects.get().key
    page = press(inside, integration, "set")
    assert secret_in(page) != first
    assert "The one before is good until" in text(page)
    assert WebhookEndpoint.objects.get().key == key


def test_it_is_taken_away(inside, integration):
    press(inside, integration, "set")
    assert "It is taken away" in text(press(inside, integration, "remove"))
    assert not WebhookEndpoint.objects.exists()


def test_of_an_app_there_is_nothing_to_enter(inside, acme, integration):
    with acme.entered():
        type(integration).objects.update(kind="app")
    page = text(inside.open(path_of(integration)))
    assert ("There is nothing to enter" in page, "Set it up" in page) == (True, False)
    assert "its operator sets" in text(press(inside, integration, "set"))


def test_it_is_found_from_the_integration(inside, integration):
    page = inside.open(f"integrations/integration/{integration.pk}/change/")
    assert f"/admin/{path_of(integration)}" in page.content.decode()
