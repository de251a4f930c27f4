"""acme and providers of one's own on 127.0.0.1, which the operator allows."""

import pytest

from tests.apps.pipeline.worlds import World, forget_tiers, inside
from tests.devhealth.remote_hops import TOKEN, github, gitlab, jira

WORLDS = {"github": github, "gitlab": gitlab, "jira": jira}
ACCOUNTS = {
    "github": ("/api/v3/user", {"login": "ada"}),
    "gitlab": ("/api/v4/user", {"username": "ada"}),
    "jira": ("/rest/api/3/myself", {"displayName": "Ada", "emailAddress": "ada@acme.dev"}),
}
SOURCES = {"github": "acme/api", "gitlab": "acme/web/api", "jira": "ABC"}


@pytest.fixture
def allowed(settings):
    settings.PROVIDER_HOSTS = ["127.0.0.1"]


@pytest.fixture(params=WORLDS)
def site(request, tmp_path, allowed):
    """Each provider's."""
    with served(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def hub(tmp_path, allowed):
    with served("github", tmp_path) as found:
        yield found


@pytest.fixture
def world(committed, tenants, tmp_path):
    """acme, of the tier enterprise, without a repository of its own."""
    world = World(tenants["acme"], tmp_path)
    world.pay_for("enterprise")
    yield world
    forget_tiers()


@pytest.fixture
def entered(world):
    with inside(world.tenant):
        yield


class served:
    """A provider's world that knows whose the token is."""

    def __init__(self, provider, folder):
        self._started = WORLDS[provider](folder)
        self._provider = provider

    def __enter__(self):
        found = self._started.__enter__()
        path, account = ACCOUNTS[self._provider]
        found.peer.route("GET", path, lambda asked: account)
        found.peer.route("GET", "/api/v4/personal_access_tokens/self", lambda asked: {})
        return found

    def __exit__(self, *error):
        return self._started.__exit__(*error)


def body(site, **more):
    """What connects to it."""
    credential = {"token": TOKEN} | ({"email": "ada@acme.dev"} if site.provider == "jira" else {})
    given = {"name": site.provider, "provider": site.provider, "url": site.peer.url}
    return given | credential | more


def connect(tenant, site, **more):
    return tenant.send("POST", "integrations", body(site, **more))
