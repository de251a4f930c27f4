"""Integrations in the organisation's admin: by a token, at a provider on 127.0.0.1."""

import pytest

from apps.integrations.models import Credential, Integration
from tests.apps.integrations.conftest import served
from tests.apps.web.admins import Inside, text
from tests.devhealth.remote_hops import TOKEN


@pytest.fixture
def hub(tmp_path, settings):
    settings.PROVIDER_HOSTS = ["127.0.0.1"]
    with served("github", tmp_path) as found:
        yield found


def given(hub, **more):
    return {
        "name": "Hub",
        "provider": "github",
        "url": hub.peer.url,
        "cloud_id": "",
        "token": TOKEN,
        "email": "",
    } | more


def test_a_provider_is_connected_by_a_token_that_no_page_shows(acme, hub):
    inside = Inside(acme)
    answer = inside.send("integrations/integration/add/", **given(hub))
    assert "It is connected" in text(answer)
    with acme.entered():
        row = Integration.objects.get()
    page = text(inside.open(f"integrations/integration/{row.pk}/change/"))
    assert "ada" in page
    assert TOKEN not in page


def test_a_refused_token_is_said_at_the_form(acme, hub):
    inside = Inside(acme)
    answer = inside.send("integrations/integration/add/", **given(hub, url="ftp://127.0.0.1"))
    with acme.entered():
        assert not Credential.objects.exists()
    assert TOKEN not in text(answer)
    assert "This is not an address of a provider" in text(answer)
