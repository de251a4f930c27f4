"""The chooser in a real browser, by the keyboard alone, with scripts and without any."""

import os

import pytest

from apps.pipeline.models import SyncConfig, SyncRun
from tests.apps.integrations.conftest import served
from tests.apps.integrations.connected import connected
from tests.apps.orgs.people import join
from tests.apps.web.test_passkeys import log_in
from tests.chromium import needs_chromium, opened, serving
from tests.devhealth.remote_hops import TOKEN
from tests.provider.lists import listed

pytestmark = needs_chromium

LISTED = [{"full_name": f"acme/{name}"} for name in ("api", "docs", "web")]
MOST_TABS = 60


@pytest.fixture
def site(committed, tenants, unhurried, settings, monkeypatch, tmp_path):
    """acme's owner, a provider that is connected, and where the service answers."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright has a loop here
    settings.PROVIDER_HOSTS = ["127.0.0.1"]
    acme = tenants["acme"]
    person = join(acme, "owner").user
    with served("github", tmp_path) as hub, serving() as port:
        hub.peer.route("GET", "/api/v3/user/repos", listed(LISTED))
        settings.ACCOUNT_URL = f"http://localhost:{port}"
        with acme.entered():
            connected("github", url=hub.peer.url, token=TOKEN, name="Hub")
        yield acme, person, port


def tab_to(page, selector):
    """The way of who has no mouse; fails where it leads nowhere."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"no way to {selector}")


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_repository_is_found_ticked_and_synced_without_a_mouse(site, has_scripts):
    acme, person, port = site
    said = []
    with opened(java_script_enabled=has_scripts) as page:
        page.on("console", lambda message: said.append(message.text))
        log_in(page, f"http://localhost:{port}", person)
        page.goto(f"http://acme.localhost:{port}/")
        tab_to(page, "main a:has-text('Choose what is synced')")
        page.keyboard.press("Enter")
        page.wait_for_url("**/choose/")
        tab_to(page, "#q")
        page.keyboard.type("acme/* !acme/d*")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Repositories that match")
        assert page.locator("[name=source]").count() == 2
        tab_to(page, "[value='acme/web']")
        page.keyboard.press("Space")
        tab_to(page, "button:has-text('Sync these now')")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=It has begun")
        assert page.locator("td:has-text('acme/web')").count() == 1
    assert [each for each in said if "Content Security Policy" in each] == []
    with acme.entered():
        assert SyncConfig.objects.get().sources == ["acme/web"]
        assert SyncRun.objects.get().state == "pending"
