"""A browser of acme's or globex's, and a provider on 127.0.0.1 that asks people."""

from typing import Any

from apps.orgs.models import Role
from tests.apps.orgs.people import join
from tests.browsers import Browser
from tests.tenants import Tenant


def entered(tenant: Tenant, role: str = Role.ADMIN) -> Browser:
    """Somebody of the organisation, logged in on its host."""
    browser = Browser()
    browser.log_in(join(tenant, role).user)
    browser.get(home(tenant))
    return browser


def home(tenant: Tenant) -> str:
    return f"http://{tenant.host}:8000/"


def begin(browser: Browser, tenant: Tenant, provider: str, **form: Any) -> Any:
    """The answer to the form: a redirect to the provider, or a refusal."""
    browser.get(f"{home(tenant)}integrations/connect/{provider}")
    return browser.post(f"{home(tenant)}integrations/connect/{provider}", form, follow=False)


def come_back(browser: Browser, tenant: Tenant, oauth: Any, **form: Any) -> Any:
    """All the way: begun, allowed, back; the last answer."""
    there = begin(browser, tenant, oauth.provider, **form)
    if there.status_code != 302:
        raise AssertionError(there.content)
    return browser.get(oauth.allow(there["Location"]))
